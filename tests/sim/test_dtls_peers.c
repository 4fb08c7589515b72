/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * DTLS with peers that have the key, and behave as peers may or must not.
 *
 * NOTES.  Several tests are for the behaviour of dtlspipe v1.8.3 as a peer, or
 * for bugs that it has.
 *
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "base/bytes.h"
#include "dtls_peer.h"
#include "world.h"

#include "../unit/tap.h"

static struct app app;
static struct world w;
static struct dtls_peer peer;
static struct addr server;	/* ours, for the test's client */

static void
begin_server(const char *keys)
{
	server = world_dtls_server(&w, keys);
	dtls_peer_init(&peer, w.client, 0, false);
}

/* Our client, to be served by the test. */
static void
begin_client(const char *keys)
{
	world_begin(&w, 1);
	world_dtls_set(&w, keys, "");
	dtls_peer_init(&peer, w.server, WORLD_DTLS_PORT, true);
	peer.echo = true;
	if (proc_start(&w.left) != 0)
		exit(1);
	app_open(&app, &w, 1);
}

static void
finish(const char *what)
{
	if (peer.setup.server)
		app_close(&app);
	dtls_peer_end(&peer);
	is_int(world_end(&w), 0, "%s: nothing stays open", what);
}

/* The test's client calls, with that suite alone (NULL: all). */
static void
call(const char *suite)
{
	if (suite != NULL) {
		peer.setup.suites[0] = dtls_suite_by_name(suite,
		    strlen(suite));
		peer.setup.n_suites = 1;
	}
	dtls_peer_call(&peer, &server);
	if (!dtls_peer_wait(&peer, 5000))
		printf("Bail out! no handshake\n");
}

/* Does the test's client reach the target and get the answer? */
static bool
talks(void)
{
	unsigned n = peer.got_n, received = w.echo.received;

	dtls_peer_send(&peer, DTLS_APPLICATION, "ping", 4);
	return dtls_peer_wait_data(&peer, n + 1, 50) && peer.got_len == 4 &&
	    memcmp(peer.got, "ping", 4) == 0 && w.echo.len == 4 &&
	    w.echo.received == received + 1 && proc_flows(&w.right) == 1 &&
	    w.right.tunnel->last_number == 1;
}

/* Sends a sealed record of that type with its next or that number. */
static void
send_as(uint8_t type, uint64_t seq, const void *data, size_t len)
{
	uint8_t out[DTLS_PEER_ROOM];

	dtls_peer_raw(&peer, out, dtls_peer_seal(&peer, type, seq, NULL, data,
	    len, out));
}

/* An inner plaintext without a type: dtlspipe crashes (wire page 7.6 i). */
static void
test_no_type(const char *suite)
{
	static const uint8_t zeroes[64];
	unsigned i;

	begin_server("");
	call(suite);
	for (i = 0; i < 40; i++)
		send_as(0, UINT64_MAX, zeroes, i);
	sim_run_ms(100);
	is_int(w.echo.received, 0, "%s: an inner plaintext of zeroes alone is "
	    "dropped", suite);
	ok(talks(), "%s: and ends nothing", suite);
	/* Padding by zeroes (RFC 9146 4) is taken off. */
	send_as(0, UINT64_MAX, "pong\27\0\0\0\0", 9);
	sim_run_ms(50);
	is_int(w.echo.len, 4, "%s: zeroes after the type are padding", suite);
	ok(talks(), "%s: the flow lives", suite);
	finish(suite);
}

/* dtlspipe loses empty datagrams, or ends itself (wire page 2). */
static void
test_empty(const char *suite)
{
	unsigned got;

	begin_server("");
	call(suite);
	got = peer.got_n;
	send_as(DTLS_APPLICATION, UINT64_MAX, "", 0);
	sim_run_ms(50);
	is_int(w.echo.received, 1, "%s: an empty datagram reaches the target",
	    suite);
	is_int(w.echo.len, 0, "%s: as it is", suite);
	is_int(peer.got_n - got, 1, "%s: and one comes back", suite);
	is_int(peer.got_len, 0, "%s: that is empty, too", suite);
	finish(suite);
}

