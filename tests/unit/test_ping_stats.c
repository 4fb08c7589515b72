/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The sums of `adit ping`.
 */

#include "tap.h"

#include "cmd/ping_stats.h"

/* Is value within 1 in 200 of want? */
static bool
near(uint64_t value, uint64_t want)
{
	uint64_t off = value > want ? value - want : want - value;

	return off <= want / 200;
}

static void
test_hist(void)
{
	static struct ping_hist h;
	uint64_t i;

	is_int(ping_hist_percentile(&h, 50), 0, "nothing: percentile 0");
	ping_hist_add(&h, 1234567);
	is_int(ping_hist_percentile(&h, 50), 1234567,
	    "one value is exact, it is minimum and maximum");
	memset(&h, 0, sizeof(h));
	for (i = 1; i <= 200; i++)
		ping_hist_add(&h, i);
	is_int(ping_hist_percentile(&h, 50), 100, "small values are exact");
	is_int(ping_hist_percentile(&h, 99), 198, "their p99, too");
	is_int(ping_hist_percentile(&h, 100), 200, "p100 is the maximum");
	is_int(ping_hist_percentile(&h, 0), 1, "p0 is the minimum");
	memset(&h, 0, sizeof(h));
	for (i = 1; i <= 100000; i++)
		ping_hist_add(&h, i * 10);
	ok(near(ping_hist_percentile(&h, 50), 500000), "p50 of a ramp: %lu",
	    (unsigned long)ping_hist_percentile(&h, 50));
	ok(near(ping_hist_percentile(&h, 90), 900000), "p90 of a ramp");
	ok(near(ping_hist_percentile(&h, 99), 990000), "p99 of a ramp");
	is_int(h.min_us, 10, "its minimum");
	is_int(h.max_us, 1000000, "its maximum");
	for (i = 0; i < 63; i++) {
		memset(&h, 0, sizeof(h));
		ping_hist_add(&h, (uint64_t)1 << i);
		ping_hist_add(&h, ((uint64_t)1 << i) * 3 / 2);
		ping_hist_add(&h, (uint64_t)1 << 63);
		if (i <= 34 && !near(ping_hist_percentile(&h, 50),
		    ((uint64_t)1 << i) * 3 / 2))
			break;
	}
	is_int(i, 63, "every magnitude has its bucket, and none overflows");
}

static void
test_window(void)
{
	static struct ping_window w;
	uint64_t i, good = 0;

	is_int(ping_window_add(&w, 0), PING_IN_ORDER, "0 comes in order");
	is_int(ping_window_add(&w, 0), PING_AGAIN, "0 comes again");
	is_int(ping_window_add(&w, 2), PING_IN_ORDER, "2 comes, 1 is missing");
	ok(!ping_window_has(&w, 1) && ping_window_has(&w, 2) &&
	    !ping_window_has(&w, 3), "which is known");
	is_int(ping_window_add(&w, 1), PING_LATE, "1 comes late");
	is_int(ping_window_add(&w, 1), PING_AGAIN, "1 comes again");
	for (i = 3; i < 3 * PING_WINDOW; i++)
		good += ping_window_add(&w, i) == PING_IN_ORDER;
	is_int(good, 3 * PING_WINDOW - 3, "the window moves on");
	is_int(ping_window_add(&w, 2 * PING_WINDOW), PING_AGAIN,
	    "its oldest is still known");
	is_int(ping_window_add(&w, 2 * PING_WINDOW - 1), PING_TOO_LATE,
	    "one before that is not");
	is_int(ping_window_add(&w, 10 * PING_WINDOW), PING_IN_ORDER,
	    "a leap forward");
	is_int(ping_window_add(&w, 10 * PING_WINDOW - 1), PING_LATE,
	    "leaves nothing of what was there");
	is_int(ping_window_add(&w, 9 * PING_WINDOW + 1), PING_LATE,
	    "to the window's oldest");
	is_int(ping_window_add(&w, 9 * PING_WINDOW), PING_TOO_LATE,
	    "and no further");
}

