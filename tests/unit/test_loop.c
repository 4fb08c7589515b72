/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The loop on a clock and a poller of this file: order, and what may go away
 * when.
 */

#include "compat.h"

#include "net/loop.h"
#include "net/poller.h"

#include "tap.h"

/* --- The clock ---------------------------------------------------------- */

static uint64_t clock_ms = 1000;

uint64_t
clock_mono_ms(void)
{
	return clock_ms;
}

uint64_t
clock_mono_us(void)
{
	return clock_ms * 1000;
}

static uint64_t slept_ms;

uint64_t
clock_slept_ms(void)
{
	return slept_ms;
}

int64_t
clock_wall_s(void)
{
	return 0;
}

void
clock_wall_text(int64_t wall_s, char text[20])
{
	(void)wall_s;
	text[0] = '\0';
}

/* --- The poller --------------------------------------------------------- */

static struct ready coming[300];	/* what the next wait returns */
static int n_coming;
static int64_t waited_ms;		/* the last time-out */
static int added, changed, removed;
static struct watch *first_watch;	/* the loop's own */

static struct poller *
fake_open(void)
{
	added = changed = removed = 0;
	first_watch = NULL;
	return calloc(1, 1);
}

static struct poller *
broken_open(void)
{
	errno = ENOSYS;
	return NULL;
}

static int
fake_add(struct poller *p, struct watch *w)
{
	(void)p;
	if (w->fd == FD_NONE) {
		errno = EMFILE;
		return -1;
	}
	if (first_watch == NULL)
		first_watch = w;
	added++;
	return 0;
}

static void
fake_change(struct poller *p, struct watch *w, unsigned had)
{
	(void)p;
	changed += w->want != had;
}

static void
fake_remove(struct poller *p, struct watch *w)
{
	(void)p;
	(void)w;
	removed++;
}

static int
fake_wait(struct poller *p, struct ready *ready, int max, int64_t timeout_ms)
{
	int i, n = n_coming < max ? n_coming : max;

	(void)p;
	waited_ms = timeout_ms;
	for (i = 0; i < n; i++)
		ready[i] = coming[i];
	n_coming = 0;
	if (n == 0 && timeout_ms > 0)
		clock_ms += (uint64_t)timeout_ms;
	return n;
}

static void
fake_close(struct poller *p)
{
	free(p);
}

static const struct poller_ops broken = {
	"broken", broken_open, fake_add, fake_change, fake_remove, fake_wait,
	fake_close,
};

static const struct poller_ops fake = {
	"fake", fake_open, fake_add, fake_change, fake_remove, fake_wait,
	fake_close,
};

const struct poller_ops *const poller_list[] = { &broken, &fake, NULL };

/* Has the poller report events of w at the next turn. */
static void
come(struct watch *w, unsigned events)
{
	coming[n_coming].watch = w;
	coming[n_coming++].events = events;
}

/* --- What was called, in order ------------------------------------------ */

static char calls[200];

/* Notes a call. */
static void
note(char c)
{
	size_t n = strlen(calls);

	if (n + 1 < sizeof(calls)) {
		calls[n] = c;
		calls[n + 1] = '\0';
	}
}

/* What was called since the last time. */
static const char *
called(void)
{
	static char text[sizeof(calls)];

	memcpy(text, calls, sizeof(text));
	calls[0] = '\0';
	return text;
}

static struct loop *loop;

/* A thing with one of each, and what it does when it is called. */
struct thing {
	struct watch watch;
	struct timer timer;
	struct flusher flusher;
	char name;
	void (*act)(struct thing *);
};

#define THING(p, member) \
	((struct thing *)(void *)((char *)(p) - offsetof(struct thing, member)))

static void
on_watch(struct watch *w, unsigned events)
{
	struct thing *t = THING(w, watch);

	(void)events;
	note(t->name);
	if (t->act != NULL)
		t->act(t);
}

static void
on_timer(struct timer *timer)
{
	struct thing *t = THING(timer, timer);

	note(t->name);
	if (t->act != NULL)
		t->act(t);
}

