/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

#include "compat.h"

#include "dtls_messages.h"
#include "tap.h"

#include "wire/dtls_cookie.h"

enum { NOW_MS = 1000000 };

static struct random generator;
static struct dtls_cookies cookies;
static uint8_t random_a[DTLS_RANDOM], random_b[DTLS_RANDOM];

/* A datagram from a client. */
struct greeting {
	uint8_t bytes[DTLS_BODY_MAX];
	size_t n;
};

/* The first ClientHello of a client of ours, in record number 0x010203, or the
 * one with that cookie. */
static void
greet(struct greeting *g, const uint8_t *random, const uint8_t *cookie,
    bool cid)
{
	const struct dtls_suite *suites[] = { dtls_suite_by_id(0xc037) };
	const struct dtls_group *groups[] = { dtls_group_by_id(0x1d) };
	struct dtls_offer offer = { random, cookie, DTLS_COOKIE, suites, 1,
	    groups, 1, cid, false };
	size_t n;

	n = dtls_client_hello_write(g->bytes + DTLS_HEADER + DTLS_MESSAGE,
	    &offer);
	dtls_header_write(g->bytes, DTLS_HANDSHAKE, 0x010203,
	    DTLS_MESSAGE + n);
	dtls_fragment_write(g->bytes + DTLS_HEADER, DTLS_CLIENT_HELLO, n,
	    cookie != NULL, 0, n);
	g->n = DTLS_HEADER + DTLS_MESSAGE + n;
}

/* Cuts the ClientHello so that a record with the first n bytes of the body is
 * the datagram. */
static void
cut(struct greeting *g, size_t n)
{
	g->n = DTLS_HEADER + DTLS_MESSAGE + n;
	put_be16(g->bytes + 11, (uint16_t)(DTLS_MESSAGE + n));
	put_be16(g->bytes + DTLS_HEADER + 10, (uint16_t)n);
}

/* Looks at it in memory of just its size. */
static enum dtls_greeting
check_from(const struct greeting *g, const char *peer, uint64_t now_ms)
{
	uint8_t *copy = malloc(g->n > 0 ? g->n : 1);
	enum dtls_greeting found;

	if (copy == NULL)
		exit(1);
	memcpy(copy, g->bytes, g->n);
	found = dtls_cookies_check(&cookies, copy, g->n, peer, strlen(peer),
	    now_ms);
	free(copy);
	return found;
}

static enum dtls_greeting
check(const struct greeting *g)
{
	return check_from(g, "here", NOW_MS);
}

/* Asks for a cookie; the answer is left in out. */
static const uint8_t *
demand(const struct greeting *g, uint64_t now_ms,
    uint8_t out[DTLS_VERIFY_DATAGRAM])
{
	if (dtls_cookies_demand(&cookies, g->bytes, g->n, "here", 4, now_ms,
	    out) != DTLS_VERIFY_DATAGRAM)
		return NULL;
	return out + DTLS_VERIFY_DATAGRAM - DTLS_COOKIE;
}

static void
begin(void)
{
	random_init_fixed(&generator, "cookies", 7);
	dtls_cookies_init(&cookies, &generator, NOW_MS);
}

