/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/path_mtu.h: a search finds what a path lets through, believes no answer
 * that it did not ask for, and takes no dead path for a black hole.
 */

#include "compat.h"

#include "wire/path_mtu.h"

#include "tap.h"

#define ROOM 1437u
#define LEAST ((unsigned)PATH_MTU_LEAST)
#define CLOSE ((unsigned)PATH_MTU_CLOSE)

/* A path to a peer. */
static struct path {
	struct path_mtu mtu;
	uint64_t now_ms;
	unsigned limit;		/* what it lets through */
	unsigned loss;		/* every n-th datagram is lost; 0: none */
	bool old;		/* the peer knows the question of one byte
				 * only */
	bool dead;		/* nothing gets through */
	unsigned asked;		/* questions so far, */
	size_t bytes;		/* and their bytes */
} p;

/* What the peer makes of a question. */
static void
question(uint16_t size)
{
	p.asked++;
	p.bytes += size;
	if (p.dead || size > p.limit ||
	    (p.loss > 0 && p.asked % p.loss == 0))
		return;
	if (size == PATH_PROBE_BARE)
		path_mtu_heard(&p.mtu);
	else if (!p.old)
		(void)path_mtu_answer(&p.mtu, p.mtu.number, size,
		    p.now_ms + 20);
}

/* Takes all steps that are due within so much time. */
static void
run(uint64_t ms)
{
	uint64_t end_ms = p.now_ms + ms;
	uint16_t size[PATH_MTU_ROUND];
	unsigned i, n;

	while (p.mtu.due_ms <= end_ms) {
		if (p.mtu.due_ms > p.now_ms)
			p.now_ms = p.mtu.due_ms;
		n = path_mtu_due(&p.mtu, p.now_ms, size);
		for (i = 0; i < n; i++)
			question(size[i]);
	}
	p.now_ms = end_ms;
}

/* Sends datagrams of n bytes, 10 a second, for so long. */
static void
talk(size_t n, uint64_t ms)
{
	uint64_t end_ms = p.now_ms + ms;

	while (p.now_ms < end_ms) {
		if (p.now_ms >= p.mtu.look_ms)
			(void)path_mtu_sent(&p.mtu, n, p.now_ms);
		run(100);
	}
}

static void
begin(unsigned limit)
{
	memset(&p, 0, sizeof(p));
	p.now_ms = 1000;
	p.limit = limit;
	path_mtu_init(&p.mtu, 0xfffffffe);
	path_mtu_room(&p.mtu, ROOM);
	path_mtu_begin(&p.mtu, p.now_ms);
}

static void
test_good_path(void)
{
	begin(ROOM);
	run(100);
	is_int(p.mtu.state, PATH_MTU_COMPLETE, "a good path is known after "
	    "two round trips");
	is_int(p.mtu.size, ROOM, "takes all");
	ok(p.bytes < ROOM + 30, "and costs one long question: %u bytes",
	    (unsigned)p.bytes);
	p.asked = 0;
	run(3600000);
	is_int(p.asked, 0, "nothing is asked while nothing is sent");
	talk(100, 60000);
	is_int(p.asked, 0, "nor for short datagrams");
	talk(1400, 60000);
	ok(p.asked >= 24 && p.asked <= 32, "long ones have it confirmed now "
	    "and then: %u in a minute", p.asked);
}

static void
test_limits(void)
{
	unsigned limit;

	for (limit = LEAST; limit < ROOM; limit += 37) {
		begin(limit);
		run(3100);
		ok(p.mtu.size <= limit, "%u bytes: all that is taken gets "
		    "through after 3 s: %u", limit, p.mtu.size);
		run(6900);
		is_int(p.mtu.state, PATH_MTU_COMPLETE, "found within 10 s");
		ok(p.mtu.size <= limit && p.mtu.size + CLOSE >= limit,
		    "nearly exactly: %u", p.mtu.size);
	}
	begin(300);
	run(10000);
	is_int(p.mtu.size, PATH_MTU_LEAST, "what is tiny ends at the least");
	begin(ROOM - 1);
	run(10000);
	ok(p.mtu.size < ROOM && p.mtu.size + CLOSE >= ROOM,
	    "a byte too few is found: %u", p.mtu.size);
}

