/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Allocation at start: these functions end the program when memory runs out.
 */

#include "compat.h"

#include "base/alloc.h"
#include "base/log.h"

/* Ends the program and says how much memory was needed. */
NORETURN static void
die_memory(size_t n, size_t size)
{
	errno = ENOMEM;
	die_system("memory for %lu times %lu bytes", (unsigned long)n,
	    (unsigned long)size);
}

void *
xcalloc(size_t n, size_t size)
{
	/* For 0 bytes calloc() may return NULL with memory left. */
	void *p = calloc(n == 0 ? 1 : n, size == 0 ? 1 : size);

	if (p == NULL)
		die_memory(n, size);
	return p;
}

void *
xrealloc(void *p, size_t n, size_t size)
{
	void *grown;

	if (n == 0 || size == 0)
		n = size = 1;
	if (n > SIZE_MAX / size)
		die_memory(n, size);
	grown = realloc(p, n * size);
	if (grown == NULL)
		die_memory(n, size);
	return grown;
}

char *
xstrdup(const char *text)
{
	size_t size;

	if (text == NULL)
		return NULL;
	size = strlen(text) + 1;
	return memcpy(xcalloc(size, 1), text, size);
}
