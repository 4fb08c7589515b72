/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Queues of datagrams that a carrier has no room for, bounded in bytes and in
 * age; the oldest datagrams are dropped first.
 *
 * NOTES.  The bytes are copied into blocks of a pool, which all queues of an
 * end share: an empty queue uses no memory, and all queues together use no
 * more than the limit of the pool.
 */

#ifndef TUNNEL_QUEUE_H
#define TUNNEL_QUEUE_H

#include "compat.h"

#include "base/reuse.h"

enum {
	QUEUE_MAX = 256 * 1024,		/* bytes that one leg may queue */
	QUEUE_POOL_MAX = 8 * 1024 * 1024,	/* bytes of all legs together */
	QUEUE_BLOCK = 16 * 1024,	/* bytes of most blocks */
	QUEUE_BLOCK_FIRST = 2 * 1024,	/* bytes of a queue's first block: many
				 * flows may have one datagram queued */
	QUEUE_KEPT = 32,	/* of these, that a pool keeps */
	QUEUE_EXTRA = 24,	/* bytes that a datagram takes beside its own,
				 * at most */
};

struct queue_block;

/* Memory that the queues of an end share; zeroed: ready for use. */
struct queue_pool {
	size_t bytes;		/* in blocks that are in use */
	struct reuse first;	/* kept blocks of QUEUE_BLOCK_FIRST, */
	struct reuse next;	/* and of QUEUE_BLOCK: one at most */
};

/* A queue; zeroed: empty, ready for use. */
struct queue {
	struct queue_block *first, *last;	/* oldest, newest; or NULL */
	uint32_t bytes;		/* queued, with a header for each datagram */
	uint32_t count;		/* datagrams queued */
};

/* Appends a copy of a datagram, and first drops the oldest ones until there is
 * room; *dropped: how many.  0, or -1: no memory, it was not queued. */
int queue_put(struct queue *, struct queue_pool *, const uint8_t *data,
    size_t len, uint64_t now_ms, unsigned *dropped);

/* The same without a bound but that of the pool, and drops none.  0, or -1: the
 * pool or the memory is exhausted. */
int queue_add(struct queue *, struct queue_pool *, const uint8_t *data,
    size_t len, uint64_t now_ms);

/* The oldest datagram, valid until queue_pop(); the caller may change its
 * bytes.  NULL: the queue is empty. */
uint8_t *queue_first(const struct queue *, size_t *len);

/* When the oldest datagram was queued; the queue is not empty. */
uint64_t queue_since(const struct queue *);

/* Removes the oldest datagram; the queue is not empty. */
void queue_pop(struct queue *, struct queue_pool *);

/* Drops the datagrams that were queued before since_ms; returns how many. */
unsigned queue_expire(struct queue *, struct queue_pool *, uint64_t since_ms);

/* Drops all datagrams; returns how many. */
unsigned queue_clear(struct queue *, struct queue_pool *);

/* Frees the cached blocks; all queues of the pool are empty. */
void queue_pool_close(struct queue_pool *);

#endif
