/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The limit of what a socket holds that it has not sent.
 */

#include "compat.h"

#include "tap.h"

#include "net/ahead.h"

/* What the socket reports, how often it was asked, and its option. */
static long notsent;
static unsigned asked;
static int lowat;

long
sock_notsent(fd_t fd)
{
	(void)fd;
	asked++;
	return notsent;
}

int
sock_opt_notsent_lowat(fd_t fd, int bytes)
{
	(void)fd;
	lowat = bytes;
	return 0;
}

/* A link that sends everything by the time that there is a turn. */
static void
test_fast(void)
{
	struct ahead a = { 0 };
	unsigned before;

	notsent = 20000;
	ok(!ahead_sent(&a, 3, 8000, 1000), "a little may be given at once");
	before = asked;
	ok(!ahead_sent(&a, 3, 8000, 1000), "and a little more");
	is_int(asked, before, "and the system is not asked");
	ok(ahead_sent(&a, 3, 16000, 1000), "more waits for the socket");
	is_int(asked, before + 1, "when the system says that it was not sent");
	notsent = 0;
	ahead_writable(&a, 3);
	before = asked;
	notsent = 60000;
	ok(!ahead_sent(&a, 3, 16000, 1001) && !ahead_sent(&a, 3, 16000, 1002) &&
	    !ahead_sent(&a, 3, 16000, 1003), "a socket that ran dry has no "
	    "limit");
	is_int(asked, before, "and the system is not asked for it");
	(void)ahead_sent(&a, 3, 16000, 1000 + 2 * AHEAD_TRY_MS);
	ok(ahead_sent(&a, 3, 16000, 1000 + 3 * AHEAD_TRY_MS + 1), "until a "
	    "limit is tried again");
}

/* A link that always has something to send. */
static void
test_slow(void)
{
	struct ahead a = { 0 };
	uint64_t now_ms = 1000;
	unsigned i;

	for (i = 0; i < 100; i++, now_ms += 50) {
		notsent = (long)ahead_piece(&a) + 1000;
		if (ahead_sent(&a, 3, ahead_piece(&a) + 1, now_ms)) {
			notsent = 1000;
			ahead_writable(&a, 3);
		}
	}
	is_int(ahead_piece(&a), AHEAD_LEAST / 2, "the limit of a slow link is "
	    "the lowest");
	is_int(lowat, AHEAD_LEAST, "and it is WRITABLE when half of it is "
	    "sent");
	notsent = AHEAD_LEAST;
	ok(ahead_sent(&a, 3, AHEAD_LEAST, now_ms), "beyond it waits");
	notsent = 0;
	ahead_writable(&a, 3);
	is_int(lowat, 2 * AHEAD_LEAST, "after it ran dry the limit is higher");
	ahead_writable(&a, 3);
	is_int(lowat, 2 * AHEAD_LEAST, "once each time");
}

/* A link that is fast, and still has something to send each time. */
static void
test_busy(void)
{
	struct ahead a = { 0 };
	uint64_t now_ms = 1000;
	unsigned i, before = 0;

	notsent = 40000;
	for (i = 0; i < 1000; i++, now_ms++) {
		if (i == 500)
			before = asked;
		if (ahead_sent(&a, 3, 20000, now_ms))
			ahead_writable(&a, 3);
	}
	is_int(asked, before, "beyond 130 Mbit/s there is no limit");
	for (i = 0; i < 500; i++, now_ms += 4)
		if (ahead_sent(&a, 3, 20000, now_ms))
			ahead_writable(&a, 3);
	is_int(ahead_piece(&a), 8192, "with 40 Mbit/s it is no lower than what "
	    "is sent in %d ms", AHEAD_MS);
}

/* A slow link that becomes a fast one after a pause: one turn lifts the limit
 * from the lowest to none. */
static void
test_lifted(void)
{
	struct ahead a = { 0 };
	uint64_t now_ms = 1000;
	unsigned i;

	notsent = AHEAD_MOST;
	for (i = 0; i < 20; i++, now_ms += 50)
		if (ahead_sent(&a, 3, AHEAD_LEAST, now_ms))
			ahead_writable(&a, 3);
	is_int(lowat, AHEAD_LEAST, "a slow link");
	ahead_writable(&a, 3);
	for (i = 0; i < 2 * AHEAD_TRY_MS; i++, now_ms++)
		if (ahead_sent(&a, 3, 64000, now_ms))
			ahead_writable(&a, 3);
	ok(ahead_piece(&a) > AHEAD_MOST / 2, "has no limit once it is fast");
	is_int(lowat, AHEAD_MOST, "and is WRITABLE as it was at first");
}

/* A system that does not report it. */
static void
test_untold(void)
{
	struct ahead a = { 0 };
	unsigned i, stops = 0;

	notsent = -1;
	lowat = 0;
	/* 16 Mbit/s, for which the lowest limit would do. */
	for (i = 0; i < 1000; i++)
		stops += ahead_sent(&a, 3, 2000, 1000 + i);
	is_int(stops, 0, "where the system does not report it there is no "
	    "limit of ours");
	is_int(lowat, 0, "nor one of the system");
	ok(ahead_piece(&a) >= AHEAD_MOST, "and pieces are large");
}

int
main(void)
{
	test_fast();
	test_slow();
	test_busy();
	test_lifted();
	test_untold();
	return done_testing();
}
