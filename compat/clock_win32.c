/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The clocks of Windows.
 */

#include "compat.h"

#include <windows.h>

/* The performance counter also counts time in suspend, and its frequency never
 * changes. */
uint64_t
clock_mono_us(void)
{
	static uint64_t per_s;
	LARGE_INTEGER now;
	uint64_t ticks;

	if (per_s == 0) {
		QueryPerformanceFrequency(&now);
		per_s = (uint64_t)now.QuadPart;
	}
	QueryPerformanceCounter(&now);
	ticks = (uint64_t)now.QuadPart;
	/* In two steps, or the product overflows within days. */
	return ticks / per_s * 1000000 + ticks % per_s * 1000000 / per_s;
}

uint64_t
clock_mono_ms(void)
{
	return clock_mono_us() / 1000;
}

/* The time since the start of the machine without that in suspend, in units of
 * 100 ns; Windows 7 and later. */
typedef BOOL WINAPI clock_awake_fn(ULONGLONG *time);
typedef ULONGLONG WINAPI clock_ticks_fn(void);

/* A function of kernel32.dll, or NULL; any type of function will do. */
static void (*
clock_function(const char *name))(void)
{
	return (void (*)(void))GetProcAddress(
	    GetModuleHandleA("kernel32.dll"), name);
}

/* GetTickCount64() counts in suspend, too. */
uint64_t
clock_slept_ms(void)
{
	static clock_awake_fn *awake;
	static clock_ticks_fn *ticks;
	static bool asked;
	ULONGLONG awake_100ns = 0, ticks_ms;

	if (!asked) {
		awake = (clock_awake_fn *)clock_function(
		    "QueryUnbiasedInterruptTime");
		ticks = (clock_ticks_fn *)clock_function("GetTickCount64");
		asked = true;
	}
	if (awake == NULL || ticks == NULL || !awake(&awake_100ns))
		return 0;
	ticks_ms = ticks();
	return ticks_ms > awake_100ns / 10000 ?
	    ticks_ms - awake_100ns / 10000 : 0;
}

int64_t
clock_wall_s(void)
{
	return (int64_t)time(NULL);
}

void
clock_wall_text(int64_t wall_s, char text[20])
{
	time_t t = (time_t)wall_s;
	struct tm *tm = localtime(&t);	/* Windows: one for each thread */

	if (tm == NULL || strftime(text, 20, "%Y-%m-%d %H:%M:%S", tm) == 0)
		strlcpy(text, "-", 20);
}