/* Authentic records that mean nothing (wire page 8). */
static void
test_authentic(void)
{
	static const uint8_t warnings[] = { 10, 40, 41, 90, 100, 255 };
	uint8_t message[DTLS_MESSAGE + 60];
	unsigned i, came;

	begin_server("");
	call(NULL);
	ok(talks(), "a flow is there");
	came = peer.came;
	for (i = 1; i < 256; i++)
		if (i < DTLS_ALERT || i > DTLS_APPLICATION)
			send_as((uint8_t)i, UINT64_MAX, "\1\2\3", 3);
	sim_run_ms(100);
	is_int(peer.came, came, "authentic records of unknown types are not "
	    "answered");
	ok(talks(), "and end nothing");
	for (i = 0; i < sizeof(warnings); i++) {
		uint8_t alert[2] = { 1, warnings[i] };

		send_as(DTLS_ALERT, UINT64_MAX, alert, 2);
		send_as(DTLS_ALERT, UINT64_MAX, alert, 1);
	}
	send_as(DTLS_ALERT, UINT64_MAX, "", 0);
	ok(talks(), "authentic warnings end nothing, but close_notify");
	came = peer.came;
	memset(message, 0, sizeof(message));
	for (i = 0; i < 256; i++) {
		if (i == DTLS_FINISHED)
			continue;
		dtls_fragment_write(message, (uint8_t)i, 60, (uint16_t)(i % 4),
		    0, 60);
		send_as(DTLS_HANDSHAKE, UINT64_MAX, message, sizeof(message));
		sim_run_ms(1);
	}
	is_int(peer.came, came, "nobody renegotiates");
	ok(talks(), "or ends the flow by trying to");
	came = peer.came;
	send_as(DTLS_ALERT, UINT64_MAX, "\2\50", 2);
	sim_run_ms(100);
	is_int(proc_flows(&w.right), 0, "an authentic fatal alert ends it");
	is_int(peer.came, came, "without an answer");
	is_int(logged_text("the peer gave up"), 1, "and that is told");
	finish("authentic records");
}

/* The window of 64 (wire page 8), and gaps. */
static void
test_window(void)
{
	unsigned i;

	begin_server("");
	w.echo.silent = true;
	call(NULL);
	for (i = 300; i >= 237; i--) {
		send_as(DTLS_APPLICATION, i, "old", 3);
		sim_run_ms(1);
	}
	sim_run_ms(100);
	is_int(w.echo.received, 64, "64 records in the opposite order are all "
	    "taken");
	for (i = 300; i >= 200; i--)
		send_as(DTLS_APPLICATION, i, "old", 3);
	sim_run_ms(100);
	is_int(w.echo.received, 64, "none of them again, nor any that is "
	    "older");
	send_as(DTLS_APPLICATION, UINT64_C(1) << 40, "new", 3);
	send_as(DTLS_APPLICATION, (UINT64_C(1) << 40) - 63, "new", 3);
	send_as(DTLS_APPLICATION, (UINT64_C(1) << 40) - 64, "new", 3);
	sim_run_ms(100);
	is_int(w.echo.received, 66, "a gap of any length is no loss");
	send_as(DTLS_APPLICATION, (UINT64_C(1) << 48) - 1, "last", 4);
	sim_run_ms(100);
	is_int(w.echo.received, 67, "up to the last number");
	finish("window");
}

/* What stands before the ciphertext is the sender's choice: dtlspipe has random
 * bytes there (wire page 0.8). */
static void
test_random_nonce(const char *suite)
{
	uint8_t out[DTLS_PEER_ROOM], iv[16];
	unsigned i;

	begin_server("");
	call(suite);
	for (i = 0; i < 20; i++) {
		random_bytes(&peer.random, iv, sizeof(iv));
		dtls_peer_raw(&peer, out, dtls_peer_seal(&peer,
		    DTLS_APPLICATION, UINT64_MAX, iv, "ping", 4, out));
	}
	sim_run_ms(100);
	is_int(w.echo.received, 20, "%s: random explicit nonces are taken",
	    suite);
	finish(suite);
}

/* A record without CID is dropped when one was given out (RFC 9146 3), and so
 * is one of another association. */
