/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * tunnel/limit.h: how many flows an address may begin, and how long each may
 * live.
 */

#include "compat.h"

#include "tunnel/limit.h"

#include "tap.h"

#define MINUTE 60000

/* A moment at which a wall-clock minute begins: 2026-01-31 12:00:00 UTC. */
#define NOON_S INT64_C(1769860800)

static const uint8_t seed[TABLE_SEED] = { 1, 2, 3 };
static struct limit limit;

/* The steady clock begins anywhere: here at 12345 ms. */
enum { START = 12345 };

static void
begin(int64_t count, int64_t window_ms, int64_t wall_s)
{
	struct rate rate = { count, window_ms };

	limit_init(&limit, &rate, seed, START, wall_s);
}

/* Asks for an address, that long after the start. */
static bool
ask(const char *text, uint64_t ms)
{
	struct addr a;

	memset(&a, 0, sizeof(a));
	if (*text != '\0' && addr_parse(&a, text) != 0)
		abort();
	return limit_ask(&limit, &a, START + ms);
}

/* How many of n questions are answered with yes. */
static unsigned
ask_often(const char *text, uint64_t ms, unsigned n)
{
	unsigned yes = 0;

	while (n-- > 0)
		yes += ask(text, ms);
	return yes;
}

/* The default of dtlspipe, and what its two buckets do. */
static void
test_buckets(void)
{
	begin(20, MINUTE, NOON_S);
	is_int(ask_often("10.0.0.1:1", 0, 50), 20, "20 in a minute, no more");
	ok(!ask("10.0.0.1:2", 59999), "none to the end of the minute");
	ok(!ask("10.0.0.1:2", 62999), "nor when 19 and a bit of them count");
	ok(ask("10.0.0.1:2", 63000), "one when exactly 19 count");
	ok(!ask("10.0.0.1:2", 63000), "and one only");
	ok(!ask("10.0.0.1:2", 65999), "the next 3 s later");
	ok(ask("10.0.0.1:2", 66000), "exactly");
	is_int(ask_often("10.0.0.1:2", 90000, 50), 8, "in the middle half of "
	    "the last minute counts: 20 - 10 - 2");
	is_int(ask_often("10.0.0.1:2", 119999, 50), 9, "at its end nothing "
	    "of it does, almost: 20 - 1 - 10");
	is_int(ask_often("10.0.0.1:2", 120000, 50), 1, "19 of the second "
	    "minute count in full at the begin of the third");
	is_int(ask_often("10.0.0.1:2", 180000 + 120000, 50), 20, "after two "
	    "minutes nothing counts");
	limit_free(&limit);
}

/* Is half of it used up? */
static bool
is_half(const char *text, uint64_t ms)
{
	struct addr a;

	if (addr_parse(&a, text) != 0)
		abort();
	return limit_is_half(&limit, &a, START + ms);
}

/* Half of a limit. */
static void
test_half(void)
{
	begin(20, MINUTE, NOON_S);
	ok(!is_half("10.0.0.1:1", 0), "an address that nobody knows");
	is_int(limit.entries.count, 0, "which is not remembered");
	is_int(ask_often("10.0.0.1:1", 0, 9), 9, "with nine of 20");
	ok(!is_half("10.0.0.1:2", 0), "one more is within half");
	ok(ask("10.0.0.1:1", 0) && is_half("10.0.0.1:2", 0), "with ten it is "
	    "not");
	ok(!is_half("10.0.0.2:1", 0), "that is another's");
	ok(is_half("10.0.0.1:1", 65999), "those of the last minute count");
	ok(!is_half("10.0.0.1:1", 66000), "in part");
	is_int(ask_often("10.0.0.1:1", 66000, 50), 11, "and nothing of this "
	    "was remembered");
	limit_free(&limit);
	begin(1, MINUTE, NOON_S);
	ok(is_half("10.0.0.1:1", 0), "one is more than half of one");
	limit_free(&limit);
}

/* Only what was allowed counts. */
static void
test_denied(void)
{
	begin(2, 1000, NOON_S);
	is_int(ask_often("10.0.0.1:1", 999, 1000), 2, "a thousand questions");
	ok(!ask("10.0.0.1:1", 1499), "do not count");
	ok(ask("10.0.0.1:1", 1500), "so half a second later one is allowed");
	limit_free(&limit);
}

/* Windows begin where those of the wall clock do. */
static void
test_alignment(void)
{
	begin(1, MINUTE, NOON_S + 59);
	ok(ask("10.0.0.1:1", 999), "at the end of a minute of the wall clock");
	ok(!ask("10.0.0.1:1", 1000), "another one at its begin does not go");
	ok(!ask("10.0.0.1:1", 60999), "nor before its end");
	ok(ask("10.0.0.1:1", 61000), "but after that");
	limit_free(&limit);

	/* The 62135596800 s from year 1 to 1970 are 4 more than a multiple of
	 * 7. */
	begin(1, 7000, INT64_C(0));
	ok(ask("10.0.0.1:1", 2999), "windows of 7 s are multiples since "
	    "year 1");
	ok(!ask("10.0.0.1:1", 3000 + 6999), "the next one from 3 s to 10 s "
	    "of 1970");
	ok(ask("10.0.0.1:1", 3000 + 7000), "is over then");
	limit_free(&limit);

	begin(1, 1000, INT64_C(-5));
	ok(ask("10.0.0.1:1", 0), "a clock before 1970 does no harm");
	limit_free(&limit);
}

