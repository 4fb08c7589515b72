/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The event loop: turns, watches and flushers.  Which timer is next is decided
 * in timers.c.
 *
 * NOTES.  The states of a watch:
 *
 *	stopped		loop == NULL
 *	started		the poller has it
 *	ready		started, and ready > 0: it has events in this turn that
 *			were not handled yet
 *
 * The states of a flusher:
 *
 *	idle		neither marked nor running
 *	marked		in the list `marked`
 *	running		in a struct active on the stack of loop_flush(); if it
 *			is marked again meanwhile, it runs again
 *
 * A callback may free the watch, timer or flusher that it was called for: the
 * loop does not touch it afterwards.  watch_stop() removes the watch from this
 * turn's events.
 */

#include "compat.h"

#include <signal.h>

#include "net/loop.h"

#include "base/log.h"
#include "net/poller.h"
#include "net/timers.h"

enum {
	LOOP_READY = 256,	/* events handled in a turn */
	LOOP_SLEEP_MS = 1000,	/* shorter suspensions are ignored */
	LOOP_UNWOKEN_MS = 1000,	/* longest wait without a wake-up socket */
};

/* A flusher that is running, on the stack of loop_flush(). */
struct active {
	struct flusher *flusher;	/* NULL after loop_unmark() */
	struct active *outer;	/* of the loop_flush() around this one */
};

struct loop {
	const struct poller_ops *ops;
	struct poller *poller;
	uint64_t now_ms;
	unsigned long turns;
	volatile sig_atomic_t stopped;
	volatile sig_atomic_t woken;	/* loop_wake() was called */

	struct ready ready[LOOP_READY];	/* this turn's events */

	struct timers timers;

	struct flusher *marked;		/* in the order of marking */
	struct flusher **marked_end;
	struct active *active;

	void **dead;			/* freed at the end of the turn */
	size_t n_dead, max_dead;	/* entries: used, allocated */

	const char *subject;		/* of the log; NULL: none */
	struct list sleepers;
	uint64_t slept_ms;		/* clock_slept_ms() when last read */

	fd_t wake[2];			/* sock_pair() */
	struct watch wake_watch;
	void (*on_wake)(void *);
	void *on_wake_arg;

	struct arena *arena;
	void (*arena_free)(struct arena *);

	struct routes *routes;		/* of net/route.c */
	struct clock_floor *clock_floor;	/* of net/clock_floor.c */
};

const char *
loop_set_subject(struct loop *l, const char *subject)
{
	const char *before = l->subject;

	if (subject != before) {
		l->subject = subject;
		log_set_subject(subject);
	}
	return before;
}

const char *
loop_subject(const struct loop *l)
{
	return l->subject;
}

void
timer_set(struct timer *t, struct loop *l, uint64_t due_ms, timer_fn *fn)
{
	timer_stop(t);
	t->loop = l;
	t->fn = fn;
	t->subject = l->subject;
	t->due_ms = due_ms;
	timers_add(&l->timers, t);
}

void
timer_stop(struct timer *t)
{
	if (t->loop == NULL)
		return;
	timers_remove(&t->loop->timers, t);
	t->loop = NULL;
}

/* Calls the timers that are due. */
static void
loop_run_timers(struct loop *l)
{
	struct timer *t;
	int i;

	timers_begin(&l->timers, l->now_ms);
	for (i = 0; i < LOOP_TIMERS &&
	    (t = timers_next(&l->timers)) != NULL; i++) {
		timer_stop(t);
		loop_set_subject(l, t->subject);
		t->fn(t);
	}
	timers_end(&l->timers);
	loop_set_subject(l, NULL);
}

int
watch_start(struct watch *w, struct loop *l, fd_t fd, unsigned want,
    watch_fn *fn)
{
	must(w->loop == NULL);
	w->fn = fn;
	w->subject = l->subject;
	w->fd = fd;
	w->want = want;
	w->slot = -1;
	w->next = NULL;
	w->ready = 0;
	if (l->ops->add(l->poller, w) == -1)
		return -1;
	w->loop = l;
	return 0;
}

void
watch_want(struct watch *w, unsigned want)
{
	unsigned had = w->want;

	must(w->loop != NULL);
	if (want == had)
		return;
	w->want = want;
	w->loop->ops->change(w->loop->poller, w, had);
}

void
watch_stop(struct watch *w)
{
	struct loop *l = w->loop;

	if (l == NULL)
		return;
	l->ops->remove(l->poller, w);
	if (w->ready != 0)
		l->ready[w->ready - 1].watch = NULL;
	w->ready = 0;
	w->loop = NULL;
}

/* Calls the watches whose events came.  A callback may have changed what a
 * watch wants since the poller reported: WRITABLE is masked if it is no longer
 * wanted, and a watch that wants nothing is not called.  READABLE is never
 * masked, because it may mean an error. */
