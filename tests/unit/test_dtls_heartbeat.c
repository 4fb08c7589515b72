/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/dtls_heartbeat.h: who agrees, what is answered, and what is not.
 *
 * A build without SERVERS leaves this out.
 */

#include "compat.h"

#include "dtls_pair.h"
#include "tap.h"

#include "wire/dtls_heartbeat.h"

static uint8_t message[2000];

/* Is a message of that type, payload_length and whole length taken? */
static bool
is_taken(uint8_t type, unsigned payload, size_t n)
{
	struct dtls_heartbeat h;

	memset(message, 'x', sizeof(message));
	message[0] = type;
	put_be16(message + 1, (uint16_t)payload);
	if (dtls_heartbeat_parse(&h, message, n) != 0)
		return false;
	is_int(h.len, payload, "the payload is that long");
	return h.payload == message + 3 && h.type == type;
}

static void
test_parse(void)
{
	ok(is_taken(1, 0, 19), "a request without payload");
	ok(is_taken(2, 0, 19), "and a response");
	ok(is_taken(1, 18, 37), "the least padding is 16 bytes");
	ok(is_taken(1, 18, 1400), "more will do");
	ok(!is_taken(1, 18, 36), "less will not");
	ok(!is_taken(1, 19, 37), "nor a payload that reaches into it");
	ok(!is_taken(1, 16384, 19), "nor one that is not there (Heartbleed)");
	ok(!is_taken(1, 65535, 37), "or is longer than any record");
	ok(!is_taken(1, 0, 18), "a message that is too short,");
	ok(!is_taken(1, 0, 2), "or has no length,");
	ok(!is_taken(1, 0, 0), "or nothing");
	ok(!is_taken(0, 0, 19) && !is_taken(3, 0, 19), "or an unknown type");
}

static void
test_modes(void)
{
	const uint8_t bytes[] = { 1, 2, 3, 0 };

	is_int(dtls_heartbeat_mode(bytes, 1), DTLS_HEARTBEAT_MAY, "allowed");
	is_int(dtls_heartbeat_mode(bytes + 1, 1), DTLS_HEARTBEAT_MAY_NOT,
	    "and not allowed to send");
	is_int(dtls_heartbeat_mode(bytes + 2, 1), -1, "no other mode,");
	is_int(dtls_heartbeat_mode(bytes + 3, 1), -1, "not even 0,");
	is_int(dtls_heartbeat_mode(bytes, 2), -1, "not two of them");
	is_int(dtls_heartbeat_mode(bytes, 0), -1, "nor none");
}

/* Begins with both up; do they agree? */
static bool
pair_agrees(bool client, bool server, bool cid)
{
	pair_init();
	pair.end[CLIENT].setup.heartbeat = client;
	pair.end[SERVER].setup.heartbeat = server;
	pair.end[CLIENT].setup.cid = cid;
	ok(pair_handshake(), "a handshake");
	return pair.end[CLIENT].dtls.heartbeat == DTLS_HEARTBEAT_MAY &&
	    pair.end[SERVER].dtls.heartbeat == DTLS_HEARTBEAT_MAY;
}

/* Sends a heartbeat from one end and lets it arrive; datagrams that went. */
static unsigned
pair_beats(int who)
{
	unsigned before = pair.sent;

	(void)dtls_beat(&pair.end[who].dtls);
	pair_output(who);
	pair_run(100);
	return pair.sent - before;
}

static void
test_agreement(void)
{
	ok(pair_agrees(true, true, true), "both agree");
	is_int(pair_beats(CLIENT), 2, "a request is answered");
	is_int(pair_beats(SERVER), 2, "and one of the server");
	ok(pair_talks(), "data pass");
	is_int(pair.end[SERVER].got_n + pair.end[CLIENT].got_n, 2,
	    "and heartbeats are none");
	ok(pair_agrees(true, true, false), "without connection IDs, too");
	is_int(pair_beats(CLIENT), 2, "a request is answered");
	ok(!pair_agrees(true, false, true), "a server that does not agree");
	is_int(pair_beats(CLIENT), 0, "is not asked");
	ok(!pair_agrees(false, true, true), "nor one that was not offered it");
	is_int(pair_beats(CLIENT), 0, "is asked");
	ok(!dtls_beat(&pair.end[CLIENT].dtls), "which is told");
}

/* Seals a heartbeat of that content at the client, for the server. */
static void
pair_forge(const uint8_t *content, size_t n)
{
	static uint8_t buffer[DTLS_HEAD + PAIR_ROOM + DTLS_TAIL];
	uint8_t *data = buffer + DTLS_HEAD;

	memcpy(data, content, n);
	if (dtls_seal(&pair.end[CLIENT].dtls.write, DTLS_HEARTBEAT, &data,
	    &n) != 0)
		abort();
	pair_feed(SERVER, data, n);
}

/* How many datagrams the server sends for a request, and how long the last. */
static unsigned
pair_answers(unsigned payload, size_t n, size_t *len)
{
	unsigned before = pair.sent;

	memset(message, 'x', sizeof(message));
	message[0] = DTLS_HEARTBEAT_REQUEST;
	put_be16(message + 1, (uint16_t)payload);
	pair_forge(message, n);
	*len = pair.log[(pair.sent - 1) % PAIR_LOG].len;
	pair_run(100);
	return pair.sent - before;
}

