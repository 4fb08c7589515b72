/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/black_hole.h: a conversation that repeats a long datagram in vain is
 * recognized, and others are not taken for one.
 */

#include "compat.h"

#include "wire/black_hole.h"

#include "tap.h"

static struct black_hole h;
static uint64_t now_ms;

static void
begin(void)
{
	memset(&h, 0, sizeof(h));
	now_ms = 1000000;
}

/* Sends a datagram of so many bytes and repeats it n times; that often it was
 * told.  A short one comes back after each. */
static unsigned
repeat(size_t size, unsigned n, bool alive)
{
	uint64_t pause_ms = 200;
	unsigned i, told = 0;

	for (i = 0; i <= n; i++) {
		told += black_hole_sent(&h, size, 1, now_ms);
		if (alive)
			black_hole_heard(&h, 100, 1);
		now_ms += pause_ms;
		pause_ms *= 2;
	}
	return told;
}

static void
test_seen(void)
{
	begin();
	is_int(repeat(1452, 7, true), 0, "one conversation is not enough");
	is_int(repeat(1452, 7, true), 1, "two are");
	is_int(repeat(1452, 9, true), 0, "and are told once");
	begin();
	(void)repeat(1452, 7, true);
	is_int(repeat(1300, 7, true), 1, "also of different sizes");
	is_int(black_hole_mtu(1452), 1280, "an MTU to try");
	is_int(black_hole_mtu(1300), 1000, "or a smaller one");
	is_int(black_hole_mtu(1000), 576, "or the least");
}

static void
test_not_seen(void)
{
	unsigned i, told = 0;

	begin();
	(void)repeat(1452, 7, false);
	is_int(repeat(1452, 7, false), 0, "a path on which nothing comes back "
	    "is dead");
	begin();
	(void)repeat(1452, 7, true);
	now_ms += BLACK_HOLE_AGAIN_MS;
	is_int(repeat(1452, 7, true), 0, "seldom is nothing");
	begin();
	for (i = 0; i < 10; i++)
		told += repeat(1452, 3, true);
	is_int(told, 0, "nor are repetitions that help");
	begin();
	for (i = 0; i < 10000; i++) {
		told += black_hole_sent(&h, 1452, 1, now_ms);
		black_hole_heard(&h, 52, 1);
		now_ms += i % 100 + 1;
	}
	is_int(told, 0, "nor is bulk in one direction, at any pace");
	begin();
	for (i = 0; i < 100; i++) {
		told += black_hole_sent(&h, 1200, 1, now_ms);
		black_hole_heard(&h, 52, 1);
		now_ms += 1000;
	}
	is_int(told, 0, "nor a datagram each second");
	begin();
	for (i = 0; i < 20; i++) {
		told += black_hole_sent(&h, 1452, 4, now_ms);
		black_hole_heard(&h, 52, 1);
		now_ms += UINT64_C(100) << i % 8;
	}
	is_int(told, 0, "nor bursts");
}

/* What is long and comes through, or is another, ends a run. */
static void
test_ended(void)
{
	uint64_t pause_ms = 200;
	unsigned i, told = 0;

	begin();
	for (i = 0; i < 30; i++) {
		told += black_hole_sent(&h, 1452, 1, now_ms);
		black_hole_heard(&h, i % 5 == 4 ? 1452 : 52, 1);
		now_ms += pause_ms;
		pause_ms = i % 8 == 7 ? 200 : pause_ms * 2;
	}
	is_int(told, 0, "what comes back as long shows that the path is good");
	begin();
	for (i = 0; i < 30; i++) {
		told += black_hole_sent(&h, 1452, 1, now_ms);
		if (i % 5 == 4)
			told += black_hole_sent(&h, 1000, 1, now_ms);
		black_hole_heard(&h, 52, 1);
		now_ms += pause_ms;
		pause_ms = i % 8 == 7 ? 200 : pause_ms * 2;
	}
	is_int(told, 0, "another long one ends the run");
}

int
main(void)
{
	test_seen();
	test_not_seen();
	test_ended();
	return done_testing();
}
