/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The random generator of the whole program: HMAC_DRBG with SHA-256 (NIST SP
 * 800-90A), seeded once from the system's entropy source.
 */

#ifndef WIRE_RANDOM_H
#define WIRE_RANDOM_H

#include "compat.h"

#include <bearssl.h>

/* A generator; not to be copied once it is seeded, or both give the same. */
struct random {
	br_hmac_drbg_context drbg;	/* its first member is the vtable */
};

/* Seeds a generator from the system; 0, or -1 when there is no entropy. */
int random_init(struct random *r);

/* Seeds a generator from n bytes of the caller's, for tests that must give
 * the same each time. */
void random_init_fixed(struct random *r, const void *seed, size_t n);

/* Fills p with n random bytes. */
void random_bytes(struct random *r, void *p, size_t n);

/* A number from 0 to n - 1, each as likely as the others; n is at least 1. */
uint32_t random_u32_below(struct random *r, uint32_t n);

/* The generator as BearSSL's functions take it; lives as long as r. */
const br_prng_class **random_prng(struct random *r);

#endif
