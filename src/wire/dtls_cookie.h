/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Stateless cookies (RFC 6347 4.2.1): a stranger proves that it receives what
 * is sent to its address before it costs memory.
 *
 * NOTES.  A cookie is an HMAC under a secret of ours over the peer's address
 * and what both its ClientHellos have in common and stands before the cookie:
 * version, random, session identifier.  Not the extensions, which pion changes
 * between the two.  So the first fragment of a ClientHello is enough when the
 * cookie is in it (56 bytes of the body, and the session).  The secret changes
 * every DTLS_COOKIE_MS and the one before is still good: a cookie is for 30 s
 * at least, and not for 60.
 *
 * A stranger's datagram of less than 61 bytes is no hello, and the answer has
 * 48: nobody gets more by it than was sent.
 */

#ifndef WIRE_DTLS_COOKIE_H
#define WIRE_DTLS_COOKIE_H

#include "compat.h"

#include "wire/dtls_hello.h"

enum {
	DTLS_COOKIE = 20,	/* bytes of ours */
	DTLS_COOKIE_MS = 30000,
	DTLS_VERIFY_DATAGRAM = DTLS_HEADER + DTLS_MESSAGE + 3 + DTLS_COOKIE,
};

/* The secrets of a server. */
struct dtls_cookies {
	struct random *random;
	const br_hash_class *hash;	/* asking the CPU each time would cost
				 * more than the cookie, in a virtual one */
	uint8_t secret[2][32];	/* the current one, the one before */
	uint64_t changed_ms;	/* when the current one was made */
	bool before;		/* the one before exists */
};

/* What a datagram from a stranger is. */
enum dtls_greeting {
	DTLS_NO_HELLO,		/* nothing to answer */
	DTLS_HELLO,		/* begins with a ClientHello that has no cookie,
				 * or one that is not good */
	DTLS_HELLO_RETURNED,	/* begins with one that has a good cookie */
};

/* Begins; random is borrowed. */
void dtls_cookies_init(struct dtls_cookies *, struct random *,
    uint64_t now_ms);

/* Looks at a datagram of n bytes from a peer, whose address is peer_len bytes
 * in any form that is the same each time. */
enum dtls_greeting dtls_cookies_check(struct dtls_cookies *,
    const uint8_t *datagram, size_t n, const void *peer, size_t peer_len,
    uint64_t now_ms);

/* Answers a datagram that was DTLS_HELLO: writes the datagram of a
 * HelloVerifyRequest; its length, or 0. */
size_t dtls_cookies_demand(struct dtls_cookies *, const uint8_t *datagram,
    size_t n, const void *peer, size_t peer_len, uint64_t now_ms,
    uint8_t out[DTLS_VERIFY_DATAGRAM]);

/* The random of the ClientHello that a datagram begins with (DTLS_RANDOM
 * bytes); NULL when it begins with something else. */
const uint8_t *dtls_hello_random(const uint8_t *datagram, size_t n);

#endif
