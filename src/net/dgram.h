/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Datagrams in memory: where they lie, what may be written around them, and
 * the arena that they are received into.
 *
 * NOTES.  A datagram is borrowed: its bytes are good until loop_flush(), which
 * comes before the arena uses a slot again and before the loop sleeps.  A slot
 * holds the largest datagram and the room that the ends ask for around it;
 * slots lie an odd number of cache lines apart, so that they do not fight for
 * the same sets.  Spare slots are for copies: they too come round again only
 * after a flush.
 */

#ifndef NET_DGRAM_H
#define NET_DGRAM_H

#include "net/loop.h"

enum {
	DGRAM_MAX = 65535,	/* largest payload that any end carries */
	DGRAM_BATCH = 64,	/* datagrams handled in one go */
	ARENA_FULL = 256 * 1024,	/* bytes received before a flush is
				 * worth more than a fuller batch */
};

/* A datagram. */
struct dgram {
	uint8_t *data;
	size_t len;		/* bytes; 0 is legal */
	size_t head, tail;	/* bytes that may be written before, after */
};

/* Makes the loop's arena of n slots (at least 2 * DGRAM_BATCH) with that room
 * around each datagram; once for a loop. 0, or -1 and errno. */
int arena_open(struct loop *, unsigned slots, size_t headroom,
    size_t tailroom);

/* Hands out up to n slots (n <= DGRAM_BATCH), as empty datagrams whose `tail`
 * is all that can be received plus the arena's tailroom; flushes the loop
 * first when the arena wraps: so what was taken before must have been passed
 * on.  What is not filled is simply not used. */
void arena_take(struct arena *, struct dgram *d, unsigned n);

/* Gives back the last n slots that were taken: nothing was filled in. */
void arena_give_back(struct arena *, unsigned n);

/* Says that so many bytes were received into slots taken in this turn. */
void arena_filled(struct arena *, size_t bytes);

/* After ARENA_FULL bytes of them, flushes the loop and begins with the first
 * slot again, which the cache still knows, so that bulk touches few pages; to
 * be called before arena_take(), and as there all that was taken before must
 * have been passed on. */
void arena_rewind(struct arena *);

/* Bytes that a datagram from arena_take() may receive. */
size_t arena_space(const struct arena *);

/* Makes sure of head and tail bytes around d, by copying it to a spare slot
 * when there are fewer.  Flushes every DGRAM_BATCH copies; that many at most
 * may not have been passed on yet.  head and tail are within what arena_open()
 * was told. */
void dgram_room(struct arena *, struct dgram *d, size_t head, size_t tail);

#endif
