/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * TLS sessions that can be resumed: a client keeps one of its server, a server
 * keeps many of its clients.
 *
 * NOTES.  A peer that resumes a session shows no certificate again.  So the
 * identity from the certificate is kept with the session, and the time at which
 * the session or the first certificate of the chain expires.  A session has its
 * master secret: its memory is wiped when it is dropped.  A connection has
 * forward secrecy only once its session is dropped, at most TLS_SESSION_S
 * after the session was made.
 *
 * The server's store is a set-associative cache with sets of TLS_SESSION_WAYS
 * places.  SipHash of the identifier, under a secret seed, picks the set; the
 * least recently used place of the set is evicted.  So a look-up has a constant
 * cost, even under attack.  Identifiers are random numbers of the server's and
 * are sent in the clear.  A session whose resumption failed stays in the store:
 * otherwise anybody who saw its identifier could remove it.
 *
 * A client drops a session whose resumption failed.  Some servers break each
 * connection that resumes a session (OpenSSL with client certificates and no
 * session ID context); after TLS_RESUME_FAILS failures in a row the client
 * keeps no more sessions.
 */

#ifndef WIRE_TLS_SESSIONS_H
#define WIRE_TLS_SESSIONS_H

#include "compat.h"

#include <bearssl.h>

#include "base/addr.h"
#include "base/table.h"
#include "wire/cert.h"

enum {
	TLS_SESSION_S = 2 * 60 * 60,	/* seconds that a session is good for */
	TLS_SESSION_ID = 32,		/* bytes of an identifier, at most */
	TLS_SESSION_WAYS = 8,		/* places of a set */
	TLS_RESUME_FAILS = 3,		/* failures in a row, then a client
					 * keeps no more sessions */
	TLS_PRINT = 16,		/* bytes that tell a trust anchor from
					 * others */
};

/* A session; all zeros: none. */
struct tls_session {
	br_ssl_session_parameters params;	/* session_id_len 0: none */
	int64_t made_s, until_s;	/* valid from, and before (Unix) */
	char identity[CERT_IDENTITY];	/* the peer's, as it was verified */
	uint8_t anchor[TLS_PRINT];	/* that vouched for it (tls_verify.h) */
};

/* The session that a client keeps; all zeros is a valid start. */
struct tls_resume {
	struct tls_session session;
	const void *setup;		/* credentials it was made with */
	char name[HOST_TEXT];		/* name that the certificate was
					 * checked for; "": any */
	struct addr server;		/* address of the server */
	bool one_suite;			/* it was made by a handshake that
					 * offered one suite only */
	unsigned failed;		/* resumptions in a row after which no
					 * connection came up */
};

/* A place in the server's store. */
struct tls_place {
	struct tls_session session;
	uint64_t used;			/* value of uses at the last use; 0:
					 * the place is free */
};

/* The store of a server. */
struct tls_sessions {
	struct tls_place *places;	/* sets * TLS_SESSION_WAYS; the
					 * caller's */
	size_t sets;
	uint64_t uses;			/* counts uses, as a clock for LRU */
	uint8_t seed[TABLE_SEED];	/* of the hash; secret */
};

/* Is there a session, and is it valid at that time (Unix seconds)? */
bool tls_session_good(const struct tls_session *, int64_t now_s);

/* Fills a session from what BearSSL agreed on; anchor: the print of the one
 * that vouched for the peer, or zeroes; until_s is when the first certificate
 * of the peer's chain expires. */
void tls_session_make(struct tls_session *, const br_ssl_session_parameters *,
    const char *identity, const uint8_t anchor[TLS_PRINT], int64_t now_s,
    int64_t until_s);

/* Wipes a session; it is none then. */
void tls_session_wipe(struct tls_session *);

/* Wipes the session that a client keeps, and resets its count of failures. */
void tls_resume_forget(struct tls_resume *);

/* Initializes an empty store with n zeroed places (a multiple of
 * TLS_SESSION_WAYS, not 0), which stay the caller's. */
void tls_sessions_init(struct tls_sessions *, struct tls_place *, size_t n,
    const uint8_t seed[TABLE_SEED]);

/* Stores a copy of a session; one whose identifier does not have
 * TLS_SESSION_ID bytes is ignored.  Evicts the least recently used session of
 * a full set. */
void tls_sessions_put(struct tls_sessions *, const struct tls_session *,
    int64_t now_s);

/* The session with this identifier if it has not expired, else NULL.  The
 * pointer is valid until the next call. */
const struct tls_session *tls_sessions_get(struct tls_sessions *,
    const uint8_t id[TLS_SESSION_ID], int64_t now_s);

/* Wipes all sessions of the store. */
void tls_sessions_wipe(struct tls_sessions *);

#endif
