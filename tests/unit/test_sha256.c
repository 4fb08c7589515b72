/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/sha256_fast.h: SHA-256 as this CPU does it best.
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "wire/sha256_fast.h"
#include "tap.h"

static const br_hash_class *fast;

/* Hashes n bytes in pieces of `piece`. */
static void
hash(uint8_t out[32], const void *data, size_t n, size_t piece)
{
	const uint8_t *p = data;
	br_hash_compat_context c;
	size_t step;

	fast->init(&c.vtable);
	for (; n > 0; n -= step, p += step) {
		step = n < piece ? n : piece;
		c.vtable->update(&c.vtable, p, step);
	}
	c.vtable->out(&c.vtable, out);
}

/* What FIPS 180-4 has as examples. */
static void
test_known(void)
{
	static const uint8_t abc[32] = {
		0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
		0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
		0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
		0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
	}, million[32] = {
		0xcd, 0xc7, 0x6e, 0x5c, 0x99, 0x14, 0xfb, 0x92,
		0x81, 0xa1, 0xc7, 0xe2, 0x84, 0xd7, 0x3e, 0x67,
		0xf1, 0x80, 0x9a, 0x48, 0xa4, 0x97, 0x20, 0x0e,
		0x04, 0x6d, 0x39, 0xcc, 0xc7, 0x11, 0x2c, 0xd0,
	};
	static uint8_t many[1000000];
	uint8_t out[32];

	hash(out, "abc", 3, 3);
	is_mem(out, abc, 32, "\"abc\"");
	memset(many, 'a', sizeof(many));
	hash(out, many, sizeof(many), 977);
	is_mem(out, million, 32, "a million of \"a\"");
}

/* BearSSL's own is the measure. */
static void
test_lengths(void)
{
	uint8_t data[300], got[32], want[32];
	br_sha256_context c;
	size_t n, piece, wrong = 0;

	for (n = 0; n < sizeof(data); n++)
		data[n] = (uint8_t)(n * n + 3 * n);
	for (n = 0; n <= sizeof(data); n++) {
		br_sha256_init(&c);
		br_sha256_update(&c, data, n);
		br_sha256_out(&c, want);
		for (piece = 1; piece <= 200; piece += 9) {
			hash(got, data, n, piece);
			wrong += memcmp(got, want, 32) != 0;
		}
	}
	is_int(wrong, 0, "all lengths to 300 in pieces of any length");
}

/* What else BearSSL asks of a class. */
static void
test_class(void)
{
	br_hash_compat_context c, d;
	uint8_t got[32], want[32], state[32], data[200];
	uint64_t count;

	memset(data, 5, sizeof(data));
	is_int(fast->context_size, sizeof(br_sha256_context),
	    "the context is that of BearSSL");
	is_int(fast->desc, br_sha256_vtable.desc, "so is the description");
	hash(want, data, 199, 199);
	fast->init(&c.vtable);
	ok(c.vtable == fast, "a context knows its class");
	/* As BearSSL's random generator does without a seed. */
	fast->update(&c.vtable, NULL, 0);
	fast->update(&c.vtable, data, 100);
	fast->update(&c.vtable, NULL, 0);
	fast->update(&c.vtable, data + 100, 28);
	fast->out(&c.vtable, got);
	count = fast->state(&c.vtable, state);
	is_int(count, 128, "the state counts bytes");
	fast->update(&c.vtable, data + 128, 71);
	fast->out(&c.vtable, got);
	is_mem(got, want, 32, "what was put out can be added to");
	fast->init(&d.vtable);
	fast->set_state(&d.vtable, state, count);
	fast->update(&d.vtable, data + 128, 71);
	fast->out(&d.vtable, got);
	is_mem(got, want, 32, "another context goes on from the state");
}

/* HMAC takes it; RFC 4231 4.3. */
static void
test_hmac(void)
{
	static const uint8_t want[32] = {
		0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e,
		0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7,
		0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27, 0x39, 0x83,
		0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43,
	};
	br_hmac_key_context key;
	br_hmac_context c;
	uint8_t out[32];

	br_hmac_key_init(&key, fast, "Jefe", 4);
	br_hmac_init(&c, &key, 0);
	br_hmac_update(&c, "what do ya want for nothing?", 28);
	is_int(br_hmac_out(&c, out), 32, "HMAC is as long as the hash");
	is_mem(out, want, 32, "and is that of RFC 4231");
}

/* So does the PRF, for secrets, seeds and results of any length. */
static void
test_prf(void)
{
	const br_tls_prf_impl prf = sha256_fast_prf(fast);
	uint8_t secret[100], bytes[100], got[100], want[100];
	br_tls_prf_seed_chunk seed[2];
	size_t len, wrong = 0, i;

	for (i = 0; i < sizeof(bytes); i++) {
		secret[i] = (uint8_t)(7 * i + 1);
		bytes[i] = (uint8_t)(i * i);
	}
	for (len = 0; len <= sizeof(got); len++) {
		seed[0].data = bytes;
		seed[0].len = len;
		seed[1].data = bytes + len / 2;
		seed[1].len = 32;
		memset(got, 1, sizeof(got));
		memset(want, 1, sizeof(want));
		prf(got, len, secret, 100 - len, "key expansion", len % 3,
		    seed);
		br_tls12_sha256_prf(want, len, secret, 100 - len,
		    "key expansion", len % 3, seed);
		wrong += memcmp(got, want, sizeof(got)) != 0;
	}
	is_int(wrong, 0, "the PRF is that of BearSSL, and writes no more");
}

int
main(void)
{
	fast = sha256_fast();
	printf("# %s\n", fast == &br_sha256_vtable ? "BearSSL's" :
	    "by instructions of the CPU");
	test_known();
	test_lengths();
	test_class();
	test_hmac();
	test_prf();
	return done_testing();
}
