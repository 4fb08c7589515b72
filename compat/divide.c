/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Division of 64-bit numbers for CPUs of 32 bits, as what compilers call for
 * it.
 *
 * NOTES.  libgcc has a copy of the whole algorithm for each of the four
 * functions, made for speed: 4.4 kB on MIPS.  configure --enable-small takes
 * these where its compiler calls them by those names.  They are compiled apart
 * from the rest (-fno-lto), for the compiler calls them only when it is done
 * with that.
 */

#include "compat.h"
#include "os.h"

uint64_t
os_divide(uint64_t n, uint64_t d, uint64_t *rest)
{
	uint64_t bit = 1, quotient = 0;

	if (((n | d) >> 32) == 0) {
		*rest = (uint32_t)n % (uint32_t)d;
		return (uint32_t)n / (uint32_t)d;
	}
	for (; d < n && ((d | bit) >> 63) == 0; d <<= 1)
		bit <<= 1;
	for (; bit != 0; bit >>= 1) {
		if (n >= d) {
			n -= d;
			quotient |= bit;
		}
		d >>= 1;
	}
	*rest = n;
	return quotient;
}

/* Without its sign. */
static uint64_t
magnitude(int64_t v)
{
	return v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
}

int64_t
os_divide_signed(int64_t n, int64_t d, int64_t *rest)
{
	uint64_t left, q = os_divide(magnitude(n), magnitude(d), &left);

	/* The rest has the sign of n. */
	*rest = (int64_t)(n < 0 ? 0 - left : left);
	return (int64_t)((n ^ d) < 0 ? 0 - q : q);
}

#if HAVE_OWN_DIVISION

uint64_t __udivdi3(uint64_t n, uint64_t d);
uint64_t __umoddi3(uint64_t n, uint64_t d);
int64_t __divdi3(int64_t n, int64_t d);
int64_t __moddi3(int64_t n, int64_t d);

uint64_t
__udivdi3(uint64_t n, uint64_t d)
{
	uint64_t rest;

	return os_divide(n, d, &rest);
}

uint64_t
__umoddi3(uint64_t n, uint64_t d)
{
	uint64_t rest;

	os_divide(n, d, &rest);
	return rest;
}

int64_t
__divdi3(int64_t n, int64_t d)
{
	int64_t rest;

	return os_divide_signed(n, d, &rest);
}

int64_t
__moddi3(int64_t n, int64_t d)
{
	int64_t rest;

	os_divide_signed(n, d, &rest);
	return rest;
}

#endif
