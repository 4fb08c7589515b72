/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: bodies of DTLS handshake messages, fragments, and the datagrams
 * of strangers.  The first byte of the input says which of them the others are.
 */

/* A build without DTLS leaves this out. */

#include "compat.h"

#include "base/bytes.h"
#include "base/log.h"
#include "wire/dtls_cookie.h"
#include "wire/dtls_heartbeat.h"
#include "wire/dtls_hello.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Are these n bytes within the input, or nothing? */
static bool
within(const uint8_t *at, size_t n, const uint8_t *data, size_t size)
{
	return n == 0 || (at >= data && n <= size &&
	    (size_t)(at - data) <= size - n);
}

/* Takes fragments off a record and writes their headers again. */
static void
try_fragments(const uint8_t *p, size_t n)
{
	uint8_t head[DTLS_MESSAGE];
	struct dtls_fragment f;
	size_t eaten;

	while ((eaten = dtls_fragment_parse(&f, p, n)) > 0) {
		must(eaten <= n && eaten == DTLS_MESSAGE + f.n);
		must(f.data == p + DTLS_MESSAGE);
		must((uint64_t)f.offset + f.n <= f.len);
		dtls_fragment_write(head, f.type, f.len, f.seq, f.offset, f.n);
		must(memcmp(head, p, sizeof(head)) == 0);
		p += eaten;
		n -= eaten;
	}
}

/* Reads a ClientHello, and every part of it up to the cookie. */
static void
try_client_hello(const uint8_t *p, size_t n)
{
	struct dtls_client_hello h, part;
	size_t used, i, scsv = 0;
	int alert = dtls_client_hello_parse(&h, p, n);

	must(alert >= 0 && alert <= 255);
	if (alert != 0)
		return;
	must(h.session_len <= 32 && h.cookie_len <= DTLS_COOKIE_MAX);
	must(within(h.random, DTLS_RANDOM, p, n));
	must(within(h.session, h.session_len, p, n));
	must(within(h.cookie, h.cookie_len, p, n));
	must(h.n_suites > 0 && within(h.suites, 2 * h.n_suites, p, n));
	must(within(h.groups, 2 * h.n_groups, p, n));
	must(within(h.cid, h.cid_len, p, n));
	must(h.has_groups == (h.n_groups > 0));
	must(h.has_cid == (h.cid != NULL));
	for (i = 0; i < h.n_suites; i++)
		scsv += get_be16(h.suites + 2 * i) == 0xff;
	must(h.scsv == (scsv > 0));
	must(dtls_client_hello_begin(&part, p, n, &used));
	must(used == 36 + h.session_len + h.cookie_len);
	must(part.random == h.random && part.cookie == h.cookie);
	must(dtls_client_hello_begin(&part, p, used, &i) && i == used);
	must(!dtls_client_hello_begin(&part, p, used - 1, &i));
}

/* Reads a ServerHello, and what we would write for the same. */
static void
try_server_hello(const uint8_t *p, size_t n)
{
	struct dtls_server_hello h, again;
	uint8_t body[DTLS_BODY_MAX];
	size_t len;

	if (dtls_server_hello_parse(&h, p, n) != 0)
		return;
	must(within(h.random, DTLS_RANDOM, p, n));
	must(within(h.cid, h.cid_len, p, n));
	must(h.has_cid == (h.cid != NULL));
	if (h.cid_len > DTLS_CID_MAX)
		return;
	len = dtls_server_hello_write(body, h.random, h.suite,
	    h.renegotiation, h.master, h.cid, h.cid_len,
	    h.heartbeat != DTLS_HEARTBEAT_NONE);
	must(len <= n && len <= sizeof(body));
	must(dtls_server_hello_parse(&again, body, len) == 0);
	must(again.version == DTLS_1_2 && again.suite == h.suite);
	must(again.renegotiation == h.renegotiation);
	must((again.heartbeat == DTLS_HEARTBEAT_NONE) ==
	    (h.heartbeat == DTLS_HEARTBEAT_NONE));
	must(again.master == h.master && again.has_cid == h.has_cid);
	must(again.cid_len == h.cid_len && (h.cid_len == 0 ||
	    memcmp(again.cid, h.cid, h.cid_len) == 0));
}

/* Reads a HelloVerifyRequest and writes it again. */
static void
try_verify(const uint8_t *p, size_t n)
{
	uint8_t body[DTLS_BODY_MAX];
	const uint8_t *cookie;
	size_t len;

	if (dtls_verify_parse(&cookie, &len, p, n) != 0)
		return;
	must(cookie == p + 3 && len == n - 3);
	must(dtls_verify_write(body, cookie, len) == n);
	must(body[0] == p[0] && memcmp(body + 2, p + 2, n - 2) == 0);
}

/* Reads a ServerKeyExchange; what is written for the same differs in the hint
 * alone. */
