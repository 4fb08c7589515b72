/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Memory on Windows, which reclaims pages by itself.
 */

#include "compat.h"

void
memory_give_back(void *p, size_t n)
{
	(void)p;
	(void)n;
}

size_t
memory_limit(void)
{
	return 0;
}
