/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * SHA-256 with the SHA extensions of x86, where the CPU has them.
 *
 * NOTES.  The instructions (Intel's manual, SHA256RNDS2) keep the eight words
 * of the state in two registers, { A, B, E, F } and { C, D, G, H }, with A and
 * C in the highest lanes.  SHA256RNDS2 does two rounds.  SHA256MSG1 and
 * SHA256MSG2 compute four words of the message schedule (FIPS 180-4 6.2.2)
 * from the sixteen before them.
 */

#include "compat.h"

#include <cpuid.h>
#include <immintrin.h>

#include "wire/sha256_fast.h"
#include "base/bytes.h"

/* For functions that use the instructions.  Not a compiler flag of the file,
 * since sha256_fast() must run on CPUs that lack them. */
#define SHA256_TARGET __attribute__((target("sha,sse4.1,ssse3")))

enum { SHA256_BLOCK = 64 };

/* As in FIPS 180-4 4.2.2. */
static const uint32_t sha256_k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* Four words of the message schedule from the sixteen before them. */
static inline __m128i SHA256_TARGET
sha256_x86_schedule(__m128i w0, __m128i w1, __m128i w2, __m128i w3)
{
	__m128i t = _mm_sha256msg1_epu32(w0, w1);

	t = _mm_add_epi32(t, _mm_alignr_epi8(w3, w2, 4));
	return _mm_sha256msg2_epu32(t, w3);
}

/* Four rounds with four words of the schedule, from round 4 * i on. */
static inline void SHA256_TARGET
sha256_x86_rounds(__m128i *abef, __m128i *cdgh, __m128i w, size_t i)
{
	__m128i k = _mm_loadu_si128((const void *)(sha256_k + 4 * i));
	__m128i sum = _mm_add_epi32(w, k);

	*cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, sum);
	sum = _mm_shuffle_epi32(sum, 0x0e);
	*abef = _mm_sha256rnds2_epu32(*abef, *cdgh, sum);
}

/* Loads four words of a block. */
static inline __m128i SHA256_TARGET
sha256_x86_load(const uint8_t *p)
{
	/* Reverses the bytes of each word: they are big endian. */
	const __m128i turn = _mm_set_epi32(0x0c0d0e0f, 0x08090a0b, 0x04050607,
	    0x00010203);

	return _mm_shuffle_epi8(_mm_loadu_si128((const void *)p), turn);
}

/* Hashes a block into the state in registers. */
static inline void SHA256_TARGET
sha256_x86_block(__m128i *abef, __m128i *cdgh, const uint8_t *p)
{
	__m128i abef_before = *abef, cdgh_before = *cdgh;
	__m128i w0 = sha256_x86_load(p), w1 = sha256_x86_load(p + 16);
	__m128i w2 = sha256_x86_load(p + 32), w3 = sha256_x86_load(p + 48);
	size_t i;

	for (i = 0; i < 12; i += 4) {
		sha256_x86_rounds(abef, cdgh, w0, i);
		w0 = sha256_x86_schedule(w0, w1, w2, w3);
		sha256_x86_rounds(abef, cdgh, w1, i + 1);
		w1 = sha256_x86_schedule(w1, w2, w3, w0);
		sha256_x86_rounds(abef, cdgh, w2, i + 2);
		w2 = sha256_x86_schedule(w2, w3, w0, w1);
		sha256_x86_rounds(abef, cdgh, w3, i + 3);
		w3 = sha256_x86_schedule(w3, w0, w1, w2);
	}
	sha256_x86_rounds(abef, cdgh, w0, 12);
	sha256_x86_rounds(abef, cdgh, w1, 13);
	sha256_x86_rounds(abef, cdgh, w2, 14);
	sha256_x86_rounds(abef, cdgh, w3, 15);
	*abef = _mm_add_epi32(*abef, abef_before);
	*cdgh = _mm_add_epi32(*cdgh, cdgh_before);
}

/* Hashes n blocks into the state.  Its words are A to H in memory, so they are
 * put into the order of the instructions before, and back after. */
static void SHA256_TARGET
sha256_x86_blocks(uint32_t val[8], const uint8_t *p, size_t n)
{
	__m128i abef, cdgh, t;

	t = _mm_shuffle_epi32(_mm_loadu_si128((const void *)val), 0xb1);
	cdgh = _mm_loadu_si128((const void *)(val + 4));
	cdgh = _mm_shuffle_epi32(cdgh, 0x1b);
	abef = _mm_alignr_epi8(t, cdgh, 8);
	cdgh = _mm_blend_epi16(cdgh, t, 0xf0);
	for (; n > 0; n--, p += SHA256_BLOCK)
		sha256_x86_block(&abef, &cdgh, p);
	t = _mm_shuffle_epi32(abef, 0x1b);
	cdgh = _mm_shuffle_epi32(cdgh, 0xb1);
	_mm_storeu_si128((void *)val, _mm_blend_epi16(t, cdgh, 0xf0));
	_mm_storeu_si128((void *)(val + 4), _mm_alignr_epi8(cdgh, t, 8));
}

/* The methods of BearSSL's classes are given a pointer to the vtable, which is
 * the context's first member. */
static br_sha256_context *
sha256_x86_context(const br_hash_class **vtable)
{
	return (br_sha256_context *)(void *)vtable;
}

static const br_sha256_context *
sha256_x86_const(const br_hash_class *const *vtable)
{
	return (const br_sha256_context *)(const void *)vtable;
}

