/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * strlcpy() for systems without it: a copy that is always terminated.
 */

#include "compat.h"

#if !HAVE_STRLCPY

size_t
strlcpy(char *to, const char *from, size_t size)
{
	size_t len = strlen(from);

	if (size != 0) {
		size_t n = len < size ? len : size - 1;

		memcpy(to, from, n);
		to[n] = '\0';
	}
	return len;
}

#endif
