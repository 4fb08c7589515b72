/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * cmd/echo_loop.h: what an echo does not answer.
 */

#include "compat.h"

#include <string.h>

#include "cmd/echo_loop.h"

#include "tap.h"

enum { OWN = 7777 };

static struct echo_loop a, b;
static uint64_t now_ms = 1000000;

static struct addr
host(unsigned n, uint16_t port)
{
	struct addr addr = { 0 };

	addr.family = 4;
	addr.ip[0] = 10;
	addr.ip[3] = (uint8_t)n;
	addr.port = port;
	return addr;
}

/* Does an echo answer it? */
static bool
answers(struct echo_loop *l, struct addr from, uint16_t own, const char *text)
{
	return echo_loop_refuse(l, &from, own, text, strlen(text),
	    now_ms) == NULL;
}

static void
test_ports(void)
{
	ok(answers(&a, host(1, 40000), OWN, "x"), "a client is answered");
	ok(!answers(&a, host(1, OWN), OWN, "x"), "the echo's own port is not");
	ok(!answers(&a, host(2, OWN), OWN, "x"), "nor that of a second host");
	ok(!answers(&a, host(1, 7), OWN, "x") &&
	    !answers(&a, host(1, 19), OWN, "x"), "nor echo and chargen");
	ok(answers(&a, host(1, 53), OWN, "x"), "other low ports are");
}

/* Somebody has two echoes of different ports send to each other. */
static void
test_two(void)
{
	unsigned rounds, k, left = 3;
	static const char *const text[] = { "one", "two", "", };
	bool lives[3] = { true, true, true };

	for (rounds = 0; rounds < 10000 && left > 0; rounds++) {
		for (k = 0; k < 3; k++) {
			if (!lives[k])
				continue;
			lives[k] = answers(&a, host(2, 8888), OWN, text[k]) &&
			    answers(&b, host(1, OWN), 8888, text[k]);
			left -= !lives[k];
		}
		now_ms += 300;
	}
	is_int(left, 0, "two echoes fall silent");
	is_int(rounds, ECHO_LOOP_MOST, "after so many rounds");
}

/* More loops than slots: some share one. */
static void
test_crowd(void)
{
	enum { LOOPS = 3 * ECHO_LOOP_SLOTS / 2 };
	static bool over[LOOPS];
	unsigned rounds, i, left = LOOPS;
	char text[20];

	for (rounds = 0; rounds < 20 * ECHO_LOOP_MOST && left > 0; rounds++) {
		for (i = 0; i < LOOPS; i++) {
			if (over[i])
				continue;
			snprintf(text, sizeof(text), "%u", i);
			over[i] = !answers(&a, host(2, 8888), OWN, text);
			left -= over[i];
		}
		now_ms += 300;
	}
	is_int(left, 0, "thousands of loops end, too");
}

static void
test_clients(void)
{
	unsigned i, lost = 0;
	char text[100];

	memset(text, 'x', sizeof(text));
	text[99] = '\0';
	for (i = 0; i < 1000; i++)
		lost += !answers(&a, host(3, 40000), OWN, text);
	is_int(lost, 1000 / ECHO_LOOP_MOST, "a client that repeats itself "
	    "loses one in %d", ECHO_LOOP_MOST);
	for (lost = i = 0; i < 1000; i++) {
		now_ms += ECHO_LOOP_MS + 1;
		lost += !answers(&a, host(3, 40000), OWN, text);
	}
	is_int(lost, 0, "and none with pauses");
	for (lost = i = 0; i < 100000; i++) {
		snprintf(text, sizeof(text), "%u", i);
		lost += !answers(&a, host(3, 40000), OWN, text);
	}
	is_int(lost, 0, "one that counts loses none");
}

int
main(void)
{
	test_ports();
	test_two();
	test_crowd();
	test_clients();
	return done_testing();
}
