/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/curves.h: the arithmetic of this build has the curves, and the results,
 * of a different implementation.
 *
 * NOTES.  That is the one with multiplications of 15 bits, for the smallest
 * processors, which neither BearSSL's own choice for larger ones nor
 * --enable-small has.
 */

#include "compat.h"

#include <string.h>

#include "wire/curves.h"
#include "tap.h"

enum { POINT_MAX = 133, SCALAR_MAX = 66 };

/* Compares all functions on a curve whose scalars have len bytes. */
static void
compare(int curve, size_t len, const char *name)
{
	const br_ec_impl *ours = curves_get(), *other = &br_ec_all_m15;
	unsigned char x[SCALAR_MAX], y[SCALAR_MAX];
	unsigned char a[POINT_MAX], b[POINT_MAX];
	size_t i, n, ours_len, other_len;

	for (i = 0; i < len; i++) {
		x[i] = (unsigned char)(i * 7 + 3);
		y[i] = (unsigned char)(i * 11 + 5);
	}
	x[0] = y[0] = 0;	/* below the order */
	memset(a, 0, sizeof(a));
	memset(b, 0, sizeof(b));

	is_mem(ours->order(curve, &ours_len), other->order(curve, &other_len),
	    len, "%s: the order", name);
	is_int(ours_len, other_len, "%s: the length of the order", name);
	is_int(ours->xoff(curve, &ours_len), other->xoff(curve, &other_len),
	    "%s: where x begins", name);
	is_int(ours_len, other_len, "%s: the length of x", name);
	ours->generator(curve, &ours_len);
	other->generator(curve, &other_len);
	is_int(ours_len, other_len, "%s: the length of a point", name);

	n = ours->mulgen(a, x, len, curve);
	is_int(n, other->mulgen(b, x, len, curve), "%s: mulgen", name);
	is_mem(a, b, n, "%s: a multiple of the generator", name);
	ok(ours->mul(a, n, y, len, curve) == 1, "%s: mul", name);
	other->mul(b, n, y, len, curve);
	is_mem(a, b, n, "%s: a multiple of a point", name);
	if (curve == BR_EC_curve25519)
		return;	/* has no signatures */
	ok(ours->muladd(a, NULL, n, x, len, y, len, curve) == 1, "%s: muladd",
	    name);
	other->muladd(b, NULL, n, x, len, y, len, curve);
	is_mem(a, b, n, "%s: a sum", name);
	a[n - 1] ^= 1;
	ok(ours->mul(a, n, y, len, curve) == 0, "%s: not a point", name);
}

int
main(void)
{
	is_int(curves_get()->supported_curves,
	    br_ec_all_m15.supported_curves, "the curves");
	compare(BR_EC_secp256r1, 32, "P-256");
	compare(BR_EC_secp384r1, 48, "P-384");
	compare(BR_EC_secp521r1, 66, "P-521");
	compare(BR_EC_curve25519, 32, "X25519");
	return done_testing();
}
