/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * TLS sessions that can be resumed: the one that a client keeps of a server,
 * and the many that a server keeps of its clients.
 *
 * NOTES.  Who resumes shows no certificate again, so with each session is kept
 * whom the certificate named, and until when it, its chain and the session are
 * good.  A session holds its master secret: all memory is wiped when it is
 * given up.  The forward secrecy of a connection begins when the session it
 * came from is forgotten, TLS_SESSION_S after it was made at the latest.
 *
 * The server's store is a table of sets of TLS_SESSION_WAYS places.  SipHash
 * of the identifier, under a secret seed, picks the set; there the place that
 * was used longest ago makes way.  So looking up costs the same whatever
 * strangers do, and no chain or tree grows.  Identifiers are the server's own
 * random numbers and travel in the clear: they are no secret.  A session that
 * failed to be resumed stays, or else who saw its identifier could end it.
 *
 * A client drops such a one.  There are servers that break a connection which
 * resumes what they made (OpenSSL with client certificates and no session ID
 * context); after TLS_RESUME_FAILS in a row nothing is resumed any more.
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
	TLS_RESUME_FAILS = 3,		/* after so many a client keeps none */
};

/* A session; zeroed is none. */
struct tls_session {
	br_ssl_session_parameters params;	/* session_id_len 0: none */
	int64_t made_s, until_s;	/* good from, and before (Unix) */
	char identity[CERT_IDENTITY];	/* the peer's, as it was verified */
};

/* What a client keeps of a server; zeroed is ready to use. */
struct tls_resume {
	struct tls_session session;
	const void *setup;		/* made with these credentials */
	char name[HOST_TEXT];		/* whom its certificate named, as it
					 * was asked; "": any */
	struct addr server;		/* where it was made */
	unsigned failed;		/* sessions, one after another, with
					 * which no connection came up */
};

/* A place in the server's store. */
struct tls_place {
	struct tls_session session;
	uint64_t used;			/* when, counted in uses */
};

/* What a server keeps of its clients. */
struct tls_sessions {
	struct tls_place *places;
	size_t sets;
	uint64_t uses;
	uint8_t seed[TABLE_SEED];
};

/* Is the session good at that time (Unix seconds)? */
bool tls_session_good(const struct tls_session *, int64_t now_s);

/* Fills a session from what BearSSL agreed on; until_s is when the first
 * certificate of the peer's chain expires. */
void tls_session_make(struct tls_session *, const br_ssl_session_parameters *,
    const char *identity, int64_t now_s, int64_t until_s);

/* Leaves none. */
void tls_session_wipe(struct tls_session *);

/* Wipes what a client keeps, and begins anew. */
void tls_resume_forget(struct tls_resume *);

/* An empty store in n zeroed places (a multiple of TLS_SESSION_WAYS, not 0)
 * that stay the caller's. */
void tls_sessions_init(struct tls_sessions *, struct tls_place *, size_t n,
    const uint8_t seed[TABLE_SEED]);

/* Keeps a copy of a session whose identifier has TLS_SESSION_ID bytes; one
 * that is expired, or the one used longest ago, makes way. */
void tls_sessions_put(struct tls_sessions *, const struct tls_session *,
    int64_t now_s);

/* The session of an identifier that is good now, or NULL; good until the next
 * call. */
const struct tls_session *tls_sessions_get(struct tls_sessions *,
    const uint8_t id[TLS_SESSION_ID], int64_t now_s);

/* Wipes all of them. */
void tls_sessions_wipe(struct tls_sessions *);

#endif