static void
test_without_cid(void)
{
	struct dtls_half *half = &peer.dtls.write;
	uint8_t cid[DTLS_CID];

	begin_server("");
	call(NULL);
	is_int(half->cid_len, DTLS_CID, "the server gives a connection ID");
	memcpy(cid, half->cid, sizeof(cid));
	half->cid_len = 0;
	dtls_peer_send(&peer, DTLS_APPLICATION, "ping", 4);
	sim_run_ms(100);
	is_int(w.echo.received, 0, "a record without CID is dropped when one "
	    "was given out");
	half->cid_len = DTLS_CID;
	half->cid[3] ^= 1;
	dtls_peer_send(&peer, DTLS_APPLICATION, "ping", 4);
	sim_run_ms(100);
	is_int(w.echo.received, 0, "and one with another");
	memcpy(half->cid, cid, sizeof(cid));
	ok(talks(), "the flow lives");
	finish("CID");
}

/* The client's Finished becomes a wrong one. */
static void
break_finished(struct dtls_peer *p)
{
	if (p->dtls.state == DTLS_C_FINISHED)
		p->handshake.flight.bytes[p->handshake.flight.len - 1] ^= 1;
}

/* dtlspipe takes any client's Finished (wire page 0.4). */
static void
test_wrong_finished(void)
{
	begin_server("");
	peer.edit = break_finished;
	dtls_peer_call(&peer, &server);
	sim_run_s(9);
	is_int(proc_flows(&w.right), 0, "a client's wrong Finished begins no "
	    "flow");
	is_int(peer.up, 0, "and is not answered by ours");
	sim_run_s(2);
	is_int(logged_text("wrong key of identity"), 1, "it is told once");
	dtls_peer_send(&peer, DTLS_APPLICATION, "ping", 4);
	sim_run_ms(100);
	is_int(w.echo.received, 0, "and its data goes nowhere");
	finish("wrong Finished");
}

/*
 * As dtlspipe does with a connection ID: a repeated Finished has record number
 * 0 again (wire page 0.6, 3.6).
 */

static uint8_t first_flight[DTLS_PEER_ROOM];
static size_t first_len;
static unsigned ignore;		/* datagrams of the server's last flight */

/* The first of the server's last flights are lost. */
static bool
lose_last(struct dtls_peer *p, const uint8_t *data, size_t len)
{
	(void)p;
	(void)len;
	if (data[0] != DTLS_CCS || ignore == 0)
		return false;
	ignore--;
	return true;
}

/* Sends its last flight with the Finished of the number 0. */
static void
repeat_finished(uint64_t plain_seq)
{
	const struct dtls_flight *f = &peer.handshake.flight;
	uint8_t out[DTLS_PEER_ROOM], sealed[DTLS_PEER_ROOM];
	size_t n = f->len - DTLS_LAST, len, used;

	used = dtls_header_write(out, DTLS_HANDSHAKE, plain_seq, n);
	memcpy(out + used, f->bytes, n);
	used += n;
	used += dtls_header_write(out + used, DTLS_CCS, plain_seq + 1, 1);
	out[used++] = 1;
	len = dtls_peer_seal(&peer, DTLS_HANDSHAKE, 0, NULL,
	    f->bytes + f->len - DTLS_LAST, DTLS_LAST, sealed);
	memcpy(out + used, sealed, len);
	dtls_peer_raw(&peer, out, used + len);
}

static void
test_same_number(const char *suite)
{
	uint64_t seq;

	begin_server(",skip-verify");
	peer.see = lose_last;
	ignore = 1;
	peer.setup.suites[0] = dtls_suite_by_name(suite, strlen(suite));
	peer.setup.n_suites = 1;
	dtls_peer_call(&peer, &server);
	sim_run_ms(500);
	is_int(ignore, 0, "%s: the server's last flight is lost", suite);
	is_int(proc_flows(&w.right), 1, "%s: which has a flow", suite);
	peer.mute = true;	/* as far as our engine goes */
	seq = peer.dtls.seq;
	repeat_finished(seq);
	ok(dtls_peer_wait(&peer, 100), "%s: a repeated Finished that has the "
	    "record number 0 again brings the last flight", suite);
	peer.mute = false;
	ok(talks(), "%s: the flow goes on", suite);
	finish(suite);
}

/*
 * Peers that repeat their flight whenever something comes that they know
 * (wire page 0.7, 3.5).
 */

static bool
storm(struct dtls_peer *p, const uint8_t *data, size_t len)
{
	(void)len;
	if ((data[0] == DTLS_HANDSHAKE || data[0] == DTLS_CCS) && p->begun &&
	    p->dtls.state != DTLS_OVER && p->dtls.handshake != NULL &&
	    p->handshake.flight.len > 0) {
		dtls_flight_send(&p->dtls, sim_now_us() / 1000);
		dtls_peer_output(p);
	}
	return false;
}

