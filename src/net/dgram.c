/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The arena of a loop.
 *
 * NOTES.  A ring of slots and two halves for copies in one allocation; a system
 * with virtual memory provides only the pages that are touched.  Each turn
 * starts at the first slot again, because nothing stays borrowed from one turn
 * to the next.  So a quiet daemon uses a few slots, which stay in the cache.
 * The pages of all others are given back to the system when only the first KEEP
 * slots were used for QUIET_MS; the timer for that is set only after more were
 * used.
 *
 * The arena is 17 MB of address space.  Where that is limited (RLIMIT_AS), or
 * the system refuses so much, the arena is made for batches of 16 or 4 slots
 * instead of 64, which is 5 or 2 MB.
 *
 * Copies are as long as their datagrams.  A half has room for those of one
 * batch (spare_size()), which may not have been passed on yet: when one half is
 * full, all is flushed, and the other is used again, whose copies are older
 * than any that was not passed on.
 */

#include "compat.h"

#include "net/dgram.h"

#include "base/list.h"
#include "base/log.h"

enum {
	CACHE_LINE = 64,
	BATCH_LEAST = 4,	/* slots of a batch, where memory is limited */
	LIMIT_PART = 4,		/* the arena's part of a limit: a quarter */
	SPARE_LEAST = 8,	/* largest datagrams of a batch: what a queue of
				 * 256 KiB or a read of 128 KiB may hold */
	KEEP = 8,		/* slots of a ring that are never given back */
	QUIET_MS = 10000,	/* without use of the others, to give back */
};

/* Slots that are handed out in order. */
struct ring {
	uint8_t *base;		/* the first slot */
	unsigned slots;		/* how many there are */
	unsigned next;		/* index of the slot to hand out next */
	unsigned peak;		/* most slots used between two rewinds since
				 * the timer was set */
	unsigned long turn;	/* of the loop, at the last rewind */
};

/* The space for copies. */
struct spare {
	uint8_t *half[2];
	size_t size;		/* bytes of each */
	size_t used;		/* bytes of the one in use */
	size_t peak;		/* the most since the timer was set */
	unsigned at;		/* index of the half in use */
	unsigned long turn;	/* of the loop, when half[0] was begun */
};

struct arena {
	struct loop *loop;
	void *memory;
	unsigned batch;		/* slots handed out at once */
	size_t stride;		/* bytes from slot to slot */
	size_t head, tail;	/* room around each datagram */
	struct ring received;
	struct spare spare;
	size_t filled;		/* bytes received since `received` was
				 * rewound */
	struct timer quiet;	/* checks whether slots can be given back */
};

/* Frees it; called by loop_free(). */
static void
arena_free(struct arena *a)
{
	timer_stop(&a->quiet);
	free(a->memory);
	free(a);
}

/* Bytes of a copy of a datagram of that length, in whole cache lines. */
static size_t
spare_bytes(const struct arena *a, size_t len)
{
	size_t n = a->head + len + a->tail + CACHE_LINE - 1;

	return n - n % CACHE_LINE;
}

/* Bytes of a half: the copies of a batch, and one more that does not fit. */
static size_t
spare_size(const struct arena *a)
{
	size_t most = a->batch < SPARE_LEAST ? SPARE_LEAST : a->batch;

	return most * DGRAM_MAX + DGRAM_BATCH * spare_bytes(a, CACHE_LINE) +
	    spare_bytes(a, DGRAM_MAX);
}

/* Allocates it for a->batch; 0, or -1 when it would be too much. */
static int
arena_allocate(struct arena *a, unsigned slots)
{
	size_t limit = memory_limit(), size, spare = spare_size(a);
	uint8_t *base;

	slots = slots / DGRAM_BATCH * a->batch;
	if (slots >= (SIZE_MAX - CACHE_LINE - 2 * spare) / a->stride)
		return -1;
	size = slots * a->stride + 2 * spare + CACHE_LINE;
	if (limit > 0 && size > limit / LIMIT_PART && a->batch > BATCH_LEAST)
		return -1;
	a->memory = malloc(size);
	if (a->memory == NULL)
		return -1;
	base = a->memory;
	base += (CACHE_LINE - (uintptr_t)base % CACHE_LINE) % CACHE_LINE;
	a->received.base = base;
	a->received.slots = slots;
	a->spare.half[0] = base + slots * a->stride;
	a->spare.half[1] = a->spare.half[0] + spare - spare % CACHE_LINE;
	a->spare.size = spare - spare % CACHE_LINE;
	return 0;
}

int
arena_open(struct loop *l, unsigned slots, size_t headroom, size_t tailroom)
{
	struct arena *a;
	size_t lines;

	must(loop_arena(l) == NULL && slots >= 2 * DGRAM_BATCH);
	a = calloc(1, sizeof(*a));
	if (a == NULL)
		return -1;
	lines = (headroom + DGRAM_MAX + tailroom + CACHE_LINE - 1) /
	    CACHE_LINE | 1;
	a->loop = l;
	a->stride = lines * CACHE_LINE;
	a->head = headroom;
	a->tail = a->stride - headroom - DGRAM_MAX;
	a->batch = DGRAM_BATCH;
	while (arena_allocate(a, slots) == -1) {
		if (a->batch == BATCH_LEAST) {
			free(a);
			errno = ENOMEM;
			return -1;
		}
		a->batch /= 4;
	}
	loop_set_arena(l, a, arena_free);
	return 0;
}