/* Numbers that are skipped while the window is full of older ones. */
static void
test_gaps(void)
{
	static struct ping_window w;
	uint64_t gap, i, at = PING_WINDOW + 10;

	for (i = 0; i < at; i++)
		ping_window_add(&w, i);
	for (gap = 1; gap < 200; gap += 9, at += gap) {
		ping_window_add(&w, at + gap);
		for (i = at; i < at + gap; i++)
			if (ping_window_has(&w, i) ||
			    ping_window_add(&w, i) != PING_LATE)
				break;
		is_int(i - at, gap, "each of %lu that come late is late, and "
		    "no duplicate", (unsigned long)gap);
		at++;
	}
}

static void
test_sequence(void)
{
	uint64_t turn = (uint64_t)1 << 32;

	ok(ping_sequence(0, 0) == 0, "0 near 0");
	ok(ping_sequence(10, 5) == 5, "before");
	ok(ping_sequence(10, 15) == 15, "ahead");
	ok(ping_sequence(turn + 5, 0xfffffffe) == turn - 2,
	    "before the turn of 32 bits");
	ok(ping_sequence(turn - 2, 5) == turn + 5, "after it");
	ok(ping_sequence(3, 0xfffffff0) == 0xfffffff0,
	    "there is nothing before 0");
	ok(ping_sequence(7 * turn, 0) == 7 * turn, "at a turn");
}

static void
test_ratio(void)
{
	char t[PING_RATIO_TEXT];

	is_str(ping_ratio_text(1, 3, 100, 2, t), "33.33", "rounded down");
	is_str(ping_ratio_text(2, 3, 100, 2, t), "66.67", "rounded up");
	is_str(ping_ratio_text(999999, 1000000, 1, 3, t), "1.000",
	    "rounded up to the next whole");
	is_str(ping_ratio_text(5, 1000, 1, 3, t), "0.005", "leading zeros");
	is_str(ping_ratio_text(9, 4, 1, 0, t), "2", "no decimals");
	is_str(ping_ratio_text(5, 0, 100, 2, t), "0.00", "nothing of nothing");
	is_str(ping_ratio_text(UINT64_C(1) << 62, UINT64_C(1) << 60, 8, 1, t),
	    "32.0", "large numbers do not overflow");
	is_str(ping_ratio_text(1250000, 1000000, 8, 3, t), "10.000",
	    "bytes and microseconds make Mbit/s");
}

/* Reads what a writer wrote. */
static const char *
written(void (*print)(const struct ping_sums *, FILE *),
    const struct ping_sums *s)
{
	static char text[2000];
	FILE *f = tmpfile();
	size_t n;

	if (f == NULL)
		return "(no temporary file)";
	print(s, f);
	rewind(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

static void
test_writing(void)
{
	static struct ping_sums s;

	s.to = "a\"b:7";
	s.address = "192.0.2.1:7";
	s.size = 100;
	s.flows = 2;
	s.sent = 10;
	is_str(written(ping_sums_json, &s),
	    "{\"target\": \"a\\\"b:7\", \"address\": \"192.0.2.1:7\", "
	    "\"size\": 100, \"flows\": 2, \"sent\": 10, \"received\": 0, "
	    "\"lost\": 10, \"loss_percent\": 100.0000, \"not_sent\": 0, "
	    "\"reordered\": 0, \"duplicates\": 0, \"corrupt\": 0, "
	    "\"stray\": 0, \"refused\": 0, \"rtt_ms\": null, "
	    "\"elapsed_s\": 0.000000, \"packets_per_s\": 0.0, "
	    "\"mbit_per_s\": 0.000}\n", "JSON when nothing came back");
	s.received = 9;
	s.elapsed_us = 1000000;
	ping_hist_add(&s.rtt, 150);
	is_str(written(ping_sums_print, &s),
	    "sent 10, received 9, lost 1 (10.00 %)\n"
	    "reordered 0, duplicates 0, corrupt 0\n"
	    "round trip ms: min 0.150 p50 0.150 p90 0.150 p99 0.150 "
	    "max 0.150\n"
	    "delivered: 9.0 packets/s, 0.007 Mbit/s\n", "and for people");
}

int
main(void)
{
	test_hist();
	test_window();
	test_gaps();
	test_sequence();
	test_ratio();
	test_writing();
	return done_testing();
}
