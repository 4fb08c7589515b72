/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The arena of a loop.
 *
 * NOTES.  Two rings of slots in one piece of memory, of which a system with
 * virtual memory gives only the pages that are touched.  Each turn begins
 * again with the first slot, as nothing is borrowed from one turn to the
 * next: so a quiet daemon stays within a few slots, and those in the cache.
 */

#include "compat.h"

#include "net/dgram.h"

#include "base/log.h"

enum {
	CACHE_LINE = 64,
	SPARES = 2 * DGRAM_BATCH,
};

struct ring {
	uint8_t *base;
	unsigned slots;
	unsigned next;		/* the slot to be handed out */
	unsigned long turn;	/* of the loop, when that was so */
};

struct arena {
	struct loop *loop;
	void *memory;
	size_t stride;		/* bytes from slot to slot */
	size_t head, tail;	/* room around each datagram */
	struct ring received, spare;
};

/* Frees it, with the loop. */
static void
arena_free(struct arena *a)
{
	free(a->memory);
	free(a);
}

int
arena_open(struct loop *l, unsigned slots, size_t headroom, size_t tailroom)
{
	struct arena *a;
	uint8_t *base;
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
	if (slots < (SIZE_MAX - CACHE_LINE) / a->stride - SPARES)
		a->memory = malloc((slots + SPARES) * a->stride + CACHE_LINE);
	if (a->memory == NULL) {
		free(a);
		errno = ENOMEM;
		return -1;
	}
	base = a->memory;
	base += (CACHE_LINE - (uintptr_t)base % CACHE_LINE) % CACHE_LINE;
	a->received.base = base;
	a->received.slots = slots;
	a->spare.base = base + slots * a->stride;
	a->spare.slots = SPARES;
	loop_set_arena(l, a, arena_free);
	return 0;
}

/* Takes n slots of a ring; returns the first.  Does not flush. */
static uint8_t *
ring_take(struct arena *a, struct ring *r, unsigned n)
{
	r->next += n;
	return r->base + (r->next - n) * a->stride;
}

/* Begins a ring anew in a new turn. */
static void
ring_turn(struct arena *a, struct ring *r)
{
	if (r->turn == loop_turns(a->loop))
		return;
	r->turn = loop_turns(a->loop);
	r->next = 0;
}

void
arena_take(struct arena *a, struct dgram *d, unsigned n)
{
	uint8_t *slot;
	unsigned i;

	must(n <= DGRAM_BATCH);
	ring_turn(a, &a->received);
	if (n > a->received.slots - a->received.next) {
		loop_flush(a->loop);
		a->received.next = 0;
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

size_t
arena_space(const struct arena *a)
{
	(void)a;
	return DGRAM_MAX;
}

void
dgram_room(struct arena *a, struct dgram *d, size_t head, size_t tail)
{
	uint8_t *to;

	if (d->head >= head && d->tail >= tail)
		return;
	must(head <= a->head && d->len <= DGRAM_MAX &&
	    tail <= DGRAM_MAX - d->len + a->tail);
	ring_turn(a, &a->spare);
	/* Up to a batch of copies may not have been sent on yet, so that a
	 * flush must come between them and the next use of their slots. */
	if (a->spare.next == SPARES / 2 || a->spare.next == SPARES)
		loop_flush(a->loop);
	if (a->spare.next == SPARES)
		a->spare.next = 0;
	to = ring_take(a, &a->spare, 1) + a->head;
	/* It may be a spare already, and of the slot that now comes round. */
	memmove(to, d->data, d->len);
	d->data = to;
	d->head = a->head;
	d->tail = DGRAM_MAX - d->len + a->tail;
}
