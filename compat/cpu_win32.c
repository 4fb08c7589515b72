/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The processor time of this process, on Windows.
 */

#include "compat.h"

#include <windows.h>

/* The units are 100 ns; the system counts in ticks of some milliseconds, which
 * is right on average. */
uint64_t
clock_cpu_us(void)
{
	FILETIME began, ended, kernel, user;

	if (!GetProcessTimes(GetCurrentProcess(), &began, &ended, &kernel,
	    &user))
		return clock_mono_us();
	return (((uint64_t)kernel.dwHighDateTime << 32 |
	    kernel.dwLowDateTime) + ((uint64_t)user.dwHighDateTime << 32 |
	    user.dwLowDateTime)) / 10;
}