static void
test_exchange(void)
{
	uint8_t out[DTLS_VERIFY_DATAGRAM], other[DTLS_VERIFY_DATAGRAM];
	const uint8_t *cookie, *found;
	struct greeting first, second;
	struct dtls_fragment f;
	size_t n;

	begin();
	greet(&first, random_a, NULL, true);
	is_int(check(&first), DTLS_HELLO, "a ClientHello without a cookie");
	memset(out, 0x55, sizeof(out));
	cookie = demand(&first, NOW_MS, out);
	if (!ok(cookie != NULL, "is answered"))
		return;
	is_mem(out, "\x16\xfe\xfd\0\0\0\0\0\1\2\3\0\x23", DTLS_HEADER,
	    "in a record with the number of the question");
	ok(dtls_fragment_parse(&f, out + DTLS_HEADER, 0x23) == 0x23 &&
	    f.type == DTLS_HELLO_VERIFY_REQUEST && f.seq == 0 &&
	    f.offset == 0 && f.n == f.len, "by message 0");
	ok(dtls_verify_parse(&found, &n, f.data, f.len) == 0 &&
	    found == cookie && n == DTLS_COOKIE && f.data[0] == 0xfe &&
	    f.data[1] == 0xff, "which holds a cookie");
	ok(demand(&first, NOW_MS, other) != NULL &&
	    memcmp(out, other, sizeof(out)) == 0,
	    "the same for the same question");
	greet(&second, random_a, cookie, true);
	is_int(check(&second), DTLS_HELLO_RETURNED, "that comes back");
	is_int(check(&second), DTLS_HELLO_RETURNED, "and again, on repetition");
	put_be64(second.bytes + 3, 9);
	is_int(check(&second), DTLS_HELLO_RETURNED,
	    "whatever the record's number is");
	put_be16(second.bytes + DTLS_HEADER + 4, 0x1234);
	is_int(check(&second), DTLS_HELLO_RETURNED,
	    "and whatever the message's");
	ok(demand(&second, NOW_MS, other) != NULL &&
	    get_be64(other + 3) == 9 &&
	    get_be16(other + DTLS_HEADER + 4) == 0x1234, "a hello of that "
	    "number is answered by a message of that number");
	greet(&second, random_a, cookie, false);
	is_int(check(&second), DTLS_HELLO_RETURNED,
	    "and with other extensions, as pion has them");
	second.bytes[2] = 0xff;
	is_int(check(&second), DTLS_HELLO_RETURNED,
	    "in a record that says DTLS 1.0");
	is_mem(dtls_hello_random(second.bytes, second.n), random_a,
	    DTLS_RANDOM, "the random of a datagram is found");
}

static void
test_forgeries(void)
{
	uint8_t out[DTLS_VERIFY_DATAGRAM], bad[DTLS_COOKIE];
	const uint8_t *cookie;
	struct greeting first, g;
	size_t i, good = 0;

	begin();
	greet(&first, random_a, NULL, true);
	cookie = demand(&first, NOW_MS, out);
	for (i = 0; i < 8 * DTLS_COOKIE; i++) {
		memcpy(bad, cookie, sizeof(bad));
		bad[i / 8] ^= (uint8_t)(1 << i % 8);
		greet(&g, random_a, bad, true);
		good += check(&g) != DTLS_HELLO;
	}
	is_int(good, 0, "a cookie with any bit changed is none");
	memset(bad, 0, sizeof(bad));
	greet(&g, random_a, bad, true);
	is_int(check(&g), DTLS_HELLO, "nor is one of zeroes");
	greet(&g, random_b, cookie, true);
	is_int(check(&g), DTLS_HELLO, "nor one for another random");
	greet(&g, random_a, cookie, true);
	is_int(check_from(&g, "there", NOW_MS), DTLS_HELLO,
	    "nor one for another address");
	is_int(check_from(&g, "her", NOW_MS), DTLS_HELLO,
	    "nor for the beginning of ours");
	g.bytes[DTLS_HEADER + DTLS_MESSAGE + 1] = 0xff;
	is_int(check(&g), DTLS_HELLO, "nor for another version");
	dtls_cookies_init(&cookies, &generator, NOW_MS);
	greet(&g, random_a, cookie, true);
	is_int(check(&g), DTLS_HELLO, "nor from another server");
}

/* Puts a session of one byte into a ClientHello. */
static void
resume(struct greeting *g, uint8_t session)
{
	size_t at = DTLS_HEADER + DTLS_MESSAGE + 34;

	memmove(g->bytes + at + 2, g->bytes + at + 1, g->n - at - 1);
	g->bytes[at] = 1;
	g->bytes[at + 1] = session;
	g->bytes[DTLS_HEADER + 3]++;
	cut(g, g->n + 1 - DTLS_HEADER - DTLS_MESSAGE);
}

