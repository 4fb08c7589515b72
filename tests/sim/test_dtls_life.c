/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * How long flows over DTLS live: idle times, limits of time and of rate,
 * leave that is taken, and hours in which nothing happens.
 *
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "dtls_peer.h"
#include "tape_world.h"

static struct app others[8];

/* Both processes, with options of their tunnels: "" or NAME=VALUE. */
static void
begin(const char *client_keys, const char *server_keys,
    const char *const client[][2], const char *const server[][2])
{
	unsigned i;

	world_begin(&w, 1);
	world_dtls_set(&w, client_keys, server_keys);
	for (i = 0; client != NULL && client[i][0] != NULL; i++)
		proc_option(&w.left, client[i][0], client[i][1]);
	for (i = 0; server != NULL && server[i][0] != NULL; i++)
		proc_option(&w.right, server[i][0], server[i][1]);
	proc_start(&w.right);
	proc_start(&w.left);
	begin_tape();
}

/* Within 20 ms of it? */
static bool
is_near(uint64_t ms, uint64_t want_ms)
{
	return ms + 20 >= want_ms && ms <= want_ms + 20;
}

/* Hours without a datagram. */
static void
test_sleep(const char *what, const char *client_keys, const char *server_keys)
{
	static const char *const forever[][2] = { { "idle", "0" }, { NULL } };
	unsigned long before[2];
	unsigned sent;

	begin(client_keys, server_keys, forever, forever);
	sim_run_s(1);
	before[0] = w.left.sim->wakeups;
	before[1] = w.right.sim->wakeups;
	sim_run_s(3 * 3600);
	is_int(w.left.sim->wakeups - before[0], 0, "%s: a client without flows "
	    "does not wake up in three hours", what);
	is_int(w.right.sim->wakeups - before[1], 0, "%s: nor does a server",
	    what);
	app_send(&app, 100);
	ok(app_wait(&app, 1, 100), "%s: a flow is there", what);
	/* It may look once whether all is well. */
	sim_run_s(100);
	before[0] = w.left.sim->wakeups;
	before[1] = w.right.sim->wakeups;
	sent = tape.n;
	sim_run_s(3 * 3600);
	is_int(w.left.sim->wakeups - before[0], 0, "%s: nor a client with an "
	    "idle flow that never expires", what);
	is_int(w.right.sim->wakeups - before[1], 0, "%s: nor its server",
	    what);
	is_int(tape.n, sent, "%s: nothing is sent", what);
	app_send(&app, 100);
	ok(app_wait(&app, 2, 50), "%s: the flow is still good", what);
	finish(what);
}

/* WireGuard without traffic: a keep-alive each 25 s that nobody answers, and an
 * exchange each 2 minutes. */
static void
test_keepalives(void)
{
	unsigned i, n;

	begin("", "", NULL, NULL);
	app_send(&app, 148);
	ok(app_wait(&app, 1, 100), "keep-alives: a flow is there");
	for (n = 1, i = 1; i <= 60; i++) {
		w.echo.silent = i % 5 != 0;
		sim_run_s(25);
		app_send(&app, w.echo.silent ? 32 : 148);
		sim_run_ms(100);
		n += !w.echo.silent;
	}
	is_int(app.received, n, "keep-alives: each exchange is answered");
	is_int(w.right.tunnel->last_number, 1, "keep-alives that nobody "
	    "answers bring no new association in 25 minutes");
	finish("keep-alives");
}

/* A flow of which the last datagram was not answered. */
static void
test_sleep_unanswered(bool served)
{
	static const char *const forever[][2] = { { "idle", "0" }, { NULL } };
	const char *what = served ? "unanswered" : "server gone";
	unsigned long before;
	unsigned sent;

	begin("", "", forever, forever);
	app_send(&app, 100);
	app_wait(&app, 1, 100);
	w.echo.silent = true;
	app_send(&app, 100);
	sim_run_s(1);
	if (!served)
		sim_cut(w.client, w.server, true);
	/* It may look once whether the server is there. */
	sim_run_s(300);
	before = w.left.sim->wakeups;
	sent = tape.n;
	sim_run_s(3 * 3600);
	is_int(w.left.sim->wakeups - before, 0, "%s: a client that has nothing "
	    "to send does not look for its server for ever", what);
	is_int(tape.n, sent, "%s: nor send anything", what);
	sim_cut(w.client, w.server, false);
	w.echo.silent = false;
	app_send(&app, 100);
	ok(app_wait(&app, 2, 21000) || (app_send(&app, 100),
	    app_wait(&app, 2, 21000)), "%s: the flow is there when it is "
	    "needed", what);
	finish(what);
}

