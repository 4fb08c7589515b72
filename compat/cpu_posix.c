/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The processor time of this process, on POSIX.
 */

#include "compat.h"

#if HAVE_CLOCK_GETTIME && defined(CLOCK_PROCESS_CPUTIME_ID)

uint64_t
clock_cpu_us(void)
{
	struct timespec used;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == -1)
		return clock_mono_us();
	return (uint64_t)used.tv_sec * 1000000 + (uint32_t)used.tv_nsec / 1000;
}

#else

uint64_t
clock_cpu_us(void)
{
	return clock_mono_us();
}

#endif
