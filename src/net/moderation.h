/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Decides whether a loop wakes up for too few datagrams, and waits for more.
 *
 * NOTES.  A loop that is woken by each datagram makes all its system calls for
 * one to three of them, and spends most of its time in these.  As network
 * drivers do with interrupts, it pauses before it looks for what has come,
 * while all of these hold, by the counts of the last millisecond:
 *
 *	many turns		else each does much, and a pause would only
 *				take time from that
 *	many datagrams		one that waits for the reply to the one before
 *				is not delayed, however short the round trip
 *	few for each turn	else each call handles many already
 *
 * A pause makes turns fewer and longer, so fewer keep it on than began it.
 */

#ifndef NET_MODERATION_H
#define NET_MODERATION_H

#include "compat.h"

enum {
	MODERATION_US = 15,	/* a pause; Linux adds 50 */
	MODERATION_TURNS = 24,	/* in a millisecond, at least, to begin */
	MODERATION_TURNS_ON = 8,	/* and to go on */
	MODERATION_PASSED = 64,	/* datagrams in a millisecond, at least, to
				 * begin */
	MODERATION_PASSED_ON = 32,	/* and to go on */
	MODERATION_BATCH = 32,	/* datagrams for each turn that are enough */
};

/* The counts of one loop; a zeroed one is at rest. */
struct moderation {
	uint64_t ms;		/* that the counts are of */
	unsigned turns;		/* that began in it */
	unsigned passed;	/* datagrams that were passed on in it */
	bool on;		/* turns begin with a pause */
};

/* Counts a turn that begins at now_ms; returns whether it is to begin with a
 * pause. */
bool moderation_turn(struct moderation *, uint64_t now_ms);

/* Counts n datagrams that were passed on. */
static inline void
moderation_pass(struct moderation *m, unsigned n)
{
	m->passed += n;
}

#endif
