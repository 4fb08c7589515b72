/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Connections that are lost, servers that are away, names that do not
 * resolve.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "world.h"

#include "../unit/tap.h"

static struct app app;

/* Sends a datagram each so many ms for so long. */
static void
talk(uint64_t ms, uint64_t every_ms)
{
	uint64_t end_us = sim_now_us() + ms * SIM_MS;

	while (sim_now_us() < end_us) {
		app_send(&app, 200);
		sim_run_ms(every_ms);
	}
}

/* One connection of a pool is lost. */
static void
test_one_lost(const char *kind)
{
	struct world w;
	unsigned i;

	world_begin(&w, 1);
	world_pool(&w, kind, "", "");
	app_open(&app, &w, 1);
	talk(2000, 5);
	is_int(app.received, app.sent - 4, "%s: all come back but those under "
	    "way", kind);
	for (i = 0; i < 8; i++) {
		sim_tcp_reset_one(w.client, i);
		talk(500, 5);
	}
	sim_run_ms(1000);
	ok(app.sent - app.received <= 8 * 5, "%s: each of 8 losses costs at "
	    "most what was under way on it", kind);
	printf("# %u of %u\n", app.received, app.sent);
	is_int(sim_tcp_count(w.client), 8, "%s: those lost are replaced",
	    kind);
	is_int(app.bad, 0, "%s: nothing is changed", kind);
	app_close(&app);
	is_int(world_end(&w), 0, "%s: nothing stays open", kind);
}

/* The server is away for ten minutes: its host refuses, or is silent. */
static void
test_server_away(bool silent)
{
	const char *how = silent ? "silent host" : "refusing host";
	unsigned long asked;
	unsigned lines;
	struct world w;

	world_begin(&w, 2);
	world_pool(&w, "tcp", "", "");
	proc_option(&w.left, "idle", "0");
	proc_stop(&w.left);
	proc_start(&w.left);
	app_open(&app, &w, 1);
	talk(1000, 10);
	logged_reset();
	asked = sim_tcp_asked(w.server);
	w.server->down = silent;
	proc_stop(&w.right);
	talk(600000, 200);
	asked = sim_tcp_asked(w.server) - asked;
	lines = logged(LEVEL_ERROR) + logged(LEVEL_WARN);
	/* 8 places, every 5 s less up to a quarter; or time-outs of 4 s. */
	ok(asked < 8 * 600 * 10 / 37, "%s: attempts are spaced by the back-off",
	    how);
	ok(asked > 8 * 600 / 10, "%s: but do not cease", how);
	printf("# %lu attempts, %u lines\n", asked, lines);
	ok(logged_text("cannot connect") >= 1, "%s: the operator is told that "
	    "it cannot connect", how);
	/* In the middle of it there are the lines about losses, too. */
	ok(logged_text("cannot connect") <= 15, "%s: once a minute at most",
	    how);
	ok(logged_text("was lost") <= 10, "%s: and not once for each lost "
	    "connection", how);
	w.server->down = false;
	app.received = 0;
	proc_start(&w.right);
	ok(app_wait(&app, 1, 1) || (app_send(&app, 100),
	    app_wait(&app, 1, 6000)), "%s: it comes back within 6 s", how);
	sim_run_s(6);
	is_int(sim_tcp_count(w.client), 8, "%s: with all its connections",
	    how);
	is_int(logged_text("connected to"), 1, "%s: which is said once", how);
	talk(1000, 10);
	sim_run_ms(100);
	ok(app.received > 90, "%s: and it works as before", how);
	app_close(&app);
	is_int(world_end(&w), 0, "%s: nothing stays open", how);
}

/* The first line about a server that went comes at once. */
static void
test_told_at_once(void)
{
	struct world w;

	world_begin(&w, 3);
	world_pool(&w, "tcp", "", "");
	app_open(&app, &w, 1);
	talk(6000, 100);
	logged_reset();
	proc_stop(&w.right);
	talk(5000, 100);
	ok(logged_text("cannot connect") >= 1, "that a server cannot be "
	    "reached any more is said within 5 s");
	app_close(&app);
	world_end(&w);
}

