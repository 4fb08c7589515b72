/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The arena of a loop.
 *
 * NOTES.  Two rings of slots in one allocation; a system with virtual memory
 * provides only the pages that are touched.  Each turn starts at the first slot
 * again, because nothing stays borrowed from one turn to the next.  So a quiet
 * daemon uses a few slots, which stay in the cache.  The pages of all others
 * are given back to the system when only the first KEEP slots were used for
 * QUIET_MS; the timer for that is set only after more were used.
 */

#include "compat.h"

#include "net/dgram.h"

#include "base/list.h"
#include "base/log.h"

enum {
	CACHE_LINE = 64,
	SPARES = 2 * DGRAM_BATCH,
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

struct arena {
	struct loop *loop;
	void *memory;
	size_t stride;		/* bytes from slot to slot */
	size_t head, tail;	/* room around each datagram */
	struct ring received, spare;
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

/* Gives back the memory of all slots of a ring but the first KEEP. */
static void
ring_give_back(struct arena *a, struct ring *r)
{
	memory_give_back(r->base + KEEP * a->stride,
	    (r->slots - KEEP) * a->stride);
}

static void arena_quiet(struct timer *);

/* Updates the peak before a rewind, and sets the timer if it is high. */
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

/* Takes n slots, which must be left in the ring; returns the first. */
static uint8_t *
ring_take(struct arena *a, struct ring *r, unsigned n)
{
	r->next += n;
	return r->base + (r->next - n) * a->stride;
}

/* Starts at the first slot of a ring again. */
static void
ring_rewind(struct arena *a, struct ring *r)
{
	ring_note(a, r);
	r->turn = loop_turns(a->loop);
	r->next = 0;
	if (r == &a->received)
		a->filled = 0;
}

/* Rewinds a ring that was last rewound in an earlier turn. */
static void
ring_turn(struct arena *a, struct ring *r)
{
	if (r->turn != loop_turns(a->loop))
		ring_rewind(a, r);
}

/* QUIET_MS passed: gives slots back if only the first KEEP were used. */
static void
arena_quiet(struct timer *t)
{
	struct arena *a = LIST_ITEM(t, struct arena, quiet);

	ring_turn(a, &a->received);
	ring_turn(a, &a->spare);
	/* Slots in use in this turn count, too. */
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
	/* Up to DGRAM_BATCH copies may not have been passed on yet: they are
	 * not flushed here.  With a flush at each half of the ring, they are
	 * flushed by the next one, before their slots are reused. */
	if (a->spare.next == SPARES / 2 || a->spare.next == SPARES)
		loop_flush(a->loop);
	if (a->spare.next == SPARES)
		ring_rewind(a, &a->spare);
	to = ring_take(a, &a->spare, 1) + a->head;
	/* d may be in a spare slot already, even in this one: memmove. */
	memmove(to, d->data, d->len);
	d->data = to;
	d->head = a->head;
	d->tail = DGRAM_MAX - d->len + a->tail;
}
