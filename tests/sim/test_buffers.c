/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Output buffers belong to connections that have something to send: many
 * share a few, and nothing of one gets into another.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "tunnel/pool.h"
#include "world.h"

#include "../unit/tap.h"

enum { FLOWS = 80 };

static struct app apps[FLOWS];

/* The end of the pool in a tunnel. */
static struct framed_end *
pool_of(const struct proc *p, enum side side)
{
	return (struct framed_end *)p->tunnel->end[side];
}

/* Connections of a tunnel's pool that have an output buffer; *all: how many
 * carry frames. */
static unsigned
with_buffer(const struct proc *p, enum side side, unsigned *all)
{
	struct list *at, *conn;
	struct pool_leg *l;
	unsigned n = 0;

	*all = 0;
	for (at = p->tunnel->flows.next; at != &p->tunnel->flows;
	    at = at->next) {
		l = (struct pool_leg *)
		    flow_leg(LIST_ITEM(at, struct flow, link), side);
		for (conn = l->conns.next; conn != &l->conns;
		    conn = conn->next) {
			(*all)++;
			n += LIST_ITEM(conn, struct pool_conn,
			    link)->framed.stream.out != NULL;
		}
	}
	return n;
}

/* Each application sends so many datagrams at the same time; whether all came
 * back as they were. */
static bool
exchange(unsigned n, size_t len)
{
	unsigned i, k, good = 0;

	for (i = 0; i < FLOWS; i++)
		for (k = 0; k < n; k++)
			app_send(&apps[i], len);
	sim_run_ms(500);
	for (i = 0; i < FLOWS; i++)
		good += apps[i].received == apps[i].sent &&
		    apps[i].bad == 0 && apps[i].twice == 0;
	return good == FLOWS;
}

/* Nobody holds a buffer, and no more than a few are kept. */
static void
check_idle(struct world *w, const char *kind, const char *when)
{
	unsigned left, right;

	is_int(with_buffer(&w->left, RIGHT, &left) +
	    with_buffer(&w->right, LEFT, &right), 0,
	    "%s: %s, no connection has an output buffer", kind, when);
	ok(left == 2 * FLOWS && right == 2 * FLOWS,
	    "%s: of those that there are", kind);
	ok(pool_of(&w->left, RIGHT)->env.spares.n <= 32 &&
	    pool_of(&w->right, LEFT)->env.spares.n <= 32,
	    "%s: and few are kept for the next need", kind);
}

static void
test_buffers(const char *kind)
{
	unsigned i, k, before, held, all;
	size_t window;
	struct world w;

	world_begin(&w, 5);
	world_pool(&w, kind, ",pool=2", "");
	for (i = 0; i < FLOWS; i++) {
		app_open(&apps[i], &w, i + 1);
		app_send(&apps[i], 100);
	}
	sim_run_ms(5000);
	check_idle(&w, kind, "after the handshakes");
	ok(exchange(3, 700), "%s: all send at the same time", kind);
	ok(exchange(2, 4000), "%s: and larger datagrams", kind);
	check_idle(&w, kind, "afterwards");

	window = sim_link(w.client, w.server)->window;
	sim_tcp_window(w.client, w.server, 0);
	for (i = 0; i < FLOWS; i++)
		app_send(&apps[i], 700);
	sim_run_ms(20);
	before = with_buffer(&w.left, RIGHT, &all);
	for (k = 0; k < 20; k++) {
		for (i = 0; i < FLOWS; i++)
			app_send(&apps[i], 9000);
		sim_run_ms(10);
	}
	held = with_buffer(&w.left, RIGHT, &all);
	ok(held >= before && held >= FLOWS && held <= all,
	    "%s: those that are stalled keep theirs (%u, then %u)", kind,
	    before, held);
	sim_tcp_window(w.client, w.server, window);
	sim_run_ms(1000);
	ok(exchange(1, 700), "%s: once they go on, all arrives", kind);
	check_idle(&w, kind, "then");
	for (i = 0; i < FLOWS; i++)
		app_close(&apps[i]);
	is_int(world_end(&w), 0, "%s: nothing stays open", kind);
}

int
main(void)
{
	test_buffers("tcp");
	if (end_find("tls") != NULL)
		test_buffers("tls");
	return done_testing();
}
