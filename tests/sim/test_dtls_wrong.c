/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * DTLS handshakes that cannot succeed: how much is sent for them, what users
 * are told, and what becomes of the flow.
 *
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "dtls_peer.h"
#include "tape_world.h"

static void
begin(const char *client_keys, const char *server_keys, bool wrong)
{
	world_begin(&w, 1);
	world_dtls_set(&w, client_keys, server_keys);
	if (wrong)
		w.left.psk[RIGHT] = "ffeeddccbbaa99887766554433221100";
	proc_start(&w.right);
	proc_start(&w.left);
	begin_tape();
}

/* Another key at the client. */
static void
test_key(const char *what, const char *client_keys, const char *server_keys)
{
	unsigned i;

	begin(client_keys, server_keys, true);
	for (i = 0; i < 99; i++) {
		app_send(&app, 100);
		sim_run_ms(100);
	}
	ok(tape.n <= 20, "%s: a wrong key is at most 20 datagrams in 10 s "
	    "(%u)", what, tape.n);
	is_int(tape_count(&tape, UP, DTLS_ALERT) +
	    tape_count(&tape, DOWN, DTLS_ALERT), 0, "%s: and no alert", what);
	is_int(proc_flows(&w.left), 1, "%s: the flow waits", what);
	is_int(proc_flows(&w.right), 0, "%s: the server has none", what);
	sim_run_ms(500);
	is_int(proc_flows(&w.left), 0, "%s: after 10 s it has ended", what);
	is_int(logged_text("is the key the same on both sides"), 2, "%s: the "
	    "client says that it may be the key, and ends the flow with that",
	    what);
	is_int(logged_text("no handshake: wrong key of identity \"\" "
	    "(10.0.3.2:"), 1, "%s: so does the server, and whose", what);
	is_int(logged(LEVEL_WARN) - (logged_text("datagrams lost") > 0), 2,
	    "%s: in a line each", what);
	is_int(app.received, 0, "%s: the application hears nothing", what);
	is_int(w.left.tunnel->lost[LOST_FLOW_ENDED], 99, "%s: what waited is "
	    "counted as lost", what);
	/* The right key, and everything is well. */
	proc_stop(&w.left);
	w.left.psk[RIGHT] = WORLD_PSK;
	proc_start(&w.left);
	app_send(&app, 100);
	ok(app_wait(&app, 1, 200), "%s: with the right key it works at once",
	    what);
	finish(what);
}

/* An hour of a wrong key, with an application that sends all the time. */
static void
test_long(void)
{
	unsigned i;

	begin("", "", true);
	for (i = 0; i < 3600; i++) {
		app_send(&app, 100);
		sim_run_ms(1000);
	}
	ok(tape.sent[UP] + tape.sent[DOWN] <= 20 * 360, "an hour of a wrong "
	    "key: at most 20 datagrams in 10 s (%u in all)",
	    tape.sent[UP] + tape.sent[DOWN]);
	ok(logged(LEVEL_WARN) <= 2 * w.left.tunnel->last_number,
	    "and two lines for each attempt at most (%u)",
	    logged(LEVEL_WARN));
	ok(proc_flows(&w.left) <= 1, "of one flow at a time");
	finish("an hour");
}

/* Nobody answers. */
static void
test_silence(void)
{
	unsigned i;

	begin("", "", false);
	sim_cut(w.client, w.server, true);
	/* Cut links are not recorded: the hosts' counter is. */
	for (i = 0; i < 105; i++) {
		app_send(&app, 100);
		sim_run_ms(100);
	}
	is_int(logged_text("no answer from 10.0.0.1:2815"), 2, "a server that "
	    "does not answer is told of, and ends the flow");
	is_int(w.left.tunnel->last_number, 2, "after which there is another");
	sim_cut(w.client, w.server, false);
	ok(app_wait(&app, 1, 8000), "which gets through as soon as the server "
	    "answers");
	finish("silence");
}

/* Nobody listens there. */
static void
test_nobody(void)
{
	unsigned i;

	begin("", "", false);
	proc_stop(&w.right);
	for (i = 0; i < 50; i++) {
		app_send(&app, 100);
		sim_run_ms(100);
	}
	ok(tape.n <= 8, "where nobody listens few datagrams go (%u in 5 s)",
	    tape.n);
	ok(logged_text("Connection refused") >= 1, "and that is told");
	proc_start(&w.right);
	ok(app_wait(&app, 1, 6000), "when somebody does the flow comes up");
	is_int(w.left.tunnel->last_number, 1, "the same");
	is_int(w.echo.late + w.echo.twice + app.bad, 0, "with all that "
	    "waited");
	is_int(w.echo.received, 50, "in order");
	finish("nobody");
}

/* Nothing in common. */
static void
test_suites(const char *client_keys, const char *server_keys,
    const char *client_says, const char *server_says)
{
	begin(client_keys, server_keys, false);
	app_send(&app, 100);
	sim_run_ms(500);
	ok(logged_text(client_says) >= 1, "client%s, server%s: the client is "
	    "told at once", client_keys, server_keys);
	ok(logged_text(server_says) >= 1, "and the server, too");
	is_int(proc_flows(&w.right), 0, "which has no flow");
	sim_run_ms(1000);
	is_int(proc_flows(&w.left), 0, "nor has the client, after a second");
	finish("suites");
}

int
main(void)
{
	test_key("cookie, ECDHE_PSK", "", "");
	test_key("skip, ECDHE_PSK", "", ",skip-verify");
	test_key("cookie, PSK", ",ciphers=TLS_PSK_WITH_AES_128_CCM_8", "");
	test_key("skip, PSK", ",ciphers=TLS_PSK_WITH_AES_128_GCM_SHA256",
	    ",skip-verify");
	test_key("CBC", ",ciphers=TLS-ECDHE-PSK-WITH-AES-128-CBC-SHA256",
	    ",skip-verify");
	test_key("no CID, small fragments", ",no-cid,mtu=200", ",mtu=200");
	test_long();
	test_silence();
	test_nobody();
	test_suites(",ciphers=TLS_PSK_WITH_AES_128_CCM_8",
	    ",ciphers=TLS_PSK_WITH_AES_128_GCM_SHA256",
	    "the server refused", "no cipher suite in common");
	test_suites(",groups=P-384,ciphers="
	    "TLS-ECDHE-PSK-WITH-AES-128-CBC-SHA256", ",groups=X25519",
	    "the server refused", "no cipher suite in common");
	return done_testing();
}
