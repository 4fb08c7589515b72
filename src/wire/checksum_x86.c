/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The checksum of IP with AVX2 of x86, where the CPU has it.
 *
 * NOTES.  A vector has four words of 64 bits.  Their lower and their upper
 * halves are added apart, so that nothing is carried out of a sum of 64 bits.
 */

#include "compat.h"

#include <immintrin.h>

#include "wire/checksum_fast.h"

/* For functions that use the instructions.  Not a compiler flag of the file,
 * since the others must run on CPUs that lack them. */
#define CHECKSUM_TARGET __attribute__((target("avx2")))

enum { CHECKSUM_VECTORS = 64 };	/* bytes that are added at once */

/* Sums of both halves of even and of odd vectors: four, so that none waits for
 * the others. */
struct vectors {
	__m256i even_low, even_high, odd_low, odd_high;
};

/* Adds CHECKSUM_VECTORS bytes. */
static inline void CHECKSUM_TARGET
vectors_add(struct vectors *v, __m256i even, __m256i odd)
{
	const __m256i low = _mm256_set1_epi64x(0xffffffff);

	v->even_low = _mm256_add_epi64(v->even_low,
	    _mm256_and_si256(even, low));
	v->even_high = _mm256_add_epi64(v->even_high,
	    _mm256_srli_epi64(even, 32));
	v->odd_low = _mm256_add_epi64(v->odd_low, _mm256_and_si256(odd, low));
	v->odd_high = _mm256_add_epi64(v->odd_high,
	    _mm256_srli_epi64(odd, 32));
}

/* All in one. */
static inline uint64_t CHECKSUM_TARGET
vectors_end(const struct vectors *v)
{
	__m256i all = _mm256_add_epi64(
	    _mm256_add_epi64(v->even_low, v->even_high),
	    _mm256_add_epi64(v->odd_low, v->odd_high));
	uint64_t word[4];

	_mm256_storeu_si256((void *)word, all);
	return word[0] + word[1] + word[2] + word[3];
}

/* Loads 32 bytes. */
static inline __m256i CHECKSUM_TARGET
vector_at(const uint8_t *p)
{
	return _mm256_loadu_si256((const void *)p);
}

/* The sum of n bytes, whole vectors. */
static uint64_t CHECKSUM_TARGET
sum_vectors(const uint8_t *p, size_t n)
{
	const __m256i zero = _mm256_setzero_si256();
	struct vectors v = { zero, zero, zero, zero };
	size_t at;

	for (at = 0; at < n; at += CHECKSUM_VECTORS)
		vectors_add(&v, vector_at(p + at), vector_at(p + at + 32));
	return vectors_end(&v);
}

/* The same, and copies them. */
static uint64_t CHECKSUM_TARGET
copy_vectors(uint8_t *to, const uint8_t *p, size_t n)
{
	const __m256i zero = _mm256_setzero_si256();
	struct vectors v = { zero, zero, zero, zero };
	__m256i even, odd;
	size_t at;

	for (at = 0; at < n; at += CHECKSUM_VECTORS) {
		even = vector_at(p + at);
		odd = vector_at(p + at + 32);
		_mm256_storeu_si256((void *)(to + at), even);
		_mm256_storeu_si256((void *)(to + at + 32), odd);
		vectors_add(&v, even, odd);
	}
	return vectors_end(&v);
}

size_t
checksum_fast_add(uint64_t *sum, const uint8_t *p, size_t n)
{
	if (!__builtin_cpu_supports("avx2"))
		return 0;
	n -= n % CHECKSUM_VECTORS;
	*sum += sum_vectors(p, n);
	return n;
}

size_t
checksum_fast_copy(uint64_t *sum, uint8_t *to, const uint8_t *p, size_t n)
{
	if (!__builtin_cpu_supports("avx2"))
		return 0;
	n -= n % CHECKSUM_VECTORS;
	*sum += copy_vectors(to, p, n);
	return n;
}
