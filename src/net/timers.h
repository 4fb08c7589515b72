/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The timers of a loop, in the order in which they are to be called: by
 * due_ms, and then as they were added.
 *
 * NOTES.  Only loop.c uses this; all others call timer_set() and timer_stop()
 * of loop.h.  Timers are called in a run:
 *
 *	timers_begin(ts, now_ms);
 *	while ((t = timers_next(ts)) != NULL) {
 *		timers_remove(ts, t);
 *		(call it: it may add and remove timers)
 *	}
 *	timers_end(ts);
 *
 * A timer that is added in a run, with a time that has passed, is not part of
 * the run: so a run ends though each of its timers adds itself again.
 */

#ifndef NET_TIMERS_H
#define NET_TIMERS_H

#include "net/loop.h"

enum { TIMERS_RANK_BITS = 6 };	/* the lowest bits of a timer's order: its
				 * rank; those above count timers_add() */

/* A zeroed one has no timers. */
struct timers {
	struct timer *heap;	/* root: first in order */
	struct timer *later;	/* root of those added in a run that wait for
				 * its end */
	bool running;		/* between timers_begin() and timers_end() */
	uint64_t until_ms;	/* of the run: timers due after this */
	uint64_t until_order;	/* or added after this one wait */
	uint64_t order;		/* of the timer that was added last */
};

/* Adds a timer that is not among them, and whose due_ms is set; sets its order
 * and links.  It must stay in place until it is removed. */
void timers_add(struct timers *, struct timer *);

/* Removes a timer that was added. */
void timers_remove(struct timers *, struct timer *);

/* Begins a run of those that are due by now_ms. */
void timers_begin(struct timers *, uint64_t now_ms);

/* Ends the run. */
void timers_end(struct timers *);

/* The first one; NULL: none.  Not in a run. */
static inline const struct timer *
timers_first(const struct timers *ts)
{
	return ts->heap;
}

/* The first one of those that the run still has; NULL: none. */
static inline struct timer *
timers_next(const struct timers *ts)
{
	struct timer *t = ts->heap;

	return t != NULL && t->due_ms <= ts->until_ms ? t : NULL;
}

#endif