static void
loop_run_watches(struct loop *l, int n)
{
	struct watch *w;
	unsigned events;
	int i;

	for (i = 0; i < n; i++) {
		w = l->ready[i].watch;
		if (w == NULL)
			continue;
		w->ready = 0;
		events = l->ready[i].events;
		if ((w->want & WRITABLE) == 0)
			events &= ~(unsigned)WRITABLE;
		if (w->want != 0 && events != 0) {
			loop_set_subject(l, w->subject);
			w->fn(w, events);
		}
	}
	loop_set_subject(l, NULL);
}

void
loop_mark(struct loop *l, struct flusher *f)
{
	if (f->marked)
		return;
	f->marked = true;
	f->subject = l->subject;
	f->next = NULL;
	*l->marked_end = f;
	l->marked_end = &f->next;
}

/* Removes the flusher that *at points to from the list of marked ones. */
static struct flusher *
flusher_take(struct loop *l, struct flusher **at)
{
	struct flusher *f = *at;

	*at = f->next;
	if (f->next == NULL)
		l->marked_end = at;
	f->next = NULL;
	f->marked = false;
	return f;
}

void
loop_unmark(struct loop *l, struct flusher *f)
{
	struct flusher **at;
	struct active *a;

	/* Also while it runs: the caller may free f, and a new flusher at the
	 * same address must not be mistaken for the running one. */
	for (a = l->active; a != NULL; a = a->outer)
		if (a->flusher == f)
			a->flusher = NULL;
	if (!f->marked)
		return;
	for (at = &l->marked; *at != f; at = &(*at)->next)
		;
	flusher_take(l, at);
}

/* Takes the first marked flusher that is not running; NULL: none. */
static struct flusher *
flusher_next(struct loop *l)
{
	struct flusher **at;
	struct active *a;

	for (at = &l->marked; *at != NULL; at = &(*at)->next) {
		for (a = l->active; a != NULL; a = a->outer)
			if (a->flusher == *at)
				break;
		if (a == NULL)
			return flusher_take(l, at);
	}
	return NULL;
}

void
loop_flush(struct loop *l)
{
	const char *subject = l->subject;
	struct active self;

	while ((self.flusher = flusher_next(l)) != NULL) {
		self.outer = l->active;
		l->active = &self;
		loop_set_subject(l, self.flusher->subject);
		self.flusher->fn(self.flusher);
		l->active = self.outer;
	}
	loop_set_subject(l, subject);
}

void
loop_free_later(struct loop *l, void *p)
{
	size_t max = l->max_dead == 0 ? 64 : l->max_dead * 2;
	void **dead;

	if (p == NULL)
		return;
	if (l->n_dead == l->max_dead) {
		dead = realloc(l->dead, max * sizeof(*dead));
		if (dead == NULL)
			return;		/* a leak, but no use after free */
		l->dead = dead;
		l->max_dead = max;
	}
	l->dead[l->n_dead++] = p;
}

/* Flushes, and frees what loop_free_later() was given. */
static void
loop_settle(struct loop *l)
{
	loop_flush(l);
	while (l->n_dead > 0)
		free(l->dead[--l->n_dead]);
}

/* How long to wait, in milliseconds; -1: no limit. */
static int64_t
loop_timeout(const struct loop *l, int64_t max_wait_ms)
{
	const struct timer *first = timers_first(&l->timers);
	uint64_t wait_ms;

	if (l->stopped || l->woken)
		return 0;
	/* Without the socket only a signal ends the wait. */
	if (l->wake_watch.loop == NULL &&
	    (max_wait_ms < 0 || max_wait_ms > LOOP_UNWOKEN_MS))
		max_wait_ms = LOOP_UNWOKEN_MS;
	if (first == NULL)
		return max_wait_ms;
	if (first->due_ms <= l->now_ms)
		return 0;
	wait_ms = first->due_ms - l->now_ms;
	if (max_wait_ms >= 0 && wait_ms > (uint64_t)max_wait_ms)
		return max_wait_ms;
	return wait_ms > INT32_MAX ? INT32_MAX : (int64_t)wait_ms;
}

void
loop_watch_sleep(struct loop *l, struct sleeper *s)
{
	s->subject = l->subject;
	list_add(&l->sleepers, &s->link);
}

void
loop_unwatch_sleep(struct sleeper *s)
{
	if (s->link.next != NULL)
		list_remove(&s->link);
}

/* Calls the sleepers if the machine was suspended since the last call. */
static void
loop_call_sleepers(struct loop *l)
{
	uint64_t slept_ms = clock_slept_ms(), before_ms = l->slept_ms;
	struct list *at, *next;
	struct sleeper *s;

	l->slept_ms = slept_ms;
	if (slept_ms < before_ms + LOOP_SLEEP_MS)
		return;
	for (at = l->sleepers.next; at != &l->sleepers; at = next) {
		next = at->next;
		s = LIST_ITEM(at, struct sleeper, link);
		loop_set_subject(l, s->subject);
		s->fn(s, slept_ms - before_ms);
	}
	loop_set_subject(l, NULL);
}

