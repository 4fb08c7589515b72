/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Several times at which something is due, by one timer: for objects of which
 * there may be very many, since a timer takes as much memory as eight times.
 *
 * NOTES.  The owner numbers its times from 0 on.  Its timer function is called
 * when the first is due, and gets its number from dues_take(); those that are
 * due as well follow, one a turn of the loop.
 */

#ifndef TUNNEL_DUES_H
#define TUNNEL_DUES_H

#include "net/loop.h"

enum { DUES_MAX = 4 };		/* times of an owner */

/* Zeroed: nothing is due. */
struct dues {
	struct timer timer;	/* set to the first of them */
	uint64_t due[DUES_MAX];	/* in ms of loop_now(), plus 1; 0: never */
};

/* Something is due at due_ms.  fn is that of the owner, the same in all
 * calls. */
void dues_set(struct dues *, struct loop *, unsigned which, uint64_t due_ms,
    timer_fn *fn);

/* It is not due any more; harmless when it was not.  The others keep the
 * subject of the log that they have. */
void dues_stop(struct dues *, unsigned which);
void dues_stop_all(struct dues *);

/* Called first in fn: what is due now, which is not set any more. */
unsigned dues_take(struct dues *, struct loop *);

/* When it is due; UINT64_MAX: never. */
static inline uint64_t
dues_at(const struct dues *d, unsigned which)
{
	return d->due[which] - 1;
}

#endif