static void
test_answers(void)
{
	size_t len, shorter;

	ok(pair_agrees(true, true, true), "both agree");
	is_int(pair_answers(4, 23, &shorter), 1, "a request is answered");
	is_int(pair_answers(4, 1300, &len), 1, "a padded one, too,");
	is_int(len, shorter, "without the padding");
	is_int(pair_answers(32, 51, &len), 1, "with up to 32 bytes,");
	is_int(pair_answers(33, 52, &len), 0, "not with more,");
	is_int(pair_answers(16384, 19, &len), 0, "not with what is not there");
	is_int(pair_answers(5, 23, &len), 0, "or is padding");
	message[0] = DTLS_HEARTBEAT_RESPONSE;
	put_be16(message + 1, 4);
	pair_forge(message, 23);
	is_int(pair_beats(CLIENT), 2, "a response is answered by nothing");
	ok(pair_talks(), "and the association goes on");
	ok(!pair_agrees(false, true, true), "who has not agreed");
	is_int(pair_answers(4, 23, &len), 0, "gets no answer");
	ok(pair_talks(), "and goes on as well");
}

/* The client announces its address; what the server sees in the datagram, and
 * how many follow it. */
static unsigned
pair_announces(bool *newest, bool *beat)
{
	struct half *s = &pair.end[SERVER];
	const struct pair_log *l;
	struct dtls_input in;
	unsigned before = pair.sent;
	uint8_t copy[PAIR_ROOM];

	pair.now_ms += 1000;
	dtls_announce(&pair.end[CLIENT].dtls, pair.now_ms);
	pair_output(CLIENT);
	is_int(pair.sent, before + 1, "an address is announced");
	l = &pair.log[before % PAIR_LOG];
	memcpy(copy, l->bytes, l->len);
	dtls_input_begin(&in, copy, l->len);
	is_int(dtls_next(&s->dtls, &in, pair.now_ms), DTLS_END,
	    "by a datagram that is no data");
	*newest = in.newest;
	*beat = in.beat;
	pair_output(SERVER);
	pair_run(100);
	return pair.sent - before - 1;
}

static void
test_announcing(void)
{
	bool newest, beat;
	unsigned i;

	for (i = 0; i < 2; i++) {
		ok(pair_agrees(true, true, i == 0), "both agree");
		is_int(pair_announces(&newest, &beat), 1, "it is answered");
		ok(newest && beat, "and is a heartbeat");
		ok(!pair_agrees(false, true, i == 0), "no heartbeats");
		dtls_release_handshake(&pair.end[CLIENT].dtls);
		dtls_release_handshake(&pair.end[SERVER].dtls);
		is_int(pair_announces(&newest, &beat), 1, "it is answered");
		ok(newest && !beat, "and is authentic");
		ok(pair_talks(), "data pass");
		pair.now_ms += DTLS_LINGER_MS;
		is_int(pair_announces(&newest, &beat), 0, "later it is not "
		    "answered");
		ok(newest, "but it is authentic");
		ok(pair_talks(), "data pass");
	}
	pair_init();
	dtls_announce(&pair.end[SERVER].dtls, pair.now_ms);
	pair_begin();
	i = pair.sent;
	dtls_announce(&pair.end[CLIENT].dtls, pair.now_ms);
	pair_output(CLIENT);
	is_int(pair.sent, i, "nothing is announced before it is up");
}

/* Asks by a datagram as long as one with n bytes of data; returns that it was
 * answered by the number and the size. */
static bool
pair_asks_size(uint32_t number, uint16_t size, size_t n)
{
	static uint8_t buffer[DTLS_HEAD + PAIR_ROOM + DTLS_TAIL];
	struct dtls *d = &pair.end[CLIENT].dtls;
	uint8_t *data = buffer + DTLS_HEAD;
	size_t data_n = n;
	uint32_t got_number;
	uint16_t got_size;

	if (dtls_send(d, &data, &data_n) != 0)
		abort();
	data = buffer + DTLS_HEAD;
	if (dtls_ask_size(d, &data, &n, number, size) != 0)
		return false;
	is_int(n, data_n, "it is as long as data are");
	pair_feed(SERVER, data, n);
	pair_output(SERVER);
	pair_run(100);
	return dtls_take_size(d, &got_number, &got_size) &&
	    got_number == number && got_size == size &&
	    !dtls_take_size(d, &got_number, &got_size);
}

static void
test_sizes(void)
{
	uint32_t number;
	uint16_t size;

	ok(pair_agrees(true, true, true), "both agree");
	ok(!dtls_take_size(&pair.end[CLIENT].dtls, &number, &size),
	    "nothing was asked");
	ok(pair_asks_size(0xdeadbeef, 1200, 1200), "a size is answered, once");
	ok(pair_asks_size(7, DTLS_HEARTBEAT_LEAST, DTLS_HEARTBEAT_LEAST),
	    "and the least one");
	is_int(pair_beats(CLIENT), 2, "an answer to other requests");
	ok(!dtls_take_size(&pair.end[CLIENT].dtls, &number, &size),
	    "is not about a size");
	ok(pair_talks(), "data pass");
	ok(!pair_agrees(true, false, true), "a server that does not agree");
	ok(!pair_asks_size(7, 100, 100), "is not asked");
}

int
main(void)
{
	test_parse();
	test_modes();
	test_agreement();
	test_answers();
	test_announcing();
	test_sizes();
	return done_testing();
}