static void
on_flush(struct flusher *f)
{
	struct thing *t = THING(f, flusher);

	note(t->name);
	if (t->act != NULL)
		t->act(t);
}

static struct thing a, b, c, d;

/* Makes a to d new. */
static void
fresh(void)
{
	struct thing *all[] = { &a, &b, &c, &d };
	int i;

	for (i = 0; i < 4; i++) {
		memset(all[i], 0, sizeof(*all[i]));
		all[i]->name = (char)('a' + i);
		all[i]->flusher.fn = on_flush;
	}
	called();
}

/* --- Timers ------------------------------------------------------------- */

static void
set(struct thing *t, uint64_t in_ms)
{
	timer_set(&t->timer, loop, loop_now(loop) + in_ms, on_timer);
}

static void
set_self_now(struct thing *t)
{
	set(t, 0);
}

static void
stop_b(struct thing *t)
{
	(void)t;
	timer_stop(&b.timer);
}

static void
set_b_c_d_stop_c(struct thing *t)
{
	(void)t;
	clock_ms += 50;
	loop_update(loop);
	timer_set(&b.timer, loop, 3, on_timer);
	timer_set(&c.timer, loop, 4, on_timer);
	timer_set(&d.timer, loop, 2, on_timer);
	timer_stop(&c.timer);
}

static void
test_timers(void)
{
	fresh();
	loop_turn(loop, -1);
	is_int(waited_ms, -1, "an idle loop sleeps until something happens");
	set(&a, 30);
	set(&b, 10);
	set(&c, 10);
	set(&d, 10);
	ok(timer_is_set(&a.timer), "a timer is set");
	loop_turn(loop, -1);
	is_int(waited_ms, 10, "the loop sleeps until the first timer");
	is_str(called(), "bcd", "timers of one moment run as they were set");
	ok(!timer_is_set(&b.timer), "a timer runs once");
	loop_turn(loop, 5);
	is_int(waited_ms, 5, "a turn sleeps no longer than it was told");
	is_str(called(), "", "no timer runs before its time");
	set(&a, 3);
	loop_turn(loop, -1);
	is_int(waited_ms, 3, "a timer can be moved");
	is_str(called(), "a", "and runs then");
	timer_stop(&a.timer);
	loop_turn(loop, -1);
	is_int(waited_ms, -1, "with no timers it sleeps on");
	set(&a, (uint64_t)1 << 40);
	loop_turn(loop, 0);
	timer_set(&b.timer, loop, 0, on_timer);
	loop_turn(loop, -1);
	is_int(waited_ms, 0, "a timer of the past does not sleep");
	is_str(called(), "b", "and runs");
	timer_stop(&a.timer);
}

static void
test_timers_inside(void)
{
	fresh();
	a.act = stop_b;
	set(&a, 5);
	set(&b, 5);
	set(&c, 5);
	loop_turn(loop, -1);
	is_str(called(), "ac", "a timer stops another that is due");
	a.act = set_self_now;
	set(&a, 0);
	set(&b, 1);
	loop_turn(loop, -1);
	is_str(called(), "a", "a timer that sets itself to now waits a turn");
	clock_ms += 10;
	loop_turn(loop, -1);
	is_int(waited_ms, 0, "without a sleep");
	is_str(called(), "ab", "and starves nobody");
	timer_stop(&a.timer);

	/* b to d: due long ago, set while timers run, one stopped again. */
	a.act = set_b_c_d_stop_c;
	set(&a, 1);
	loop_turn(loop, -1);
	is_str(called(), "a", "nor do others that are set to the past");
	ok(!timer_is_set(&c.timer), "they can be stopped at once");
	loop_turn(loop, -1);
	is_str(called(), "db", "and run next, the earliest first");
}

enum { MANY = 300 };

static struct timer many[MANY];
static unsigned many_order[MANY], fired, misfired;
static uint64_t many_due[MANY];
static bool many_set[MANY];
static unsigned order;

