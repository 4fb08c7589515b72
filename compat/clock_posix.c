/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The clocks of POSIX.
 */

#include "compat.h"

#include <sys/time.h>

/* CLOCK_BOOTTIME, of Linux and OpenBSD, also counts time in suspend.  Other
 * systems have nothing better than CLOCK_MONOTONIC. */
#if defined(CLOCK_BOOTTIME)
#define CLOCK_STEADY CLOCK_BOOTTIME
#elif defined(CLOCK_MONOTONIC)
#define CLOCK_STEADY CLOCK_MONOTONIC
#endif

#if HAVE_CLOCK_GETTIME && defined(CLOCK_STEADY)

static struct timespec
steady_time(void)
{
	struct timespec now;

	/* Linux before 2.6.39 knows no CLOCK_BOOTTIME. */
	if (clock_gettime(CLOCK_STEADY, &now) == -1)
		clock_gettime(CLOCK_MONOTONIC, &now);
	return now;
}

uint64_t
clock_mono_us(void)
{
	struct timespec now = steady_time();

	return (uint64_t)now.tv_sec * 1000000 + (uint32_t)now.tv_nsec / 1000;
}

/* Not by the function above: each pass of the loop asks for this, and CPUs of
 * 32 bits take long to divide more. */
uint64_t
clock_mono_ms(void)
{
	struct timespec now = steady_time();

	return (uint64_t)now.tv_sec * 1000 + (uint32_t)now.tv_nsec / 1000000;
}

#else

/* The wall clock; after it was set back, its latest value until it passes that
 * again. */
uint64_t
clock_mono_us(void)
{
	static uint64_t latest_us;
	struct timeval now;
	uint64_t now_us;

	gettimeofday(&now, NULL);
	now_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_usec;
	if (now_us > latest_us)
		latest_us = now_us;
	return latest_us;
}

uint64_t
clock_mono_ms(void)
{
	return clock_mono_us() / 1000;
}

#endif

/* A clock that counts time in suspend, and one that does not but is else the
 * same: clock_gettime(2) of macOS; of OpenBSD and FreeBSD, whose
 * CLOCK_MONOTONIC counts it; of Linux. */
#if defined(__APPLE__) && defined(CLOCK_UPTIME_RAW)
#define CLOCK_BOTH CLOCK_MONOTONIC_RAW
#define CLOCK_AWAKE CLOCK_UPTIME_RAW
#elif defined(CLOCK_BOOTTIME) && defined(CLOCK_UPTIME)
#define CLOCK_BOTH CLOCK_BOOTTIME
#define CLOCK_AWAKE CLOCK_UPTIME
#elif defined(CLOCK_BOOTTIME) && defined(CLOCK_MONOTONIC)
#define CLOCK_BOTH CLOCK_BOOTTIME
#define CLOCK_AWAKE CLOCK_MONOTONIC
#endif

#if HAVE_CLOCK_GETTIME && defined(CLOCK_BOTH)

uint64_t
clock_slept_ms(void)
{
	struct timespec boot, awake;
	int64_t ms;

	if (clock_gettime(CLOCK_AWAKE, &awake) == -1 ||
	    clock_gettime(CLOCK_BOTH, &boot) == -1)
		return 0;
	ms = ((int64_t)boot.tv_sec - (int64_t)awake.tv_sec) * 1000 +
	    ((int64_t)boot.tv_nsec - (int64_t)awake.tv_nsec) / 1000000;
	return ms < 0 ? 0 : (uint64_t)ms;
}

#else

uint64_t
clock_slept_ms(void)
{
	return 0;
}

#endif

int64_t
clock_wall_s(void)
{
	return (int64_t)time(NULL);
}

void
clock_wall_text(int64_t wall_s, char text[20])
{
	time_t t = (time_t)wall_s;
	struct tm tm;

	/* strftime() would bring names of days and months into a static
	 * program. */
	if (localtime_r(&t, &tm) == NULL || tm.tm_year < -1900 ||
	    tm.tm_year > 9999 - 1900 ||
	    snprintf(text, 20, "%04d-%02d-%02d %02d:%02d:%02d",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	    tm.tm_min, tm.tm_sec) >= 20)
		strlcpy(text, "-", 20);
}