/* Calls on_wake() if loop_wake() was called, perhaps several times. */
static void
loop_call_woken(struct loop *l)
{
	if (!l->woken)
		return;
	l->woken = 0;
	if (l->on_wake != NULL)
		l->on_wake(l->on_wake_arg);
}

void
loop_turn(struct loop *l, int64_t max_wait_ms)
{
	uint64_t before_ms = l->now_ms;
	int i, n;

	loop_settle(l);		/* what was marked before the first turn */
	l->turns++;
	loop_update(l);
	n = l->ops->wait(l->poller, l->ready, LOOP_READY,
	    loop_timeout(l, max_wait_ms));
	for (i = 0; i < n; i++)
		l->ready[i].watch->ready = i + 1;
	loop_update(l);
	if (l->now_ms - before_ms >= LOOP_SLEEP_MS)
		loop_call_sleepers(l);
	loop_run_watches(l, n);
	loop_call_woken(l);
	loop_run_timers(l);
	loop_settle(l);
}

void
loop_run(struct loop *l)
{
	while (!l->stopped)
		loop_turn(l, -1);
	l->stopped = 0;
}

void
loop_stop(struct loop *l)
{
	l->stopped = 1;
	loop_wake(l);
}

void
loop_wake(struct loop *l)
{
	int saved = errno;

	l->woken = 1;
	/* If the buffer is full, what is in it wakes the loop.  After any other
	 * failure the signal that ends the wait has to do, or the timeout. */
	(void)sock_send(l->wake[1], "", 1);
	errno = saved;
}

void
loop_on_wake(struct loop *l, void (*fn)(void *), void *arg)
{
	l->on_wake = fn;
	l->on_wake_arg = arg;
}

/* Bytes of loop_wake() came; loop_call_woken() does the rest. */
static void
loop_woken(struct watch *w, unsigned events)
{
	char buf[64];
	ssize_t n;

	(void)events;
	do {
		n = sock_recv(w->fd, buf, sizeof(buf));
	} while (n == (ssize_t)sizeof(buf));
	if (n > 0 || (n < 0 && errno == EAGAIN))
		return;
	/* The socket would report that in each turn. */
	log_warn("event loop: the socket that wakes it up has failed: %s",
	    n == 0 ? "it is closed" : sock_strerror(errno));
	watch_stop(w);
}

/* Opens a poller and adds the first watch. 0, or -1 and errno. */
static int
loop_try(struct loop *l, const struct poller_ops *ops)
{
	int error;

	l->ops = ops;
	l->poller = ops->open();
	if (l->poller == NULL)
		return -1;
	if (watch_start(&l->wake_watch, l, l->wake[0], READABLE,
	    loop_woken) == 0)
		return 0;
	error = errno;
	ops->close(l->poller);
	errno = error;
	return -1;
}

struct loop *
loop_new(const char *poller)
{
	const struct poller_ops *const *ops;
	struct loop *l;
	int error = EINVAL;

	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return NULL;
	l->marked_end = &l->marked;
	list_init(&l->sleepers);
	l->slept_ms = clock_slept_ms();
	if (sock_pair(l->wake) == -1) {
		error = errno;
		free(l);
		errno = error;
		return NULL;
	}
	for (ops = poller_list; *ops != NULL; ops++) {
		if (poller != NULL && strcmp((*ops)->name, poller) != 0)
			continue;
		if (loop_try(l, *ops) == 0) {
			loop_update(l);
			return l;
		}
		error = errno;
	}
	sock_close(l->wake[0]);
	sock_close(l->wake[1]);
	free(l);
	errno = error;
	return NULL;
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	loop_settle(l);
	watch_stop(&l->wake_watch);
	l->ops->close(l->poller);
	sock_close(l->wake[0]);
	sock_close(l->wake[1]);
	if (l->arena != NULL)
		l->arena_free(l->arena);
	free(l->dead);
	free(l);
}

const char *
loop_poller(const struct loop *l)
{
	return l->ops->name;
}

uint64_t
loop_now(const struct loop *l)
{
	return l->now_ms;
}

void
loop_update(struct loop *l)
{
	uint64_t now_ms = clock_mono_ms();

	if (now_ms > l->now_ms)
		l->now_ms = now_ms;
}

unsigned long
loop_turns(const struct loop *l)
{
	return l->turns;
}

struct arena *
loop_arena(struct loop *l)
{
	return l->arena;
}

void
loop_set_arena(struct loop *l, struct arena *arena,
    void (*free_fn)(struct arena *))
{
	l->arena = arena;
	l->arena_free = free_fn;
}

struct routes *
loop_routes(struct loop *l)
{
	return l->routes;
}

void
loop_set_routes(struct loop *l, struct routes *routes)
{
	l->routes = routes;
}

struct clock_floor *
loop_clock_floor(struct loop *l)
{
	return l->clock_floor;
}

void
loop_set_clock_floor(struct loop *l, struct clock_floor *floor)
{
	l->clock_floor = floor;
}
