/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * CoDel, which finds standing queues by the delay of their packets.
 *
 * NOTES.
 *
 *	state		above_us	signals	left when
 *	short		0		no	a delay exceeds the target
 *	burst		set		no	that lasts for an interval
 *	standing	set		yes	a delay is below the target, or
 *						the queue has one packet
 */

#include "compat.h"

#include "wire/codel.h"

enum { CODEL_RECENT = 16 };	/* intervals: a queue that stands again so soon
				 * goes on at the rate that it had */

/* The time from one signal to the next, after that many: the interval divided
 * by the root of it. */
static uint64_t
codel_gap_us(uint32_t count)
{
	static const uint32_t gap_us[CODEL_MOST] = { 100000, 70711, 57735,
	    50000, 44721, 40825, 37796, 35355, 33333 };

	return gap_us[count - 1];
}

/* Has each packet been delayed for too long during an interval?  RFC 8289 5.5,
 * dodequeue(). */
static bool
codel_stands(struct codel *c, uint64_t delay_us, bool last, uint64_t now_us)
{
	if (delay_us < CODEL_TARGET_US || last) {
		c->above_us = 0;
		return false;
	}
	if (c->above_us == 0) {
		c->above_us = now_us + CODEL_INTERVAL_US;
		return false;
	}
	/* A clock that was set back would have it wait. */
	if (c->above_us > now_us + CODEL_INTERVAL_US)
		c->above_us = now_us + CODEL_INTERVAL_US;
	return now_us >= c->above_us;
}

/* A standing queue begins to signal. */
static void
codel_begin(struct codel *c, uint64_t now_us)
{
	uint32_t more = c->count == CODEL_MOST ? CODEL_MOST - 1 :
	    c->count - c->before;

	c->signals = true;
	c->count = more > 1 && now_us - c->next_us <
	    (uint64_t)CODEL_RECENT * CODEL_INTERVAL_US ? more : 1;
	c->before = c->count;
	c->next_us = now_us + codel_gap_us(c->count);
}

bool
codel_judge(struct codel *c, uint64_t delay_us, bool last, uint64_t now_us)
{
	uint64_t gap_us;

	if (!codel_stands(c, delay_us, last, now_us)) {
		c->signals = false;
		return false;
	}
	if (!c->signals) {
		codel_begin(c, now_us);
		return true;
	}
	if (c->next_us > now_us + CODEL_INTERVAL_US)
		c->next_us = now_us + CODEL_INTERVAL_US;
	if (now_us < c->next_us)
		return false;
	if (c->count < CODEL_MOST)
		c->count++;
	gap_us = codel_gap_us(c->count);
	/* What is overdue by more than a gap is not made up for. */
	c->next_us = now_us - c->next_us > gap_us ? now_us + gap_us :
	    c->next_us + gap_us;
	return true;
}
