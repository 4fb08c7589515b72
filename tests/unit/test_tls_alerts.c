/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/tls.h: the alert that is sent fits the fault, in the clear and
 * encrypted.
 *
 * A build without TLS leaves this out.
 * A build without SERVERS leaves this out.
 */

#include "compat.h"

#include "base/log.h"
#include "tap.h"
#include "tls_pair.h"

enum {
	BAD_RECORD_MAC = 20,
	RECORD_OVERFLOW = 22,
	ILLEGAL_PARAMETER = 47,
	PROTOCOL_VERSION = 70,
	RECORD_HANDSHAKE = 22,
	CLIENT_KEY_EXCHANGE = 16,
	HEAD = 5,		/* bytes of a record's header */
};

/* Changes a record on its way, of n bytes; returns its new length. */
typedef size_t damage_fn(uint8_t *record, size_t n);

/* Carries a record from one to the other, changed; was there any? */
static bool
carry_record(struct side *from, struct side *to, damage_fn *damage)
{
	uint8_t record[TLS_IN_SIZE], *in, *p = record;
	const uint8_t *out;
	size_t len, room;

	out = tls_record_out(&from->tls, &len);
	if (out == NULL)
		return false;
	must(len <= sizeof(record));
	memcpy(record, out, len);
	tls_record_out_done(&from->tls, len);
	len = damage(record, len);
	while (len > 0 && (in = tls_record_in(&to->tls, &room)) != NULL) {
		room = room < len ? room : len;
		memcpy(in, p, room);
		tls_record_in_done(&to->tls, room);
		p += room;
		len -= room;
	}
	return true;
}

/* Has both talk, the client's records changed. */
static void
talk_damaged(damage_fn *damage)
{
	bool busy;

	do {
		busy = carry_record(&client, &server, damage);
		busy |= carry(&server, &client, 100000);
	} while (busy);
}

/* The server failed with that error, and its alert reached the client. */
static void
check_alert(int error, int alert, const char *what)
{
	is_int(tls_error(&server.tls), error, "%s: the server notices", what);
	ok(tls_alert_is_sent(&server.tls), "%s: an alert is sent", what);
	is_int(tls_state(&server.tls) & TLS_CLOSED, TLS_CLOSED,
	    "%s: and then it is over", what);
	is_int(tls_error(&client.tls), BR_ERR_RECV_FATAL_ALERT + alert,
	    "%s: the client reads which", what);
}

static void
begin(void)
{
	side_init(&server, true, "p256", NULL);
	side_init(&client, false, NULL, "ca.pem");
	side_start(&server, NULL);
	side_start(&client, "vpn.example.com");
}

/* A record after the handshake is damaged, with each suite. */
static void
test_damaged_data(void)
{
	static const uint16_t suites[] = {
		BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
		BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
		BR_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
		BR_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384,
	};
	const uint8_t *out;
	size_t i, len, room;
	uint8_t *in;

	for (i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		begin();
		br_ssl_engine_set_suites(&server.tls.br.eng, &suites[i], 1);
		talk(100000);
		memcpy(tls_put(&client.tls, &room), "secret", 6);
		tls_put_done(&client.tls, 6);
		tls_push(&client.tls);
		out = tls_record_out(&client.tls, &len);
		in = tls_record_in(&server.tls, &room);
		memcpy(in, out, HEAD);
		tls_record_in_done(&server.tls, HEAD);
		in = tls_record_in(&server.tls, &room);
		memcpy(in, out + HEAD, room);
		in[room / 2] ^= 1;
		tls_record_in_done(&server.tls, room);
		talk(3);
		check_alert(BR_ERR_BAD_MAC, BAD_RECORD_MAC,
		    tls_cipher_name(&client.tls));
	}
}

/* A server that has a record to send sends no alert in front of it. */
static void
test_no_alert_before_a_record(void)
{
	static const uint8_t junk[HEAD + 40] = { 23, 3, 3, 0, 40 };
	size_t room;
	uint8_t *in;

	begin();
	talk(100000);
	memcpy(tls_put(&server.tls, &room), "x", 1);
	tls_put_done(&server.tls, 1);
	tls_push(&server.tls);
	in = tls_record_in(&server.tls, &room);
	memcpy(in, junk, HEAD);
	tls_record_in_done(&server.tls, HEAD);
	in = tls_record_in(&server.tls, &room);
	memcpy(in, junk + HEAD, room);
	tls_record_in_done(&server.tls, room);
	is_int(tls_error(&server.tls), BR_ERR_BAD_MAC,
	    "with a record to send: a damaged one is noticed");
	ok(!tls_alert_is_sent(&server.tls) &&
	    tls_state(&server.tls) & TLS_CLOSED,
	    "with a record to send: it is over without an alert");
}

static size_t
damage_finished(uint8_t *record, size_t n)
{
	if (record[0] == RECORD_HANDSHAKE &&
	    record[HEAD] != 1 && record[HEAD] != CLIENT_KEY_EXCHANGE)
		record[n - 1] ^= 1;
	return n;
}

