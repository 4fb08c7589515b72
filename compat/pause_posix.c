/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Sleeps of microseconds, on POSIX.
 *
 * NOTES.  Systems round a sleep up to their tick, which is 10 ms on some: only
 * Linux says whether it does (its clock_getres(2) is then that of the tick).
 * It adds its timer slack, 50 us, to each sleep.
 */

#include "compat.h"

#if HAVE_CLOCK_GETTIME && defined(__linux__) && defined(CLOCK_MONOTONIC)

enum { PAUSE_FINE_NS = 10000 };

bool
clock_pause_us(unsigned us)
{
	static bool asked, fine;
	struct timespec t;

	if (!asked) {
		asked = true;
		fine = clock_getres(CLOCK_MONOTONIC, &t) == 0 &&
		    t.tv_sec == 0 && t.tv_nsec <= PAUSE_FINE_NS;
	}
	if (!fine)
		return false;
	t.tv_sec = 0;
	t.tv_nsec = (long)us * 1000;
	(void)nanosleep(&t, NULL);
	return true;
}

#else

bool
clock_pause_us(unsigned us)
{
	(void)us;
	return false;
}

#endif
