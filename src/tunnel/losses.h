/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Losses of datagrams: their causes in words, and the log line about new ones.
 */

#ifndef TUNNEL_LOSSES_H
#define TUNNEL_LOSSES_H

#include "net/loop.h"

/* Why datagrams were lost in this process. */
enum cause {
	LOST_QUEUE_FULL,	/* the leg's queue was full: the oldest went */
	LOST_QUEUE_OLD,		/* queued for too long */
	LOST_TOO_BIG,		/* larger than the end can carry */
	LOST_SOCKET_FULL,	/* the socket's buffer was full */
	LOST_REFUSED,		/* ICMP: nobody listens there */
	LOST_NO_MEMORY,		/* no memory to queue or to copy it */
	LOST_FAILED,		/* any other refusal of the system */
	LOST_TRUNCATED,		/* received, but larger than a slot */
	LOST_NO_FLOW,		/* a new flow was refused: limits, no memory */
	LOST_RATE,		/* its address is over the rate limit */
	LOST_FORGED,		/* not authentic, or seen before */
	LOST_NOT_IP,		/* not one whole IP packet, for a TUN device */
	LOST_SOURCE,		/* inner address that is not its sender's */
	LOST_TAKEN,		/* inner address of a different flow */
	LOST_NO_ROUTE,		/* inner address of no flow */
	LOST_MULTICAST,		/* multicast or broadcast of a TUN device */
	LOST_FILTERED,		/* not one of the allowed ports */
	LOST_NO_PEER,		/* nobody known to send it to */
	LOST_IP6,		/* IPv6, where only IPv4 is carried */
	LOST_DEVICE,		/* the system's queue of a TUN device was full:
				 * we did not read it in time */
	LOST_EARLY,		/* dropped so that its sender slows down */
	LOST_FLOW_ENDED,	/* still queued when its flow ended */
	LOST_CAUSES,
};

enum { LOSSES_TEXT = 700 };	/* bytes that fit the text of all causes */

/* The line about losses of a tunnel, written at most each 10 s. */
struct losses_log {
	struct loop *loop;
	const uint64_t *lost;	/* how many there are, by enum cause */
	struct timer timer;	/* when the next line is due */
	uint64_t told;		/* losses logged so far */
};

/* The words for a cause. */
const char *cause_text(enum cause cause);

/* Writes losses by cause, e.g. "3 queue full, 1 too big"; "" without any. */
void losses_text(const uint64_t *lost, char buf[LOSSES_TEXT]);

/* Begins with no losses; loop and lost (LOST_CAUSES numbers) are borrowed until
 * losses_log_stop(). */
void losses_log_start(struct losses_log *, struct loop *,
    const uint64_t *lost);

/* Losses of that cause were counted: schedules the line, if they are worth
 * one. */
void losses_log_added(struct losses_log *, enum cause);

/* Drops the line that is scheduled; harmless when none is. */
void losses_log_stop(struct losses_log *);

#endif