/* The peer vanishes without a word, and the client is idle. */
static void
test_half_open(void)
{
	struct world w;

	world_begin(&w, 4);
	world_pool(&w, "tls", "", "");
	app_open(&app, &w, 1);
	talk(1000, 100);
	/* The server's machine loses its power and comes back. */
	w.server->down = true;
	proc_stop(&w.right);
	w.server->down = false;
	proc_start(&w.right);
	sim_run_s(50);
	is_int(sim_tcp_count(w.client), 0, "keep-alive finds out that the "
	    "peer has forgotten");
	app.received = 0;
	app_send(&app, 100);
	ok(app_wait(&app, 1, 100), "so the next datagram gets through on a new "
	    "connection at once");
	talk(2000, 100);
	is_int(sim_tcp_count(w.server), 8, "and with traffic the pool is made "
	    "anew");

	/* The way is cut while datagrams are sent. */
	sim_cut(w.client, w.server, true);
	talk(60000, 500);
	is_int(sim_tcp_count(w.client), 0, "connections on a way that is cut "
	    "are given up");
	sim_cut(w.client, w.server, false);
	sim_run_s(10);
	app.received = 0;
	app_send(&app, 100);
	ok(app_wait(&app, 1, 100), "and made anew when it is mended");
	sim_run_s(120);
	app_close(&app);
	is_int(world_end(&w), 0, "nothing stays open");
}

/* Dials by name. */
static void
begin_named(struct world *w, const char *keys)
{
	char right[200];

	world_begin(w, 5);
	snprintf(right, sizeof(right), "tcp:vpn.example.com:8443%s", keys);
	proc_set(&w->left, w->client, "udp-listen:0.0.0.0:8911", right);
	proc_set(&w->right, w->server, "tcp-listen:0.0.0.0:8443",
	    "udp:10.0.2.1:7");
	proc_start(&w->right);
}

static void
test_names(void)
{
	unsigned asked;
	struct world w;

	begin_named(&w, "");
	proc_start(&w.left);
	sim_name_fail("vpn.example.com", "no such name");
	app_open(&app, &w, 1);
	talk(20000, 100);
	is_int(app.received, 0, "nothing gets through without an address");
	is_int(logged_text("no such name"), 1, "why is said once");
	sim_name_fail("vpn.example.com", NULL);
	sim_name_set("vpn.example.com", "10.0.0.1");
	sim_run_ms(5200);
	app_send(&app, 100);
	ok(app_wait(&app, app.received + 1, 500), "it works when the name "
	    "does");
	asked = sim_name_asked("vpn.example.com");
	ok(asked > 10, "it was looked up for each connection");

	/* The server moves. */
	sim_run_s(10);
	sim_name_clear("vpn.example.com");
	sim_host_address(w.server, "10.0.0.9");
	sim_name_set("vpn.example.com", "10.0.0.9");
	sim_tcp_reset(w.client, w.server);
	app.received = 0;
	app_send(&app, 100);
	ok(app_wait(&app, 1, 1000), "a server that moved is found at its new "
	    "address");
	app_close(&app);
	is_int(world_end(&w), 0, "nothing stays open");

	/* A name server that does not answer. */
	begin_named(&w, ",timeout=3");
	sim_name_set("vpn.example.com", "10.0.0.1");
	sim_name_delay("vpn.example.com", 60000);
	proc_start(&w.left);
	app_open(&app, &w, 1);
	talk(10000, 100);
	is_int(app.received, 0, "nor while the name server is silent");
	sim_name_delay("vpn.example.com", 10);
	sim_run_s(9);
	app_send(&app, 100);
	ok(app_wait(&app, 1, 500), "it works when that answers again");
	app_close(&app);
	is_int(world_end(&w), 0, "nothing stays open");
}

