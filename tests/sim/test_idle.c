/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Silence: what ends a flow and when, and that an idle tunnel sleeps.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "world.h"

#include "../unit/tap.h"

static struct app app;

/* Direct UDP to UDP, one flow up. */
static void
begin(struct world *w, const char *mode)
{
	world_begin(w, 1);
	proc_set(&w->left, w->client, "udp-listen:0.0.0.0:8911",
	    "udp:10.0.2.1:7");
	proc_option(&w->left, "stale-mode", mode);
	proc_start(&w->left);
	sim_link_both(w->client, w->target, 0, 0);
	sim_link_both(w->app, w->client, 0, 0);
	app_open(&app, w, 1);
	app_send(&app, 100);
	sim_run_ms(1);
}

static void
end(struct world *w, const char *what)
{
	app_close(&app);
	is_int(world_end(w), 0, "%s: nothing stays open", what);
}

static void
test_modes(void)
{
	struct world w;

	begin(&w, "both");
	is_int(app.received, 1, "both: a flow is there");
	is_int(proc_until_end_ms(&w.left), 119999,
	    "both: it ends after exactly 120 s of silence");
	end(&w, "both");

	begin(&w, "both");
	sim_run_s(100);
	w.echo.silent = true;
	app_send(&app, 100);
	is_int(proc_until_end_ms(&w.left), 120000,
	    "both: one side that speaks keeps it");
	end(&w, "both");

	begin(&w, "either");
	w.echo.silent = true;
	sim_run_ms(99999);
	app_send(&app, 100);
	is_int(proc_until_end_ms(&w.left), 20000,
	    "either: a target that is silent for 120 s ends it");
	end(&w, "either");

	begin(&w, "left");
	sim_run_ms(59999);
	app_send(&app, 100);
	is_int(proc_until_end_ms(&w.left), 120000, "left: the left's silence "
	    "ends it");
	end(&w, "left");

	begin(&w, "right");
	w.echo.silent = true;
	sim_run_ms(59999);
	app_send(&app, 100);
	is_int(proc_until_end_ms(&w.left), 60000, "right: the right's silence "
	    "ends it");
	end(&w, "right");
}

/* The session of a pool after its client has gone. */
static void
test_grace(void)
{
	uint16_t port;
	struct world w;

	world_begin(&w, 2);
	world_pool(&w, "tcp", ",backoff=20", "");
	app_open(&app, &w, 1);
	app_send(&app, 100);
	sim_run_ms(1000);
	port = w.echo.port;
	/* Nobody reaches the server for 14 s. */
	sim_cut(w.client, w.server, true);
	sim_tcp_reset(w.client, w.server);
	sim_run_s(14);
	is_int(proc_flows(&w.right), 1, "a session outlives its connections");
	sim_cut(w.client, w.server, false);
	w.echo.port = 0;
	app_send(&app, 100);
	sim_run_ms(900);
	is_int(proc_flows(&w.right), 1, "until 15 s are over");
	sim_run_s(20);
	proc_stop(&w.left);
	sim_run_ms(14900);
	is_int(proc_flows(&w.right), 1, "also when the client says goodbye");
	sim_run_ms(200);
	is_int(proc_flows(&w.right), 0, "then it ends");
	ok(port != 0, "the target saw a port");
	app_close(&app);
	world_end(&w);
}

/* The target sees the same port after a break of the connections. */
static void
test_same_port(void)
{
	uint16_t port;
	struct world w;

	world_begin(&w, 3);
	world_pool(&w, "tls", "", "");
	app_open(&app, &w, 1);
	app_send(&app, 100);
	sim_run_ms(1000);
	port = w.echo.port;
	is_int(sim_tcp_reset(w.client, w.server), 8, "8 connections break");
	app_send(&app, 100);
	ok(app_wait(&app, 2, 1000), "the flow goes on within a second");
	is_int(w.echo.port, port, "and the target sees the same port");
	sim_run_s(30);
	app_send(&app, 100);
	app_wait(&app, 3, 1000);
	is_int(w.echo.ports, 1, "the only one it ever saw, also when the grace "
	    "would be over");
	app_close(&app);
	world_end(&w);
}

/* An hour without a datagram. */
static void
test_sleep(const char *kind)
{
	unsigned long before[2];
	struct world w;

	world_begin(&w, 4);
	world_pool(&w, kind, "", "");
	sim_run_s(1);
	before[0] = w.left.sim->wakeups;
	before[1] = w.right.sim->wakeups;
	sim_run_s(3600);
	is_int(w.left.sim->wakeups - before[0], 0, "%s: a client without "
	    "flows does not wake up in an hour", kind);
	is_int(w.right.sim->wakeups - before[1], 0, "%s: nor does a server",
	    kind);
	proc_stop(&w.left);
	proc_option(&w.left, "idle", "0");
	proc_start(&w.left);
	app_open(&app, &w, 1);
	app_send(&app, 100);
	sim_run_s(61);
	is_int(app.received, 1, "%s: a flow is there", kind);
	before[0] = w.left.sim->wakeups;
	before[1] = w.right.sim->wakeups;
	sim_run_s(3600);
	is_int(w.left.sim->wakeups - before[0], 0, "%s: nor does the client "
	    "with an idle flow that never expires", kind);
	is_int(w.right.sim->wakeups - before[1], 0, "%s: nor its server",
	    kind);
	app_send(&app, 100);
	ok(app_wait(&app, 2, 100), "%s: the flow is still good", kind);
	app_close(&app);
	is_int(world_end(&w), 0, "%s: nothing stays open", kind);
}

/* A flow that is idle for its time goes at both ends. */
static void
test_pool_idle(void)
{
	struct world w;

	world_begin(&w, 5);
	world_pool(&w, "tls", "", "");
	app_open(&app, &w, 1);
	app_send(&app, 100);
	sim_run_ms(119000);
	is_int(proc_flows(&w.left), 1, "a flow lives for 119 s of silence");
	sim_run_s(2);
	is_int(proc_flows(&w.left), 0, "and not for 121 s");
	is_int(sim_tcp_count(w.server), 0, "its connections are closed");
	sim_run_s(16);
	is_int(proc_flows(&w.right), 0, "and its session");
	app_send(&app, 100);
	ok(app_wait(&app, 2, 1000), "the same source begins another");
	is_int(w.left.tunnel->last_number, 2, "a new one");
	is_int(logged(LEVEL_WARN) + logged(LEVEL_ERROR), 0,
	    "and nobody warns of that");
	app_close(&app);
	is_int(world_end(&w), 0, "nothing stays open");
}

int
main(void)
{
	test_modes();
	test_grace();
	test_same_port();
	test_sleep("tcp");
	test_sleep("tls");
	test_pool_idle();
	return done_testing();
}