/* A deterministic generator, xorshift. */
static uint32_t
dice(uint32_t sides)
{
	static uint32_t x = 2463534242u;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x % sides;
}

/* Sets timer i or stops it. */
static void on_many(struct timer *t);

static void
shuffle(unsigned i)
{
	if (dice(4) == 0) {
		timer_stop(&many[i]);
		many_set[i] = false;
		return;
	}
	many_due[i] = loop_now(loop) + 1 + dice(50);
	many_order[i] = ++order;
	many_set[i] = true;
	timer_set(&many[i], loop, many_due[i], on_many);
}

static void
on_many(struct timer *t)
{
	unsigned i = (unsigned)(t - many), j;

	fired++;
	misfired += !many_set[i] || many_due[i] > loop_now(loop);
	many_set[i] = false;
	for (j = 0; j < MANY; j++)
		misfired += many_set[j] && (many_due[j] < many_due[i] ||
		    (many_due[j] == many_due[i] &&
		    many_order[j] < many_order[i]));
	for (j = dice(4); j > 0; j--)
		shuffle(dice(MANY));
}

static void
test_timers_many(void)
{
	unsigned i, left = 0;

	for (i = 0; i < MANY; i++)
		shuffle(i);
	for (i = 0; i < 5000; i++) {
		shuffle(dice(MANY));
		loop_turn(loop, (int64_t)dice(20));
	}
	ok(fired > 5000, "%u timers fired at random", fired);
	is_int(misfired, 0, "each in its turn");
	for (i = 0; i < MANY; i++) {
		left += many_set[i] != timer_is_set(&many[i]);
		timer_stop(&many[i]);
	}
	is_int(left, 0, "and those that did not are still set");
	loop_turn(loop, -1);
	is_int(waited_ms, -1, "none is left");
}

/* --- Watches ------------------------------------------------------------ */

static void
start(struct thing *t, unsigned want)
{
	watch_start(&t->watch, loop, 1, want, on_watch);
}

static void
stop_watch_b(struct thing *t)
{
	(void)t;
	watch_stop(&b.watch);
}

static void
restart_watch_b(struct thing *t)
{
	(void)t;
	watch_stop(&b.watch);
	start(&b, READABLE);
}

static void
deafen_b(struct thing *t)
{
	(void)t;
	watch_want(&b.watch, 0);
}

static void
read_only_b(struct thing *t)
{
	(void)t;
	watch_want(&b.watch, READABLE);
}

static void
free_self(struct thing *t)
{
	watch_stop(&t->watch);
	timer_stop(&t->timer);
	loop_unmark(loop, &t->flusher);
	memset(t, 0xdd, sizeof(*t));
	free(t);
}

static void
test_watches(void)
{
	struct thing *t;

	fresh();
	start(&a, READABLE);
	start(&b, READABLE | WRITABLE);
	is_int(added, 3, "watches are added");
	come(&a.watch, READABLE);
	come(&b.watch, WRITABLE);
	loop_turn(loop, -1);
	is_str(called(), "ab", "watches are called as their events come");

	a.act = stop_watch_b;
	come(&a.watch, READABLE);
	come(&b.watch, READABLE);
	loop_turn(loop, -1);
	is_str(called(), "a", "a watch that was stopped is not called");
	is_int(removed, 1, "and is removed");
	watch_stop(&b.watch);
	is_int(removed, 1, "once");

	start(&b, READABLE);
	a.act = restart_watch_b;
	come(&a.watch, READABLE);
	come(&b.watch, READABLE);
	loop_turn(loop, -1);
	is_str(called(), "a", "nor is one that was started again");
	come(&b.watch, READABLE);
	loop_turn(loop, -1);
	is_str(called(), "b", "until events come");

	a.act = deafen_b;
	changed = 0;
	come(&a.watch, READABLE);
	come(&b.watch, READABLE);
	loop_turn(loop, -1);
	is_str(called(), "a", "one that wants nothing any more is left alone");
	is_int(changed, 1, "the poller is told");
	watch_want(&b.watch, 0);
	is_int(changed, 1, "once");
	watch_want(&b.watch, WRITABLE);
	a.act = read_only_b;
	come(&a.watch, READABLE);
	come(&b.watch, WRITABLE);
	loop_turn(loop, -1);
	is_str(called(), "a", "nor does it hear what it wants no more");
	watch_stop(&a.watch);
	watch_stop(&b.watch);

	t = calloc(1, sizeof(*t));
	t->name = 'x';
	t->act = free_self;
	start(t, READABLE);
	set(t, 50);
	come(&t->watch, READABLE);
	loop_turn(loop, -1);
	is_str(called(), "x", "a watch may free itself");
	errno = 0;
	is_int(watch_start(&a.watch, loop, FD_NONE, READABLE, on_watch), -1,
	    "a watch that the poller cannot hold is refused");
	is_int(errno, EMFILE, "with the poller's errno");
	watch_stop(&a.watch);
}