/* Silence of one side, by mode; of the server's tunnel, whose left is the
 * client and whose right is the target. */
static void
test_modes(void)
{
	static const struct {
		const char *mode;
		unsigned left_ms, right_ms;	/* until when they speak */
		unsigned end_ms;
	} rows[] = {
		/* left speaks each 200 ms, right answers at first only; idle
		 * 1 s; wire page 9.5 */
		{ "either", 4000, 0, 1000 },
		{ "either", 4000, 2000, 3000 },
		{ "both", 2000, 0, 3000 },
		{ "both", 1000, 2000, 3000 },
		{ "left", 2000, 0, 3000 },
		{ "left", 2000, 4000, 3000 },
		{ "right", 4000, 0, 1000 },
		{ "right", 1000, 2000, 3000 },
	};
	static const char *const none[][2] = { { "idle", "0" }, { NULL } };
	const char *server[3][2] = { { "idle", "1" }, { "stale-mode", "" },
	    { NULL } };
	struct addr back = { 0 };
	uint64_t from_us;
	unsigned i, t;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		server[1][1] = rows[i].mode;
		begin("", "", none, server);
		sim_link_both(w.client, w.server, 1000, 0);
		w.echo.silent = true;
		app_send(&app, 100);
		sim_run_ms(10);
		from_us = sim_now_us();
		sim_run_ms(200);
		for (t = 200; proc_flows(&w.right) > 0 && t < 6000; t += 200) {
			back = w.server->addr[0];
			back.port = w.echo.port;
			if (t <= rows[i].left_ms)
				app_send(&app, 100);
			if (t <= rows[i].right_ms)
				sim_udp_send(w.echo.fd, &back,
				    (const uint8_t *)"tick", 4);
			if (sim_run_until(proc_has_no_flow, &w.right,
			    200 * SIM_MS))
				break;
		}
		ok(is_near((sim_now_us() - from_us) / SIM_MS, rows[i].end_ms),
		    "%s: left speaks for %u ms, right for %u: it ends after "
		    "%u (%u)", rows[i].mode, rows[i].left_ms,
		    rows[i].right_ms, rows[i].end_ms,
		    (unsigned)((sim_now_us() - from_us) / SIM_MS));
		sim_run_ms(100);
		is_int(logged_text("flow 1: 10.0.3.1:30000 ended: closed by "
		    "the peer"), 1, "%s: its client is told", rows[i].mode);
		finish(rows[i].mode);
	}
}

/* Forged and replayed datagrams are no sign of life; nor is a handshake. */
static void
test_no_life(void)
{
	static const char *const idle[][2] = { { "idle", "5" },
	    { "stale-mode", "either" }, { NULL } };
	static const char *const none[][2] = { { "idle", "0" }, { NULL } };
	uint64_t from_us;
	unsigned i;

	begin("", "", none, idle);
	app_send(&app, 100);
	app_wait(&app, 1, 100);
	from_us = app.last_us;
	for (i = 0; proc_flows(&w.right) > 0 && i < 1000; i++) {
		tape_replay(&tape.d[i % tape.n]);
		sim_run_ms(10);
	}
	ok(is_near((sim_now_us() - from_us) / SIM_MS, 5000), "replays keep no "
	    "flow alive (%u ms)", (unsigned)((sim_now_us() - from_us) /
	    SIM_MS));
	finish("no life");
}

/* Either side's end is the other's. */
static void
test_leave(bool of_client, const char *keys)
{
	static const char *const idle[][2] = { { "idle", "30" }, { NULL } };
	static const char *const none[][2] = { { "idle", "0" }, { NULL } };
	const char *what = of_client ? "the client's" : "the server's";
	struct proc *one, *two;
	uint64_t ms;

	begin(keys, "", of_client ? idle : none, of_client ? none : idle);
	one = of_client ? &w.left : &w.right;
	two = of_client ? &w.right : &w.left;
	app_send(&app, 100);
	app_wait(&app, 1, 100);
	ms = proc_until_end_ms(one);
	ok(is_near(ms, 30000), "%s flow ends when it was idle for 30 s (%u)",
	    what, (unsigned)ms);
	is_int(proc_flows(two), 1, "%s peer has it still", what);
	sim_run_ms(11);
	is_int(proc_flows(two), 0, "%s close_notify ends it there, at once",
	    what);
	is_int(logged_text("ended: idle"), 1, "%s end is told", what);
	is_int(logged_text("ended: closed by the peer"), 1, "%s peer's, too",
	    what);
	is_int(logged(LEVEL_WARN) + logged(LEVEL_ERROR), 0, "%s end is no "
	    "reason to warn", what);
	app_send(&app, 100);
	ok(app_wait(&app, 2, 200), "%s next datagram begins another flow",
	    what);
	finish(what);
}

