/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The arena of a loop.
 *
 * NOTES.  Two rings of slots in one piece of memory, of which a system with
 * virtual memory gives only the pages that are touched.  Each turn begins
 * again with the first slot, as nothing is borrowed from one turn to the
 * next: so a quiet daemon stays within a few slots, and those in the cache.
 * What was touched beyond them goes back to the system after a quiet while; a
 * timer for that runs only after such times.
 */

#include "compat.h"

#include "net/dgram.h"

#include "base/list.h"
#include "base/log.h"

enum {
	CACHE_LINE = 64,
	SPARES = 2 * DGRAM_BATCH,
	KEEP = 8,		/* slots of a ring that are never given back */
	QUIET_MS = 10000,	/* after which the others are */
};

struct ring {
	uint8_t *base;
	unsigned slots;
	unsigned next;		/* the slot to be handed out */
	unsigned peak;		/* most of them used in one turn since the
				 * timer was set */
	unsigned long turn;	/* of the loop, when that was so */
};

struct arena {
	struct loop *loop;
	void *memory;
	size_t stride;		/* bytes from slot to slot */
	size_t head, tail;	/* room around each datagram */
	struct ring received, spare;
	size_t filled;		/* bytes received since the first slot was
				 * handed out */
	struct timer quiet;	/* looks whether slots can be given back */
};

/* Frees it, with the loop. */
static void
arena_free(struct arena *a)
{
	timer_stop(&a->quiet);
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

/* Gives back all slots of a ring but the first. */
static void
ring_give_back(struct arena *a, struct ring *r)
{
	memory_give_back(r->base + KEEP * a->stride,
	    (r->slots - KEEP) * a->stride);
}

static void arena_quiet(struct timer *);

/* Notes how many slots were used, before the first is handed out again. */
static void
ring_note(struct arena *a, struct ring *r)
{
	if (r->next <= r->peak)
		return;
	r->peak = r->next;
	if (r->peak > KEEP && !timer_is_set(&a->quiet))
		timer_set(&a->quiet, a->loop, loop_now(a->loop) + QUIET_MS,
		    arena_quiet);
}

/* Takes n slots of a ring; returns the first.  Does not flush. */
static uint8_t *
ring_take(struct arena *a, struct ring *r, unsigned n)
{
	r->next += n;
	return r->base + (r->next - n) * a->stride;
}

/* Begins a ring anew. */
static void
ring_rewind(struct arena *a, struct ring *r)
{
	ring_note(a, r);
	r->turn = loop_turns(a->loop);
	r->next = 0;
	if (r == &a->received)
		a->filled = 0;
}

/* Does so in a new turn. */
static void
ring_turn(struct arena *a, struct ring *r)
{
	if (r->turn != loop_turns(a->loop))
		ring_rewind(a, r);
}

/* Some time has passed: were only the first slots used in it? */
static void
arena_quiet(struct timer *t)
{
	struct arena *a = LIST_ITEM(t, struct arena, quiet);

	ring_turn(a, &a->received);
	ring_turn(a, &a->spare);
	/* What is borrowed in this turn counts, too. */
	if (a->received.peak <= KEEP && a->received.next <= KEEP &&
	    a->spare.peak <= KEEP && a->spare.next <= KEEP) {
		ring_give_back(a, &a->received);
		ring_give_back(a, &a->spare);
		return;
	}
	a->received.peak = a->spare.peak = 0;
	timer_set(t, a->loop, loop_now(a->loop) + QUIET_MS, arena_quiet);
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
		ring_rewind(a, &a->received);
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
	ring_turn(a, &a->received);
	if (a->filled < ARENA_FULL)
		return;
	loop_flush(a->loop);
	ring_rewind(a, &a->received);
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
		ring_rewind(a, &a->spare);
	to = ring_take(a, &a->spare, 1) + a->head;
	/* It may be a spare already, and of the slot that now comes round. */
	memmove(to, d->data, d->len);
	d->data = to;
	d->head = a->head;
	d->tail = DGRAM_MAX - d->len + a->tail;
}
