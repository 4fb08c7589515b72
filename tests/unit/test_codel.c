/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/codel.h, in simulated time: which packets of a queue are signalled.
 */

#include "compat.h"

#include "wire/codel.h"

#include "tap.h"

#define MS UINT64_C(1000)
#define S UINT64_C(1000000)

/* Packets of that delay come to the head each gap_us, for so long from
 * *now_us on; returns how many are signalled. */
static unsigned
feed(struct codel *c, uint64_t *now_us, uint64_t delay_us, uint64_t gap_us,
    uint64_t for_us)
{
	uint64_t end_us = *now_us + for_us;
	unsigned n = 0;

	for (; *now_us < end_us; *now_us += gap_us)
		n += codel_judge(c, delay_us, false, *now_us);
	return n;
}

static void
test_short(void)
{
	struct codel c = { 0 };
	uint64_t now_us = 77 * S;

	is_int(feed(&c, &now_us, 4999, MS, 10 * S), 0, "a delay below the "
	    "target is never signalled");
	is_int(feed(&c, &now_us, 5 * MS, MS, 100 * MS), 0, "one over it may "
	    "last for an interval");
	is_int(feed(&c, &now_us, 5 * MS, MS, MS), 1, "and is signalled then");
}

static void
test_burst(void)
{
	struct codel c = { 0 };
	uint64_t now_us = S;
	unsigned i, n = 0;

	for (i = 0; i < 100; i++) {
		n += feed(&c, &now_us, 80 * MS, MS, 90 * MS);
		n += feed(&c, &now_us, 1 * MS, MS, MS);
	}
	is_int(n, 0, "a burst is not, nor are a hundred that drain");
	n = feed(&c, &now_us, 80 * MS, MS, 150 * MS);
	ok(codel_judge(&c, 300 * MS, true, now_us) == false && n == 1, "nor "
	    "the only packet of a queue, however late");
	is_int(feed(&c, &now_us, 80 * MS, MS, 100 * MS), 0, "after which the "
	    "queue is short");
}

/* RFC 8289 5.3: the gap is the interval over the root of the count. */
static void
test_rate(void)
{
	static const unsigned gaps_ms[] = { 71, 58, 50, 45, 41, 38, 36, 34, 34, 34 };
	struct codel c = { 0 };
	uint64_t now_us = S, last_us;
	unsigned i, bad = 0;

	while (!codel_judge(&c, 20 * MS, false, now_us))
		now_us += MS;
	last_us = now_us;
	/* The first gap is that of one signal. */
	do
		now_us += 100;
	while (!codel_judge(&c, 20 * MS, false, now_us));
	is_int((now_us - last_us) / MS, 100, "the second comes an interval "
	    "later");
	for (i = 0; i < sizeof(gaps_ms) / sizeof(*gaps_ms); i++) {
		last_us = now_us;
		do
			now_us += 100;
		while (!codel_judge(&c, 20 * MS, false, now_us));
		bad += (now_us - last_us) / MS + 1 < gaps_ms[i] ||
		    (now_us - last_us) / MS > gaps_ms[i];
	}
	is_int(bad, 0, "and the next ones sooner, by the root of their count");
}

static void
test_overload(void)
{
	struct codel c = { 0 };
	uint64_t now_us = S;
	unsigned first, second;

	first = feed(&c, &now_us, 500 * MS, 100, 10 * S);
	second = feed(&c, &now_us, 500 * MS, 100, 10 * S);
	is_int(second, 300, "ten seconds of overload are signalled 30 times a "
	    "second");
	ok(first > 280 && first < 300, "also the first, %u times", first);
	now_us += 10;
	(void)feed(&c, &now_us, MS, MS, 10 * MS);
	is_int(feed(&c, &now_us, 500 * MS, MS, 101 * MS), 1, "a queue that "
	    "stands again is signalled after an interval,");
	first = feed(&c, &now_us, 500 * MS, 100, 100 * MS);
	ok(first >= 2, "at the rate that it had");
}

/* A queue that stands again and again. */
static void
test_again(void)
{
	struct codel c = { 0 };
	uint64_t now_us = S;
	unsigned i, slow = 0;

	for (i = 0; i < 6; i++) {
		(void)feed(&c, &now_us, 500 * MS, MS, 3 * S);
		slow += i > 0 && c.before < 8;
		(void)feed(&c, &now_us, 0, MS, MS);
	}
	is_int(slow, 0, "each time goes on at the rate of the one before");
}

static void
test_idle_hour(void)
{
	struct codel c = { 0 };
	uint64_t now_us = S;

	(void)feed(&c, &now_us, 500 * MS, MS, 10 * S);
	now_us += 3600 * S;
	ok(feed(&c, &now_us, 0, MS, 10 * MS) == 0, "after an idle hour nothing "
	    "is signalled");
	is_int(feed(&c, &now_us, 50 * MS, MS, 250 * MS), 2, "and a standing "
	    "queue begins at the lowest rate");
}

/* A stall: nothing is sent for an hour, and then all is late. */
static void
test_clock_forward(void)
{
	struct codel c = { 0 };
	uint64_t now_us = S;
	unsigned n;

	(void)feed(&c, &now_us, 50 * MS, MS, S);
	now_us += 3600 * S;
	n = feed(&c, &now_us, 3600 * S, 1, 10 * MS);
	is_int(n, 1, "signals that are overdue by an hour are not made up for");
}

static void
test_clock_back(void)
{
	struct codel c = { 0 };
	uint64_t now_us = 7200 * S;

	(void)feed(&c, &now_us, 50 * MS, MS, 50 * MS);
	now_us = S;
	ok(feed(&c, &now_us, 50 * MS, MS, 200 * MS) > 0, "a clock that was set "
	    "back delays the first signal by an interval at most");
	now_us = 7200 * S;
	(void)feed(&c, &now_us, 50 * MS, MS, 200 * MS);
	now_us = S;
	ok(feed(&c, &now_us, 50 * MS, MS, 102 * MS) > 0, "and the next one");
}

int
main(void)
{
	test_short();
	test_burst();
	test_rate();
	test_overload();
	test_again();
	test_idle_hour();
	test_clock_forward();
	test_clock_back();
	return done_testing();
}