unsigned
arena_batch(const struct arena *a)
{
	return a->batch;
}

/* Gives back the memory from the first KEEP slots on. */
static void
arena_give_back_memory(struct arena *a)
{
	size_t keep = KEEP * a->stride;

	memory_give_back(a->received.base + keep,
	    a->received.slots * a->stride - keep);
	memory_give_back(a->spare.half[0] + keep, a->spare.size - keep);
	memory_give_back(a->spare.half[1], a->spare.size);
}

static void arena_quiet(struct timer *);

/* Sets the timer after more than is kept was used. */
static void
arena_note(struct arena *a)
{
	if (!timer_is_set(&a->quiet))
		timer_set(&a->quiet, a->loop, loop_now(a->loop) + QUIET_MS,
		    arena_quiet);
}

/* Takes n slots, which must be left in the ring; returns the first. */
static uint8_t *
ring_take(struct arena *a, struct ring *r, unsigned n)
{
	r->next += n;
	return r->base + (r->next - n) * a->stride;
}

/* Starts at the first slot again. */
static void
arena_restart(struct arena *a)
{
	struct ring *r = &a->received;

	if (r->next > r->peak) {
		r->peak = r->next;
		if (r->peak > KEEP)
			arena_note(a);
	}
	r->turn = loop_turns(a->loop);
	r->next = 0;
	a->filled = 0;
}

/* Starts again if the last start was in an earlier turn. */
static void
arena_turn(struct arena *a)
{
	if (a->received.turn != loop_turns(a->loop))
		arena_restart(a);
}

/* Begins a half of the space for copies. */
static void
spare_begin(struct arena *a, unsigned at)
{
	struct spare *s = &a->spare;

	/* Whoever used the second half has filled the first. */
	if (s->used > s->peak) {
		s->peak = s->used;
		if (s->peak > KEEP * a->stride)
			arena_note(a);
	}
	s->at = at;
	s->used = 0;
	s->turn = loop_turns(a->loop);
}

/* QUIET_MS passed: gives memory back if only the first KEEP slots, and as much
 * space for copies, were used. */
static void
arena_quiet(struct timer *t)
{
	struct arena *a = LIST_ITEM(t, struct arena, quiet);
	struct spare *s = &a->spare;

	arena_turn(a);
	if (s->turn != loop_turns(a->loop))
		spare_begin(a, 0);
	/* What is in use in this turn counts, too. */
	if (a->received.peak <= KEEP && a->received.next <= KEEP &&
	    s->peak <= KEEP * a->stride && s->used <= KEEP * a->stride &&
	    s->at == 0) {
		arena_give_back_memory(a);
		return;
	}
	a->received.peak = 0;
	s->peak = 0;
	timer_set(t, a->loop, loop_now(a->loop) + QUIET_MS, arena_quiet);
}

void
arena_take(struct arena *a, struct dgram *d, unsigned n)
{
	uint8_t *slot;
	unsigned i;

	must(n <= a->batch);
	arena_turn(a);
	if (n > a->received.slots - a->received.next) {
		loop_flush(a->loop);
		arena_restart(a);
	}
	slot = ring_take(a, &a->received, n);
	for (i = 0; i < n; i++) {
		d[i].data = slot + i * a->stride + a->head;
		d[i].len = 0;
		d[i].head = a->head;
		d[i].tail = DGRAM_MAX + a->tail;
	}
}

void
arena_give_back(struct arena *a, unsigned n)
{
	must(n <= a->received.next);
	a->received.next -= n;
}

void
arena_filled(struct arena *a, size_t bytes)
{
	a->filled += bytes;
}

void
arena_rewind(struct arena *a)
{
	struct spare *s = &a->spare;
	bool copied;

	arena_turn(a);
	copied = s->turn == loop_turns(a->loop) && s->used >= ARENA_FULL;
	if (a->filled < ARENA_FULL && !copied)
		return;
	loop_flush(a->loop);
	arena_restart(a);
	if (copied)
		spare_begin(a, 0);
}

size_t
arena_space(const struct arena *a)
{
	(void)a;
	return DGRAM_MAX;
}

void
arena_copy(struct arena *a, struct dgram *d, size_t len)
{
	size_t n = spare_bytes(a, len);
	struct spare *s = &a->spare;

	must(len <= DGRAM_MAX);
	if (s->turn != loop_turns(a->loop))
		spare_begin(a, 0);
	if (n > s->size - s->used) {
		loop_flush(a->loop);
		spare_begin(a, 1 - s->at);
	}
	d->data = s->half[s->at] + s->used + a->head;
	d->len = len;
	d->head = a->head;
	d->tail = a->tail;
	s->used += n;
}

void
dgram_room(struct arena *a, struct dgram *d, size_t head, size_t tail)
{
	const uint8_t *data = d->data;

	if (d->head >= head && d->tail >= tail)
		return;
	must(head <= a->head && tail <= a->tail);
	arena_copy(a, d, d->len);
	/* d may be a copy already, even in this place: memmove. */
	memmove(d->data, data, d->len);
}
