/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Paths that die in silence under a pool: it is left soon, and nothing is
 * delivered twice.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "net/tcp.h"
#include "tunnel/pool_look.h"
#include "world.h"

#include "../unit/tap.h"

static struct app app, many[200];

/* Sends a datagram each so many ms for so long; returns the longest time
 * between two answers, in milliseconds. */
static uint64_t
talk(struct app *a, uint64_t ms, uint64_t every_ms)
{
	uint64_t end_us = sim_now_us() + ms * SIM_MS, worst_us = 0;
	uint64_t last_us = sim_now_us();
	uint32_t had = a->received;

	while (sim_now_us() < end_us) {
		app_send(a, 200);
		sim_run_ms(every_ms);
		if (a->received == had)
			continue;
		had = a->received;
		if (a->last_us - last_us > worst_us)
			worst_us = a->last_us - last_us;
		last_us = a->last_us;
	}
	if (sim_now_us() - last_us > worst_us)
		worst_us = sim_now_us() - last_us;
	return worst_us / SIM_MS;
}

/* Begins with a flow that talks. */
static void
begin(struct world *w, const char *kind, uint64_t seed)
{
	world_begin(w, seed);
	world_pool(w, kind, "", "");
	app_open(&app, w, 1);
	(void)talk(&app, 8000, 50);
}

/* Ends with a pool that is whole. */
static void
end(struct world *w, const char *what)
{
	sim_run_s(30);
	is_int(sim_tcp_count(w->client), 8, "%s: the pool is whole again",
	    what);
	is_int(app.twice + app.bad + w->echo.twice + w->echo.bad, 0,
	    "%s: nothing comes twice, or changed", what);
	app_close(&app);
	is_int(world_end(w), 0, "%s: nothing stays open", what);
}

/* What is in the middle forgets all connections. */
static void
test_forgotten(const char *kind, bool reset, bool untold, uint64_t most_ms)
{
	char what[100];
	struct world w;
	uint64_t worst_ms;
	unsigned ports;

	snprintf(what, sizeof(what), "%s, a NAT forgets%s%s", kind, reset ?
	    " and resets the client" : "", untold ?
	    ", and no system reports anything" : "");
	begin(&w, kind, 1);
	sim_rules.tcp_untold = untold;
	ports = w.echo.ports;
	(void)sim_tcp_forget(w.client, w.server, reset);
	worst_ms = talk(&app, 30000, 50);
	if (!ok(worst_ms <= most_ms, "%s: answers come again within %llu ms",
	    what, (unsigned long long)most_ms))
		printf("# %llu ms\n", (unsigned long long)worst_ms);
	is_int(w.echo.ports, ports, "%s: the target sees the same port", what);
	end(&w, what);
}

/* The same under little traffic: a datagram each 5 s. */
static void
test_sparse(const char *kind, bool reset)
{
	char what[100];
	struct world w;
	uint64_t worst_ms;

	snprintf(what, sizeof(what), "%s, a datagram each 5 s%s", kind, reset ?
	    ", reset" : "");
	begin(&w, kind, 2);
	(void)talk(&app, 20000, 5000);
	sim_run_s(3);
	(void)sim_tcp_forget(w.client, w.server, reset);
	sim_run_s(2);
	worst_ms = talk(&app, 30000, 5000);
	if (!ok(worst_ms <= 5200, "%s: one datagram is lost at most", what))
		printf("# %llu ms\n", (unsigned long long)worst_ms);
	end(&w, what);
}

/* A pool of one: what comes while its connection is late waits for the next
 * one. */
static void
test_waits(const char *kind)
{
	struct world w;
	unsigned lost;

	world_begin(&w, 9);
	world_pool(&w, kind, ",pool=1", "");
	app_open(&app, &w, 1);
	(void)talk(&app, 8000, 50);
	(void)sim_tcp_forget(w.client, w.server, false);
	(void)talk(&app, 10000, 50);
	sim_run_ms(500);
	lost = app.sent - app.received;
	if (!ok(lost <= 17, "%s: of 42 datagrams in the 2 s of a silence those "
	    "of the first 0.8 s are lost, the others wait", kind))
		printf("# %u\n", lost);
	is_int(app.twice + w.echo.twice, 0, "%s: and none comes twice", kind);
	app_close(&app);
	is_int(world_end(&w), 0, "%s: nothing stays open", kind);
}

/* Only the server has something to say. */
static void
test_server_knows(void)
{
	struct world w;

	begin(&w, "tcp", 3);
	/* The client's connections end, but the server is told nothing. */
	(void)sim_tcp_forget(w.client, w.server, true);
	(void)talk(&app, 3000, 50);
	app.received = 0;
	(void)talk(&app, 1000, 50);
	is_int(app.received, 20, "a server answers where the client is now, "
	    "while its old connections still seem to be there");
	ok(sim_tcp_count(w.server) > 8, "which they do");
	end(&w, "server");
}

