/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * CLOCK_MONOTONIC, by which systemd orders reloads.
 */

#include "os.h"

#include <time.h>

uint64_t
os_monotonic_us(void)
{
#if HAVE_CLOCK_GETTIME && defined(CLOCK_MONOTONIC)
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) == 0)
		return (uint64_t)now.tv_sec * 1000000 +
		    (uint32_t)now.tv_nsec / 1000;
#endif
	return clock_mono_us();
}