static void
test_sessions(void)
{
	uint8_t out[DTLS_VERIFY_DATAGRAM];
	struct greeting first, g;
	const uint8_t *cookie;

	begin();
	greet(&first, random_a, NULL, true);
	resume(&first, 20);
	cookie = demand(&first, NOW_MS, out);
	greet(&g, random_a, cookie, true);
	is_int(check(&g), DTLS_HELLO, "a cookie is bound to a session");
	resume(&g, 20);
	is_int(check(&g), DTLS_HELLO_RETURNED, "to that one");
	greet(&g, random_a, cookie, true);
	resume(&g, 21);
	is_int(check(&g), DTLS_HELLO, "and no other");
}

/* Before the first change there is no secret before; that it is all zeroes
 * must not help anybody. */
static void
test_no_secret(void)
{
	static const uint8_t zeroes[32], head[3] = { 0xfe, 0xfd, 0 };
	uint8_t cookie[DTLS_COOKIE];
	br_hmac_key_context key;
	br_hmac_context mac;
	struct greeting g;

	begin();
	br_hmac_key_init(&key, &br_sha256_vtable, zeroes, sizeof(zeroes));
	br_hmac_init(&mac, &key, sizeof(cookie));
	br_hmac_update(&mac, head, sizeof(head));
	br_hmac_update(&mac, random_a, sizeof(random_a));
	br_hmac_update(&mac, "here", 4);
	br_hmac_out(&mac, cookie);
	greet(&g, random_a, cookie, true);
	is_int(check(&g), DTLS_HELLO, "a secret that is not there is none");
	is_int(check_from(&g, "here", NOW_MS + 100000), DTLS_HELLO,
	    "also after a pause");
	memcpy(cookies.secret[0], zeroes, sizeof(zeroes));
	is_int(check_from(&g, "here", NOW_MS + 100000), DTLS_HELLO_RETURNED,
	    "as the current one it would have been good");
}

/* Takes a cookie at from_ms after the beginning; whether it is good at to_ms,
 * when someone came at between_ms, too. */
static enum dtls_greeting
age(int from_ms, int between_ms, int to_ms)
{
	uint8_t out[DTLS_VERIFY_DATAGRAM], none[DTLS_COOKIE] = { 0 };
	struct greeting first, g;
	const uint8_t *cookie;

	begin();
	greet(&first, random_a, NULL, true);
	cookie = demand(&first, (uint64_t)(NOW_MS + from_ms), out);
	greet(&g, random_b, none, true);
	check_from(&g, "there", (uint64_t)(NOW_MS + between_ms));
	greet(&g, random_a, cookie, true);
	return check_from(&g, "here", (uint64_t)(NOW_MS + to_ms));
}

static void
test_age(void)
{
	is_int(age(0, 0, 29999), DTLS_HELLO_RETURNED,
	    "a cookie is good while its secret is the current one");
	is_int(age(0, 0, 30000), DTLS_HELLO_RETURNED,
	    "and while it is the one before");
	is_int(age(29999, 29999, 59999), DTLS_HELLO_RETURNED,
	    "for 30 seconds at least");
	is_int(age(0, 30000, 59999), DTLS_HELLO_RETURNED,
	    "whether others come or not");
	is_int(age(0, 0, 60000), DTLS_HELLO, "not for longer than 60 seconds");
	is_int(age(0, 30000, 60000), DTLS_HELLO, "others or not");
	is_int(age(0, 59999, 60000), DTLS_HELLO,
	    "nor does a late change give it time");
	is_int(age(29999, 29999, 60000), DTLS_HELLO,
	    "the change is on time also after a pause");
	is_int(age(0, 0, 4000000), DTLS_HELLO, "nor after an hour of peace");
	is_int(age(31000, 31000, 89999), DTLS_HELLO_RETURNED,
	    "the second secret is as the first");
	is_int(age(31000, 60000, 90000), DTLS_HELLO, "in both");
	is_int(age(50, 20, -20), DTLS_HELLO_RETURNED,
	    "a clock that goes back is no harm");
}

