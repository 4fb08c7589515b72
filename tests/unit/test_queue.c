/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The queue of datagrams: order, bounds in bytes and age, and memory.
 */

#include "compat.h"

#include "tunnel/queue.h"

#include "tap.h"

static struct queue_pool pool;
static uint8_t data[70000];

/* Puts a datagram: how many others that cost, or -1 when it was not taken;
 * gone counts all that went. */
static unsigned gone;

static int
put(struct queue *q, const uint8_t *p, size_t len, uint64_t now_ms)
{
	unsigned dropped = 77;
	int result;

	result = queue_put(q, &pool, p, len, now_ms, &dropped);
	gone += dropped + (result < 0);
	return result < 0 ? -1 : (int)dropped;
}

/* Marks datagram number n of len bytes. */
static const uint8_t *
mark(unsigned n, size_t len)
{
	size_t i;

	for (i = 0; i < len && i < 64; i++)
		data[i] = (uint8_t)(n >> 8 * (i % 4));
	return data;
}

/* Is the oldest datagram number n of len bytes? */
static bool
is_mark(const struct queue *q, unsigned n, size_t want)
{
	const uint8_t *p;
	size_t len, i;

	p = queue_first(q, &len);
	if (p == NULL || len != want)
		return false;
	for (i = 0; i < len && i < 64; i++)
		if (p[i] != (uint8_t)(n >> 8 * (i % 4)))
			return false;
	return true;
}

/* Ends a test: the pool has everything back. */
static void
pool_is_empty(const char *what)
{
	is_int(pool.bytes, 0, "%s: the pool has all its bytes back", what);
	queue_pool_close(&pool);
}

static void
test_order(void)
{
	static const size_t sizes[] = { 0, 1, 7, 8, 9, 1400, 16352, 16368,
	    16384, 16385, 40000, 65535, 0, 3 };
	unsigned i, n = sizeof(sizes) / sizeof(sizes[0]), good = 0;
	struct queue q = { 0 };
	size_t len = 99;

	ok(queue_first(&q, &len) == NULL, "a new queue is empty");
	for (i = 0; i < n; i++)
		good += put(&q, mark(i, sizes[i]), sizes[i], i) == 0;
	is_int(good, n, "datagrams of 0 to 65535 bytes are taken");
	is_int(q.count, n, "and counted");
	for (good = 0, i = 0; i < n; i++) {
		good += is_mark(&q, i, sizes[i]);
		queue_pop(&q, &pool);
	}
	is_int(good, n, "they come out in order and unchanged");
	is_int(q.count + q.bytes, 0, "then it is empty");
	ok(queue_first(&q, &len) == NULL, "and gives none");
	pool_is_empty("order");
}

/* Put and taken in turn, for long. */
static void
test_turnover(void)
{
	unsigned i, next = 0, good = 0;
	struct queue q = { 0 };
	size_t most = 0;

	for (i = 0; i < 20000; i++) {
		put(&q, mark(i, i % 1500), i % 1500, i);
		if (pool.bytes > most)
			most = pool.bytes;
		if (i < 3)
			continue;
		good += is_mark(&q, next, next % 1500);
		next++;
		queue_pop(&q, &pool);
	}
	is_int(good, 20000 - 3, "a queue that never empties keeps its order");
	ok(most <= 2 * QUEUE_BLOCK, "and does not spread over blocks");
	is_int(queue_clear(&q, &pool), 3, "clearing says how many there were");
	pool_is_empty("turnover");
}

static void
test_bytes(void)
{
	struct queue q = { 0 };
	size_t most = 0;
	unsigned i;
	int n;

	gone = 0;
	for (i = 0; i < 1000; i++) {
		put(&q, mark(i, 1000), 1000, i);
		if (q.bytes > most)
			most = q.bytes;
	}
	ok(most <= QUEUE_MAX && most > QUEUE_MAX - 1100,
	    "a queue holds at most 256 KiB");
	is_int(gone + q.count, 1000, "what did not fit is told");
	ok(is_mark(&q, gone, 1000), "the oldest went");
	ok(pool.bytes < QUEUE_MAX + 4 * QUEUE_BLOCK,
	    "its blocks are not much more than that");
	n = put(&q, mark(1000, 65535), 65535, 1000);
	ok(n >= 63 && n <= 66, "a large one pushes out as many as it needs");
	is_int(q.bytes <= QUEUE_MAX, 1, "and the bound holds");
	queue_clear(&q, &pool);
	pool_is_empty("bytes");
}

