/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * tunnel/dtls_silence.h: which silence of a server is too long.
 *
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "tunnel/dtls_silence.h"

#include "tap.h"

static struct dtls_silence s;
static uint64_t now_ms;

static void
begin(void)
{
	now_ms = 5000;
	dtls_silence_init(&s);
}

/* Sends a datagram a while later. */
static bool
sent(uint64_t later_ms)
{
	now_ms += later_ms;
	return dtls_silence_sent(&s, now_ms);
}

/* Is a new association tried when the wait ends? */
static bool
expires(void)
{
	now_ms = dtls_silence_due_ms(&s);
	return now_ms != UINT64_MAX && dtls_silence_expire(&s, now_ms);
}

static void
test_wait(void)
{
	begin();
	ok(dtls_silence_due_ms(&s) == UINT64_MAX, "nothing was sent: no wait");
	ok(!dtls_silence_expire(&s, now_ms + 1000000), "and none ends");
	ok(sent(0), "the first datagram begins a wait");
	ok(!sent(1000), "the second does not");
	is_int(dtls_silence_due_ms(&s), 5000 + DTLS_SILENCE_ONE_WAY_MS,
	    "which is long before the first answer");
	ok(!dtls_silence_expire(&s, 4999 + DTLS_SILENCE_ONE_WAY_MS),
	    "not sooner");
	ok(expires(), "then a new association is tried");
	is_int(dtls_silence_due_ms(&s), now_ms + DTLS_SILENCE_ONE_WAY_MS,
	    "and the next wait has begun");
	ok(!expires(), "in which nothing was sent");
	ok(dtls_silence_due_ms(&s) == UINT64_MAX, "so it was the last");
}

static void
test_answer(void)
{
	begin();
	sent(0);
	sent(10);
	dtls_silence_answered(&s, now_ms);
	ok(dtls_silence_due_ms(&s) == UINT64_MAX, "an answer ends the wait");
	ok(sent(500), "the next datagram begins one");
	is_int(dtls_silence_due_ms(&s), now_ms + DTLS_SILENCE_MS,
	    "which is shorter now");
	ok(!expires(), "a single datagram needs no answer");
	ok(sent(0), "the next one begins a wait again");
	sent(1);
	ok(expires(), "and with a second one it matters");
}

static void
test_sparse(void)
{
	unsigned i;

	begin();
	dtls_silence_answered(&s, now_ms);
	for (i = 0; i < 100; i++) {
		sent(0);
		if (expires())
			break;
	}
	is_int(i, DTLS_SILENCE_SPARSE_MS / DTLS_SILENCE_MS, "keep-alives that "
	    "nothing answers matter in the end");
	begin();
	dtls_silence_answered(&s, now_ms);
	for (i = 0; i < 100; i++) {
		sent(0);
		if (expires())
			break;
		if (i == 15)
			dtls_silence_answered(&s, now_ms);
	}
	is_int(i, 16 + DTLS_SILENCE_SPARSE_MS / DTLS_SILENCE_MS,
	    "counted from the last answer");
}

static void
test_back_off(void)
{
	uint64_t limit_ms = DTLS_SILENCE_MS;
	unsigned i;

	begin();
	dtls_silence_answered(&s, now_ms);
	for (i = 0; i < 12; i++) {
		sent(0);
		is_int(dtls_silence_due_ms(&s), now_ms + limit_ms,
		    "replaced %u times", i);
		dtls_silence_replaced(&s);
		ok(dtls_silence_due_ms(&s) == UINT64_MAX, "the wait is over");
		if (i < DTLS_SILENCE_UNHEARD)
			continue;
		limit_ms = 2 * limit_ms > DTLS_SILENCE_MAX_MS ?
		    DTLS_SILENCE_MAX_MS : 2 * limit_ms;
	}
	is_int(limit_ms, DTLS_SILENCE_MAX_MS, "waits do not grow without end");
	dtls_silence_answered(&s, now_ms);
	sent(0);
	is_int(dtls_silence_due_ms(&s), now_ms + DTLS_SILENCE_MS,
	    "an answer makes them short");
}

/* A wait that is answered after so long. */
static void
answered_after(uint64_t took_ms)
{
	sent(1000);
	now_ms += took_ms;
	dtls_silence_answered(&s, now_ms);
}

static void
test_regular(void)
{
	unsigned i;

	begin();
	for (i = 0; i < DTLS_SILENCE_REGULAR; i++) {
		sent(1000);
		ok(!expires(), "a single datagram needs no answer after %u "
		    "that had one", i);
		begin();
		answered_after(20);
		answered_after(20);
	}
	begin();
	for (i = 0; i < DTLS_SILENCE_REGULAR; i++)
		answered_after(20);
	sent(1000);
	is_int(dtls_silence_due_ms(&s), now_ms + DTLS_SILENCE_MS, "where each "
	    "was answered");
	ok(expires(), "a single one matters");
	dtls_silence_replaced(&s);
	sent(1000);
	ok(!expires(), "but not twice, as it may be of another kind");
	dtls_silence_failed(&s);
	for (i = 0; i < 5; i++) {
		sent(1000);
		ok(expires(), "when no association could be made each one "
		    "matters");
		expires();
		dtls_silence_failed(&s);
	}
}

static void
test_slow(void)
{
	unsigned i;

	begin();
	answered_after(1500);
	sent(10);
	is_int(dtls_silence_due_ms(&s), now_ms + 4500, "slow answers make "
	    "waits longer");
	dtls_silence_answered(&s, now_ms);
	for (i = 0; i < 5; i++)
		answered_after(20);
	sent(10);
	is_int(dtls_silence_due_ms(&s), now_ms + DTLS_SILENCE_MS, "until they "
	    "are quick again");
	dtls_silence_answered(&s, now_ms);
	answered_after(3900);
	sent(10);
	is_int(dtls_silence_due_ms(&s), now_ms + DTLS_SILENCE_SLOW_MS,
	    "but not much");
	begin();
	dtls_silence_answered(&s, now_ms);
	sent(10);
	sent(10);
	ok(expires(), "an outage");
	sent(10);
	now_ms += 3000;
	dtls_silence_answered(&s, now_ms);
	sent(10);
	is_int(dtls_silence_due_ms(&s), now_ms + DTLS_SILENCE_MS, "says "
	    "nothing of how long answers take");
}

static void
test_hurry(void)
{
	begin();
	sent(0);
	dtls_silence_hurry(&s);
	is_int(dtls_silence_due_ms(&s), now_ms + DTLS_SILENCE_HURRY_MS,
	    "a hint makes a wait short");
	ok(expires(), "and then a single datagram matters");
	sent(0);
	now_ms += 500;
	dtls_silence_restart(&s, now_ms);
	is_int(dtls_silence_due_ms(&s), now_ms + DTLS_SILENCE_HURRY_MS,
	    "a wait can begin anew");
	s.limit_ms = 1;
	dtls_silence_hurry(&s);
	is_int(s.limit_ms, 1, "a hint makes no wait longer");
}

int
main(void)
{
	test_wait();
	test_answer();
	test_sparse();
	test_back_off();
	test_regular();
	test_slow();
	test_hurry();
	return done_testing();
}
