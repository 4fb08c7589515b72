/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The event loop: watches on descriptors, timers, and flushers, which run
 * before it sleeps.
 *
 * NOTES.  A turn: wait for events (no longer than the first timer), run the
 * watches, run the timers that are due, flush, free what loop_free_later() was
 * given.  Watches, timers and flushers are members of the structs that use
 * them; zeroed ones are ready to use.  Each keeps the subject of the log that
 * was set when it was started, set or marked, and has it again when it is
 * called: so all that a tunnel's callbacks log has the tunnel's name, and
 * whatever these start, too.  All functions are called from the loop's
 * own thread, except loop_wake() and loop_stop(), which a signal handler may
 * call as well.
 */

#ifndef NET_LOOP_H
#define NET_LOOP_H

#include "sock.h"

#include "base/list.h"

struct loop;
struct watch;
struct timer;
struct flusher;
struct arena;
struct routes;
struct clock_floor;

enum {
	LOOP_TIMERS = 512,	/* called in a turn, at most: if a million are
				 * due, descriptors are served in between */
};

enum {				/* events, and what a watch wants */
	READABLE = 1,		/* also an error or end of file */
	WRITABLE = 2,
};

typedef void watch_fn(struct watch *, unsigned events);
typedef void timer_fn(struct timer *);
typedef void flusher_fn(struct flusher *);

/* A watched descriptor. */
struct watch {
	struct loop *loop;	/* NULL when it is not watched */
	watch_fn *fn;
	const char *subject;	/* of what it logs; NULL: none */
	struct watch *next;	/* for the poller only; NULL: in no list */
	fd_t fd;
	unsigned want;		/* READABLE, WRITABLE, both, or 0: not even
				 * errors are reported */
	int slot;		/* for the poller only */
	int ready;		/* index in this turn's events plus 1, or 0 */
};

/* Calls fn once, when it is due; a node of a pairing heap. */
struct timer {
	struct loop *loop;	/* NULL when it is not set */
	timer_fn *fn;
	uint64_t due_ms;	/* as loop_now() counts */
	uint64_t order;		/* grows with each timer_set(); breaks ties */
	const char *subject;	/* as that of a watch */
	struct timer *child, *sibling, *back;	/* of the heap; see timers.c */
};

/* Is called after the machine was suspended. */
struct sleeper {
	struct list link;
	const char *subject;	/* as that of a watch */
	void (*fn)(struct sleeper *, uint64_t slept_ms);
};

/* Work deferred until the loop sleeps or the arena wraps. */
struct flusher {
	struct flusher *next;
	flusher_fn *fn;
	const char *subject;	/* as that of a watch */
	bool marked;
};

/* Makes a loop on the named poller ("epoll", "kqueue", "poll", "select"); NULL:
 * on the best that works.  Returns NULL and errno on failure; EINVAL when there
 * is no poller of that name.  The caller frees it with loop_free(). */
struct loop *loop_new(const char *poller);

/* Frees the loop; its watches and timers must be gone. */
void loop_free(struct loop *);

/* The poller in use. */
const char *loop_poller(const struct loop *);

/* Sets the subject of the log (log_set_subject()) for the rest of this
 * callback, or until it is set again.  Returns the one before. */
const char *loop_set_subject(struct loop *, const char *subject);

/* The subject that is set; NULL: none. */
const char *loop_subject(const struct loop *);

/* clock_mono_ms() as it was when the turn began or at loop_update(). */
uint64_t loop_now(const struct loop *);

/* Reads the clock again, after work that took long. */
void loop_update(struct loop *);

/* Runs turns until loop_stop(). */
void loop_run(struct loop *);

/* Runs one turn; max_wait_ms: longest sleep, -1: no limit. */
void loop_turn(struct loop *, int64_t max_wait_ms);

/* Ends loop_run() after this turn.  A signal handler may call it. */
void loop_stop(struct loop *);

/* Makes the sleeping loop run a turn.  A signal handler or a different thread
 * may call it. */
void loop_wake(struct loop *);

/* Sets what the loop calls after loop_wake(); NULL: nothing. */
void loop_on_wake(struct loop *, void (*fn)(void *), void *arg);

/* Watches fd for the events in want (may be 0) and calls fn with those that
 * came.  0, or -1 and errno: ENOMEM, or EMFILE when the poller cannot
 * hold that descriptor. */
int watch_start(struct watch *w, struct loop *, fd_t fd, unsigned want,
    watch_fn *fn);

/* Changes what a started watch wants. */
void watch_want(struct watch *w, unsigned want);

/* Stops watching; call it before fd is closed.  Harmless when it was not
 * started. */
void watch_stop(struct watch *w);

/* Calls fn at due_ms (in the time of loop_now()) or as soon as possible after
 * it; setting a set timer moves it.  Timers with the same due_ms are called in
 * the order in which they were set.  A timer that is set by a timer's fn to a
 * time that has passed waits for the next turn, and so do those that are due
 * beyond LOOP_TIMERS. */
void timer_set(struct timer *t, struct loop *, uint64_t due_ms, timer_fn *fn);

/* Harmless when it is not set. */
void timer_stop(struct timer *t);

static inline bool
timer_is_set(const struct timer *t)
{
	return t->loop != NULL;
}

/* Calls s->fn, which the caller has set, after each suspension of the machine.
 * An idle loop does not wake up to check: the call comes in the first turn that
 * follows the previous one by a second or more. */
void loop_watch_sleep(struct loop *, struct sleeper *s);

/* Stops these calls; harmless when loop_watch_sleep() was not called. */
void loop_unwatch_sleep(struct sleeper *s);

/* Makes the next loop_flush() call f->fn, which the caller has set, once. */
void loop_mark(struct loop *, struct flusher *f);

/* Unmarks a flusher; call it before its memory is freed. */
void loop_unmark(struct loop *, struct flusher *f);

/* Calls the marked flushers; afterwards no datagram is borrowed any more.  A
 * flusher may call it, too; flushers that are already running are skipped. */
void loop_flush(struct loop *);

/* Frees p (by free()) at the end of the turn; until then it stays unchanged and
 * may be read. */
void loop_free_later(struct loop *, void *p);

/* How many turns have begun; nothing borrowed in an earlier one is still in
 * use. */
unsigned long loop_turns(const struct loop *);

/* The arena of the loop's datagrams (net/dgram.h); NULL: none yet. */
struct arena *loop_arena(struct loop *);

/* Sets the arena, which loop_free() frees by free_fn. */
void loop_set_arena(struct loop *, struct arena *,
    void (*free_fn)(struct arena *));

/* What net/route.c keeps with the loop; NULL: nothing. */
struct routes *loop_routes(struct loop *);
void loop_set_routes(struct loop *, struct routes *);

/* The floor of the clock (net/clock_floor.h); NULL: none. */
struct clock_floor *loop_clock_floor(struct loop *);
void loop_set_clock_floor(struct loop *, struct clock_floor *);

#endif
