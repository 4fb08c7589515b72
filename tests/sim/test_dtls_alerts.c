/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * When alerts of DTLS are sent, and when the flow of the peer that receives one
 * ends: to the millisecond.
 *
 * NOTES.  Ends without connection IDs, so that a sealed alert has its type in
 * the clear.
 *
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "dtls_peer.h"
#include "tape_world.h"

enum {
	WAY_MS = 10,		/* from client to server, and back */
	LEAST_MS = 1000,	/* a client's flow that fails lives so long */
};

static void
begin(const char *client_keys, const char *server_keys)
{
	char keys[2][100];

	snprintf(keys[0], sizeof(keys[0]), ",no-cid%s", client_keys);
	snprintf(keys[1], sizeof(keys[1]), ",no-cid%s", server_keys);
	world_begin(&w, 1);
	world_dtls_set(&w, keys[0], keys[1]);
}

/* Starts both processes. */
static void
start(void)
{
	must(proc_start(&w.right) == 0);
	must(proc_start(&w.left) == 0);
}

/* When the nth record of that type was sent that way. */
static uint64_t
sent_ms(enum way way, uint8_t type, unsigned nth)
{
	return tape_find(&tape, way, type, nth)->at_us / SIM_MS;
}

static uint64_t
now_ms(void)
{
	return sim_now_us() / SIM_MS;
}

/* A server that cannot agree answers the hello that has a cookie. */
static void
test_refused(void)
{
	uint64_t began_ms, ended_ms;

	begin(",ciphers=TLS_PSK_WITH_AES_128_CCM_8",
	    ",ciphers=TLS_PSK_WITH_AES_128_GCM_SHA256");
	start();
	begin_tape();
	app_send(&app, 100);
	sim_run_ms(100);
	began_ms = sent_ms(UP, DTLS_HANDSHAKE, 0);
	is_int(tape_count(&tape, UP, 0), 2, "two hellos");
	is_int(sent_ms(UP, DTLS_HANDSHAKE, 1) - began_ms, 2 * WAY_MS, "the "
	    "second has the cookie");
	is_int(tape_count(&tape, DOWN, DTLS_ALERT), 1, "one alert");
	is_int(sent_ms(DOWN, DTLS_ALERT, 0) - began_ms, 3 * WAY_MS, "at once");
	is_int(logged_text("the server refused"), 1, "which the client says");
	app_send(&app, 100);
	(void)proc_until_end_ms(&w.left);
	ended_ms = now_ms();
	is_int(ended_ms - began_ms, LEAST_MS, "its flow ends 1 s after it "
	    "began, so that few hellos go there");
	is_int(tape_count(&tape, UP, 0), 2, "and sends nothing more");
	app_send(&app, 100);
	sim_run_ms(100);
	began_ms = sent_ms(UP, DTLS_HANDSHAKE, 2);
	ok(began_ms - ended_ms <= 1, "the next datagram begins one at once");
	is_int(tape_count(&tape, DOWN, DTLS_ALERT), 2, "that is refused");
	finish("refused");
}

/* A flow without data for its idle time. */
static void
test_idle(void)
{
	uint64_t last_ms;

	begin("", "");
	proc_option(&w.left, "idle", "5");
	start();
	begin_flow();
	last_ms = sent_ms(DOWN, DTLS_APPLICATION, 0) + WAY_MS;
	(void)proc_until_end_ms(&w.left);
	is_int(now_ms() - last_ms, 5000, "idle: the client's flow ends in "
	    "time");
	(void)proc_until_end_ms(&w.right);
	is_int(now_ms() - last_ms, 5000 + WAY_MS, "idle: the server's when it "
	    "is told");
	is_int(tape_count(&tape, UP, DTLS_ALERT), 1, "idle: by one alert");
	is_int(sent_ms(UP, DTLS_ALERT, 0) - last_ms, 5000, "idle: at once");
	is_int(tape_count(&tape, DOWN, DTLS_ALERT), 1, "idle: and one comes "
	    "back");
	is_int(sent_ms(DOWN, DTLS_ALERT, 0) - last_ms, 5000 + WAY_MS, "idle: "
	    "at once, too");
	finish("idle");
}

/* A server that ends. */
static void
test_stopped(void)
{
	uint64_t stopped_ms;

	begin("", "");
	start();
	begin_flow();
	sim_run_s(3);
	stopped_ms = now_ms();
	proc_stop(&w.right);
	must(proc_start(&w.right) == 0);
	(void)proc_until_end_ms(&w.left);
	is_int(sent_ms(DOWN, DTLS_ALERT, 0) - stopped_ms, 0, "stopped: a "
	    "server says so");
	is_int(now_ms() - stopped_ms, WAY_MS, "stopped: the client's flow "
	    "ends when that comes");
	is_int(sent_ms(UP, DTLS_ALERT, 0) - stopped_ms, WAY_MS, "stopped: and "
	    "answers at once");
	app_send(&app, 100);
	sim_run_ms(1);
	is_int(proc_flows(&w.left), 1, "stopped: the next datagram begins one "
	    "within 1 ms");
	ok(app_wait(&app, 2, 2000), "stopped: that gets through");
	finish("stopped");
}

/* A peer with the key that gives up. */
static void
test_fatal(void)
{
	static struct dtls_peer peer;
	struct addr server;
	uint64_t sent;

	server = world_dtls_server(&w, ",no-cid");
	dtls_peer_init(&peer, w.client, 0, false);
	dtls_peer_call(&peer, &server);
	must(dtls_peer_wait(&peer, 2000));
	dtls_peer_send(&peer, DTLS_APPLICATION, "ping", 4);
	must(dtls_peer_wait_data(&peer, 1, 100));
	begin_tape();
	sent = now_ms();
	dtls_peer_send(&peer, DTLS_ALERT, "\2\50", 2);
	(void)proc_until_end_ms(&w.right);
	is_int(now_ms() - sent, WAY_MS, "a fatal alert ends the server's flow "
	    "when it comes");
	sim_run_ms(100);
	is_int(tape_count(&tape, DOWN, 0), 0, "without an answer");
	dtls_peer_end(&peer);
	finish("fatal");
}

int
main(void)
{
	test_refused();
	test_idle();
	test_stopped();
	test_fatal();
	return done_testing();
}
