/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * CoDel (RFC 8289): by the time that packets were queued it decides which of
 * them tell their senders to slow down, by a mark or by their loss.
 *
 * NOTES.  A burst may be queued for as long as CODEL_INTERVAL_US.  A queue in
 * which no packet was there for less than CODEL_TARGET_US during that time is a
 * standing one: one packet is signalled, the next one after the interval
 * divided by the root of how many were, until the queue is short again.
 *
 * The queue is that of one conversation, or of a few (tunnel/fair.h): a sender
 * that slows down does so once in a round trip, and to one that does not more
 * signals make no difference but loss.  So there are at most 30 in a second.
 *
 * The RFC's pseudocode loops over the packets that it drops.  Here the caller
 * asks for each packet at the head of the queue, and again for the next one if
 * it has dropped that.  As clocks may jump, and connections stall for minutes,
 * signals that are long overdue are not made up for.
 */

#ifndef WIRE_CODEL_H
#define WIRE_CODEL_H

#include <stdbool.h>
#include <stdint.h>

enum {
	CODEL_TARGET_US = 5000,		/* acceptable delay of a standing
					 * queue (RFC 8289 4.3) */
	CODEL_INTERVAL_US = 100000,	/* a round trip of most paths (4.4) */
	CODEL_MOST = 9,		/* the count grows no further */
};

/* The state of a queue.  Zeroed is ready to use. */
struct codel {
	uint64_t above_us;	/* when a delay that began over the target
				 * makes the queue a standing one; 0: the
				 * newest delay was below */
	uint64_t next_us;	/* when the next packet is signalled, */
	uint32_t count;		/* and how many were, as far as that counts, */
	uint32_t before;	/* and when it began to signal */
	bool signals;		/* it is a standing queue */
};

/* The packet at the head of the queue was there for delay_us; last: there is
 * no other.  Returns whether its sender is to be told to slow down. */
bool codel_judge(struct codel *, uint64_t delay_us, bool last,
    uint64_t now_us);

#endif
