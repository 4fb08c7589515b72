/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The program's random generator: HMAC_DRBG of BearSSL.
 */

#include "compat.h"

#include "wire/random.h"

#include "wire/sha256_fast.h"

int
random_init(struct random *r)
{
	uint8_t seed[48];

	if (entropy(seed, sizeof(seed)) != 0)
		return -1;
	random_init_fixed(r, seed, sizeof(seed));
	explicit_bzero(seed, sizeof(seed));
	return 0;
}

void
random_init_fixed(struct random *r, const void *seed, size_t n)
{
	br_hmac_drbg_init(&r->drbg, sha256_fast(), seed, n);
}

void
random_bytes(struct random *r, void *p, size_t n)
{
	uint8_t *at = p;
	size_t step;

	/* SP 800-90A allows at most 65536 bytes per request. */
	while (n > 0) {
		step = n < 65536 ? n : 65536;
		br_hmac_drbg_generate(&r->drbg, at, step);
		at += step;
		n -= step;
	}
}

uint32_t
random_u32_below(struct random *r, uint32_t n)
{
	/* 2^32 mod n.  Refusing the first so many values leaves a multiple of
	 * n, so that each result is equally likely. */
	uint32_t unfair = (uint32_t)(UINT32_MAX - n + 1) % n;
	uint32_t v;

	do
		random_bytes(r, &v, sizeof(v));
	while (v < unfair);
	return v % n;
}

const br_prng_class **
random_prng(struct random *r)
{
	return &r->drbg.vtable;
}
