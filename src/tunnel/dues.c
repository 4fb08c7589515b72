/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Several times at which something is due, by one timer.
 */

#include "compat.h"

#include "tunnel/dues.h"

#include "base/log.h"

/* Which one is due first; DUES_MAX: none is due. */
static unsigned
first_due(const struct dues *d)
{
	unsigned i, first = DUES_MAX;

	for (i = 0; i < DUES_MAX; i++)
		if (d->due[i] != 0 &&
		    (first == DUES_MAX || d->due[i] < d->due[first]))
			first = i;
	return first;
}

/* Sets the timer to the first one, unless it is. */
static void
set_first(struct dues *d, struct loop *loop, timer_fn *fn)
{
	unsigned first = first_due(d);

	if (first == DUES_MAX)
		timer_stop(&d->timer);
	else if (!timer_is_set(&d->timer) ||
	    d->timer.due_ms != dues_at(d, first))
		timer_set(&d->timer, loop, dues_at(d, first), fn);
}

void
dues_set(struct dues *d, struct loop *loop, unsigned which, uint64_t due_ms,
    timer_fn *fn)
{
	must(which < DUES_MAX && due_ms < UINT64_MAX);
	d->due[which] = due_ms + 1;
	set_first(d, loop, fn);
}

void
dues_stop(struct dues *d, unsigned which)
{
	const char *subject = d->timer.subject;

	if (d->due[which] == 0)
		return;
	d->due[which] = 0;
	set_first(d, d->timer.loop, d->timer.fn);
	/* The caller may be a callback of a different tunnel. */
	d->timer.subject = subject;
}

void
dues_stop_all(struct dues *d)
{
	unsigned i;

	for (i = 0; i < DUES_MAX; i++)
		d->due[i] = 0;
	timer_stop(&d->timer);
}

unsigned
dues_take(struct dues *d, struct loop *loop)
{
	unsigned which = first_due(d);

	must(which < DUES_MAX);
	d->due[which] = 0;
	set_first(d, loop, d->timer.fn);
	return which;
}
