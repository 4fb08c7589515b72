/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Flows by the million: a datagram and a turn of the loop cost no more than
 * with ten.  Counted, never timed.
 *
 * NOTES.  Flows go through the middle (tunnel/flow.h) between two ends of this
 * file, of which LEFT finds them by their source as `udp-listen` does.  What is
 * counted: entries of the table that are looked at, timers that are set, timers
 * that are compared when the first is removed, and flows that end in a turn.
 * By default there are 200,000, and $ADIT_MANY_FLOWS of them if that is set.
 */

#include "compat.h"

#include "sock.h"

#include "base/table.h"
#include "net/timers.h"
#include "tunnel/udp_legs.h"

#include "fake_plan.h"
#include "still.h"
#include "tap.h"

enum {
	FEW = 10,
	SOME = 10000,
	MANY = 200000,
	UNUSED_MS = 60000,	/* by then a flow has carried something */
	IDLE_MS = 300000,
};

struct many_leg {
	struct leg leg;
	struct table_node node;
	struct source source;
};

static struct end_ops left_ops, right_ops;
static struct loop *loop;
static struct tunnel *tunnel;
static struct plan plan;
static struct random source;
static struct table sources;
static unsigned sent, closed;

static int
many_open(struct leg *leg)
{
	flow_up(leg);
	return 0;
}

static void
many_send(struct leg *leg, struct dgram *d, unsigned n)
{
	(void)leg;
	(void)d;
	sent += n;
}

static void
many_close(struct leg *leg)
{
	table_remove(&sources, &((struct many_leg *)leg)->node);
	closed++;
}

/* The source with that number: as a stranger may choose them, all of one port,
 * and addresses that differ in few bits. */
static struct source
source_of(unsigned i)
{
	struct source s;
	struct addr peer = { .family = 4, .port = 4096 };
	struct addr local = { .family = 4 };

	peer.ip[0] = 10;
	peer.ip[1] = (uint8_t)(i >> 16);
	peer.ip[2] = (uint8_t)(i >> 8);
	peer.ip[3] = (uint8_t)i;
	source_set(&s, &peer, &local);
	return s;
}

static void
begin(void)
{
	static const uint8_t seed[TABLE_SEED] = "a secret of ours";
	struct fault fault;

	left_ops = fake_end(LEFT);
	left_ops.leg_size = sizeof(struct many_leg);
	left_ops.close = many_close;
	right_ops = fake_end(RIGHT);
	right_ops.open = many_open;
	right_ops.send = many_send;
	fake_plan(&plan, &left_ops, &right_ops);
	must(plan_set_tunnel(&plan, "max-flows", "1000000", &fault) == 0);
	must(plan_set_tunnel(&plan, "source-share", "100", &fault) == 0);
	must(plan_set_tunnel(&plan, "idle", "300", &fault) == 0);
	must(plan_finish(&plan, &fault) == 0);
	random_init_fixed(&source, "seed", 4);
	must(sock_init() == 0);
	loop = loop_new(NULL);
	must(loop != NULL);
	tunnel = tunnel_new(loop, NULL, &source, &plan);
	must(tunnel != NULL && tunnel_start(tunnel, &fault) == 0);
	table_init(&sources, TABLE_KEY_AT(struct many_leg, node, source),
	    sizeof(struct source), seed);
}

static void
end(void)
{
	tunnel_free(tunnel);
	table_free(&sources);
	loop_free(loop);
	plan_free(&plan);
}

/* Opens the flow of that source, which sends a datagram. */
static void
open_flow(unsigned i)
{
	struct source s = source_of(i);
	struct peer peer = { .addr = s.peer };
	struct many_leg *l = (struct many_leg *)flow_open(tunnel->end[LEFT],
	    &peer);

	must(l != NULL);
	l->source = s;
	table_add(&sources, &l->node);
	flow_up(&l->leg);
	fake_pass(&l->leg, 1, 100);
}

/* How many entries a table looks at for a key that it has. */
static unsigned
looked_at(const struct table *t, const struct table_node *node)
{
	struct table_node *const *bucket = t->buckets;
	size_t at = (size_t)node->hash & (t->n_buckets - 1);
	const struct table_node *look;
	unsigned n = 1;

	if (t->old != NULL && (at & (t->n_buckets / 2 - 1)) >= t->moved) {
		bucket = t->old;
		at &= t->n_buckets / 2 - 1;
	}
	for (look = bucket[at]; look != node; look = look->next)
		n++;
	return n;
}

