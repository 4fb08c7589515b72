/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The program's random generator: HMAC_DRBG with SHA-256 (NIST SP 800-90A),
 * seeded once from the system's entropy source.
 */

#ifndef WIRE_RANDOM_H
#define WIRE_RANDOM_H

#include "compat.h"

#include <bearssl.h>

/* A generator.  Must not be copied: a copy would return the same numbers. */
struct random {
	br_hmac_drbg_context drbg;	/* its first member is the vtable */
};

/* Seeds a generator from the system; 0, or -1 when there is no entropy. */
int random_init(struct random *r);

/* Seeds a generator from n bytes of the caller's, for tests that must be
 * reproducible. */
void random_init_fixed(struct random *r, const void *seed, size_t n);

/* Fills p with n random bytes. */
void random_bytes(struct random *r, void *p, size_t n);

/* A uniformly distributed number from 0 to n - 1; n is at least 1. */
uint32_t random_u32_below(struct random *r, uint32_t n);

/* The generator as BearSSL's functions take it; lives as long as r. */
const br_prng_class **random_prng(struct random *r);

#endif
