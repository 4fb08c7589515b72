/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The key schedule of PSK and ECDHE_PSK: shared values, master secret, key
 * block, Finished (RFC 4279 2, RFC 5489 2, RFC 5246 8.1, RFC 7627).
 */

#ifndef WIRE_DTLS_KX_H
#define WIRE_DTLS_KX_H

#include "compat.h"

#include "wire/dtls_record.h"

enum {
	DTLS_PSK_MAX = 256,	/* bytes of a pre-shared key */
	DTLS_SCALAR_MAX = 48,	/* of a private value */
	DTLS_SECRET_MAX = 48,	/* of a shared value */
	DTLS_MASTER = 48,
	DTLS_HASH = 32,
	DTLS_VERIFY = 12,	/* of a Finished */
};

/* Makes a key pair; scalar and share have room for the group's lengths. */
void dtls_kx_make(const struct dtls_group *, struct random *,
    uint8_t *scalar, uint8_t *share);

/* The shared value into z (group->secret bytes); 0; -1: the peer's share is no
 * point of the group, or one that gives nothing away (all zero). */
int dtls_kx_shared(const struct dtls_group *, const uint8_t *scalar,
    const uint8_t *share, size_t share_len, uint8_t *z);

/* The master secret; z NULL and z_len 0 for plain PSK.  session_hash, when not
 * NULL, is used as RFC 7627 has it; else the randoms. */
void dtls_kx_master(uint8_t master[DTLS_MASTER], const uint8_t *z,
    size_t z_len, const uint8_t *psk, size_t psk_len,
    const uint8_t *session_hash, const uint8_t *client_random,
    const uint8_t *server_random);

/* Expands the key block into both halves; read and write as the server has
 * them when server is true.  cpu and random as dtls_half_init() has them. */
void dtls_kx_keys(const struct dtls_suite *, const uint8_t master[DTLS_MASTER],
    const uint8_t *client_random, const uint8_t *server_random, bool server,
    struct dtls_half *read, struct dtls_half *write, const struct dtls_cpu *,
    struct random *);

/* The verify_data of a Finished over a transcript hash. */
void dtls_kx_finished(uint8_t verify[DTLS_VERIFY],
    const uint8_t master[DTLS_MASTER], bool of_server,
    const uint8_t hash[DTLS_HASH]);

#endif
