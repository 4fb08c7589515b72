/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * strndup() for systems without it: a copy of the start of a string.
 */

#include "compat.h"

#if !HAVE_STRNDUP

char *
strndup(const char *text, size_t n)
{
	size_t len = 0;
	char *copy;

	while (len < n && text[len] != '\0')
		len++;
	copy = malloc(len + 1);
	if (copy == NULL)
		return NULL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

#endif
