/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

#include "compat.h"

#include "tap.h"

#include "wire/random.h"
#include "wire/sha256_fast.h"

/* HMAC_DRBG with SHA-256, computed from SP 800-90A 10.1.2 with Python's hmac
 * for the seed "adit": the first 32 bytes. */
static const uint8_t expected[32] = {
	0x17, 0xf9, 0x35, 0xd5, 0xa6, 0xcc, 0xb0, 0x95,
	0x5c, 0xf2, 0x45, 0x41, 0xb0, 0x1e, 0xf9, 0xc8,
	0x68, 0xe5, 0x21, 0x34, 0x75, 0x3e, 0x39, 0xe0,
	0x2f, 0xdb, 0x48, 0x72, 0x51, 0xa6, 0x34, 0xda,
};

int
main(void)
{
	static uint8_t large[200000];
	uint8_t a[64], b[64];
	struct random r, s;
	unsigned seen[5] = { 0 }, i;
	uint32_t v;
	bool below = true;

	random_init_fixed(&r, "adit", 4);
	random_bytes(&r, a, 32);
	is_mem(a, expected, 32, "a fixed seed gives what SP 800-90A says");

	ok(random_init(&r) == 0 && random_init(&s) == 0,
	    "the system seeds a generator");
	random_bytes(&r, a, sizeof(a));
	random_bytes(&s, b, sizeof(b));
	ok(memcmp(a, b, sizeof(a)) != 0, "two generators differ");
	random_bytes(&r, b, sizeof(b));
	ok(memcmp(a, b, sizeof(a)) != 0, "one generator goes on");

	for (i = 0; i < 1000; i++) {
		v = random_u32_below(&r, 5);
		below = below && v < 5;
		if (v < 5)
			seen[v]++;
	}
	ok(below, "numbers are below the bound");
	for (i = 0; i < 5; i++)
		ok(seen[i] > 100, "%u comes as often as others", i);
	is_int(random_u32_below(&r, 1), 0, "below 1 there is 0 only");
	v = random_u32_below(&r, UINT32_MAX);
	ok(v < UINT32_MAX, "the largest bound works");

	random_bytes(&r, large, sizeof(large));
	for (i = 0, v = 0; i < 64; i++)
		v |= large[sizeof(large) - 1 - i];
	ok(v != 0, "more than one request's worth is filled to the end");
	ok((*random_prng(&r))->context_size == sizeof(r.drbg),
	    "BearSSL gets the generator");
	ok(r.drbg.digest_class == sha256_fast(),
	    "each number is made by the CPU's instructions for SHA-256");
	return done_testing();
}
