/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * base/alloc.h: memory for start-up.
 *
 * NOTES.  The source is compiled into this test, with allocators that can fail
 * and a die_system() that returns.
 */

#include "compat.h"

#include <setjmp.h>

#include "base/log.h"
#include "tap.h"

static bool no_memory;
static jmp_buf back;

/* calloc() for the source. */
static void *
test_calloc(size_t n, size_t size)
{
	return no_memory ? NULL : calloc(n, size);
}

/* realloc() for the source. */
static void *
test_realloc(void *p, size_t size)
{
	return no_memory ? NULL : realloc(p, size);
}

/* die_system(): returns the errno to dies(). */
NORETURN static void
test_die(const char *fmt, ...)
{
	(void)fmt;
	longjmp(back, errno);
}

#define calloc test_calloc
#define realloc test_realloc
#define die_system test_die
#include "base/alloc.c"
#undef calloc
#undef realloc
#undef die_system

/* Does that allocation end the program for lack of memory?  0: xcalloc, 1:
 * xrealloc, 2: xstrdup, 3: xrealloc with a size that wraps. */
static bool
dies(int which)
{
	int error = setjmp(back);

	if (error != 0)
		return error == ENOMEM;
	errno = 0;
	if (which == 0)
		free(xcalloc(1, 1));
	if (which == 1)
		free(xrealloc(NULL, 1, 1));
	if (which == 2)
		free(xstrdup("a"));
	if (which == 3)
		free(xrealloc(NULL, SIZE_MAX / 2, 3));
	return false;
}

int
main(void)
{
	static const int zeros[5];
	int *p = xcalloc(5, sizeof(*p));
	char *text;

	is_mem(p, zeros, sizeof(zeros), "what is allocated is zeroed");
	p[4] = 44;
	p = xrealloc(p, 100000, sizeof(*p));
	is_int(p[4], 44, "growing keeps what was there");
	p = xrealloc(p, 0, sizeof(*p));
	ok(p != NULL, "an array of no objects is no lack of memory");
	free(p);
	p = xcalloc(0, sizeof(*p));
	ok(p != NULL, "nor is a new one");
	free(p);
	text = xstrdup("abc");
	is_str(text, "abc", "a string is copied");
	free(text);
	ok(xstrdup(NULL) == NULL, "NULL stays NULL");
	ok(!dies(0) && !dies(1) && !dies(2), "with memory all goes on");
	ok(dies(3), "a size that wraps ends the program");
	no_memory = true;
	ok(dies(0), "without memory xcalloc() ends the program");
	ok(dies(1), "and xrealloc()");
	ok(dies(2), "and xstrdup()");
	return done_testing();
}
