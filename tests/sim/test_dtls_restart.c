/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * DTLS clients and servers that lose their state, and those who pretend that
 * somebody else has.
 *
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "base/bytes.h"
#include "dtls_peer.h"
#include "tape_world.h"

static struct dtls_peer peer;
static struct addr server;	/* ours, for the test's client */

/* One flow that is up. */
static void
begin(const char *client_keys, const char *server_keys)
{
	world_begin(&w, 1);
	world_dtls(&w, client_keys, server_keys);
	begin_flow();
}

/* A client of the test's own that is up. */
static void
begin_peer(const char *server_keys)
{
	world_begin(&w, 1);
	world_dtls(&w, "", server_keys);
	begin_tape();
	server = w.server->addr[0];
	server.port = WORLD_DTLS_PORT;
	dtls_peer_init(&peer, w.client, 40000, false);
	dtls_peer_call(&peer, &server);
	if (!dtls_peer_wait(&peer, 2000))
		printf("Bail out! no handshake\n");
}

/* Ends a process without a word. */
static void
kill_proc(struct proc *p)
{
	p->host->down = true;
	proc_stop(p);
	p->host->down = false;
}

/* Does the test's client reach the target and get the answer? */
static bool
talks(void)
{
	unsigned n = peer.got_n;

	dtls_peer_send(&peer, DTLS_APPLICATION, "ping", 4);
	return dtls_peer_wait_data(&peer, n + 1, 50) && peer.got_len == 4;
}

/* A client that was killed comes again from the same port. dtlspipe's server
 * answers it by what it has for the old one (wire page 9.2). */
static void
test_client(const char *what, const char *client_keys,
    const char *server_keys)
{
	begin(client_keys, server_keys);
	app_send(&app, 50);
	app_wait(&app, 2, 100);
	kill_proc(&w.left);
	sim_run_ms(4000);
	is_int(proc_flows(&w.right), 1, "%s: the server has not noticed",
	    what);
	w.client->next_port = tape.d[0].from.port;
	proc_start(&w.left);
	app_send(&app, 60);
	ok(app_wait(&app, 3, 130), "%s: a client that was killed is back from "
	    "the same port at once (%u ms)", what,
	    (unsigned)(app.rtt_us / SIM_MS));
	is_int(tape.d[tape.n - 1].to.port, tape.d[0].from.port,
	    "%s: it is the same", what);
	is_int(proc_flows(&w.right), 1, "%s: the server has one flow", what);
	is_int(w.right.tunnel->last_number, 2, "%s: another one", what);
	is_int(logged_text("ended: its client has restarted"), 1,
	    "%s: that is told", what);
	is_int(app.bad + app.twice + w.echo.bad + w.echo.twice, 0,
	    "%s: nothing comes twice", what);
	finish(what);
}

/* Hellos that say they come from a live client. */
static void
test_forged_hello(const char *what, const char *client_keys,
    const char *server_keys)
{
	struct taped *hello, d;
	unsigned i, sent, up, late = 0;
	uint64_t bytes;

	begin(client_keys, server_keys);
	hello = tape_find(&tape, UP, DTLS_HANDSHAKE, 0);
	sent = tape.sent[DOWN];
	up = tape.sent[UP];
	bytes = tape.bytes[DOWN];
	for (i = 0; i < 500; i++) {
		d = *hello;
		/* Another random, any record and message number. */
		put_be32(d.data + DTLS_HEADER + DTLS_MESSAGE + 2, i + 1);
		d.data[10] = (uint8_t)i;
		d.data[DTLS_HEADER + 5] = (uint8_t)(i % 3);
		tape_replay(&d);
		if (i % 10 == 0) {
			app_send(&app, 100);
			late += !app_wait(&app, app.received + 1, 21);
		}
		sim_run_ms(2);
	}
	sim_run_ms(50);
	is_int(late, 0, "%s: a forged ClientHello does not disturb a live "
	    "association", what);
	is_int(app.received, app.sent, "%s: nothing is lost", what);
	is_int(w.right.tunnel->last_number, 1, "%s: it is the same flow",
	    what);
	is_int(tape.sent[DOWN] - sent, app.sent - 1 + 500, "%s: each is "
	    "answered by one demand for a cookie", what);
	ok((tape.bytes[DOWN] - bytes) < 500 * (uint64_t)hello->len +
	    (app.sent - 1) * 200, "%s: which is shorter than the hello", what);
	is_int(tape.sent[UP] - up, app.sent - 1, "%s: and which the client "
	    "does not answer", what);
	finish(what);
}

/* A hello of the same client that has a good cookie but no key: replaces it
 * when only the address tells who it is, else not. */
static void
test_no_key(bool cid)
{
	const char *what = cid ? "CID" : "no CID";
	struct dtls_half read, write;

	begin_peer(cid ? "" : ",no-cid");
	ok(talks(), "%s: a flow is there", what);
	read = peer.dtls.read;
	write = peer.dtls.write;
	peer.psk = "ffeeddccbbaa99887766554433221100";
	peer.up = 0;
	dtls_peer_call(&peer, &server);
	sim_run_s(3);
	peer.mute = true;
	is_int(peer.up, 0, "%s: one without the key begins anew from the same "
	    "address", what);
	ok(tape_count(&tape, UP, DTLS_HANDSHAKE) >= 6, "%s: past the cookie",
	    what);
	is_int(proc_flows(&w.right), cid ? 1 : 0, "%s: the old flow is %s",
	    what, cid ? "still there" : "gone, as the address was all");
	if (cid) {
		peer.dtls.read = read;
		peer.dtls.write = write;
		peer.dtls.state = DTLS_DONE;
		ok(talks(), "%s: and good", what);
		sim_run_s(9);
		ok(talks(), "%s: also after the other's time is over", what);
		is_int(w.right.tunnel->last_number, 1, "%s: nothing else was "
		    "there", what);
	}
	dtls_peer_end(&peer);
	finish(what);
}