/* --- Flushers ----------------------------------------------------------- */

static void
mark_b_and_self(struct thing *t)
{
	static int times;

	loop_mark(loop, &b.flusher);
	if (times++ < 2)
		loop_mark(loop, &t->flusher);
}

static void
flush_inside(struct thing *t)
{
	static int times;

	if (times++ > 0)
		return;
	loop_mark(loop, &t->flusher);
	loop_mark(loop, &b.flusher);
	loop_flush(loop);
	note('.');
}

static void
mark_c_set_d(struct thing *t)
{
	(void)t;
	loop_mark(loop, &c.flusher);
	timer_set(&d.timer, loop, loop_now(loop), on_timer);
}

static void
test_flushers(void)
{
	struct thing *t;

	fresh();
	loop_mark(loop, &a.flusher);
	loop_mark(loop, &b.flusher);
	loop_mark(loop, &a.flusher);
	loop_flush(loop);
	is_str(called(), "ab", "what is marked is flushed, once, in order");
	loop_flush(loop);
	is_str(called(), "", "and not again");
	loop_mark(loop, &a.flusher);
	loop_mark(loop, &b.flusher);
	loop_mark(loop, &c.flusher);
	loop_unmark(loop, &c.flusher);
	loop_unmark(loop, &a.flusher);
	loop_unmark(loop, &d.flusher);
	loop_mark(loop, &d.flusher);
	loop_flush(loop);
	is_str(called(), "bd", "what is unmarked is not");
	a.act = mark_b_and_self;
	loop_mark(loop, &a.flusher);
	loop_flush(loop);
	is_str(called(), "ababab", "what is marked meanwhile goes, too");
	a.act = flush_inside;
	loop_mark(loop, &a.flusher);
	loop_flush(loop);
	is_str(called(), "ab.a", "a flush inside leaves out who is at it");

	t = calloc(1, sizeof(*t));
	t->name = 'x';
	t->flusher.fn = on_flush;
	t->act = free_self;
	loop_mark(loop, &t->flusher);
	loop_mark(loop, &b.flusher);
	loop_flush(loop);
	is_str(called(), "xb", "a flusher may free itself");

	fresh();
	a.act = mark_c_set_d;
	loop_mark(loop, &b.flusher);
	start(&a, READABLE);
	come(&a.watch, READABLE);
	loop_turn(loop, -1);
	is_str(called(), "badc", "a turn: watches, timers, then the flush");
	watch_stop(&a.watch);
}

/* --- The rest ----------------------------------------------------------- */

static char *doomed[200];

static void
doom(struct thing *t)
{
	size_t i;

	(void)t;
	for (i = 0; i < sizeof(doomed) / sizeof(doomed[0]); i++) {
		doomed[i] = malloc(1);
		*doomed[i] = 42;
		loop_free_later(loop, doomed[i]);
	}
	loop_free_later(loop, NULL);
	loop_mark(loop, &b.flusher);
}

