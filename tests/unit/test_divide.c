/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

#include "compat.h"
#include "os.h"

#include "tap.h"

/* Powers of two and their neighbours, and what clocks and dates divide by. */
static unsigned
numbers(uint64_t *out)
{
	static const uint64_t others[] = { 60, 1000, 3600, 86400, 146097,
		1000000, UINT64_C(1798761600123), UINT64_C(1000000000000007) };
	unsigned i, j, n = 0;

	for (i = 0; i < 64; i++)
		for (j = 0; j < 3; j++)
			out[n++] = ((uint64_t)1 << i) + j - 1;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		out[n++] = others[i];
	out[n++] = UINT64_MAX;
	out[n++] = UINT64_MAX - 1;
	return n;
}

static void
test_divide(void)
{
	uint64_t v[256], rest;
	unsigned i, j, n = numbers(v), bad = 0, bad_rest = 0, done = 0;

	for (i = 0; i < n; i++)
		for (j = 0; j < n; j++) {
			if (v[j] == 0)
				continue;
			bad += os_divide(v[i], v[j], &rest) != v[i] / v[j];
			bad_rest += rest != v[i] % v[j];
			done++;
		}
	ok(done > 30000, "all pairs are divided");
	is_int(bad, 0, "their quotients are right");
	is_int(bad_rest, 0, "what remains is right");
}

/* By the compiler, which may call ours. */
static void
test_signs(void)
{
	static const int64_t n[] = { 7, -7, INT64_C(7000000000007),
		INT64_C(-7000000000007), INT64_MAX, INT64_MIN };
	static const int64_t d[] = { 2, -2, INT64_C(5000000000),
		INT64_C(-5000000000) };
	volatile int64_t a, b;
	size_t i, j;

	for (i = 0; i < sizeof(n) / sizeof(n[0]); i++)
		for (j = 0; j < sizeof(d) / sizeof(d[0]); j++) {
			a = n[i];
			b = d[j];
			ok(a / b * b + a % b == a &&
			    (a % b == 0 || (a % b < 0) == (a < 0)),
			    "%lld by %lld", (long long)a, (long long)b);
		}
	a = -7;
	b = INT64_C(2);
	is_int((int)(a / b), -3, "towards 0");
	is_int((int)(a % b), -1, "with the sign of the first");
}

int
main(void)
{
	test_divide();
	test_signs();
	return done_testing();
}
