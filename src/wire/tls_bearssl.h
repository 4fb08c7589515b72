/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * All our uses of members that BearSSL's headers call internal; BearSSL has no
 * functions for them.
 *
 * NOTES.  configure compiles this file, to refuse a BearSSL that lacks one of
 * these members.  So it includes no header of ours.  Written for BearSSL 0.6;
 * with a newer one, check each function here against its source.
 *
 * The buffers of an engine (ssl_engine.c).  Input: ibuf has an encrypted record
 * from its beginning; ixa is where the next byte of it goes, and 0 before the
 * first.  Output: data is gathered in obuf from oxc to oxa, a finished record
 * is sent from oxa to oxc; the two are equal while there is nothing.
 */

#ifndef WIRE_TLS_BEARSSL_H
#define WIRE_TLS_BEARSSL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <bearssl.h>

enum { BEARSSL_SEED = 64 };	/* bytes for bearssl_seed() */

/* Gives the engine's generator, HMAC_DRBG with SHA-256, a state of uniformly
 * random bytes.  That is what br_ssl_engine_inject_entropy() computes from a
 * seed, with 30 blocks of SHA-256.  The engine does not open /dev/urandom then:
 * in a chroot there is no such file. */
static inline void
bearssl_seed(br_ssl_engine_context *eng, const br_hash_class *sha256,
    const uint8_t bytes[BEARSSL_SEED])
{
	eng->rng.vtable = &br_hmac_drbg_vtable;
	eng->rng.digest_class = sha256;
	memcpy(eng->rng.K, bytes, br_sha256_SIZE);
	memcpy(eng->rng.V, bytes + br_sha256_SIZE, br_sha256_SIZE);
	eng->rng_init_done = 2;		/* it is seeded */
	eng->rng_os_rand_done = 1;
}

/* What was agreed on; valid with the engine. */
static inline const br_ssl_session_parameters *
bearssl_session(const br_ssl_engine_context *eng)
{
	return &eng->session;
}

/* The server whose ECDHE key that is: the engine gives br_ec_impl.mul() that
 * member itself (ssl_hs_server.c, do_ecdhe_part2()). */
static inline br_ssl_server_context *
bearssl_server_of_key(const unsigned char *key)
{
	return (br_ssl_server_context *)((uintptr_t)key -
	    offsetof(br_ssl_server_context, ecdhe_key));
}

/* The length in the header of the record that is being received. */
static inline size_t
bearssl_record_len(const br_ssl_engine_context *eng)
{
	return (size_t)eng->ibuf[3] << 8 | eng->ibuf[4];
}

/* Writes an alert of *n bytes as the record after all that the engine has made.
 * buf has room for it with header, nonce, MAC and padding: 100 bytes do.
 * Returns where in it the record begins, and in *n its length. */
static inline size_t
bearssl_seal_alert(br_ssl_engine_context *eng, unsigned char *buf, size_t size,
    const unsigned char *alert, size_t *n)
{
	const int type = 21;		/* of alerts */
	size_t at = 5, end = size;	/* after the header */

	eng->out.vtable->max_plaintext(&eng->out.vtable, &at, &end);
	memcpy(buf + at, alert, *n);
	return (size_t)(eng->out.vtable->encrypt(&eng->out.vtable,
	    type, BR_TLS12, buf + at, n) - buf);
}

/* Bytes of the record that is being received. */
static inline size_t
bearssl_in_used(const br_ssl_engine_context *eng)
{
	return eng->ixa;
}

enum { BEARSSL_HEAD = 5 };	/* bytes of a record's header */

/* The BEARSSL_HEAD bytes of the record that was received last, or refused;
 * borrowed until the next change.  NULL: there is no buffer. */
static inline const uint8_t *
bearssl_in_head(const br_ssl_engine_context *eng)
{
	return eng->ibuf;
}

/* Moves the input to a buffer of the same size. */
static inline void
bearssl_move_in(br_ssl_engine_context *eng, void *in)
{
	memcpy(in, eng->ibuf, eng->ixa);
	eng->ibuf = in;
}

/* Is there a finished record in the output buffer, unsent or sent in part? */
static inline bool
bearssl_out_sealed(const br_ssl_engine_context *eng)
{
	return eng->oxc > eng->oxa;
}

/* Is there anything in the output buffer? */
static inline bool
bearssl_out_used(const br_ssl_engine_context *eng)
{
	return eng->oxa != eng->oxc;
}

/* Moves the output to a buffer of the same size. */
static inline void
bearssl_move_out(br_ssl_engine_context *eng, void *out)
{
	if (bearssl_out_used(eng))
		memcpy(out, eng->obuf, eng->oxa > eng->oxc ? eng->oxa :
		    eng->oxc);
	eng->obuf = out;
}

#endif