static void
test_resolve_once(void)
{
	struct world w;
	unsigned i;

	begin_named(&w, ",resolve-once");
	sim_name_set("vpn.example.com", "10.0.0.1");
	proc_start(&w.left);
	sim_run_ms(10);
	is_int(sim_name_asked("vpn.example.com"), 1, "resolve-once: the name "
	    "is looked up at start");
	sim_name_clear("vpn.example.com");
	sim_name_set("vpn.example.com", "10.9.9.9");
	app_open(&app, &w, 1);
	for (i = 0; i < 3; i++) {
		talk(6000, 100);
		sim_tcp_reset(w.client, w.server);
	}
	talk(6000, 100);
	is_int(sim_name_asked("vpn.example.com"), 1, "resolve-once: and never "
	    "again");
	ok(app.received > 200, "resolve-once: the address is kept");
	app_close(&app);
	is_int(world_end(&w), 0, "resolve-once: nothing stays open");

	begin_named(&w, ",resolve-once");
	sim_name_fail("vpn.example.com", "no such name");
	proc_start(&w.left);
	sim_run_s(10);
	sim_name_fail("vpn.example.com", NULL);
	sim_name_set("vpn.example.com", "10.0.0.1");
	app_open(&app, &w, 1);
	talk(6000, 100);
	ok(app.received > 50, "resolve-once: a name that failed at start is "
	    "looked up when it is needed");
	app_close(&app);
	world_end(&w);
}

/* The client's machine is suspended, and whatever stands between forgets its
 * connections without a word. */
static void
test_suspended(void)
{
	struct world w;

	world_begin(&w, 7);
	world_pool(&w, "tls", "", "");
	app_open(&app, &w, 1);
	talk(2000, 100);
	sim_cut(w.client, w.server, true);
	logged_reset();
	sim_rules.slept_ms += 60000;
	sim_run_s(2);
	app_send(&app, 100);
	sim_run_ms(10);
	sim_cut(w.client, w.server, false);
	ok(logged_text("slept for 60 s") == 1, "suspended: that is noticed");
	app.received = 0;
	sim_run_ms(3000);
	app_send(&app, 100);
	ok(app_wait(&app, 1, 200), "suspended: it has connected anew");
	app_close(&app);
	is_int(world_end(&w), 0, "suspended: nothing stays open");
}

/* Several addresses, the first of which is dead. */
static void
test_stagger(void)
{
	struct world w;

	begin_named(&w, "");
	sim_name_set("vpn.example.com", "10.7.7.7");	/* nobody */
	sim_name_set("vpn.example.com", "10.0.0.1");
	proc_start(&w.left);
	app_open(&app, &w, 1);
	app_send(&app, 100);
	ok(app_wait(&app, 1, 400), "a dead first address costs 250 ms");
	app_close(&app);
	is_int(world_end(&w), 0, "nothing stays open");
}

/* The target's name, at the server. */
static void
test_target_name(void)
{
	struct world w;
	unsigned i;

	world_begin(&w, 6);
	proc_set(&w.left, w.client, "udp-listen:0.0.0.0:8911",
	    "udp:dns.example.com:7");
	sim_name_set("dns.example.com", "10.0.2.1");
	sim_name_delay("dns.example.com", 300);
	proc_start(&w.left);
	app_open(&app, &w, 1);
	for (i = 0; i < 20; i++)
		app_send(&app, 1000);
	sim_run_ms(1000);
	is_int(app.received, 20, "datagrams wait for their target's name");
	app_close(&app);
	is_int(world_end(&w), 0, "nothing stays open");
}

int
main(void)
{
	test_one_lost("tcp");
	test_one_lost("tls");
	test_server_away(false);
	test_server_away(true);
	test_told_at_once();
	test_half_open();
	test_names();
	test_resolve_once();
	test_suspended();
	test_stagger();
	test_target_name();
	return done_testing();
}
