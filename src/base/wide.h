/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Unsigned integers of 192 bits, for numbers of addresses: 2^128 does not fit
 * in 128 bits.
 */

#ifndef BASE_WIDE_H
#define BASE_WIDE_H

#include <stdbool.h>
#include <stdint.h>

struct wide {
	uint64_t top, hi, lo;	/* 64 bits each, lo the least significant */
};

/* Extends 64 bits to 192. */
static inline struct wide
wide_from(uint64_t n)
{
	struct wide w = { 0, 0, n };

	return w;
}

/* a + b modulo 2^192. */
static inline struct wide
wide_add(struct wide a, struct wide b)
{
	struct wide w;

	w.lo = a.lo + b.lo;
	w.hi = a.hi + (w.lo < a.lo);
	w.top = a.top + b.top + (w.hi < a.hi);
	w.hi += b.hi;
	w.top += w.hi < b.hi;
	return w;
}

/* a - b, where b <= a. */
static inline struct wide
wide_subtract(struct wide a, struct wide b)
{
	bool borrow = a.lo < b.lo;
	struct wide w;

	w.lo = a.lo - b.lo;
	w.hi = a.hi - b.hi - borrow;
	w.top = a.top - b.top - (a.hi < b.hi || (a.hi == b.hi && borrow));
	return w;
}

/* Is a smaller than b? */
static inline bool
wide_less(struct wide a, struct wide b)
{
	if (a.top != b.top)
		return a.top < b.top;
	return a.hi != b.hi ? a.hi < b.hi : a.lo < b.lo;
}

/* 2 to the power of n <= 128. */
static inline struct wide
wide_power(unsigned n)
{
	struct wide w = { n == 128, 0, 0 };

	if (n < 64)
		w.lo = (uint64_t)1 << n;
	else if (n < 128)
		w.hi = (uint64_t)1 << (n - 64);
	return w;
}

#endif
