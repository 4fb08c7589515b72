/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * explicit_bzero() for systems without it: zeroes memory in a way that no
 * compiler can optimize away.
 */

#include "compat.h"

#if !HAVE_EXPLICIT_BZERO

/* The compiler cannot know what a volatile pointer calls, so it must call. */
static void *(*const volatile wipe)(void *, int, size_t) = memset;

void
explicit_bzero(void *p, size_t n)
{
	wipe(p, 0, n);
}

#endif
