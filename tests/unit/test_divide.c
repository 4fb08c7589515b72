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

/* One pair: by ours, and by the compiler, which may call ours. */
static void
check_signs(int64_t a, int64_t b, int64_t quotient, int64_t remainder)
{
	volatile int64_t n = a, d = b;
	int64_t rest, q = os_divide_signed(a, b, &rest);

	ok(q == quotient && rest == remainder, "%lld by %lld: %lld, %lld",
	    (long long)a, (long long)b, (long long)q, (long long)rest);
	ok(n / d == quotient && n % d == remainder,
	    "  and by the compiler %lld, %lld", (long long)(n / d),
	    (long long)(n % d));
}

/* The quotient is rounded towards 0, and the rest has the sign of the first. */
static void
test_signs(void)
{
	static const int64_t rows[][4] = {
		{ 7, 2, 3, 1 },
		{ 7, -2, -3, 1 },
		{ -7, 2, -3, -1 },
		{ -7, -2, 3, -1 },
		{ 6, -2, -3, 0 },
		{ -6, 2, -3, 0 },
		{ 1, -2, 0, 1 },
		{ -1, 2, 0, -1 },
		{ 0, -2, 0, 0 },
		{ INT64_C(7000000000007), INT64_C(5000000000), 1400, 7 },
		{ INT64_C(7000000000007), INT64_C(-5000000000), -1400, 7 },
		{ INT64_C(-7000000000007), INT64_C(5000000000), -1400, -7 },
		{ INT64_C(-7000000000007), INT64_C(-5000000000), 1400, -7 },
		{ INT64_MAX, -1, -INT64_MAX, 0 },
		{ INT64_MIN, 1, INT64_MIN, 0 },
		{ INT64_MIN, 2, INT64_MIN / 2, 0 },
		{ INT64_MIN, INT64_MAX, -1, -1 },
		{ INT64_MAX, INT64_MIN, 0, INT64_MAX },
		{ INT64_MIN, INT64_MIN, 1, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_signs(rows[i][0], rows[i][1], rows[i][2], rows[i][3]);
}

int
main(void)
{
	test_divide();
	test_signs();
	return done_testing();
}