static void
sha256_x86_update(const br_hash_class **vtable, const void *data, size_t n)
{
	br_sha256_context *c = sha256_x86_context(vtable);
	size_t begun = (size_t)c->count % SHA256_BLOCK, part;
	const uint8_t *p = data;

	/* data may be NULL then, which memcpy() does not take. */
	if (n == 0)
		return;
	c->count += n;
	if (begun > 0) {
		part = SHA256_BLOCK - begun < n ? SHA256_BLOCK - begun : n;
		memcpy(c->buf + begun, p, part);
		p += part;
		n -= part;
		if (begun + part < SHA256_BLOCK)
			return;
		sha256_x86_blocks(c->val, c->buf, 1);
	}
	sha256_x86_blocks(c->val, p, n / SHA256_BLOCK);
	memcpy(c->buf, p + n - n % SHA256_BLOCK, n % SHA256_BLOCK);
}

static void
sha256_x86_out(const br_hash_class *const *vtable, void *to)
{
	const br_sha256_context *c = sha256_x86_const(vtable);
	size_t begun = (size_t)c->count % SHA256_BLOCK, i;
	size_t blocks = begun + 9 > SHA256_BLOCK ? 2 : 1;
	/* Padding (FIPS 180-4 5.1.1): 0x80, zeros, the length in bits. */
	uint8_t end[2 * SHA256_BLOCK] = { 0 }, *p = to;
	uint32_t val[8];

	memcpy(end, c->buf, begun);
	end[begun] = 0x80;
	put_be64(end + blocks * SHA256_BLOCK - 8, c->count << 3);
	memcpy(val, c->val, sizeof(val));
	sha256_x86_blocks(val, end, blocks);
	for (i = 0; i < 8; i++)
		put_be32(p + 4 * i, val[i]);
}

static uint64_t
sha256_x86_state(const br_hash_class *const *vtable, void *to)
{
	return br_sha256_state(sha256_x86_const(vtable), to);
}

static void
sha256_x86_set_state(const br_hash_class **vtable, const void *from,
    uint64_t count)
{
	br_sha256_set_state(sha256_x86_context(vtable), from, count);
}

static void
sha256_x86_init(const br_hash_class **vtable);

static const br_hash_class sha256_x86_class = {
	sizeof(br_sha256_context),
	BR_HASHDESC_ID(br_sha256_ID) | BR_HASHDESC_OUT(32) |
	    BR_HASHDESC_STATE(32) | BR_HASHDESC_LBLEN(6) |
	    BR_HASHDESC_MD_PADDING | BR_HASHDESC_MD_PADDING_BE,
	sha256_x86_init,
	sha256_x86_update,
	sha256_x86_out,
	sha256_x86_state,
	sha256_x86_set_state,
};

static void
sha256_x86_init(const br_hash_class **vtable)
{
	br_sha256_init(sha256_x86_context(vtable));
	*vtable = &sha256_x86_class;
}

/* Hashes label and seed into an HMAC. */
static void
sha256_x86_seed(br_hmac_context *h, const char *label, size_t n_seed,
    const br_tls_prf_seed_chunk *seed)
{
	br_hmac_update(h, label, strlen(label));
	for (; n_seed > 0; n_seed--, seed++)
		br_hmac_update(h, seed->data, seed->len);
}

/* The PRF, with names as in RFC 5246 5. */
static void
sha256_x86_prf(void *to, size_t len, const void *secret, size_t secret_len,
    const char *label, size_t n_seed, const br_tls_prf_seed_chunk *seed)
{
	br_hmac_key_context key;
	br_hmac_context h;
	uint8_t a[br_sha256_SIZE], part[br_sha256_SIZE], *p = to;
	size_t n;

	br_hmac_key_init(&key, &sha256_x86_class, secret, secret_len);
	br_hmac_init(&h, &key, 0);
	sha256_x86_seed(&h, label, n_seed, seed);
	br_hmac_out(&h, a);
	while (len > 0) {
		br_hmac_init(&h, &key, 0);
		br_hmac_update(&h, a, sizeof(a));
		sha256_x86_seed(&h, label, n_seed, seed);
		br_hmac_out(&h, part);
		n = len < sizeof(part) ? len : sizeof(part);
		memcpy(p, part, n);
		p += n;
		len -= n;
		if (len == 0)
			break;
		br_hmac_init(&h, &key, 0);
		br_hmac_update(&h, a, sizeof(a));
		br_hmac_out(&h, a);
	}
	explicit_bzero(&key, sizeof(key));
	explicit_bzero(&h, sizeof(h));
	explicit_bzero(a, sizeof(a));
	explicit_bzero(part, sizeof(part));
}

const br_hash_class *
sha256_fast(void)
{
	unsigned a, b, c, d;
	bool ssse3_sse41, sha;

	if (!__get_cpuid(1, &a, &b, &c, &d))
		return &br_sha256_vtable;
	ssse3_sse41 = (c & bit_SSSE3) != 0 && (c & bit_SSE4_1) != 0;
	if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
		return &br_sha256_vtable;
	sha = (b & bit_SHA) != 0;
	return ssse3_sse41 && sha ? &sha256_x86_class : &br_sha256_vtable;
}

br_tls_prf_impl
sha256_fast_prf(const br_hash_class *fast)
{
	return fast == &sha256_x86_class ? sha256_x86_prf :
	    br_tls12_sha256_prf;
}