static bool
is_key_exchange(const uint8_t *record)
{
	return record[0] == RECORD_HANDSHAKE &&
	    record[HEAD] == CLIENT_KEY_EXCHANGE;
}

static size_t
zero_share(uint8_t *record, size_t n)
{
	if (is_key_exchange(record))
		memset(record + HEAD + 5, 0, n - HEAD - 5);
	return n;
}

/* The share of P-256 is not on the curve any more. */
static size_t
bend_share(uint8_t *record, size_t n)
{
	if (is_key_exchange(record))
		record[n - 1] ^= 1;
	return n;
}

/* The share is cut by a byte, as all lengths say. */
static size_t
short_share(uint8_t *record, size_t n)
{
	if (!is_key_exchange(record))
		return n;
	memmove(record + HEAD + 5, record + HEAD + 6, n - HEAD - 6);
	record[HEAD + 4]--;
	record[HEAD + 3]--;
	record[HEAD - 1]--;
	return n - 1;
}

static size_t
shorten(uint8_t *record, size_t n)
{
	if (record[0] == RECORD_HANDSHAKE && record[HEAD] != 1 &&
	    record[HEAD] != CLIENT_KEY_EXCHANGE)
		record[HEAD - 1] = 5;
	return n;
}

static size_t
lengthen(uint8_t *record, size_t n)
{
	record[HEAD - 2] = 0x40;
	record[HEAD - 1] = 1;
	return n;
}

static size_t
age(uint8_t *record, size_t n)
{
	record[1] = 2;
	return n;
}

static void
test_handshakes(void)
{
	begin();
	talk_damaged(damage_finished);
	check_alert(BR_ERR_BAD_MAC, BAD_RECORD_MAC, "damaged Finished");
	begin();
	talk_damaged(shorten);
	check_alert(BR_ERR_BAD_LENGTH, BAD_RECORD_MAC,
	    "a record too short for its MAC");
	begin();
	talk_damaged(lengthen);
	check_alert(BR_ERR_BAD_LENGTH, RECORD_OVERFLOW, "16385 bytes");
	begin();
	talk_damaged(age);
	check_alert(BR_ERR_UNSUPPORTED_VERSION, PROTOCOL_VERSION, "SSL 2.3");
}

static void
test_shares(void)
{
	begin();
	talk_damaged(zero_share);
	check_alert(TLS_ERR_BAD_SHARE, ILLEGAL_PARAMETER, "X25519 share of 0");
	tls_why(&server.tls, why, sizeof(why));
	is_str(why, "the peer's key share is not valid", "in words");
	begin();
	server.tls.ec.supported_curves = UINT32_C(1) << BR_EC_secp256r1;
	talk_damaged(bend_share);
	check_alert(TLS_ERR_BAD_SHARE, ILLEGAL_PARAMETER,
	    "a point beside P-256");
	begin();
	talk_damaged(short_share);
	check_alert(TLS_ERR_BAD_SHARE, ILLEGAL_PARAMETER,
	    "X25519 share of 31 bytes");
}

/* A server's share of zero, which it signs. */
static size_t
mulgen_zero(unsigned char *r, const unsigned char *x, size_t x_len, int curve)
{
	size_t n = br_ec_get_default()->mulgen(r, x, x_len, curve);

	memset(r, 0, n);
	return n;
}

static void
test_share_of_server(void)
{
	begin();
	server.tls.ec.mulgen = mulgen_zero;
	talk(100000);
	is_int(tls_error(&client.tls), BR_ERR_INVALID_ALGORITHM,
	    "a server's share of 0: the client notices");
	is_int(tls_error(&server.tls), BR_ERR_RECV_FATAL_ALERT +
	    ILLEGAL_PARAMETER, "a server's share of 0: the server reads so");
}

/* BearSSL's own alert counts, too. */
static void
test_nothing_in_common(void)
{
	static const uint16_t none[] = { BR_TLS_RSA_WITH_AES_128_CBC_SHA };

	begin();
	br_ssl_engine_set_suites(&server.tls.br.eng, none, 1);
	talk(100000);
	check_alert(BR_ERR_SEND_FATAL_ALERT + BR_ALERT_HANDSHAKE_FAILURE,
	    BR_ALERT_HANDSHAKE_FAILURE, "no suite in common");
	begin();
	talk(100000);
	ok(!tls_alert_is_sent(&server.tls), "while all is well there is none");
	tls_close(&client.tls);
	talk(100000);
	ok(!tls_alert_is_sent(&server.tls), "close_notify is no failure");
}

int
main(void)
{
	random_init_fixed(&rnd, "test", 4);
	test_damaged_data();
	test_no_alert_before_a_record();
	test_handshakes();
	test_shares();
	test_share_of_server();
	test_nothing_in_common();
	return done_testing();
}
