/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Numbers as people read them: amounts, ages, counts with their noun.
 */

#include "compat.h"

#include "base/human.h"

void
human_add_bytes(struct text *t, uint64_t bytes)
{
	static const char *const units[] = {
		"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"
	};
	unsigned unit = 0, shift = 10;
	uint64_t tenths;

	if (bytes < 1024) {
		text_add(t, "%llu B", (unsigned long long)bytes);
		return;
	}
	while (bytes >> shift >= 1024) {
		shift += 10;
		unit++;
	}
	/* Ten times 10 bits of the rest fit in any word. */
	tenths = ((bytes >> (shift - 10)) & 1023) * 10 >> 10;
	text_add(t, "%llu.%u %s", (unsigned long long)(bytes >> shift),
	    (unsigned)tenths, units[unit]);
}

void
human_add_span(struct text *t, int64_t seconds)
{
	static const struct {
		int64_t s;
		const char *name;
	} units[] = {
		{ 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" }
	};
	unsigned i = 0;
	int64_t rest = seconds < 0 ? 0 : seconds;

	while (i < 3 && rest < units[i].s)
		i++;
	text_add(t, "%lld %s", (long long)(rest / units[i].s), units[i].name);
	rest %= units[i].s;
	if (i < 3 && rest >= units[i + 1].s)
		text_add(t, " %lld %s", (long long)(rest / units[i + 1].s),
		    units[i + 1].name);
}

void
human_add_us(struct text *t, int64_t us)
{
	if (us < 100000)
		text_add(t, "%lld.%lld ms", (long long)(us / 1000),
		    (long long)(us % 1000 / 100));
	else
		text_add(t, "%lld ms", (long long)(us / 1000));
}

void
human_add_count(struct text *t, uint64_t n, const char *noun)
{
	text_add(t, "%llu %s%s", (unsigned long long)n, noun,
	    n == 1 ? "" : "s");
}