/* One datagram of each of 1000 flows among n. */
static void
test_datagrams(unsigned n)
{
	unsigned i, looks = 0, most = 0, set = 0, now;
	struct table_node *node;
	struct many_leg *l;
	uint64_t order;
	struct source s;

	sent = 0;
	for (i = 0; i < 1000; i++) {
		s = source_of(i * 7919u % n);
		node = table_find(&sources, &s);
		must(node != NULL);
		now = looked_at(&sources, node);
		looks += now;
		most = now > most ? now : most;
		l = TABLE_ITEM(node, struct many_leg, node);
		order = l->leg.flow->time.order >> TIMERS_RANK_BITS;
		fake_pass(&l->leg, 1, 100);
		set += l->leg.flow->time.order >> TIMERS_RANK_BITS != order;
	}
	is_int(sent, 1000, "%u flows: datagrams pass", n);
	ok(looks < 2000 && most <= 10, "%u flows: a datagram looks at %u.%03u "
	    "entries of the table, and at %u at most", n, looks / 1000,
	    looks % 1000, most);
	is_int(set, 0, "%u flows: and sets no timer", n);
}

/* The longest chain, whatever addresses a stranger takes. */
static void
test_chains(unsigned n)
{
	const struct table_node *node;
	unsigned len, most = 0;
	size_t i;

	for (i = 0; i < sources.n_buckets; i++) {
		for (len = 0, node = sources.buckets[i]; node != NULL;
		    node = node->next)
			len++;
		most = len > most ? len : most;
	}
	ok(most <= 12, "%u flows: the longest chain has %u entries", n, most);
}

/* All were opened in the same millisecond, and expire at the same time. */
static void
test_expiry(unsigned n)
{
	unsigned turns, most = 0, before;

	closed = 0;
	now_ms += UNUSED_MS;
	for (turns = 0; turns <= n / LOOP_TIMERS; turns++)
		loop_turn(loop, 0);
	now_ms += IDLE_MS - UNUSED_MS - 1;
	loop_turn(loop, 0);
	is_int(tunnel->n_flows, n, "%u flows: all are there", n);
	now_ms++;
	turns = 0;
	while (tunnel->n_flows > 0 && turns <= n) {
		before = closed;
		loop_turn(loop, 0);
		most = closed - before > most ? closed - before : most;
		turns++;
	}
	is_int(closed, n, "%u flows: all expire", n);
	ok(most <= LOOP_TIMERS, "%u flows: %u in a turn at most", n, most);
	ok(turns <= n / LOOP_TIMERS + 2, "%u flows: and none late, in %u turns",
	    n, turns);
	is_int((long)sources.count, 0, "%u flows: no source is left", n);
}

/* How many timers are compared when the first is removed: its children, each
 * of which is melded with one. */
static unsigned
children(const struct timer *t)
{
	const struct timer *child;
	unsigned n = 0;

	for (child = t->child; child != NULL; child = child->sibling)
		n++;
	return n;
}

/* Timers alone, due in the order in which they are set, or at random. */
static void
test_timers(unsigned n, bool in_order)
{
	struct timer *timer = calloc(n, sizeof(*timer)), *t;
	struct timers ts = { 0 };
	unsigned i, now, most = 0, wrong = 0;
	unsigned long long all = 0, allowed = 3;
	uint64_t last_ms = 0;

	must(timer != NULL);
	for (i = n; i > 1; i /= 2)
		allowed += 3;
	for (i = 0; i < n; i++) {
		timer[i].due_ms = 1000 + (in_order ? i :
		    (i * UINT64_C(2654435761)) % 1000003);
		timers_add(&ts, &timer[i]);
	}
	timers_begin(&ts, UINT64_MAX - 1);
	for (i = 0; (t = timers_next(&ts)) != NULL; i++) {
		wrong += t->due_ms < last_ms;
		last_ms = t->due_ms;
		now = children(t);
		all += now;
		most = now > most ? now : most;
		timers_remove(&ts, t);
	}
	timers_end(&ts);
	ok(i == n && wrong == 0, "%u timers: each is called, in order", n);
	ok(all <= allowed * n && most <= 4 * allowed, "%u timers, set %s: the "
	    "first is removed after %llu steps, after %u at most", n,
	    in_order ? "in order" : "at random", all / n, most);
	free(timer);
}

int
main(void)
{
	const char *given = getenv("ADIT_MANY_FLOWS");
	unsigned many = given == NULL ? MANY : (unsigned)atoi(given), i = 0;

	log_set_level(LEVEL_ERROR);
	must(many >= SOME && many <= 1000000);
	begin();
	for (; i < FEW; i++)
		open_flow(i);
	test_datagrams(FEW);
	for (; i < SOME; i++)
		open_flow(i);
	test_datagrams(SOME);
	for (; i < many; i++)
		open_flow(i);
	test_datagrams(many);
	test_chains(many);
	test_expiry(many);
	end();
	test_timers(FEW, true);
	test_timers(SOME, true);
	test_timers(many, true);
	test_timers(many, false);
	return done_testing();
}