static void
test_changes(void)
{
	uint64_t began_ms;

	begin(ROOM);
	talk(1400, 60000);
	p.limit = 1000;
	began_ms = p.now_ms;
	while (p.mtu.size > 1000 && p.now_ms < began_ms + 20000)
		talk(1400, 100);
	ok(p.now_ms - began_ms <= 8000, "a black hole that comes later is left "
	    "after %u ms", (unsigned)(p.now_ms - began_ms));
	talk(900, 10000);
	ok(p.mtu.size > 980 && p.mtu.size <= 1000, "%u bytes are left",
	    p.mtu.size);
	p.limit = 700;
	talk(900, 12000);
	ok(p.mtu.size > 680 && p.mtu.size <= 700, "a narrower one: %u",
	    p.mtu.size);
	p.limit = ROOM;
	talk(600, 5000);
	ok(p.mtu.size <= 700, "larger sizes are not tried at once");
	talk(100, 60000);
	is_int(p.mtu.size, ROOM, "but in the next minute, also by short ones");
	p.limit = 1200;
	talk(1400, 20000);
	p.limit = 1300;
	talk(1000, 620000);
	ok(p.mtu.size > 1280 && p.mtu.size <= 1300, "half way up: %u",
	    p.mtu.size);
	p.asked = 0;
	run(3600000);
	ok(p.asked <= 2, "an idle path is confirmed once");
	path_mtu_room(&p.mtu, ROOM - 20);
	is_int(p.mtu.size, ROOM - 20, "another carrier is a new path,");
	talk(1400, 15000);
	ok(p.mtu.size > 1280 && p.mtu.size <= 1300, "which is asked: %u",
	    p.mtu.size);
}

/* One long datagram is enough. */
static void
test_one_datagram(void)
{
	begin(ROOM);
	run(1000);
	p.limit = 1000;
	ok(path_mtu_sent(&p.mtu, 1200, p.now_ms), "one long datagram");
	run(7000);
	ok(p.mtu.size <= 1000, "is enough: %u", p.mtu.size);
}

/* The peer searches as well. */
static void
test_following(void)
{
	begin(ROOM);
	run(1000);
	p.limit = 1000;
	ok(!path_mtu_asked(&p.mtu, ROOM, p.now_ms), "a peer that asks for all "
	    "is not followed");
	ok(!path_mtu_asked(&p.mtu, PATH_PROBE_HEAD, p.now_ms), "nor for the "
	    "shortest,");
	ok(!path_mtu_asked(&p.mtu, 900, p.now_ms), "nor so early");
	run(10000);
	ok(path_mtu_asked(&p.mtu, 900, p.now_ms), "but one that searches");
	run(10000);
	ok(p.mtu.size <= 1000 && p.mtu.size > 980, "without a datagram of our "
	    "own: %u", p.mtu.size);
	ok(!path_mtu_asked(&p.mtu, p.mtu.size, p.now_ms), "once the size is "
	    "the same that ends");
	begin(ROOM);
	path_mtu_init(&p.mtu, 1);
	path_mtu_room(&p.mtu, ROOM);
	ok(path_mtu_asked(&p.mtu, 900, p.now_ms), "also at the start");
	run(10000);
	is_int(p.mtu.state, PATH_MTU_COMPLETE, "as usual");
}

static void
test_old_peer(void)
{
	begin(ROOM);
	p.old = true;
	run(20000);
	is_int(p.mtu.state, PATH_MTU_UNABLE, "a peer without padded probes is "
	    "known as that");
	is_int(p.mtu.size, ROOM, "and nothing is concluded");
	is_int(p.asked, 7, "after seven questions");
	talk(1400, 3600000);
	path_mtu_begin(&p.mtu, p.now_ms);
	run(20000);
	is_int(p.asked, 7, "and it is never asked again");
}

static void
test_dead_path(void)
{
	unsigned i;

	begin(ROOM);
	p.dead = true;
	run(60000);
	is_int(p.mtu.state, PATH_MTU_DISABLED, "a dead path says nothing about "
	    "the peer");
	p.dead = false;
	talk(1400, 5000);
	is_int(p.mtu.state, PATH_MTU_COMPLETE, "which is asked again");
	for (i = 0; i < 50; i++) {
		p.dead = true;
		talk(1400, 1000 + i * 100);
		p.dead = false;
		talk(1400, 1000 + i * 100);
	}
	talk(1400, 20000);
	is_int(p.mtu.size, ROOM, "outages lower nothing");
	p.dead = true;
	p.asked = 0;
	talk(1400, 60000);
	ok(p.asked < 150, "a dead path is asked rarely: %u", p.asked);
	is_int(p.mtu.size, ROOM, "and is no black hole");
	begin(ROOM);
	p.loss = 5;
	talk(1400, 3600000);
	is_int(p.mtu.size, ROOM, "nor is one that loses every fifth");
}