static void
test_storm_client(void)
{
	begin_server("");
	peer.see = storm;
	peer.psk = "ffeeddccbbaa99887766554433221100";
	dtls_peer_call(&peer, &server);
	sim_run_s(10);
	ok(peer.came <= 20, "no storm of retransmissions with a client that "
	    "answers each by its flight (%u datagrams in 10 s)", peer.came);
	is_int(peer.up + proc_flows(&w.right), 0, "with a wrong key nothing "
	    "comes up");
	finish("storm of a client");
}

static void
test_storm_server(void)
{
	begin_client("");
	peer.see = storm;
	peer.psk = "ffeeddccbbaa99887766554433221100";
	app_send(&app, 100);
	sim_run_s(10);
	ok(peer.came <= 20, "nor with such a server (%u in 10 s)", peer.came);
	ok(peer.came >= 4, "though we try");
	finish("storm of a server");
}

/* Both have the key: they get up all the same. */
static void
test_storm_up(void)
{
	unsigned came;

	begin_server("");
	peer.see = storm;
	sim_link(w.client, w.server)->duplicate = 5000;
	sim_link(w.server, w.client)->duplicate = 5000;
	dtls_peer_call(&peer, &server);
	ok(dtls_peer_wait(&peer, 3000), "with the right key one that storms "
	    "gets in");
	came = peer.came;
	sim_run_s(20);
	ok(peer.came - came <= 10, "and is quiet after that (%u)",
	    peer.came - came);
	sim_link(w.client, w.server)->duplicate = 0;
	sim_link(w.server, w.client)->duplicate = 0;
	ok(talks(), "the flow lives");
	finish("storm and up");
}

/*
 * Servers.
 */

/* A ServerKeyExchange of two zeroes: dtlspipe crashes (wire page 7.6 v). */
static void
empty_kx(struct dtls_peer *p)
{
	static const uint8_t zeroes[2];

	if (p->dtls.state == DTLS_S_KX)
		dtls_peer_replace(p, DTLS_SERVER_KEY_EXCHANGE, zeroes, 2);
}

static void
test_empty_kx(void)
{
	begin_client("");
	peer.edit = empty_kx;
	app_send(&app, 100);
	sim_run_ms(100);
	ok(peer.came >= 2, "a ServerKeyExchange of two zeroes is answered by "
	    "an alert");
	sim_run_ms(1500);
	is_int(proc_flows(&w.left), 0, "and ends the flow");
	ok(logged_text("ServerKeyExchange is malformed") > 0, "with the "
	    "reason");
	finish("empty ServerKeyExchange");
}

/* dtlspipe's has no field for a hint (wire page 0.1, 4.3). */
static void
bare_kx(struct dtls_peer *p)
{
	struct dtls_flight *f = &p->handshake.flight;
	uint8_t body[200], *at = f->bytes;
	size_t len;

	if (p->dtls.state != DTLS_S_KX)
		return;
	while (at[0] != DTLS_SERVER_KEY_EXCHANGE)
		at += DTLS_MESSAGE + get_be16(at + 2);
	len = get_be16(at + 2);
	memcpy(body, at + DTLS_MESSAGE + 2, len - 2);
	dtls_peer_replace(p, DTLS_SERVER_KEY_EXCHANGE, body, len - 2);
	/* The transcript has what goes out, after the ClientHello. */
	br_sha256_init(&p->handshake.transcript);
	br_sha256_update(&p->handshake.transcript, first_flight, first_len);
	br_sha256_update(&p->handshake.transcript, f->bytes, f->len);
}

/* Notes the client's hello. */
static bool
note_hello(struct dtls_peer *p, const uint8_t *data, size_t len)
{
	if (!p->begun) {
		first_len = len - DTLS_HEADER;
		memcpy(first_flight, data + DTLS_HEADER, first_len);
	}
	return false;
}

static void
test_bare_kx(const char *keys)
{
	begin_client(keys);
	peer.edit = bare_kx;
	peer.see = note_hello;
	app_send(&app, 100);
	ok(app_wait(&app, 1, 1000), "a ServerKeyExchange without the field for "
	    "a hint is taken%s", keys);
	finish("bare ServerKeyExchange");
}

