/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Datagrams that wait for the carrier of their leg: bounded in bytes and in
 * age, the oldest dropped first.
 *
 * NOTES.  The bytes are copied into blocks of one pool that a whole end
 * shares, so that a thousand idle flows hold nothing and a flood of them holds
 * no more than the pool's cap.
 */

#ifndef TUNNEL_QUEUE_H
#define TUNNEL_QUEUE_H

#include "compat.h"

enum {
	QUEUE_MAX = 256 * 1024,		/* bytes that one leg may queue */
	QUEUE_POOL_MAX = 8 * 1024 * 1024,	/* bytes of all legs together */
	QUEUE_BLOCK = 16 * 1024,	/* bytes of most blocks */
	QUEUE_BLOCK_FIRST = 2 * 1024,	/* and of a queue's first one: many
				 * flows may wait with a datagram each */
};

struct queue_block;

/* What the queues of an end share; zeroed is ready to use. */
struct queue_pool {
	size_t bytes;		/* in blocks that are in use */
	struct queue_block *spare[2];	/* a first block and a usual one, kept
				 * for the next use */
};

/* A queue; zeroed is ready to use. */
struct queue {
	struct queue_block *first, *last;
	size_t bytes;		/* queued, with what each datagram costs */
	unsigned count;		/* datagrams queued */
};

/* Copies a datagram to the end, dropping the oldest until there is room;
 * *dropped: how many. 0; -1: no memory, this one was not queued. */
int queue_put(struct queue *, struct queue_pool *, const uint8_t *data,
    size_t len, uint64_t now_ms, unsigned *dropped);

/* The oldest datagram, good until queue_pop(); NULL when there is none. */
const uint8_t *queue_first(const struct queue *, size_t *len);

/* When the oldest datagram was put; there is one. */
uint64_t queue_since(const struct queue *);

/* Removes the oldest one. */
void queue_pop(struct queue *, struct queue_pool *);

/* Drops those that were put before since_ms; returns how many. */
unsigned queue_expire(struct queue *, struct queue_pool *, uint64_t since_ms);

/* Drops all; returns how many. */
unsigned queue_clear(struct queue *, struct queue_pool *);

/* Frees the spare blocks; all queues of the pool are empty. */
void queue_pool_close(struct queue_pool *);

#endif
