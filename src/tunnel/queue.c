/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A queue of datagrams that is bounded in bytes and in age.
 */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include "tunnel/queue.h"

/* The header of each datagram in a block. */
struct queue_head {
	uint64_t put_ms;	/* when it was queued */
	uint32_t len;		/* bytes of the datagram */
	uint32_t pad;		/* keeps the next header aligned */
};

/* A block of memory for datagrams, each after its header. */
struct queue_block {
	struct queue_block *next;	/* in its queue; NULL: the last one */
	size_t from, to, size;	/* bytes of data: in use from..to; all */
	struct queue_head data[1];	/* as many bytes as size says */
};

/* Bytes of a datagram in a block, including header and padding. */
static size_t
queue_cost(size_t len)
{
	return sizeof(struct queue_head) + (len + 7) / 8 * 8;
}

/* The header at offset `at` in a block's data. */
static struct queue_head *
queue_at(const struct queue_block *b, size_t at)
{
	return (struct queue_head *)((uintptr_t)b->data + at);
}

/* Allocates a block with room for at least size bytes; first: for an empty
 * queue.  NULL: the pool or the memory is exhausted. */
static struct queue_block *
queue_block_new(struct queue_pool *pool, size_t size, bool first)
{
	struct queue_block *b;

	if (first && size < QUEUE_BLOCK_FIRST)
		size = QUEUE_BLOCK_FIRST;
	else if (size < QUEUE_BLOCK)
		size = QUEUE_BLOCK;
	if (pool->bytes + size > QUEUE_POOL_MAX)
		return NULL;
	b = size == QUEUE_BLOCK_FIRST ? reuse_take(&pool->first) :
	    size == QUEUE_BLOCK ? reuse_take(&pool->next) : NULL;
	if (b == NULL)
		b = malloc(sizeof(*b) + size);
	if (b == NULL)
		return NULL;
	b->size = size;
	pool->bytes += size;
	b->next = NULL;
	b->from = b->to = 0;
	return b;
}

/* Keeps a block for the pool, or frees it. */
static void
queue_block_free(struct queue_pool *pool, struct queue_block *b)
{
	pool->bytes -= b->size;
	if (b->size == QUEUE_BLOCK_FIRST)
		reuse_give(&pool->first, b, QUEUE_KEPT);
	else if (b->size == QUEUE_BLOCK)
		reuse_give(&pool->next, b, 1);
	else
		free(b);
}

int
queue_add(struct queue *q, struct queue_pool *pool, const uint8_t *data,
    size_t len, uint64_t now_ms)
{
	size_t cost = queue_cost(len);
	struct queue_head *head;
	struct queue_block *b;

	if (q->last == NULL || q->last->size - q->last->to < cost) {
		b = queue_block_new(pool, cost, q->last == NULL);
		if (b == NULL)
			return -1;
		if (q->last == NULL)
			q->first = b;
		else
			q->last->next = b;
		q->last = b;
	}
	head = queue_at(q->last, q->last->to);
	head->put_ms = now_ms;
	head->len = (uint32_t)len;
	memcpy(head + 1, data, len);
	q->last->to += cost;
	q->bytes += cost;
	q->count++;
	return 0;
}

int
queue_put(struct queue *q, struct queue_pool *pool, const uint8_t *data,
    size_t len, uint64_t now_ms, unsigned *dropped)
{
	size_t cost = queue_cost(len);

	*dropped = 0;
	for (; q->count > 0 && q->bytes + cost > QUEUE_MAX; ++*dropped)
		queue_pop(q, pool);
	for (; queue_add(q, pool, data, len, now_ms) != 0; ++*dropped) {
		if (q->count == 0)
			return -1;
		queue_pop(q, pool);
	}
	return 0;
}

uint8_t *
queue_first(const struct queue *q, size_t *len)
{
	struct queue_head *head;

	if (q->count == 0)
		return NULL;
	head = queue_at(q->first, q->first->from);
	*len = head->len;
	return (uint8_t *)(head + 1);
}

uint64_t
queue_since(const struct queue *q)
{
	return queue_at(q->first, q->first->from)->put_ms;
}

void
queue_pop(struct queue *q, struct queue_pool *pool)
{
	struct queue_block *b = q->first;
	size_t cost = queue_cost(queue_at(b, b->from)->len);

	b->from += cost;
	q->bytes -= cost;
	q->count--;
	if (b->from < b->to)
		return;
	q->first = b->next;
	if (q->first == NULL)
		q->last = NULL;
	queue_block_free(pool, b);
}

unsigned
queue_expire(struct queue *q, struct queue_pool *pool, uint64_t since_ms)
{
	unsigned dropped = 0;

	while (q->count > 0 &&
	    queue_at(q->first, q->first->from)->put_ms < since_ms) {
		queue_pop(q, pool);
		dropped++;
	}
	return dropped;
}

unsigned
queue_clear(struct queue *q, struct queue_pool *pool)
{
	unsigned dropped = 0;

	for (; q->count > 0; dropped++)
		queue_pop(q, pool);
	return dropped;
}

void
queue_pool_close(struct queue_pool *pool)
{
	reuse_free(&pool->first);
	reuse_free(&pool->next);
}