static void
look(struct thing *t)
{
	size_t i;

	(void)t;
	for (i = 0; i < sizeof(doomed) / sizeof(doomed[0]); i++)
		if (*doomed[i] != 42)
			note('!');
}

static void
stop_loop(struct thing *t)
{
	(void)t;
	loop_stop(loop);
}

static void
woken(void *arg)
{
	note(*(char *)arg);
}

static void
test_rest(void)
{
	char w = 'w';
	uint64_t now_ms;
	unsigned long turns;

	fresh();
	a.act = doom;
	b.act = look;
	start(&a, READABLE);
	come(&a.watch, READABLE);
	loop_turn(loop, -1);
	is_str(called(), "ab", "what died may be looked at until the end");

	a.act = stop_loop;
	set(&a, 7);
	set(&b, 7);
	set(&c, 8);
	b.act = NULL;
	loop_run(loop);
	is_str(called(), "ab", "a loop stops after the turn");
	loop_stop(loop);
	loop_run(loop);
	is_str(called(), "", "or does not begin when it was stopped before");
	timer_stop(&c.timer);

	loop_on_wake(loop, woken, &w);
	loop_wake(loop);
	loop_wake(loop);
	come(first_watch, READABLE);
	loop_turn(loop, -1);
	is_str(called(), "w", "waking calls back");
	for (turns = 0; turns < 100000; turns++)
		loop_wake(loop);
	ok(true, "waking often does not block");

	clock_ms += 100;
	loop_update(loop);
	now_ms = loop_now(loop);
	is_int(now_ms, clock_ms, "the clock is read anew");
	clock_ms -= 50;
	loop_update(loop);
	is_int(loop_now(loop), now_ms, "but never goes back");
	clock_ms += 50;

	turns = loop_turns(loop);
	loop_turn(loop, 0);
	is_int(loop_turns(loop) - turns, 1, "turns are counted");
	watch_stop(&a.watch);
}

/* --- Suspension --------------------------------------------------------- */

static uint64_t told_ms;
static int tells;

static void
on_sleep(struct sleeper *s, uint64_t ms)
{
	(void)s;
	told_ms = ms;
	tells++;
}

static void
on_minute(struct timer *t)
{
	(void)t;
}

/* A turn in which the loop waits for a minute. */
static void
a_minute_passes(struct timer *t)
{
	timer_set(t, loop, loop_now(loop) + 60000, on_minute);
	loop_turn(loop, -1);
}

static void
test_sleepers(void)
{
	struct sleeper s;
	struct timer t;

	memset(&s, 0, sizeof(s));
	memset(&t, 0, sizeof(t));
	s.fn = on_sleep;
	loop_watch_sleep(loop, &s);
	a_minute_passes(&t);
	is_int(tells, 0, "a long wait is no suspension");
	slept_ms = 45000;
	a_minute_passes(&t);
	is_int(tells, 1, "a suspension is told once");
	is_int(told_ms, 45000, "with its length");
	a_minute_passes(&t);
	is_int(tells, 1, "and not again");
	loop_unwatch_sleep(&s);
	slept_ms = 90000;
	a_minute_passes(&t);
	is_int(tells, 1, "nor to who does not listen any more");
	timer_stop(&t);
}

int
main(void)
{
	if (sock_init() == -1)
		return 1;
	errno = 0;
	ok(loop_new("none") == NULL && errno == EINVAL, "unknown pollers fail");
	errno = 0;
	ok(loop_new("broken") == NULL && errno == ENOSYS,
	    "one that does not work fails when it was asked for");
	loop = loop_new(NULL);
	ok(loop != NULL, "a loop opens");
	is_str(loop_poller(loop), "fake", "with the first poller that works");
	is_int(loop_now(loop), 1000, "and knows the time");
	test_timers();
	test_timers_inside();
	test_timers_many();
	test_watches();
	test_flushers();
	test_rest();
	test_sleepers();
	is_int(added - removed, 1, "no watch is left but the loop's own");
	loop_free(loop);
	return done_testing();
}