static void
test_addresses(void)
{
	begin(1, MINUTE, NOON_S);
	ok(ask("10.0.0.1:1", 0), "an address");
	ok(!ask("10.0.0.1:2", 0), "has the same limit on all its ports");
	ok(ask("10.0.0.2:1", 0), "another one its own");
	ok(ask("[2001:db8::1]:1", 0), "IPv6");
	ok(!ask("[2001:db8::1]:2", 0), "is limited, too");
	ok(ask("[2001:db8::2]:1", 0), "by the whole address");
	ok(ask("[fe80::1%1]:1", 0) && ask("[fe80::1%2]:1", 0),
	    "and its zone");
	is_int(ask_often("", 0, 9), 9, "no address, no limit");
	limit_free(&limit);
}

/* As many addresses as one likes. */
static void
test_bound(void)
{
	char text[ADDR_TEXT];
	unsigned i, yes = 0;

	begin(1, MINUTE, NOON_S);
	ok(ask("10.9.9.9:1", 0), "an early one");
	ok(ask("10.9.9.8:1", 0), "and another");
	for (i = 0; i < LIMIT_ADDRESSES - 2; i++) {
		snprintf(text, sizeof(text), "10.0.%u.%u:1", i / 256, i % 256);
		yes += ask(text, 1);
	}
	is_int(yes, LIMIT_ADDRESSES - 2, "all that the table holds");
	ok(!ask("10.9.9.9:1", 2), "the early one is still known");
	ok(ask("10.8.0.0:1", 2), "one more");
	ok(ask("10.9.9.8:1", 2), "and the one that was asked for longest ago "
	    "is forgotten");
	ok(!ask("10.9.9.9:1", 2), "one asked for of late is not");
	for (i = 0; i < 3 * LIMIT_ADDRESSES; i++) {
		snprintf(text, sizeof(text), "11.%u.%u.%u:1", i / 65536,
		    i / 256 % 256, i % 256);
		ask(text, 3);
	}
	is_int(limit.entries.count, LIMIT_ADDRESSES, "there are never more");
	ok(ask("12.0.0.1:1", MINUTE + 3), "in the next window");
	is_int(limit.entries.count, LIMIT_ADDRESSES, "those of the last still "
	    "count");
	ok(ask("12.0.0.2:1", 2 * MINUTE), "in the one after");
	is_int(limit.entries.count, 2, "their memory is given back");
	limit_free(&limit);
	limit_free(&limit);
	ok(true, "freeing twice does no harm");
}

/* Numbers as large as a user may write. */
static void
test_large(void)
{
	const uint64_t year = UINT64_C(31536000000), w = UINT64_C(1) << 35;
	uint64_t noon = (uint64_t)(NOON_S + INT64_C(62135596800)) * 1000;

	/* Products that would wrap to something small. */
	begin((INT64_C(1) << 29) + 2, (int64_t)w, NOON_S);
	is_int(ask_often("10.0.0.1:1", 0, 1000), 1000, "a thousand of half a "
	    "milliard in a year");
	ok(ask("10.0.0.1:1", w - noon % w), "and one in the next");
	limit_free(&limit);
	begin((INT64_C(1) << 62) + 2, 4, NOON_S);
	is_int(ask_often("10.0.0.1:1", 0, 1000), 1000, "a thousand of a "
	    "number that nobody reaches");
	ok(ask("10.0.0.1:1", 4), "and one in the next window");
	limit_free(&limit);

	begin(INT64_MAX, 1, NOON_S);
	is_int(ask_often("10.0.0.1:1", 0, 10000), 10000, "no limit to speak "
	    "of");
	limit_free(&limit);

	begin(4, INT64_C(292) * 31536000 * 1000, 0);
	is_int(ask_often("10.0.0.1:1", 0, 9), 4, "a window of 292 years");
	ok(!ask("10.0.0.1:1", 50 * year), "is long");
	limit_free(&limit);

	begin(LIMIT_COUNT, INT64_C(4294967295), NOON_S);
	is_int(ask_often("10.0.0.1:1", 0, 1000), 1000, "both at their most");
	is_int(ask_often("10.0.0.1:1", UINT64_C(4294967296), 1000), 1000,
	    "in the next window, too");
	limit_free(&limit);
}

static void
test_span(void)
{
	struct span span = { 5000, 5000 }, range = { 10, 13 };
	unsigned count[4] = { 0, 0, 0, 0 }, i;
	struct span wide = { 0, INT64_MAX };
	uint64_t v, high = 0;
	struct random r;

	random_init_fixed(&r, "seed", 4);
	is_int(span_draw(&span, &r), 5000, "one time is that time");
	for (i = 0; i < 3000; i++) {
		v = span_draw(&range, &r);
		count[v >= 10 && v < 13 ? v - 10 : 3]++;
	}
	is_int(count[3], 0, "of a range never its upper end");
	ok(count[0] > 850 && count[1] > 850 && count[2] > 850,
	    "each as often: %u, %u, %u", count[0], count[1], count[2]);
	for (i = 0; i < 100; i++) {
		v = span_draw(&wide, &r);
		high = v > high ? v : high;
	}
	ok(high > INT64_MAX / 2 && high < INT64_MAX, "the widest of all");
}

int
main(void)
{
	test_buckets();
	test_half();
	test_denied();
	test_alignment();
	test_addresses();
	test_bound();
	test_large();
	test_span();
	return done_testing();
}
