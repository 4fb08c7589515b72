/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * unsetenv() for systems without it.
 */

#include "compat.h"

#if !HAVE_UNSETENV

#ifdef _WIN32

int
unsetenv(const char *name)
{
	size_t n = strlen(name);
	char *text = malloc(n + 2);	/* _putenv() may keep it */

	if (text == NULL)
		return -1;
	memcpy(text, name, n);
	memcpy(text + n, "=", 2);	/* "NAME=" removes the variable */
	return _putenv(text);
}

#else

extern char **environ;

/* What putenv() makes of a text without a value differs from system to
 * system. */
int
unsetenv(const char *name)
{
	size_t n = strlen(name);
	char **from, **to = environ;

	if (environ == NULL)
		return 0;
	for (from = environ; *from != NULL; from++)
		if (strncmp(*from, name, n) != 0 || (*from)[n] != '=')
			*to++ = *from;
	*to = NULL;
	return 0;
}

#endif

#endif
