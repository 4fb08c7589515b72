/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * explicit_bzero() for systems without it: a wipe that no compiler leaves
 * out.
 */

#include "compat.h"

#if !HAVE_EXPLICIT_BZERO

/* A call through a volatile pointer could go anywhere, so it must be made. */
static void *(*const volatile wipe)(void *, int, size_t) = memset;

void
explicit_bzero(void *p, size_t n)
{
	wipe(p, 0, n);
}

#endif