/* One of the connections stops; the others are asked, and live. */
static void
test_one_stuck(const char *kind)
{
	unsigned long asked;
	struct world w;
	uint64_t worst_ms;

	begin(&w, kind, 4);
	asked = sim_tcp_asked(w.server);
	sim_tcp_lose_one(w.client, 0, true);
	worst_ms = talk(&app, 1500, 50);
	if (!ok(worst_ms < 900, "%s: one that is stuck is left within 0.9 s",
	    kind))
		printf("# %llu ms\n", (unsigned long long)worst_ms);
	is_int(sim_tcp_asked(w.server) - asked, 0, "%s: without a new one",
	    kind);
	(void)talk(&app, 10000, 50);
	is_int(sim_tcp_asked(w.server) - asked, 1, "%s: it is replaced later, "
	    "and no other is", kind);
	end(&w, kind);
}

/* The network is away for some seconds; connections that go on are kept. */
static void
test_short_cut(void)
{
	unsigned long asked;
	struct world w;

	begin(&w, "tcp", 5);
	asked = sim_tcp_asked(w.server);
	sim_cut(w.client, w.server, true);
	(void)talk(&app, 1200, 50);
	sim_cut(w.client, w.server, false);
	(void)talk(&app, 10000, 50);
	is_int(sim_tcp_asked(w.server) - asked, 0, "a cut of 1.2 s makes no "
	    "new connection");
	end(&w, "short cut");
}

/* A peer that takes nothing, but is there, is not left. */
static void
test_full(void)
{
	unsigned long asked;
	struct world w;

	begin(&w, "tcp", 6);
	asked = sim_tcp_asked(w.server);
	sim_tcp_window(w.client, w.server, 0);
	(void)talk(&app, 10000, 50);
	is_int(sim_tcp_asked(w.server) - asked, 0, "a peer whose window is "
	    "closed is not dialled again");
	sim_tcp_window(w.client, w.server, 1 << 20);
	app.received = 0;
	(void)talk(&app, 1000, 50);
	ok(app.received >= 19, "and served as soon as it opens");
	end(&w, "window");
}

/* An idle daemon does not wake up. */
static void
test_idle(void)
{
	unsigned long wakeups;
	struct world w;

	begin(&w, "tcp", 7);
	sim_run_s(2);
	wakeups = w.left.sim->wakeups + w.right.sim->wakeups;
	sim_run_s(8);
	is_int(w.left.sim->wakeups + w.right.sim->wakeups - wakeups, 0,
	    "after the last datagram nobody looks for anything");
	end(&w, "idle");
}

/* An outage with many flows. */
static void
test_no_storm(void)
{
	enum { FLOWS = sizeof(many) / sizeof(many[0]) };
	unsigned long asked;
	struct world w;
	unsigned i, t, back = 0;

	world_begin(&w, 8);
	world_pool(&w, "tcp", ",pool=2", "");
	for (i = 0; i < FLOWS; i++) {
		app_open(&many[i], &w, i + 1);
		app_send(&many[i], 100);
		sim_run_ms(5);
	}
	sim_run_s(5);
	asked = sim_tcp_asked(w.server);
	w.right.host->down = true;
	for (t = 0; t < 60; t++) {
		for (i = 0; i < FLOWS; i++)
			app_send(&many[i], 100);
		sim_run_ms(500);
	}
	asked = sim_tcp_asked(w.server) - asked;
	ok(asked <= 32 * 30 / 4 + 64, "an outage of 30 s with %d flows costs "
	    "few attempts", FLOWS);
	printf("# %lu\n", asked);
	w.right.host->down = false;
	for (t = 0; t < 20; t++) {
		for (i = 0; i < FLOWS; i++)
			app_send(&many[i], 100);
		sim_run_ms(500);
	}
	for (i = 0; i < FLOWS; i++)
		back += sim_now_us() - many[i].last_us < SIM_S;
	is_int(back, FLOWS, "all of them work 10 s after it");
	for (i = 0; i < FLOWS; i++)
		app_close(&many[i]);
	is_int(world_end(&w), 0, "no storm: nothing stays open");
}

int
main(void)
{
	static const char *const kinds[] = { "tcp", "tls" };
	unsigned i;

	for (i = 0; i < 2; i++) {
		test_forgotten(kinds[i], false, false, 3000);
		test_forgotten(kinds[i], true, false, 1000);
		test_forgotten(kinds[i], false, true, 3500);
		test_sparse(kinds[i], false);
		test_sparse(kinds[i], true);
		test_one_stuck(kinds[i]);
		test_waits(kinds[i]);
	}
	test_server_knows();
	test_short_cut();
	test_full();
	test_idle();
	test_no_storm();
	return done_testing();
}
