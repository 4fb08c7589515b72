/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Replies without state.  Cookies (RFC 6347 4.2.1): an unknown peer proves that
 * it receives at its address before memory is allocated for it.
 *
 * NOTES.  A cookie is an HMAC under a secret of ours over the peer's address
 * and the fields before the cookie that both ClientHellos of the peer have in
 * common: version, random, session identifier.  The extensions are not covered:
 * pion changes them between the two.  So the first fragment of a ClientHello is
 * enough if it has the cookie (56 bytes of the body, and the session).  The
 * secret changes every DTLS_COOKIE_MS and the previous one stays valid: a
 * cookie is valid for at least 30 s and less than 60 s.
 *
 * A HelloVerifyRequest has the record number (RFC 6347 4.2.1) and the
 * message_seq of the ClientHello that it answers.  A client whose cookie is not
 * valid any more has taken message 0 already: OpenSSL, GnuTLS and pion ignore a
 * second one with that number, and wait for message 1.
 *
 * No amplification: a ClientHello's datagram has at least 61 bytes, the reply
 * has 48.
 *
 * A ClientKeyExchange without an association is from a client whose NAT has
 * changed its address since the ClientHello, or whose handshake was evicted.
 * It would retransmit that until its time-out.  A HelloRequest tells ours to
 * begin again; other clients ignore it (RFC 5246 7.4.1.1).  It has no more
 * bytes than what it answers.
 */

#ifndef WIRE_DTLS_COOKIE_H
#define WIRE_DTLS_COOKIE_H

#include "compat.h"

#include <bearssl.h>

#include "wire/dtls_hello.h"
#include "wire/dtls_record.h"

enum {
	DTLS_COOKIE = 20,	/* bytes of our cookies */
	DTLS_COOKIE_MS = 30000,	/* between two secrets */
	DTLS_VERIFY_DATAGRAM = DTLS_HEADER + DTLS_MESSAGE + 3 + DTLS_COOKIE,
				/* bytes of a HelloVerifyRequest's datagram */
	DTLS_REQUEST_DATAGRAM = DTLS_HEADER + DTLS_MESSAGE,
				/* bytes of a HelloRequest's datagram */
};

/* The secrets of a server. */
struct dtls_cookies {
	struct random *random;
	const br_hash_class *hash;	/* chosen once: detecting the CPU's
				 * features for each cookie would cost more
				 * than the cookie, in a virtual machine */
	uint8_t secret[2][32];	/* the current one, the previous one */
	uint64_t changed_ms;	/* when the current one was made */
	bool before;		/* the previous one exists */
};

/* What a datagram from an unknown peer begins with. */
enum dtls_greeting {
	DTLS_NO_HELLO,		/* no ClientHello: no reply */
	DTLS_HELLO,		/* a ClientHello without a valid cookie */
	DTLS_HELLO_RETURNED,	/* a ClientHello with a valid cookie */
};

/* Makes the first secret; random is borrowed. */
void dtls_cookies_init(struct dtls_cookies *, struct random *,
    uint64_t now_ms);

/* Classifies a datagram of n bytes and checks its cookie.  peer is the sender's
 * address, peer_len bytes in any form that is the same each time. */
enum dtls_greeting dtls_cookies_check(struct dtls_cookies *,
    const uint8_t *datagram, size_t n, const void *peer, size_t peer_len,
    uint64_t now_ms);

/* Writes the HelloVerifyRequest that replies to a DTLS_HELLO.  Returns the
 * length of its datagram; 0: the input is no ClientHello. */
size_t dtls_cookies_demand(struct dtls_cookies *, const uint8_t *datagram,
    size_t n, const void *peer, size_t peer_len, uint64_t now_ms,
    uint8_t out[DTLS_VERIFY_DATAGRAM]);

/* Writes the HelloRequest that replies to a datagram without an association.
 * Returns the length of its datagram; 0: the input does not begin with a
 * ClientKeyExchange. */
size_t dtls_request_hello(const uint8_t *datagram, size_t n,
    uint8_t out[DTLS_REQUEST_DATAGRAM]);

/* The random of the ClientHello that a datagram begins with (DTLS_RANDOM
 * bytes); NULL: it begins with something else. */
const uint8_t *dtls_hello_random(const uint8_t *datagram, size_t n);

#endif
