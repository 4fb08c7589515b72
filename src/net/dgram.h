/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Datagrams in memory: their place, the room around them, and the arena that
 * they are received into.
 *
 * NOTES.  A datagram is borrowed: its bytes are valid until loop_flush(), which
 * runs before the arena reuses a slot and before the loop sleeps.  A slot holds
 * the largest datagram and the room that the ends need around it.  Slots are an
 * odd number of cache lines apart, so that they do not compete for the same
 * sets of the cache.  The space for copies, too, is reused only after a flush.
 */

#ifndef NET_DGRAM_H
#define NET_DGRAM_H

#include "net/loop.h"

enum {
	DGRAM_MAX = 65535,	/* largest payload that any end carries */
	DGRAM_BATCH = 64,	/* datagrams handled in one go */
	ARENA_FULL = 256 * 1024,	/* received bytes after which a flush
				 * is cheaper than more cache misses */
};

/* A datagram. */
struct dgram {
	uint8_t *data;		/* borrowed until the flush */
	size_t len;		/* bytes; 0 is legal */
	size_t head, tail;	/* writable bytes before and after it */
};

/* Makes the loop's arena: slots (a multiple of DGRAM_BATCH, at least twice)
 * with headroom and tailroom bytes around each datagram; fewer where memory is
 * limited.  Once for a loop. 0, or -1 and errno. */
int arena_open(struct loop *, unsigned slots, size_t headroom,
    size_t tailroom);

/* How many slots arena_take() hands out at most: DGRAM_BATCH, or fewer where
 * memory is limited. */
unsigned arena_batch(const struct arena *);

/* Hands out n slots (n <= arena_batch()) as empty datagrams; `tail` is the
 * space to receive into plus the arena's tailroom.  Flushes the loop first when
 * the arena wraps, so all slots taken before must have been passed on.  Slots
 * may stay unfilled. */
void arena_take(struct arena *, struct dgram *d, unsigned n);

/* Gives back the last n slots that were taken, which must be unfilled. */
void arena_give_back(struct arena *, unsigned n);

/* Counts bytes that were received into slots taken in this turn. */
void arena_filled(struct arena *, size_t bytes);

/* After ARENA_FULL such bytes, or as many of copies, flushes the loop and
 * starts at the first slot again, which is still in the cache, so that bulk
 * traffic touches few pages.
 * Call it before arena_take(); as there, all slots taken before must have been
 * passed on. */
void arena_rewind(struct arena *);

/* Bytes that a datagram from arena_take() may receive. */
size_t arena_space(const struct arena *);

/* Hands out space for a copy of len bytes (<= DGRAM_MAX), with all the room
 * around it that the arena has.  Flushes as dgram_room() does. */
void arena_copy(struct arena *, struct dgram *d, size_t len);

/* Ensures head and tail writable bytes around d; copies it when there are
 * fewer.  Flushes when the space for copies is full, so that the copies of one
 * batch may be waiting to be passed on: DGRAM_BATCH of them, of the bytes in
 * arena_batch() slots.  head and tail must not exceed the headroom and tailroom
 * of arena_open(). */
void dgram_room(struct arena *, struct dgram *d, size_t head, size_t tail);

#endif
