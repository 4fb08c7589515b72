/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Test Anything Protocol for the unit tests: each check is a line of output.
 */

#ifndef TAP_H
#define TAP_H

#include "compat.h"

static int tap_count, tap_failed;

static bool PRINTF_LIKE(2, 3)
ok(bool passed, const char *fmt, ...)
{
	va_list ap;

	tap_failed += !passed;
	printf("%sok %d - ", passed ? "" : "not ", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	return passed;
}

#define is_int(got, want, ...) \
	tap_is_int((long long)(got), (long long)(want), __LINE__, __VA_ARGS__)
#define is_str(got, want, ...) \
	tap_is_str((got), (want), __LINE__, __VA_ARGS__)
#define is_mem(got, want, n, ...) \
	tap_is_mem((got), (want), (n), __LINE__, __VA_ARGS__)

#define tap_is_int(got, want, line, ...) do { \
	long long got_ = (got), want_ = (want); \
	if (!ok(got_ == want_, __VA_ARGS__)) \
		printf("# line %d: got %lld, expected %lld\n", \
		    (line), got_, want_); \
} while (0)

#define tap_is_str(got, want, line, ...) do { \
	const char *got_ = (got), *want_ = (want); \
	if (!ok(got_ != NULL && strcmp(got_, want_) == 0, __VA_ARGS__)) \
		printf("# line %d: got \"%s\", expected \"%s\"\n", (line), \
		    got_ == NULL ? "(null)" : got_, want_); \
} while (0)

#define tap_is_mem(got, want, n, line, ...) do { \
	if (!ok(memcmp((got), (want), (n)) == 0, __VA_ARGS__)) \
		printf("# line %d: %lu bytes differ\n", (line), \
		    (unsigned long)(n)); \
} while (0)

/* Prints the plan; what main() returns. */
static int
done_testing(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}

#endif
