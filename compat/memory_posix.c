/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Memory on POSIX.
 */

#include "compat.h"

#include <sys/mman.h>
#include <sys/resource.h>

void
memory_give_back(void *p, size_t n)
{
	int page = getpagesize();
	size_t skip;

	if (page <= 0)
		return;
	skip = (size_t)(-(uintptr_t)p % (uintptr_t)page);
	if (n <= skip)
		return;
	n -= skip;
	n -= n % (size_t)page;
	if (n > 0)
		(void)madvise((char *)p + skip, n, MADV_DONTNEED);
}

size_t
memory_limit(void)
{
#ifdef RLIMIT_AS
	struct rlimit limit;

	/* RLIM_INFINITY and the like are SIZE_MAX / 2 at least. */
	if (getrlimit(RLIMIT_AS, &limit) == 0 &&
	    (uintmax_t)limit.rlim_cur < SIZE_MAX / 2)
		return (size_t)limit.rlim_cur;
#endif
	return 0;
}
