/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The arena lends its slots so that no two datagrams share a byte before they
 * were flushed.
 */

#include "compat.h"

#include "net/dgram.h"
#include "net/loop.h"

#include "tap.h"

static struct loop *loop;
static struct arena *arena;

static struct flusher flusher;
static unsigned flushed;

/* Counts flushes. */
static void
on_flush(struct flusher *f)
{
	(void)f;
	flushed++;
}

/* Does taking n slots flush? */
static bool
take_flushes(struct dgram *d, unsigned n)
{
	flushed = 0;
	loop_mark(loop, &flusher);
	arena_take(arena, d, n);
	loop_unmark(loop, &flusher);
	return flushed > 0;
}

/* What a slot promises. */
static void
test_slots(void)
{
	struct dgram d[DGRAM_BATCH];
	size_t stride;

	arena_take(arena, d, DGRAM_BATCH);
	stride = (size_t)(d[1].data - d[0].data);
	is_int(arena_space(arena), DGRAM_MAX, "a slot takes any datagram");
	ok(d[0].head == 40 && d[0].len == 0, "a slot has its headroom");
	ok(d[0].tail >= DGRAM_MAX + 30, "a slot has its tailroom");
	ok(stride >= 40 + DGRAM_MAX + 30, "slots do not overlap");
	ok(d[0].head + d[0].tail <= stride, "nor what they promise");
	is_int(stride % 64, 0, "a slot is whole cache lines");
	is_int(stride / 64 % 2, 1, "of an odd number");
	is_int((uintptr_t)(d[0].data - 40) % 64, 0, "and begins with one");
	ok(d[63].data == d[0].data + 63 * stride, "a batch is contiguous");
	memset(d[0].data - 40, 1, 40);
	memset(d[63].data, 2, d[63].tail);
}

/* When slots come round. */
static void
test_ring(void)
{
	struct dgram d[DGRAM_BATCH];
	uint8_t *first, *second;

	loop_turn(loop, 0);
	ok(!take_flushes(d, 64), "the first batch of a turn is free");
	first = d[0].data;
	ok(!take_flushes(d, 64), "the second is, too");
	second = d[0].data;
	ok(second > first, "and lies elsewhere");
	ok(take_flushes(d, 1), "before a slot is lent again, all is flushed");
	ok(d[0].data == first, "then it is the first");
	ok(!take_flushes(d, 64), "after that there is room");
	ok(take_flushes(d, 64), "a batch that does not fit in one piece wraps");
	ok(d[0].data == first, "to the first slot");

	loop_turn(loop, 0);
	ok(!take_flushes(d, 1) && d[0].data == first,
	    "a turn begins with the first slot");
	ok(!take_flushes(d, 64), "a batch is taken");
	second = d[3].data;
	arena_give_back(arena, 61);
	ok(!take_flushes(d, 1) && d[0].data == second,
	    "what was not filled is lent again");
}

/* Does arena_rewind() flush? */
static bool
rewind_flushes(void)
{
	flushed = 0;
	loop_mark(loop, &flusher);
	arena_rewind(arena);
	loop_unmark(loop, &flusher);
	return flushed > 0;
}

/* Bulk stays within the first slots. */
static void
test_rewind(void)
{
	struct dgram d[1];
	uint8_t *first;

	loop_turn(loop, 0);
	arena_take(arena, d, 1);
	first = d[0].data;
	arena_filled(arena, ARENA_FULL - 1);
	ok(!rewind_flushes(), "a little bulk may still grow");
	arena_take(arena, d, 1);
	ok(d[0].data > first, "so what was lent stays");
	arena_filled(arena, 1);
	ok(rewind_flushes(), "much is flushed");
	arena_take(arena, d, 1);
	ok(d[0].data == first, "and its slots are lent again");
	ok(!rewind_flushes(), "once");
	arena_filled(arena, ARENA_FULL);
	loop_turn(loop, 0);
	ok(!rewind_flushes(), "a new turn has no need of it");
	arena_take(arena, d, 1);
	ok(d[0].data == first, "as it begins with the first slot");
}