static void
test_fragments(void)
{
	uint8_t out[DTLS_VERIFY_DATAGRAM];
	struct greeting first, g;
	const uint8_t *cookie;

	begin();
	greet(&first, random_a, NULL, true);
	cut(&first, 36);
	is_int(check(&first), DTLS_HELLO,
	    "a fragment that reaches past the cookie's length is enough");
	cookie = demand(&first, NOW_MS, out);
	ok(cookie != NULL && first.n >= sizeof(out),
	    "and longer than its answer");
	greet(&g, random_a, cookie, true);
	cut(&g, 56);
	is_int(check(&g), DTLS_HELLO_RETURNED, "it may end with the cookie");
	ok(dtls_hello_random(g.bytes, g.n) != NULL, "the random is in it");
	cut(&g, 55);
	is_int(check(&g), DTLS_NO_HELLO, "but not before");
	cut(&first, 35);
	is_int(check(&first), DTLS_NO_HELLO,
	    "one without the cookie's length says nothing");
	greet(&g, random_a, cookie, true);
	g.bytes[DTLS_HEADER + 3]++;
	g.bytes[DTLS_HEADER + 8]++;
	is_int(check(&g), DTLS_NO_HELLO, "nor does one that is not the first");
}

/* What n bytes of a good datagram are with one byte of it changed. */
static enum dtls_greeting
changed(size_t at, uint8_t value)
{
	struct greeting g;

	greet(&g, random_a, NULL, true);
	g.bytes[at] = value;
	return check(&g);
}

static void
test_no_hellos(void)
{
	uint8_t out[DTLS_VERIFY_DATAGRAM];
	struct greeting g, whole;
	size_t i, bad = 0;

	begin();
	greet(&whole, random_a, NULL, true);
	g = whole;
	for (g.n = 0; g.n < whole.n; g.n++)
		bad += check(&g) != DTLS_NO_HELLO ||
		    demand(&g, NOW_MS, out) != NULL ||
		    dtls_hello_random(g.bytes, g.n) != NULL;
	is_int(bad, 0, "a datagram that is cut is not answered");
	is_int(changed(0, DTLS_APPLICATION), DTLS_NO_HELLO,
	    "data from a stranger are not answered");
	is_int(changed(0, DTLS_ALERT), DTLS_NO_HELLO, "nor are alerts");
	is_int(changed(1, 3), DTLS_NO_HELLO, "nor TLS");
	is_int(changed(2, 0xfc), DTLS_NO_HELLO, "nor DTLS 1.3");
	is_int(changed(4, 1), DTLS_NO_HELLO, "nor other epochs");
	is_int(changed(12, 5), DTLS_NO_HELLO, "nor half a message header");
	is_int(changed(DTLS_HEADER, DTLS_SERVER_HELLO), DTLS_NO_HELLO,
	    "nor other messages");
	is_int(changed(DTLS_HEADER + DTLS_MESSAGE, 3), DTLS_NO_HELLO,
	    "nor a ClientHello of TLS");
	is_int(changed(DTLS_HEADER + DTLS_MESSAGE + 1, 0xff), DTLS_HELLO,
	    "one of DTLS 1.0 is");
	is_int(changed(DTLS_HEADER + DTLS_MESSAGE + 34, 33), DTLS_NO_HELLO,
	    "but none with too long a session");
	for (i = 0; i < sizeof(g.bytes); i++)
		g.bytes[i] = (uint8_t)(i * 7);
	g.n = sizeof(g.bytes);
	is_int(check(&g), DTLS_NO_HELLO, "nor noise");
}