static void
test_answers(void)
{
	uint16_t size[PATH_MTU_ROUND];
	uint32_t old;
	unsigned i, n;

	begin(1000);
	run(900);
	is_int(p.mtu.state, PATH_MTU_SEARCHING, "a search is going on");
	ok(!path_mtu_answer(&p.mtu, p.mtu.number + 1, ROOM, p.now_ms),
	    "an answer to a round that is to come is not taken");
	ok(!path_mtu_answer(&p.mtu, p.mtu.number - 2, ROOM, p.now_ms),
	    "nor one to an earlier step,");
	ok(!path_mtu_answer(&p.mtu, p.mtu.number, ROOM - 1, p.now_ms),
	    "nor one of a size that was not asked");
	ok(!path_mtu_answer(&p.mtu, p.mtu.number, 65535, p.now_ms),
	    "or that there is not");
	is_int(p.mtu.size, ROOM, "which changes nothing");
	run(2400);
	ok(p.mtu.size <= 1000, "the limit is found: %u", p.mtu.size);
	old = p.mtu.number;
	for (i = 0; i < 5; i++)
		ok(path_mtu_answer(&p.mtu, old, PATH_PROBE_HEAD, p.now_ms),
		    "an answer may come again");
	run(6000);
	i = p.mtu.size;
	ok(!path_mtu_answer(&p.mtu, old, ROOM, p.now_ms) &&
	    p.mtu.size == i, "one that is late is not taken");
	(void)path_mtu_sent(&p.mtu, 900, p.now_ms += 5000);
	n = path_mtu_due(&p.mtu, p.now_ms, size);
	is_int(n, 2, "a confirmation asks twice");
	is_int(size[0], PATH_PROBE_HEAD, "shortest");
	is_int(size[1], i, "and longest");
	old = p.mtu.number;
	(void)path_mtu_due(&p.mtu, p.now_ms += 1000, size);
	ok(path_mtu_answer(&p.mtu, old, (uint16_t)i, p.now_ms),
	    "an answer to the round before is in time");
	is_int(p.mtu.state, PATH_MTU_COMPLETE, "and confirms");
	ok(!path_mtu_answer(&p.mtu, old, (uint16_t)i, p.now_ms),
	    "once");
}

static void
test_formats(void)
{
	uint8_t q[1000];
	uint32_t number;
	uint16_t size;

	path_probe_ask(q, 0x01020304, 1000);
	is_int(path_probe_parse(q, 1000, &number, &size), PATH_PROBE_ASKS,
	    "a question is read");
	is_int(number, 0x01020304, "its number");
	is_int(size, 1000, "and size");
	is_int(path_probe_parse(q, 999, &number, &size), -1,
	    "a cut one is none");
	is_int(path_probe_parse(q, 7, &number, &size), -1, "cut short");
	path_probe_answer(q);
	is_int(path_probe_parse(q, 8, &number, &size), PATH_PROBE_ANSWERS,
	    "an answer is read");
	ok(number == 0x01020304 && size == 1000, "which names the same");
	is_int(path_probe_parse(q, 1000, &number, &size), -1,
	    "it is not padded");
	q[0] = 0x45;
	is_int(path_probe_parse(q, 8, &number, &size), -1, "no probe");
	q[0] = 0;
	q[1] = 0;
	is_int(path_probe_parse(q, 8, &number, &size), -1, "of no kind");
	path_probe_ask(q, 1, 8);
	is_int(path_probe_parse(q, 8, &number, &size), PATH_PROBE_ASKS,
	    "the shortest question");
	q[7] = 7;
	is_int(path_probe_parse(q, 7, &number, &size), -1, "not shorter");
	q[0] = PATH_PROBE_ASKS;
	ok(path_probe_parse(q, 1, &number, &size) == PATH_PROBE_ASKS &&
	    size == PATH_PROBE_BARE, "but of one byte");
	q[0] = PATH_PROBE_ANSWERS;
	ok(path_probe_parse(q, 1, &number, &size) == PATH_PROBE_ANSWERS &&
	    size == PATH_PROBE_BARE && number == 0, "which has an answer");
	is_int(path_probe_parse(q, 0, &number, &size), -1, "not of none");
	q[0] = 2;
	is_int(path_probe_parse(q, 1, &number, &size), -1, "nor of any byte");
}

int
main(void)
{
	test_good_path();
	test_limits();
	test_changes();
	test_one_datagram();
	test_following();
	test_old_peer();
	test_dead_path();
	test_answers();
	test_formats();
	return done_testing();
}