/* Copies for want of room. */
static void
test_room(void)
{
	struct dgram d[1], copy[DGRAM_BATCH], e;
	unsigned i, wrong = 0;

	loop_turn(loop, 0);
	arena_take(arena, d, 1);
	d[0].len = 5;
	d[0].tail -= 5;
	memcpy(d[0].data, "hello", 5);
	e = d[0];
	dgram_room(arena, &e, 40, 30);
	ok(e.data == d[0].data, "a datagram with room stays where it is");
	e.head = 39;
	dgram_room(arena, &e, 40, 30);
	ok(e.data != d[0].data, "one without headroom is copied");
	is_mem(e.data, "hello", 5, "with its bytes");
	ok(e.len == 5 && e.head >= 40 && e.tail >= 30,
	    "and has room");
	memset(e.data - e.head, 'x', e.head);
	memset(e.data + e.len, 'y', e.tail);
	is_mem(e.data, "hello", 5, "which is its own");
	e = d[0];
	e.tail = 29;
	dgram_room(arena, &e, 0, 30);
	ok(e.data != d[0].data && e.tail >= 30, "one without tailroom, too");
	e.len = 0;
	e.head = e.tail = 0;
	dgram_room(arena, &e, 40, 30);
	ok(e.head >= 40 && e.tail >= 30, "an empty one gets room");

	/* From the middle of a half, so that it fills. */
	flushed = 0;
	loop_mark(loop, &flusher);
	memset(d[0].data, 0, DGRAM_MAX);
	for (i = 0; i < DGRAM_BATCH / 2; i++) {
		e = d[0];
		e.len = DGRAM_MAX;
		e.head = e.tail = 0;
		dgram_room(arena, &e, 1, 1);
	}
	for (i = 0; i < DGRAM_BATCH; i++) {
		e = d[0];
		e.len = DGRAM_MAX;
		e.head = e.tail = 0;
		dgram_room(arena, &e, 1, 1);
		copy[i] = e;
		copy[i].data[0] = copy[i].data[DGRAM_MAX - 1] = (uint8_t)i;
	}
	is_int(flushed, 1, "when the space for copies is full there is a flush");
	for (i = 0; i < DGRAM_BATCH; i++)
		wrong += copy[i].data[0] != i ||
		    copy[i].data[DGRAM_MAX - 1] != i;
	is_int(wrong, 0, "but a batch of copies shares no byte");
	loop_unmark(loop, &flusher);

	e.data = d[0].data;
	e.len = DGRAM_MAX;
	e.head = e.tail = 0;
	loop_turn(loop, 0);
	arena_take(arena, d, 1);
	memset(d[0].data, 7, DGRAM_MAX);
	e.data = d[0].data;
	dgram_room(arena, &e, 40, 30);
	ok(e.head == 40 && e.tail >= 30 &&
	    memcmp(e.data, d[0].data, DGRAM_MAX) == 0,
	    "the largest datagram is copied");
}

/* Space for copies that are made by the caller. */
static void
test_copies(void)
{
	struct dgram d, e;
	uint8_t *first;

	loop_turn(loop, 0);
	arena_copy(arena, &d, 100);
	first = d.data;
	ok(d.len == 100 && d.head == 40 && d.tail >= 30,
	    "space for a copy has the room of a slot");
	arena_copy(arena, &e, 100);
	ok(e.data - e.head >= d.data + d.len + d.tail || e.data < d.data,
	    "two share no byte");
	ok(!rewind_flushes(), "a little is not flushed");
	while (e.data < first + ARENA_FULL)
		arena_copy(arena, &e, 1000);
	ok(rewind_flushes(), "much is");
	arena_copy(arena, &d, 1);
	ok(d.data == first, "and the same space is used again");
	ok(!rewind_flushes(), "once");
}

/* Datagrams that were passed on, and what each must hold. */
static struct dgram sent[20 * DGRAM_BATCH];
static uint8_t sent_tag[20 * DGRAM_BATCH];
static unsigned n_sent, harmed, n_checked;

/* Sends them: they must be as they were. */
static void
on_sent(struct flusher *f)
{
	(void)f;
	for (; n_sent > 0; n_checked++) {
		n_sent--;
		harmed += sent[n_sent].data[0] != sent_tag[n_sent];
	}
}

/* Batches of n datagrams are taken and filled, copied or not, and then passed
 * on, many times in one turn. */
static void
lend(unsigned n, bool copy)
{
	static struct flusher sender;
	static uint8_t tag;
	struct dgram d[DGRAM_BATCH], once[DGRAM_BATCH];
	unsigned i, times;

	sender.fn = on_sent;
	harmed = n_checked = 0;
	loop_turn(loop, 0);
	arena_take(arena, once, n);
	for (times = 0; times < 20; times++) {
		/* Copies are to be safe without the flushes of arena_take(). */
		if (copy)
			memcpy(d, once, sizeof(d));
		else
			arena_take(arena, d, n);
		for (i = 0; i < n; i++) {
			d[i].data[0] = ++tag;
			d[i].len = 1;
			if (copy) {
				d[i].len = tag % 3 == 0 ? 1 : DGRAM_MAX;
				d[i].head = 0;
				dgram_room(arena, &d[i], 1, 0);
			}
		}
		for (i = 0; i < n; i++) {
			sent[n_sent] = d[i];
			sent_tag[n_sent++] = (uint8_t)(tag - n + 1 + i);
		}
		loop_mark(loop, &sender);
	}
	loop_turn(loop, 0);
}

static void
test_lending(void)
{
	static const unsigned sizes[] = { 1, 7, 40, 63, 64 };
	unsigned i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		lend(sizes[i], false);
		ok(harmed == 0 && n_checked == 20 * sizes[i],
		    "batches of %u are not harmed before they are sent",
		    sizes[i]);
		lend(sizes[i], true);
		ok(harmed == 0 && n_checked == 20 * sizes[i],
		    "nor are their copies");
	}
}

int
main(void)
{
	if (sock_init() == -1)
		return 1;
	loop = loop_new(NULL);
	flusher.fn = on_flush;
	ok(loop != NULL, "a loop opens");
	ok(loop_arena(loop) == NULL, "it has no arena at first");
	is_int(arena_open(loop, 2 * DGRAM_BATCH, 40, 30), 0, "which opens");
	arena = loop_arena(loop);
	ok(arena != NULL, "and is the loop's");
	if (arena_batch(arena) < DGRAM_BATCH) {
		ok(true, "its batches # skip memory is limited here");
		loop_free(loop);
		return done_testing();
	}
	test_slots();
	test_ring();
	test_rewind();
	test_room();
	test_copies();
	test_lending();
	loop_free(loop);
	return done_testing();
}
