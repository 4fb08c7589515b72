/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The checksum of IP, TCP and UDP over many bytes.
 */

#include "compat.h"

#include <string.h>

#include "wire/checksum.h"
#include "base/bytes.h"
#include "wire/checksum_fast.h"

enum { CHECKSUM_STEP = 32 };	/* bytes that are added at once */

/* Sums of words of 64 bits: two, so that neither waits for the other, and what
 * is carried out of them. */
struct wide {
	uint64_t even, odd, carry;
};

/* Adds CHECKSUM_STEP bytes. */
static inline void
wide_add(struct wide *w, const uint8_t *p)
{
	uint64_t word[CHECKSUM_STEP / 8];

	/* All at once: to take single words where none is aligned is twice
	 * the work on MIPS, ARMv5 and SPARC. */
	memcpy(word, p, sizeof(word));
	w->even += word[0];
	w->carry += w->even < word[0];
	w->odd += word[1];
	w->carry += w->odd < word[1];
	w->even += word[2];
	w->carry += w->even < word[2];
	w->odd += word[3];
	w->carry += w->odd < word[3];
}

/* The same as a sum of words of 32 bits. */
static inline uint64_t
wide_end(const struct wide *w)
{
	return (w->even & 0xffffffff) + (w->even >> 32) +
	    (w->odd & 0xffffffff) + (w->odd >> 32) + w->carry;
}

/* Adds less than CHECKSUM_STEP bytes. */
static uint64_t
add_rest(uint64_t sum, const uint8_t *p, size_t n)
{
	uint32_t word;
	uint16_t half;

	for (; n >= sizeof(word); n -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		sum += word;
	}
	if (n >= sizeof(half)) {
		memcpy(&half, p, sizeof(half));
		sum += half;
		n -= sizeof(half);
		p += sizeof(half);
	}
	if (n > 0) {
		half = 0;
		memcpy(&half, p, 1);
		sum += half;
	}
	return sum;
}

uint64_t
checksum_add(uint64_t sum, const uint8_t *p, size_t n)
{
	struct wide wide = { 0, 0, 0 };
	size_t fast;

	if (n >= CHECKSUM_FAST_LEAST) {
		fast = checksum_fast_add(&sum, p, n);
		p += fast;
		n -= fast;
	}
	for (; n >= CHECKSUM_STEP; n -= CHECKSUM_STEP, p += CHECKSUM_STEP)
		wide_add(&wide, p);
	return add_rest(sum + wide_end(&wide), p, n);
}

uint64_t
checksum_add_word(uint64_t sum, uint16_t word)
{
	uint8_t p[2];

	put_be16(p, word);
	return add_rest(sum, p, sizeof(p));
}

uint64_t
checksum_copy(uint64_t sum, uint8_t *to, const uint8_t *p, size_t n)
{
	struct wide wide = { 0, 0, 0 };
	size_t fast;

	if (n >= CHECKSUM_FAST_LEAST) {
		fast = checksum_fast_copy(&sum, to, p, n);
		p += fast;
		to += fast;
		n -= fast;
	}
	for (; n >= CHECKSUM_STEP; n -= CHECKSUM_STEP) {
		memcpy(to, p, CHECKSUM_STEP);
		wide_add(&wide, p);
		p += CHECKSUM_STEP;
		to += CHECKSUM_STEP;
	}
	memcpy(to, p, n);
	return add_rest(sum + wide_end(&wide), p, n);
}

uint16_t
checksum_end(uint64_t sum)
{
	uint16_t folded;
	uint8_t p[2];

	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	folded = (uint16_t)~sum;
	memcpy(p, &folded, sizeof(p));
	return get_be16(p);
}