/* Small datagrams cost more than their payload; memory is bounded, too. */
static void
test_empty_ones(void)
{
	struct queue q = { 0 };
	size_t most = 0;
	unsigned i;

	gone = 0;
	for (i = 0; i < 600000; i++) {
		put(&q, data, 0, 0);
		if (pool.bytes > most)
			most = pool.bytes;
	}
	ok(most <= QUEUE_MAX + 2 * QUEUE_BLOCK, "empty datagrams of one leg do "
	    "not take the pool from the others");
	is_int(gone + q.count, i, "those that went are told");
	queue_clear(&q, &pool);
	pool_is_empty("empty ones");
}

static void
test_age(void)
{
	struct queue q = { 0 };
	unsigned i;

	for (i = 0; i < 100; i++)
		put(&q, mark(i, 300), 300, 1000 + i);
	is_int(queue_expire(&q, &pool, 1000), 0, "none is older than the "
	    "first");
	is_int(queue_expire(&q, &pool, 1001), 1, "the first is older than "
	    "that");
	is_int(queue_expire(&q, &pool, 1060), 59, "all that are older go");
	ok(is_mark(&q, 60, 300), "the next is the first that is not");
	is_int(q.count, 40, "the others stay");
	is_int(queue_expire(&q, &pool, UINT64_MAX), 40, "until they are older, "
	    "too");
	pool_is_empty("age");
}

/* Many queues share the pool's cap. */
static void
test_pool_cap(void)
{
	static struct queue q[200];
	size_t most = 0;
	unsigned i, j;

	gone = 0;
	for (j = 0; j < 100; j++) {
		for (i = 0; i < 200; i++) {
			put(&q[i], mark(j, 3000), 3000, j);
			if (pool.bytes > most)
				most = pool.bytes;
		}
	}
	ok(most <= QUEUE_POOL_MAX, "all queues together stay within 8 MiB");
	ok(most > QUEUE_POOL_MAX - 2 * QUEUE_BLOCK, "and may use it");
	for (j = 0, i = 0; i < 200; i++)
		j += queue_clear(&q[i], &pool);
	is_int(j + gone, 100 * 200, "each is there or was told to be gone");
	pool_is_empty("cap");
}

/* Many flows that begin at once wait with a datagram each. */
static void
test_many_first(void)
{
	static struct queue q[2000];
	unsigned i;

	gone = 0;
	for (i = 0; i < 2000; i++)
		put(&q[i], mark(i, 1400), 1400, 0);
	is_int(gone, 0, "2000 queues have room for a first datagram each");
	for (i = 0; i < 2000; i++)
		queue_clear(&q[i], &pool);
	pool_is_empty("many first");
}

/* A queue that gives up its own for a datagram that does not fit after all:
 * each is told. */
static void
test_told(void)
{
	static struct queue other[64], small, q;
	unsigned i, there;
	int n;

	put(&q, mark(1, 100), 100, 0);
	for (i = 0; i < 64; i++)
		while (put(&other[i], data, 65000, 0) == 0)
			;
	put(&small, data, 100, 0);
	ok(pool.bytes > QUEUE_POOL_MAX - 65000, "the pool is nearly full");
	for (i = 0; i < 20; i++)
		put(&q, mark(i, 100), 100, 0);
	there = q.count;
	is_int(there, 21, "small ones fit in the block that a queue has");
	gone = 0;
	n = put(&q, data, 65000, 0);
	is_int(n, -1, "a large one does not fit");
	is_int(q.count + gone, there + 1, "whatever that cost is told");
	ok(pool.bytes <= QUEUE_POOL_MAX, "the cap holds");
	queue_clear(&q, &pool);
	queue_clear(&small, &pool);
	for (i = 0; i < 64; i++)
		queue_clear(&other[i], &pool);
	pool_is_empty("told");
}

int
main(void)
{
	test_order();
	test_turnover();
	test_bytes();
	test_empty_ones();
	test_age();
	test_pool_cap();
	test_many_first();
	test_told();
	return done_testing();
}