static void
try_server_kx(bool ecdhe, const uint8_t *p, size_t n)
{
	const struct dtls_group *group;
	uint8_t body[DTLS_BODY_MAX];
	const uint8_t *share;
	size_t len;
	bool bare;

	if (dtls_server_kx_parse(ecdhe, &group, &share, &bare, p, n) != 0)
		return;
	must((group != NULL) == ecdhe && (share != NULL) == ecdhe);
	if (!ecdhe) {
		must(!bare && n == 2 + (size_t)get_be16(p));
		return;
	}
	must(share + group->share == p + n);
	len = dtls_server_kx_write(body, group, share);
	must(bare ? len == n + 2 : len + get_be16(p) == n);
	must(memcmp(body + 2, p + n - (len - 2), len - 2) == 0);
}

/* Reads a ClientKeyExchange and writes it again. */
static void
try_client_kx(bool ecdhe, const uint8_t *p, size_t n)
{
	const uint8_t *identity, *share;
	struct dtls_group group;
	uint8_t body[DTLS_BODY_MAX];
	size_t len, share_len;

	if (dtls_client_kx_parse(ecdhe, &identity, &len, &share, &share_len,
	    p, n) != 0)
		return;
	must(len <= DTLS_IDENTITY_MAX && within(identity, len, p, n));
	must((share != NULL) == ecdhe && (share_len > 0) == ecdhe);
	group.share = (uint8_t)share_len;
	must(dtls_client_kx_write(body, identity, len,
	    ecdhe ? &group : NULL, share) == n);
	must(memcmp(body, p, n) == 0);
}

/* Gives the ClientHello of a datagram a cookie of ours instead of what it
 * has; it must be good, and at no other address. */
static void
try_return(struct dtls_cookies *c, const uint8_t *p, size_t n,
    const uint8_t *answer, size_t len)
{
	const uint8_t *cookie = answer + len - DTLS_COOKIE;
	size_t head = DTLS_HEADER + DTLS_MESSAGE;
	size_t before = head + 35 + p[head + 34];
	struct dtls_fragment f;
	uint8_t *back;

	must(dtls_fragment_parse(&f, answer + DTLS_HEADER,
	    len - DTLS_HEADER) == len - DTLS_HEADER);
	must(memcmp(answer + 5, p + 5, 6) == 0);
	back = malloc(before + 1 + DTLS_COOKIE);
	must(back != NULL && before < n);
	memcpy(back, p, before);
	back[before] = DTLS_COOKIE;
	memcpy(back + before + 1, cookie, DTLS_COOKIE);
	n = before + 1 + DTLS_COOKIE;
	put_be16(back + 11, (uint16_t)(n - DTLS_HEADER));
	dtls_fragment_write(back + DTLS_HEADER, DTLS_CLIENT_HELLO, 4096,
	    1, 0, n - head);
	must(dtls_cookies_check(c, back, n, "peer", 4, 5000) ==
	    DTLS_HELLO_RETURNED);
	must(dtls_cookies_check(c, back, n, "pear", 4, 5000) == DTLS_HELLO);
	must(dtls_cookies_check(c, back, n, "peer", 4, 35000) ==
	    DTLS_HELLO_RETURNED);
	must(dtls_cookies_check(c, back, n, "peer", 4, 65000) == DTLS_HELLO);
	free(back);
}

/* Looks at the datagram of a stranger. */
static void
try_datagram(const uint8_t *p, size_t n)
{
	uint8_t out[DTLS_VERIFY_DATAGRAM], request[DTLS_REQUEST_DATAGRAM];
	struct dtls_cookies cookies;
	struct random random;
	const uint8_t *found;
	size_t len;

	random_init_fixed(&random, "fuzz", 4);
	dtls_cookies_init(&cookies, &random, 1000);
	len = dtls_cookies_demand(&cookies, p, n, "peer", 4, 2000, out);
	found = dtls_hello_random(p, n);
	must((dtls_cookies_check(&cookies, p, n, "peer", 4, 2000) ==
	    DTLS_NO_HELLO) == (len == 0));
	must((found != NULL) == (len > 0));
	if (dtls_request_hello(p, n, request) > 0)
		must(len == 0 && n >= sizeof(request));
	if (len == 0)
		return;
	must(len == sizeof(out) && len <= n);
	must(within(found, DTLS_RANDOM, p, n));
	try_return(&cookies, p, n, out, len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *p = data + 1;
	size_t n = size - 1;

	if (size == 0)
		return 0;
	switch (data[0]) {
	case 0:
		try_fragments(p, n);
		break;
	case DTLS_CLIENT_HELLO:
		try_client_hello(p, n);
		break;
	case DTLS_SERVER_HELLO:
		try_server_hello(p, n);
		break;
	case DTLS_HELLO_VERIFY_REQUEST:
		try_verify(p, n);
		break;
	case DTLS_SERVER_KEY_EXCHANGE:
	case DTLS_SERVER_KEY_EXCHANGE | 0x80:	/* of a plain key */
		try_server_kx(data[0] < 0x80, p, n);
		break;
	case DTLS_CLIENT_KEY_EXCHANGE:
	case DTLS_CLIENT_KEY_EXCHANGE | 0x80:
		try_client_kx(data[0] < 0x80, p, n);
		break;
	default:
		try_datagram(p, n);
	}
	return 0;
}