/* Nobody hears it. */
static void
test_leave_lost(void)
{
	static const char *const client[][2] = { { "idle", "10" }, { NULL } };
	static const char *const server[][2] = { { "idle", "30" },
	    { "stale-mode", "either" }, { NULL } };
	unsigned i;

	begin("", "", client, server);
	app_send(&app, 100);
	app_wait(&app, 1, 100);
	sim_cut(w.client, w.server, true);
	sim_run_s(15);
	sim_cut(w.client, w.server, false);
	is_int(proc_flows(&w.left), 0, "a client has gone and its close_notify "
	    "is lost");
	is_int(proc_flows(&w.right), 1, "the server does not know");
	app_send(&app, 100);
	ok(app_wait(&app, 2, 100), "that hinders no new flow");
	is_int(proc_flows(&w.right), 2, "beside the old one");
	for (i = 0; i < 4; i++) {
		sim_run_s(4);
		app_send(&app, 100);
	}
	is_int(proc_flows(&w.right), 1, "which expires when it was idle for "
	    "its time");
	finish("leave that is lost");
}

/* A flow's time is over. */
static void
test_time_limit(bool of_client)
{
	static const char *const limit[][2] = { { "time-limit", "5" },
	    { NULL } };
	static const char *const range[][2] = { { "time-limit", "5-10" },
	    { NULL } };
	const char *what = of_client ? "time limit of a client" :
	    "time limit of a server";
	struct proc *p;
	unsigned i, flows;

	begin("", "", of_client ? limit : NULL, of_client ? NULL : limit);
	p = of_client ? &w.left : &w.right;
	for (i = 0; i < 520; i++) {
		app_send(&app, 100);
		sim_run_ms(50);
	}
	is_int(p->tunnel->last_number, 6, "%s: each flow lives "
	    "for 5 s, though it is in use", what);
	is_int(w.left.tunnel->last_number, w.right.tunnel->last_number,
	    "%s: on both sides", what);
	ok(app.sent - app.received <= 12, "%s: with few losses (%u)", what,
	    app.sent - app.received);
	is_int(logged_text("ended: time limit"), 5, "%s: that is told", what);
	finish(what);

	begin("", "", of_client ? range : NULL, of_client ? NULL : range);
	p = of_client ? &w.left : &w.right;
	for (i = 0; i < 100; i++) {
		app_send(&app, 100);
		sim_run_ms(1000);
	}
	flows = p->tunnel->last_number;
	ok(flows >= 10 && flows <= 20, "%s: 5-10 s is between both (%u in "
	    "100 s)", what, flows);
	finish(what);
}

/* New flows of one address are counted. */
static void
test_rate_limit(const char *what, const char *server_keys)
{
	static const char *const limit[][2] = { { "rate-limit", "3/20" },
	    { NULL } };
	unsigned i, back = 0, denied = 0;
	uint64_t from_us, tries;

	begin("", server_keys, NULL, limit);
	for (i = 0; i < 5; i++) {
		app_open(&others[i], &w, i + 1);
		app_send(&others[i], 100);
		sim_run_ms(200);
		back += others[i].received;
	}
	is_int(back, 3, "%s: an address may begin three flows", what);
	is_int(proc_flows(&w.right), 3, "%s: not more", what);
	is_int(logged_text("more than 3 in 20 s of its address (10.0.3.2"),
	    w.right.tunnel->lost[LOST_RATE], "%s: that is told", what);
	ok(w.right.tunnel->lost[LOST_RATE] >= 2, "%s: and counted", what);
	/* The same sockets go on trying: dtlspipe never hears them again. */
	from_us = sim_now_us();
	while (sim_now_us() < from_us + 60 * SIM_S &&
	    (others[3].received == 0 || others[4].received == 0)) {
		for (i = 3; i < 5; i++)
			if (others[i].received == 0)
				app_send(&others[i], 100);
		sim_run_ms(1000);
	}
	tries = (sim_now_us() - from_us) / SIM_S;
	is_int(others[3].received > 0, 1, "%s: the over-limit address is not "
	    "black-holed (%u s)", what, (unsigned)tries);
	is_int(others[4].received > 0, 1, "%s: nor its other flow", what);
	ok(tries < 45, "%s: it is served again when its window allows", what);
	denied = (unsigned)w.right.tunnel->lost[LOST_RATE];
	printf("# %u denied\n", denied);
	for (i = 0; i < 5; i++)
		app_close(&others[i]);
	finish(what);
}

