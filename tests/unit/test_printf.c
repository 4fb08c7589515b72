/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What printf functions write for each conversion that the program uses: libc's
 * in most builds, that of compat/vfprintf.c in a small static one.
 */

#include "compat.h"

#include <string.h>

#include "tap.h"

enum { TEXT = 700 };

static const char *
printed(const char *fmt, ...)
{
	static char text[TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return text;
}

/* Writes into a text of that size; returns the length that the whole has. */
static int
cut(char *text, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, size, fmt, ap);
	va_end(ap);
	return n;
}

#define IS(want, ...) is_str(printed(__VA_ARGS__), want, "%s", want)

static void
test_integers(void)
{
	IS("0 1 -1", "%d %d %i", 0, 1, -1);
	IS("-2147483648 4294967295", "%d %u", INT_MIN, UINT_MAX);
	IS("9223372036854775807", "%lld", LLONG_MAX);
	IS("-9223372036854775808", "%lld", LLONG_MIN);
	IS("18446744073709551615", "%llu", ULLONG_MAX);
	IS("1777777777777777777777", "%llo", ULLONG_MAX);
	IS("ff FF 0xff 0", "%x %X %#x %#x", 255, 255, 255, 0);
	IS("017 10", "%#o %o", 15, 8);
	IS("7 8 -9", "%lu %zu %ld", 7UL, (size_t)8, -9L);
	IS("+5 -5  5", "%+d %+d % d", 5, -5, 5);
}

static void
test_padding(void)
{
	IS("[    7]", "[%5d]", 7);
	IS("[7    ]", "[%-5d]", 7);
	IS("[00007]", "[%05d]", 7);
	IS("[-0007]", "[%05d]", -7);
	IS("[  007]", "[%5.3d]", 7);
	IS("[  007]", "[%05.3d]", 7);
	IS("[]", "[%.0d]", 0);
	IS("[00000000000000000042]", "[%020lld]", 42LL);
	IS("[0a][0A][00]", "[%02x][%02X][%02x]", 10, 10, 0);
	IS("[   ab]", "[%5s]", "ab");
	IS("[ab   ]", "[%-5s]", "ab");
	IS("[   ab]", "[%*s]", 5, "ab");
	IS("[ab   ]", "[%*s]", -5, "ab");
	IS("[  ab ]", "[%*s%-3s]", 2, "", "ab");
	IS("[a    ]", "[%-*.*s]", 5, 1, "ab");
}

static void
test_texts(void)
{
	static const char open[] = { 'a', 'b', 'c' };

	IS("plain", "%s", "plain");
	IS("100%", "%d%%", 100);
	IS("abc", "%.*s", 3, open);
	IS("ab", "%.2s", open);
	IS("whole", "%.*s", -1, "whole");
	IS("x", "%c", 'x');
}

/* What does not fit is cut, and the length is that of the whole. */
static void
test_lengths(void)
{
	char longer[TEXT], text[8];

	is_int(cut(text, sizeof(text), "%s-%d", "abcdef", 42), 9,
	    "the length that there would be");
	is_str(text, "abcdef-", "and what fits");
	is_int(cut(NULL, 0, "%d", 1234), 4, "nothing needs to fit");
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	is_str(printed("%s", longer), longer, "a long text is whole");
	is_int(cut(text, sizeof(text), "%s%s", longer, longer),
	    2 * (TEXT - 1), "the length of a long one");
}

/* The same into a file. */
static void
test_file(void)
{
	char text[32] = "";
	FILE *f = tmpfile();

	if (f == NULL) {
		ok(true, "no file # SKIP there are no temporary files");
		return;
	}
	is_int(fprintf(f, "%s=%d\n", "one", 1), 6, "bytes of a line");
	rewind(f);
	is_str(fgets(text, sizeof(text), f), "one=1\n", "which are there");
	fclose(f);
}

int
main(void)
{
	test_integers();
	test_padding();
	test_texts();
	test_lengths();
	test_file();
	return done_testing();
}
