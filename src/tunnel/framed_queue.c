/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Framed connections: what waits in the queue of a leg, and for how long.
 *
 * NOTES.  The packets of a device are queued in a fair queue, all else in a
 * plain one; so are those of a device where an end has too many fair queues.
 * A device is not asked to stop while its packets have a fair queue: what the
 * system queued for it then would be delayed without bound, marked by nobody,
 * and dropped at random.
 */

#include "compat.h"

#include "tunnel/framed.h"

enum {
	FRAMED_DRAIN_MS = 25,	/* longest delay in a standing queue while
				 * connections accept bytes, */
	FRAMED_FAIR_MS = 250,	/* and in a fair one, which is kept shorter by
				 * other means if senders slow down */
	FRAMED_BURST_MS = 100,	/* a queue that has exceeded the first for so
				 * long is a standing one, else it is a burst */
	FRAMED_STALL_MS = 1000,	/* longest delay while all connections are
				 * stalled; in a burst, this or unsent_ms */
	FRAMED_DRAINING_MS = 100,	/* stalled: none of them has accepted
				 * bytes for more than this */
};

static struct framed_end *
framed_end_of(const struct framed_leg *l)
{
	return (struct framed_end *)l->leg.end;
}

static uint64_t
framed_leg_now(const struct framed_leg *l)
{
	return loop_now(l->leg.end->tunnel->loop);
}

/* After datagrams went from the queue. */
static void
framed_leg_left(struct framed_leg *l)
{
	if (framed_leg_count(l) == 0)
		l->above = false;
}

/* Counts what its fair queue has marked and dropped. */
static void
framed_leg_tally(struct framed_leg *l)
{
	struct fair *f = l->fair;

	l->leg.end->tunnel->marked += f->marked;
	flow_drop(&l->leg, LOST_EARLY, f->early);
	flow_drop(&l->leg, LOST_QUEUE_FULL, f->over);
	f->marked = f->early = f->over = 0;
}

/* Is the datagram for a fair queue, which the leg has then? */
static bool
framed_leg_takes_fair(struct framed_leg *l)
{
	if (l->fair != NULL)
		return true;
	return l->queue.count == 0 && leg_other(&l->leg)->end->ops->device &&
	    fair_take(&framed_end_of(l)->fairs, &l->fair);
}

void
framed_leg_wait(struct framed_leg *l, const uint8_t *data, size_t len)
{
	struct framed_end *e = framed_end_of(l);
	unsigned full;

	if (framed_leg_takes_fair(l)) {
		if (fair_put(l->fair, data, len, framed_leg_now(l)) != 0)
			flow_drop(&l->leg, LOST_NO_MEMORY, 1);
		framed_leg_tally(l);
	} else {
		if (queue_put(&l->queue, &e->queues, data, len,
		    framed_leg_now(l), &full) != 0)
			flow_drop(&l->leg, LOST_NO_MEMORY, 1);
		flow_drop(&l->leg, LOST_QUEUE_FULL, full);
	}
	framed_leg_left(l);
}

const uint8_t *
framed_leg_first(struct framed_leg *l, size_t *len)
{
	const uint8_t *data;

	if (l->fair == NULL)
		return queue_first(&l->queue, len);
	data = fair_first(l->fair, framed_leg_now(l), len);
	framed_leg_tally(l);
	framed_leg_left(l);
	return data;
}

void
framed_leg_pop(struct framed_leg *l)
{
	if (l->fair != NULL)
		fair_pop(l->fair);
	else
		queue_pop(&l->queue, &framed_end_of(l)->queues);
	framed_leg_left(l);
}

bool
framed_leg_pass_over(struct framed_leg *l)
{
	if (l->fair == NULL)
		return false;
	fair_pass_over(l->fair);
	return true;
}

void
framed_leg_return(struct framed_leg *l)
{
	if (l->fair != NULL)
		fair_return(l->fair);
}

void
framed_leg_overflow(struct framed_leg *l)
{
	if (l->fair != NULL) {
		fair_drop(l->fair);
		framed_leg_tally(l);
	} else {
		queue_pop(&l->queue, &framed_end_of(l)->queues);
		flow_drop(&l->leg, LOST_QUEUE_FULL, 1);
	}
	framed_leg_left(l);
}

/* Since when the oldest datagram is queued; there is one. */
static uint64_t
framed_leg_since(const struct framed_leg *l)
{
	return l->fair != NULL ? fair_since(l->fair) : queue_since(&l->queue);
}

/* The longest time that a datagram may be queued now, in milliseconds; the
 * queue is not empty.  Arguments as those of framed_leg_expire(). */
static uint64_t
framed_leg_max_wait(struct framed_leg *l, bool up, uint64_t moved_ms,
    uint64_t now_ms)
{
	uint64_t unsent_ms = (uint64_t)framed_end_of(l)->unsent_ms;

	if (!up) {
		l->above = false;
		return unsent_ms;
	}
	if (!l->above && now_ms - framed_leg_since(l) > FRAMED_DRAIN_MS) {
		l->above = true;
		l->above_ms = (uint32_t)now_ms;
	}
	if (!l->above || (uint32_t)now_ms - l->above_ms < FRAMED_BURST_MS)
		return unsent_ms > FRAMED_STALL_MS ? unsent_ms :
		    FRAMED_STALL_MS;
	if (now_ms - moved_ms > FRAMED_DRAINING_MS)
		return FRAMED_STALL_MS;
	return l->fair != NULL ? FRAMED_FAIR_MS : FRAMED_DRAIN_MS;
}

void
framed_leg_expire(struct framed_leg *l, bool up, uint64_t moved_ms)
{
	uint64_t now_ms = framed_leg_now(l), max_wait_ms;

	if (framed_leg_count(l) == 0)
		return;
	max_wait_ms = framed_leg_max_wait(l, up, moved_ms, now_ms);
	if (now_ms <= max_wait_ms)
		return;
	flow_drop(&l->leg, LOST_QUEUE_OLD, l->fair != NULL ?
	    fair_expire(l->fair, now_ms - max_wait_ms) :
	    queue_expire(&l->queue, &framed_end_of(l)->queues,
	    now_ms - max_wait_ms));
	framed_leg_left(l);
}

void
framed_leg_clear(struct framed_leg *l)
{
	unsigned long n = queue_clear(&l->queue, &framed_end_of(l)->queues);

	if (l->fair != NULL)
		n += fair_expire(l->fair, UINT64_MAX);
	fair_give_back(&l->fair);
	flow_drop(&l->leg, LOST_FLOW_ENDED, n);
	l->above = false;
}

void
framed_leg_hold(struct framed_leg *l, bool on)
{
	on = on && l->fair == NULL;
	if (l->held == on)
		return;
	l->held = on;
	flow_hold(&l->leg, on);
}
