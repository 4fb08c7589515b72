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

uint64_t
clock_slept_ms(void)
{
	return 0;
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