/* A ClientKeyExchange without an association. */
static void
test_request(void)
{
	static const uint8_t request[DTLS_REQUEST_DATAGRAM] = {
		DTLS_HANDSHAKE, 0xfe, 0xfd, 0, 0, 0, 0, 0, 1, 2, 3, 0,
		DTLS_MESSAGE, DTLS_HELLO_REQUEST
	};
	uint8_t out[DTLS_REQUEST_DATAGRAM];
	struct greeting g, whole;
	size_t bad = 0;

	greet(&whole, random_a, NULL, true);
	whole.bytes[DTLS_HEADER] = DTLS_CLIENT_KEY_EXCHANGE;
	is_int(dtls_request_hello(whole.bytes, whole.n, out), sizeof(out),
	    "the client of a ClientKeyExchange is to begin again");
	is_mem(out, request, sizeof(out), "by a HelloRequest");
	g = whole;
	for (g.n = 0; g.n < whole.n; g.n++)
		bad += dtls_request_hello(g.bytes, g.n, out) != 0;
	is_int(bad, 0, "but not of one that is cut");
	g = whole;
	g.bytes[4] = 1;
	is_int(dtls_request_hello(g.bytes, g.n, out), 0, "nor of one in a "
	    "sealed epoch");
	g = whole;
	cut(&g, 10);
	is_int(dtls_request_hello(g.bytes, g.n, out), sizeof(out),
	    "the first part of one is enough");
	g.bytes[DTLS_HEADER + 8] = 5;
	is_int(dtls_request_hello(g.bytes, g.n, out), 0, "others are not "
	    "answered");
	cut(&g, 0);
	g.bytes[DTLS_HEADER + 8] = 0;
	is_int(dtls_request_hello(g.bytes, g.n, out), g.n, "no answer is "
	    "longer than what it answers");
	greet(&g, random_a, NULL, true);
	is_int(dtls_request_hello(g.bytes, g.n, out), 0, "nor are hellos");
	is_int(dtls_request_hello(request, sizeof(request), out), 0, "nor is "
	    "such an answer");
}

static void
test_peers(void)
{
	uint8_t out[DTLS_VERIFY_DATAGRAM];
	const struct vector_datagram *d;
	struct dtls_client_hello hello;
	struct messages all;
	const uint8_t *found;
	size_t i, k, n = 0;

	begin();
	for (i = 0; i < VECTORS; i++) {
		messages_read(&all, &vectors[i]);
		for (k = 0; k < vectors[i].n_datagrams; k++) {
			d = &vectors[i].datagrams[k];
			found = dtls_hello_random(d->bytes.b, d->bytes.n);
			if (found == NULL)
				continue;
			n++;
			dtls_client_hello_parse(&hello, messages_find(&all,
			    DTLS_CLIENT_HELLO)->f.data, messages_find(&all,
			    DTLS_CLIENT_HELLO)->f.len);
			ok(d->to_server && memcmp(found, hello.random,
			    DTLS_RANDOM) == 0 && dtls_cookies_check(&cookies,
			    d->bytes.b, d->bytes.n, "here", 4, NOW_MS) ==
			    DTLS_HELLO && dtls_cookies_demand(&cookies,
			    d->bytes.b, d->bytes.n, "here", 4, NOW_MS, out) ==
			    sizeof(out), "a cookie is asked for by: %s",
			    vectors[i].name);
		}
	}
	is_int(n, VECTORS + 4, "of the datagrams only hellos are hellos");
}

int
main(void)
{
	memset(random_a, 0xaa, sizeof(random_a));
	memset(random_b, 0xbb, sizeof(random_b));
	vectors_read();
	test_exchange();
	test_forgeries();
	test_sessions();
	test_no_secret();
	test_age();
	test_fragments();
	test_no_hellos();
	test_request();
	test_peers();
	return done_testing();
}
