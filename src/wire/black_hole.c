/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Recognizes conversations whose long datagrams are swallowed.
 */

#include "compat.h"

#include "wire/black_hole.h"

/* The datagram is the first of a run. */
static void
hole_begin(struct black_hole *h, uint16_t size, uint64_t now_ms)
{
	h->size = size;
	h->n = 1;
	h->back = 0;
	h->pause_ms = 0;
	h->last_ms = (uint32_t)now_ms;
}

/* Is a pause the next one of a run? */
static bool
hole_is_next(const struct black_hole *h, uint32_t pause_ms)
{
	uint64_t before_ms = h->pause_ms;

	if (before_ms == 0)
		return pause_ms >= BLACK_HOLE_PAUSE_MS && pause_ms < 60000;
	return pause_ms * 2 >= before_ms * 3 && pause_ms <= before_ms * 3;
}

/* A run is complete: is it the second one? */
static bool
hole_sight(struct black_hole *h, uint64_t now_ms)
{
	bool again = h->sighted &&
	    (uint32_t)now_ms - h->sighted_ms < BLACK_HOLE_AGAIN_MS;

	h->n = 0;
	h->sighted = 1;
	h->sighted_ms = (uint32_t)now_ms;
	if (!again || h->told)
		return false;
	h->told = 1;
	return true;
}

bool
black_hole_sent(struct black_hole *h, size_t size, unsigned n,
    uint64_t now_ms)
{
	uint32_t pause_ms = (uint32_t)now_ms - h->last_ms;

	if (size > UINT16_MAX)
		size = UINT16_MAX;
	if (h->n == 0 || h->size != size || n > 1 ||
	    !hole_is_next(h, pause_ms)) {
		hole_begin(h, (uint16_t)size, now_ms);
		return false;
	}
	h->pause_ms = pause_ms;
	h->last_ms = (uint32_t)now_ms;
	if (h->n < BLACK_HOLE_RUN)
		h->n++;
	return h->n >= BLACK_HOLE_RUN && h->back >= BLACK_HOLE_ALIVE &&
	    hole_sight(h, now_ms);
}

void
black_hole_heard(struct black_hole *h, size_t size, unsigned n)
{
	if (h->n == 0)
		return;
	if (size >= h->size)
		h->n = 0;
	else if (h->back < BLACK_HOLE_ALIVE)
		h->back = n < BLACK_HOLE_ALIVE ? (h->back + n) & 0xf :
		    BLACK_HOLE_ALIVE;
}

unsigned
black_hole_mtu(size_t size)
{
	return size > 1360 ? 1280 : size > 1080 ? 1000 : 576;
}
