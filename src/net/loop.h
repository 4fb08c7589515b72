/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The event loop: watches on descriptors, timers, and what is to be flushed
 * before it sleeps.
 *
 * NOTES.  A turn: wait for events (no longer than the first timer), run the
 * watches, run the timers that are due, flush, free what died.  Watches,
 * timers and flushers are members of the structs that use them; zeroed ones
 * are ready to use.  All calls are from the loop's own thread, but
 * loop_wake() and loop_stop(), which a signal handler may call.
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

enum {				/* events, and what a watch wants */
	READABLE = 1,		/* also an error or the end: read tells */
	WRITABLE = 2,
};

typedef void watch_fn(struct watch *, unsigned events);
typedef void timer_fn(struct timer *);
typedef void flusher_fn(struct flusher *);

/* A descriptor that is watched. */
struct watch {
	struct loop *loop;	/* NULL when it is not watched */
	watch_fn *fn;
	fd_t fd;
	unsigned want;		/* READABLE, WRITABLE, both, or 0: not even
				 * errors are told */
	int slot;		/* the poller's own */
	int ready;		/* place in this turn's events plus 1, or 0 */
};

/* A moment at which fn is called, once; a node of a pairing heap. */
struct timer {
	struct loop *loop;	/* NULL when it is not set */
	timer_fn *fn;
	uint64_t due_ms;
	uint64_t order;		/* of setting, among those of one due_ms */
	struct timer *child, *sibling, *back;	/* the heap's; see loop.c */
};

/* A wish to be called after the machine was suspended. */
struct sleeper {
	struct list link;
	void (*fn)(struct sleeper *, uint64_t slept_ms);
};

/* Work put off until the loop sleeps or the arena wraps. */
struct flusher {
	struct flusher *next;
	flusher_fn *fn;
	bool marked;
};

/* A loop on the poller of that name ("epoll", "kqueue", "poll", "select"), or
 * on the best that works for NULL.  NULL, and errno, on failure; EINVAL when
 * there is none of that name. The caller frees it. */
struct loop *loop_new(const char *poller);

/* Frees the loop; its watches and timers must be gone. */
void loop_free(struct loop *);

/* The poller in use. */
const char *loop_poller(const struct loop *);

/* Milliseconds of clock_mono_ms() as they were when the turn began. */
uint64_t loop_now(const struct loop *);

/* Reads the clock anew, after work that took long. */
void loop_update(struct loop *);

/* Runs turns until loop_stop(). */
void loop_run(struct loop *);

/* Runs one turn; max_wait_ms: longest sleep, -1 for as long as it takes. */
void loop_turn(struct loop *, int64_t max_wait_ms);

/* Ends loop_run() after this turn. From a signal handler too. */
void loop_stop(struct loop *);

/* Makes the sleeping loop run a turn. From a signal handler or another thread
 * too. */
void loop_wake(struct loop *);

/* What loop_wake() is followed by, in the loop: NULL for nothing. */
void loop_on_wake(struct loop *, void (*fn)(void *), void *arg);

/* Watches fd for the events in want (may be 0); w->fn is called with those
 * that came.  0, or -1 and errno: ENOMEM, or EMFILE when the poller cannot
 * hold that descriptor. */
int watch_start(struct watch *w, struct loop *, fd_t fd, unsigned want,
    watch_fn *fn);

/* Changes what a started watch wants. */
void watch_want(struct watch *w, unsigned want);

/* Ends watching, before fd is closed; harmless when it was not started. */
void watch_stop(struct watch *w);

/* Calls fn at due_ms (of loop_now()) or as soon after as may be; setting it
 * again moves it.  Those of one due_ms are called in the order of setting;
 * one that a timer's fn sets to a time that has come waits for the next
 * turn. */
void timer_set(struct timer *t, struct loop *, uint64_t due_ms, timer_fn *fn);

/* Harmless when it is not set. */
void timer_stop(struct timer *t);

static inline bool
timer_is_set(const struct timer *t)
{
	return t->loop != NULL;
}

/* Calls s->fn, which the caller has set, after each suspension of the machine.
 * An idle loop does not wake up to look: the call comes with the first turn
 * that begins a second or more after the turn before. */
void loop_watch_sleep(struct loop *, struct sleeper *s);

/* Ends that; harmless when it was never asked for. */
void loop_unwatch_sleep(struct sleeper *s);

/* Makes the next loop_flush() call f->fn, which the caller has set, once. */
void loop_mark(struct loop *, struct flusher *f);

/* Takes a marked flusher out again, before its memory goes. */
void loop_unmark(struct loop *, struct flusher *f);

/* Calls the flushers that are marked; afterwards no datagram is borrowed any
 * more.  A flusher may call it, too; flushers that run already are left
 * out. */
void loop_flush(struct loop *);

/* Frees memory (by free()) at the end of the turn; until then p stays as it
 * is and may be looked at. */
void loop_free_later(struct loop *, void *p);

/* How many turns have begun; all that was borrowed in earlier ones is free. */
unsigned long loop_turns(const struct loop *);

/* The arena of the loop's datagrams (net/dgram.h). */
struct arena *loop_arena(struct loop *);

/* Gives the arena that loop_free() will free. */
void loop_set_arena(struct loop *, struct arena *,
    void (*free_fn)(struct arena *));

#endif
