/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Limits the rate of new flows for each address, and draws the time limit of a
 * flow.
 */

#include "compat.h"

#include "tunnel/limit.h"

/* Seconds from the year 1 to 1970. */
#define LIMIT_ERA_S INT64_C(62135596800)

enum { LIMIT_KEY = 1 + 16 + sizeof(uint32_t) };	/* bytes of a key */

/* An address in the table. */
struct limit_entry {
	struct table_node node;	/* in limit->entries */
	struct list link;	/* in limit->by_use */
	uint8_t key[LIMIT_KEY];	/* family, address, zone */
	uint64_t window;	/* number of the window that `now` counts */
	uint32_t now, before;	/* flows allowed in it, and in the previous
				 * one */
};

void
limit_init(struct limit *l, const struct rate *rate, const uint8_t *seed,
    uint64_t now_ms, int64_t wall_s)
{
	l->rate = *rate;
	if (l->rate.count > LIMIT_COUNT)
		l->rate.count = LIMIT_COUNT;
	if (wall_s < 0)
		wall_s = 0;
	l->ahead_ms = ((uint64_t)wall_s + (uint64_t)LIMIT_ERA_S) * 1000 -
	    now_ms;
	list_init(&l->by_use);
	table_init(&l->entries, TABLE_KEY_AT(struct limit_entry, node, key),
	    LIMIT_KEY, seed);
}

/* Removes an entry from the table; the caller frees it. */
static void
limit_remove(struct limit *l, struct limit_entry *e)
{
	table_remove(&l->entries, &e->node);
	list_remove(&e->link);
}

/* The least recently used entry; there is one. */
static struct limit_entry *
limit_oldest(const struct limit *l)
{
	return LIST_ITEM(l->by_use.next, struct limit_entry, link);
}

/* Adds an entry for a key; NULL: no memory.  First frees the entries whose two
 * windows have passed, and evicts the least recently used one if the table is
 * full. */
static struct limit_entry *
limit_add(struct limit *l, const uint8_t *key, uint64_t window)
{
	struct limit_entry *e;

	while (!list_empty(&l->by_use)) {
		e = limit_oldest(l);
		if (window - e->window < 2 &&
		    l->entries.count < LIMIT_ADDRESSES)
			break;
		limit_remove(l, e);
		free(e);
	}
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return NULL;
	memcpy(e->key, key, LIMIT_KEY);
	e->window = window;
	list_init(&e->link);
	table_add(&l->entries, &e->node);
	return e;
}

/* Finds the entry of an address, NULL: there is none; writes its key. */
static struct limit_entry *
limit_find(const struct limit *l, const struct addr *a,
    uint8_t key[LIMIT_KEY])
{
	struct table_node *node;

	key[0] = a->family;
	memcpy(key + 1, a->ip, sizeof(a->ip));
	memcpy(key + 1 + sizeof(a->ip), &a->scope, sizeof(a->scope));
	node = table_find(&l->entries, key);
	return node == NULL ? NULL :
	    TABLE_ITEM(node, struct limit_entry, node);
}

/* Advances an entry to that window: `now` becomes `before`, or both 0. */
static void
limit_turn(struct limit_entry *e, uint64_t window)
{
	if (e->window == window)
		return;
	e->before = e->window + 1 == window ? e->now : 0;
	e->now = 0;
	e->window = window;
}

/* Is before * (window - elapsed) / window + now + 1 <= count?  Multiplied by
 * window, to compute with integers. */
static bool
limit_allows(const struct limit *l, const struct limit_entry *e,
    uint64_t elapsed_ms, int64_t count)
{
	uint64_t window = (uint64_t)l->rate.window_ms;
	uint64_t rest = window - elapsed_ms;

	if (e->now >= count)
		return false;
	/* Counts have at most 30 bits; with a window of at most 32 bits no
	 * product overflows. */
	while (window > UINT32_MAX) {
		window >>= 1;
		rest >>= 1;
	}
	return e->before * rest <=
	    ((uint64_t)count - e->now - 1) * window;
}

bool
limit_ask(struct limit *l, const struct addr *a, uint64_t now_ms)
{
	uint64_t time_ms = now_ms + l->ahead_ms;
	uint64_t window = time_ms / (uint64_t)l->rate.window_ms;
	uint8_t key[LIMIT_KEY];
	struct limit_entry *e;

	if (a->family == 0)
		return true;
	e = limit_find(l, a, key);
	if (e == NULL)
		e = limit_add(l, key, window);
	if (e == NULL)
		return true;
	list_remove(&e->link);
	list_add(&l->by_use, &e->link);
	limit_turn(e, window);
	if (!limit_allows(l, e, time_ms % (uint64_t)l->rate.window_ms,
	    l->rate.count))
		return false;
	e->now++;
	return true;
}

bool
limit_is_half(const struct limit *l, const struct addr *a, uint64_t now_ms)
{
	uint64_t time_ms = now_ms + l->ahead_ms;
	struct limit_entry e = { .window = 0 };
	const struct limit_entry *found;
	uint8_t key[LIMIT_KEY];

	found = limit_find(l, a, key);
	if (found != NULL)
		e = *found;
	limit_turn(&e, time_ms / (uint64_t)l->rate.window_ms);
	return !limit_allows(l, &e, time_ms % (uint64_t)l->rate.window_ms,
	    l->rate.count / 2);
}

void
limit_free(struct limit *l)
{
	struct limit_entry *e;

	if (l->rate.count == 0)
		return;
	while (!list_empty(&l->by_use)) {
		e = limit_oldest(l);
		limit_remove(l, e);
		free(e);
	}
	table_free(&l->entries);
	l->rate.count = 0;
}

uint64_t
span_draw(const struct span *span, struct random *random)
{
	uint64_t n = (uint64_t)(span->high_ms - span->low_ms);
	uint64_t mask = UINT64_MAX, drawn;

	if (n <= 1)
		return (uint64_t)span->low_ms;
	while (mask >> 1 >= n - 1)
		mask >>= 1;
	do {
		random_bytes(random, &drawn, sizeof(drawn));
		drawn &= mask;
	} while (drawn >= n);
	return (uint64_t)span->low_ms + drawn;
}