/* One with the key replaces the old one when it is up, not before. */
static void
test_anew(void)
{
	unsigned i;

	begin_peer("");
	for (i = 1; i <= 5; i++) {
		ok(talks(), "association %u of one socket works", i);
		is_int(w.right.tunnel->last_number, i, "it is flow %u", i);
		is_int(proc_flows(&w.right), 1, "the only one");
		peer.up = 0;
		dtls_peer_call(&peer, &server);
		sim_run_ms(45);
		is_int(w.right.tunnel->last_number, i, "another one is under "
		    "way");
		is_int(proc_flows(&w.right), 1, "while the old one lives");
		ok(dtls_peer_wait(&peer, 100), "it is up");
	}
	is_int(logged_text("ended: its client has restarted"), 5,
	    "each was ended by the next");
	dtls_peer_end(&peer);
	finish("anew");
}

/* A server that takes leave before it begins anew. */
static void
test_server_leaves(const char *keys)
{
	begin(keys, keys);
	proc_stop(&w.right);
	proc_start(&w.right);
	sim_run_ms(100);
	is_int(proc_flows(&w.left), 0, "a server that stops tells its clients");
	app_send(&app, 60);
	ok(app_wait(&app, 2, 200), "which come again at once (%u ms)",
	    (unsigned)(app.rtt_us / SIM_MS));
	finish("server that leaves");
}

/* How long answers stay away when datagrams are sent each 100 ms. */
static uint64_t
silence_ms(void)
{
	uint64_t from_us = app.last_us;
	unsigned n = app.received;

	while (app.received == n && sim_now_us() < from_us + 100 * SIM_S) {
		app_send(&app, 100);
		sim_run_ms(100);
	}
	return (app.last_us - from_us) / SIM_MS;
}

/* A server that was killed. */
static void
test_server_killed(const char *what, const char *keys, unsigned down_ms,
    unsigned most_ms)
{
	uint64_t ms;

	begin(keys, keys);
	kill_proc(&w.right);
	if (down_ms > 0) {
		app_send(&app, 100);
		sim_run_ms(down_ms);
	}
	proc_start(&w.right);
	ms = silence_ms();
	ok(ms < most_ms, "%s: a client is back after %u ms with a server that "
	    "was killed", what, (unsigned)ms);
	is_int(w.left.tunnel->last_number, 1, "%s: for the application it is "
	    "the same flow", what);
	is_int(logged_text("it has a new association"), 1, "%s: that is told",
	    what);
	app_send(&app, 100);
	ok(app_wait(&app, app.received + 1, 50), "%s: and it stays", what);
	sim_run_s(20);
	is_int(w.right.tunnel->last_number, 1, "%s: with one flow", what);
	finish(what);
}

/* The machine slept, and the server does not know it any more. */
static void
test_slept(void)
{
	uint64_t ms;

	begin("", "");
	kill_proc(&w.right);
	proc_start(&w.right);
	sim_rules.slept_ms += 3600 * 1000;
	sim_run_s(2);
	ms = silence_ms() - 2000;
	ok(ms < 2300, "after the machine slept a client notices within 2.3 s "
	    "that its server has forgotten it (%u ms)", (unsigned)ms);
	finish("slept");
}

/* A server that begins anew between the cookie and its return. */
static void
test_stale_cookie(void)
{
	world_begin(&w, 3);
	world_dtls(&w, "", "");
	begin_tape();
	app_send(&app, 100);
	sim_run_ms(25);
	is_int(tape_count(&tape, DOWN, DTLS_HANDSHAKE), 1, "a demand for a "
	    "cookie is out");
	kill_proc(&w.right);
	proc_start(&w.right);
	ok(app_wait(&app, 1, 1200), "a server that has new secrets asks for "
	    "another one (%u ms)", (unsigned)(app.rtt_us / SIM_MS));
	finish("stale cookie");
}

int
main(void)
{
	test_client("cookie, CID", "", "");
	test_client("skip, CID", "", ",skip-verify");
	test_client("cookie, no CID", ",no-cid", "");
	test_client("skip, no CID", ",no-cid", ",skip-verify");
	test_forged_hello("cookie, CID", "", "");
	test_forged_hello("skip, CID", "", ",skip-verify");
	test_forged_hello("skip, no CID", ",no-cid", ",skip-verify");
	test_no_key(true);
	test_no_key(false);
	test_anew();
	test_server_leaves("");
	test_server_leaves(",no-cid");
	test_server_killed("CID", "", 0, 4300);
	test_server_killed("no CID", ",no-cid", 0, 4300);
	test_server_killed("down for a while", "", 5000, 7000);
	test_slept();
	test_stale_cookie();
	return done_testing();
}
