/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * tunnel/dues.h: several times by one timer.
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "tunnel/dues.h"

#include "base/log.h"

#include "tap.h"

enum { PATIENCE_MS = 20000 };

static struct loop *loop;
static struct dues dues;
static char came[20];		/* the numbers of what was due, in order */
static char subjects[20];	/* and the subject each had, or - */
static void (*then)(unsigned which);	/* what the owner does in its function;
					 * NULL: nothing */

static void
on_due(struct timer *t)
{
	unsigned which = dues_take(LIST_ITEM(t, struct dues, timer), loop);
	const char *subject = loop_subject(loop);
	size_t n = strlen(came);

	must(n < sizeof(came) - 1);
	came[n] = (char)('0' + which);
	subjects[n] = subject == NULL ? '-' : *subject;
	if (then != NULL)
		then(which);
}

static void
set(unsigned which, uint64_t due_ms)
{
	dues_set(&dues, loop, which, due_ms, on_due);
}

static void
begin(void (*what)(unsigned which))
{
	memset(&dues, 0, sizeof(dues));
	memset(came, 0, sizeof(came));
	memset(subjects, 0, sizeof(subjects));
	then = what;
	loop_update(loop);
}

/* Runs turns until nothing is due any more; what came then is `wanted`. */
static void
is_order(const char *wanted, const char *name)
{
	uint64_t until_ms = clock_mono_ms() + PATIENCE_MS;

	while (timer_is_set(&dues.timer) && clock_mono_ms() < until_ms)
		loop_turn(loop, 100);
	is_str(came, wanted, "%s", name);
	dues_stop_all(&dues);
}

static void
test_order(void)
{
	uint64_t now_ms = loop_now(loop);

	begin(NULL);
	ok(dues_at(&dues, 2) == UINT64_MAX, "nothing is due at first");
	set(2, now_ms + 9);
	set(0, now_ms + 6);
	set(3, now_ms + 3);
	is_int(dues_at(&dues, 0), now_ms + 6, "when it is due is known");
	is_order("302", "the first is first, whenever it was set");
	begin(NULL);
	set(3, now_ms + 4);
	set(1, now_ms + 4);
	set(2, now_ms + 4);
	is_order("123", "of equal times all are called, by number");
	begin(NULL);
	set(1, now_ms + 4);
	set(2, now_ms + 6);
	set(1, now_ms + 8);
	is_order("21", "what is set again is due once, later");
	begin(NULL);
	set(1, 0);
	set(2, now_ms);
	is_order("12", "what is past is due at once");
}

static void
test_stop(void)
{
	uint64_t now_ms = loop_now(loop);

	begin(NULL);
	set(1, now_ms + 2);
	set(2, now_ms + 4);
	dues_stop(&dues, 1);
	dues_stop(&dues, 3);
	ok(dues_at(&dues, 1) == UINT64_MAX, "what is stopped is due never");
	is_order("2", "the first is stopped, the second comes");
	begin(NULL);
	set(1, now_ms + 2);
	dues_stop(&dues, 1);
	ok(!timer_is_set(&dues.timer), "without one there is no timer");
	set(1, now_ms + 2);
	is_order("1", "until one is set again");
}

/* Sets itself once more, to the past. */
static void
again_in_past(unsigned which)
{
	if (strlen(came) == 1)
		set(which, 0);
}

/* Sets what is due before the one that follows. */
static void
between(unsigned which)
{
	if (which == 1)
		set(0, loop_now(loop));
}

/* Stops what follows. */
static void
stop_next(unsigned which)
{
	if (which == 1)
		dues_stop(&dues, 2);
}

static void
stop_rest(unsigned which)
{
	(void)which;
	dues_stop_all(&dues);
}

static void
test_inside(void)
{
	uint64_t now_ms = loop_now(loop);

	begin(again_in_past);
	set(1, now_ms);
	set(2, now_ms);
	is_order("112", "set in its own call, to the past, it is next");
	begin(between);
	set(1, now_ms);
	set(2, now_ms + 60000);
	while (came[0] == '\0' || came[1] == '\0')
		loop_turn(loop, 100);
	is_str(came, "10", "one that is set in a call may be the first");
	is_int(dues_at(&dues, 2), now_ms + 60000, "and the others stay");
	dues_stop_all(&dues);
	begin(stop_next);
	set(1, now_ms);
	set(2, now_ms);
	set(3, now_ms);
	is_order("13", "the next is stopped in a call");
	begin(stop_rest);
	set(1, now_ms);
	set(2, now_ms);
	set(3, now_ms);
	is_order("1", "all are");
}

/* Callbacks of a different tunnel may stop what is due first. */
static void
test_subject(void)
{
	uint64_t now_ms = loop_now(loop);

	begin(NULL);
	loop_set_subject(loop, "a");
	set(1, now_ms + 2);
	set(2, now_ms + 4);
	set(3, now_ms + 6);
	loop_set_subject(loop, "b");
	dues_stop(&dues, 1);
	loop_set_subject(loop, NULL);
	is_order("23", "the first is stopped elsewhere");
	is_str(subjects, "aa", "the others keep the subject of the log");
}

int
main(void)
{
	if (sock_init() == -1)
		return 1;
	loop = loop_new(NULL);
	must(loop != NULL);
	test_order();
	test_stop();
	test_inside();
	test_subject();
	loop_free(loop);
	return done_testing();
}