/* One socket that was denied, the whole time from the same port. */
static void
test_denied_port(const char *server_keys)
{
	static const char *const limit[][2] = { { "rate-limit", "1/10" },
	    { NULL } };
	struct addr server;
	static struct dtls_peer first, second;

	begin("", server_keys, NULL, limit);
	server = w.server->addr[0];
	server.port = WORLD_DTLS_PORT;
	dtls_peer_init(&first, w.client, 0, false);
	dtls_peer_init(&second, w.client, 0, false);
	dtls_peer_call(&first, &server);
	ok(dtls_peer_wait(&first, 200), "the first of an address gets in%s",
	    server_keys);
	dtls_peer_call(&second, &server);
	ok(!dtls_peer_wait(&second, 2000), "the second does not");
	ok(dtls_peer_wait(&second, 30000), "but later it does, from the same "
	    "port");
	dtls_peer_send(&second, DTLS_APPLICATION, "ping", 4);
	ok(dtls_peer_wait_data(&second, 1, 100), "and is served");
	dtls_peer_end(&first);
	dtls_peer_end(&second);
	finish("denied port");
}

/* Flows at the same time. */
static void
test_max_flows(void)
{
	static const char *const most[][2] = { { "max-flows", "2" },
	    { "idle", "20" }, { NULL } };
	unsigned i, back = 0;

	begin("", "", NULL, most);
	for (i = 0; i < 4; i++) {
		app_open(&others[i], &w, i + 1);
		app_send(&others[i], 100);
		sim_run_ms(100);
		back += others[i].received;
	}
	is_int(back, 2, "a server with two flows takes no third");
	ok(logged_text("flow refused: 2 are there already") >= 1, "that is "
	    "told");
	sim_run_s(21);
	app_send(&others[3], 100);
	sim_run_ms(8000);
	ok(others[3].received > 0, "when they have gone it does");
	for (i = 0; i < 4; i++)
		app_close(&others[i]);
	finish("max-flows");
}

/* Both sides end an idle flow at about the same time: what the client sends at
 * its end belongs to no flow any more, and nobody is warned of that. */
static void
test_part(const char *keys)
{
	static const char *const client[][2] = { { "idle", "5.01" },
	    { "stale-mode", "either" }, { NULL } };
	static const char *const server[][2] = { { "idle", "5" },
	    { "stale-mode", "either" }, { NULL } };
	unsigned i;

	begin(keys, "", client, server);
	for (i = 1; i <= 3; i++) {
		app_send(&app, 100);
		ok(app_wait(&app, i, 1000), "part, %s: a flow", keys);
		sim_run_s(30);
	}
	is_int(proc_flows(&w.right), 0, "both sides have ended it");
	is_int(w.right.tunnel->lost[LOST_FORGED], 0, "what comes after the end "
	    "does not count as forged");
	is_int(w.right.tunnel->lost[LOST_FLOW_ENDED], 3, "but as too late");
	is_int(logged(LEVEL_WARN), 0, "and nobody is warned");
	finish("part");
}

int
main(void)
{
	test_part("");
	test_part(",no-cid");
	test_sleep("cookie", "", "");
	test_sleep("skip, no CID", ",no-cid", ",skip-verify");
	test_keepalives();
	test_sleep_unanswered(true);
	test_sleep_unanswered(false);
	test_modes();
	test_no_life();
	test_leave(true, "");
	test_leave(true, ",no-cid");
	test_leave(false, "");
	test_leave(false, ",no-cid");
	test_leave_lost();
	test_time_limit(true);
	test_time_limit(false);
	test_rate_limit("rate limit, cookie", "");
	test_rate_limit("rate limit, skip", ",skip-verify");
	test_denied_port("");
	test_denied_port(",skip-verify");
	test_max_flows();
	return done_testing();
}