/* Speaks before its Finished goes out. */
static bool
speak_first(struct dtls_peer *p, const uint8_t *data, size_t len)
{
	uint8_t out[DTLS_PEER_ROOM];
	struct dtls_input in;
	uint8_t copy[DTLS_PEER_ROOM];
	size_t n;

	if (p->dtls.state != DTLS_S_KX)
		return false;
	memcpy(copy, data, len);
	dtls_input_begin(&in, copy, len);
	if (dtls_next(&p->dtls, &in, sim_now_us() / 1000) != DTLS_UP)
		return true;
	p->up++;
	n = dtls_output(&p->dtls, out, sizeof(out), sim_now_us() / 1000);
	dtls_peer_send(p, DTLS_APPLICATION, "early", 5);
	dtls_peer_raw(p, out, n);
	return true;
}

static void
test_early_data(void)
{
	begin_client("");
	peer.see = speak_first;
	app_send(&app, 0);
	sim_run_ms(500);
	is_int(peer.up, 1, "a server speaks first");
	is_int(app.received, 2, "data that overtakes its Finished is not lost");
	is_int(proc_lost(&w.left), 0, "nor is anything else");
	finish("early data");
}

/* A server that takes leave, and one that refuses. */
static void
test_leave(void)
{
	uint32_t n;

	begin_client("");
	app_send(&app, 100);
	app_wait(&app, 1, 1000);
	n = w.left.tunnel->last_number;
	send_as(DTLS_ALERT, UINT64_MAX, "\1\0", 2);
	sim_run_ms(100);
	is_int(proc_flows(&w.left), 0, "the server's close_notify ends the "
	    "flow");
	is_int(peer.closed, 1, "and is answered");
	is_int(logged_text("closed by the peer"), 1, "that is told");
	peer.begun = false;
	peer.up = 0;
	app_send(&app, 100);
	ok(app_wait(&app, 2, 200), "the next datagram begins another at once");
	is_int(w.left.tunnel->last_number, n + 1, "one");
	finish("leave");
}

static bool
refuse(struct dtls_peer *p, const uint8_t *data, size_t len)
{
	uint8_t out[DTLS_HEADER + 2];

	(void)data;
	(void)len;
	dtls_header_write(out, DTLS_ALERT, p->came - 1, 2);
	out[DTLS_HEADER] = 2;
	out[DTLS_HEADER + 1] = DTLS_INSUFFICIENT_SECURITY;
	dtls_peer_raw(p, out, sizeof(out));
	return true;
}

static void
test_refused(void)
{
	unsigned i;

	begin_client("");
	peer.see = refuse;
	for (i = 0; i < 1000; i++) {
		app_send(&app, 100);
		sim_run_ms(10);
	}
	ok(peer.came <= 11, "a server that refuses is asked once a second at "
	    "most (%u in 10 s)", peer.came);
	ok(peer.came >= 5, "and again");
	ok(logged_text("the server refused") > 0, "that is told");
	ok(logged(LEVEL_WARN) <= 12, "without a flood of lines");
	finish("refused");
}

int
main(void)
{
	test_no_type("TLS_PSK_WITH_AES_128_GCM_SHA256");
	test_no_type("TLS_PSK_WITH_AES_128_CCM");
	test_no_type("TLS_PSK_WITH_AES_128_CBC_SHA256");
	test_empty("TLS_PSK_WITH_AES_128_CCM_8");
	test_empty("TLS_PSK_WITH_AES_128_CBC_SHA256");
	test_authentic();
	test_window();
	test_random_nonce("TLS_PSK_WITH_AES_128_GCM_SHA256");
	test_random_nonce("TLS_PSK_WITH_AES_256_CCM_8");
	test_random_nonce("TLS-ECDHE-PSK-WITH-AES-128-CBC-SHA256");
	test_without_cid();
	test_wrong_finished();
	test_same_number("TLS_PSK_WITH_AES_128_GCM_SHA256");
	test_same_number("TLS-ECDHE-PSK-WITH-AES-128-CBC-SHA256");
	test_storm_client();
	test_storm_server();
	test_storm_up();
	test_empty_kx();
	test_bare_kx("");
	test_bare_kx(",ciphers=TLS-ECDHE-PSK-WITH-AES-128-CBC-SHA256");
	test_early_data();
	test_leave();
	test_refused();
	return done_testing();
}
