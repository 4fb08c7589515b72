/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * unsetenv() for systems without it.
 */

#include "compat.h"

#if !HAVE_UNSETENV

#ifdef _WIN32
#define putenv _putenv	/* "NAME=" removes the variable */
#endif

int
unsetenv(const char *name)
{
	size_t n = strlen(name);
	char *text = malloc(n + 2);	/* putenv() may keep it */

	if (text == NULL)
		return -1;
	memcpy(text, name, n);
	memcpy(text + n, "=", 2);
	return putenv(text);
}

#endif
