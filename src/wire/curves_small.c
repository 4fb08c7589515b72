/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Arithmetic on elliptic curves for --enable-small: by the large integers that
 * RSA needs as well.
 *
 * NOTES.  The default has code of its own for P-256 and X25519.  This one, too,
 * takes the same time for all keys.
 */

#include "compat.h"

#include "wire/curves.h"

/* of_curve: the implementation that has it. */
static const br_ec_impl *
of_curve(int curve)
{
	return curve == BR_EC_curve25519 ? &br_ec_c25519_i31 :
	    &br_ec_prime_i31;
}

static const unsigned char *
curve_generator(int curve, size_t *len)
{
	return of_curve(curve)->generator(curve, len);
}

static const unsigned char *
curve_order(int curve, size_t *len)
{
	return of_curve(curve)->order(curve, len);
}

static size_t
curve_xoff(int curve, size_t *len)
{
	return of_curve(curve)->xoff(curve, len);
}

static uint32_t
curve_mul(unsigned char *point, size_t point_len, const unsigned char *x,
    size_t x_len, int curve)
{
	return of_curve(curve)->mul(point, point_len, x, x_len, curve);
}

static size_t
curve_mulgen(unsigned char *point, const unsigned char *x, size_t x_len,
    int curve)
{
	return of_curve(curve)->mulgen(point, x, x_len, curve);
}

static uint32_t
curve_muladd(unsigned char *a, const unsigned char *b, size_t len,
    const unsigned char *x, size_t x_len, const unsigned char *y, size_t y_len,
    int curve)
{
	return of_curve(curve)->muladd(a, b, len, x, x_len, y, y_len, curve);
}

static const br_ec_impl small_curves = {
	(uint32_t)1 << BR_EC_secp256r1 | (uint32_t)1 << BR_EC_secp384r1 |
	    (uint32_t)1 << BR_EC_secp521r1 | (uint32_t)1 << BR_EC_curve25519,
	curve_generator, curve_order, curve_xoff, curve_mul, curve_mulgen,
	curve_muladd
};

const br_ec_impl *
curves_get(void)
{
	return &small_curves;
}
