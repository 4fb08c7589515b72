/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The key schedule of PSK and ECDHE_PSK: shared secret, master secret, key
 * block, Finished (RFC 4279 2, RFC 5489 2, RFC 5246 8.1, RFC 7627).
 */

#ifndef WIRE_DTLS_KX_H
#define WIRE_DTLS_KX_H

#include "compat.h"

#include "wire/dtls_hello.h"

struct cpu;
struct dtls_group;
struct dtls_half;
struct dtls_suite;
struct random;

enum {
	DTLS_PSK_MAX = 256,	/* bytes of a pre-shared key */
	DTLS_SCALAR_MAX = 48,	/* of a private value */
	DTLS_SECRET_MAX = 48,	/* of a shared secret */
	DTLS_MASTER = 48,	/* of the master secret */
	DTLS_HASH = 32,		/* of SHA-256 */
	DTLS_VERIFY = 12,	/* of a Finished's verify_data */
};

/* A key pair that is made before a handshake needs it, since that takes longer
 * than all else in a handshake but the shared secret.  Zeroed: there is none.
 * It may be wiped by explicit_bzero(). */
struct dtls_spare {
	const struct dtls_group *group;	/* of the pair; NULL: there is none */
	const struct dtls_group *last;	/* that a handshake needed last; NULL:
				 * none has */
	uint8_t scalar[DTLS_SCALAR_MAX], share[DTLS_SHARE_MAX];
};

/* Makes the pair of the group that a handshake needed last, if there is none of
 * it.  Does nothing before the first one has. */
void dtls_spare_fill(struct dtls_spare *, struct random *);

/* Makes a key pair: scalar (group->scalar bytes) and share (group->share
 * bytes).  It is the spare one if that is of the group; each is used once.
 * spare: NULL: there is none. */
void dtls_kx_make(const struct dtls_group *, struct dtls_spare *spare,
    struct random *, uint8_t *scalar, uint8_t *share);

/* Computes the shared secret z (group->secret bytes).  Returns 0; -1: the
 * peer's share is not a point of the group, or z would be all zero. */
int dtls_kx_shared(const struct dtls_group *, const uint8_t *scalar,
    const uint8_t *share, size_t share_len, uint8_t *z);

/* Computes the master secret; z NULL and z_len 0: plain PSK.  It covers the
 * session_hash (RFC 7627), or if that is NULL the randoms. */
void dtls_kx_master(uint8_t master[DTLS_MASTER], const uint8_t *z,
    size_t z_len, const uint8_t *psk, size_t psk_len,
    const uint8_t *session_hash, const uint8_t *client_random,
    const uint8_t *server_random);

/* Expands the key block into the keys of both directions.  server: read is the
 * client's direction, write the server's; else the reverse.  cpu and random as
 * in dtls_half_init(). */
void dtls_kx_keys(const struct dtls_suite *, const uint8_t master[DTLS_MASTER],
    const uint8_t *client_random, const uint8_t *server_random, bool server,
    struct dtls_half *read, struct dtls_half *write, const struct cpu *,
    struct random *);

/* Computes the verify_data of a Finished over a transcript hash. */
void dtls_kx_finished(uint8_t verify[DTLS_VERIFY],
    const uint8_t master[DTLS_MASTER], bool of_server,
    const uint8_t hash[DTLS_HASH]);

#endif
