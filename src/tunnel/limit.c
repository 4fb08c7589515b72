/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * How many flows an address may begin in a window of time, and how long each
 * may live.
 */

#include "compat.h"

#include "tunnel/limit.h"

/* Seconds from the year 1 to 1970. */
#define LIMIT_ERA_S INT64_C(62135596800)

enum { LIMIT_KEY = 1 + 16 + sizeof(uint32_t) };

/* An address that began a flow within the last two windows. */
struct limit_entry {
	struct table_node node;
	struct list link;	/* in limit->asked */
	uint8_t key[LIMIT_KEY];	/* family, address, zone */
	uint64_t window;	/* number of the window that `now` counts */
	uint32_t now, before;	/* allowed in it, and in the one before */
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
	list_init(&l->asked);
	table_init(&l->entries, TABLE_KEY_AT(struct limit_entry, node, key),
	    LIMIT_KEY, seed);
}

/* Takes an entry out of the limiter. */
static void
limit_take_out(struct limit *l, struct limit_entry *e)
{
	table_remove(&l->entries, &e->node);
	list_remove(&e->link);
}

/* The entry that was asked for longest ago. */
static struct limit_entry *
limit_oldest(const struct limit *l)
{
	return LIST_ITEM(l->asked.next, struct limit_entry, link);
}

/* A new entry for a key, in place of those that count no more; NULL when there
 * is no memory. */
static struct limit_entry *
limit_add(struct limit *l, const uint8_t *key, uint64_t window)
{
	struct limit_entry *e;

	while (!list_empty(&l->asked)) {
		e = limit_oldest(l);
		if (window - e->window < 2 &&
		    l->entries.count < LIMIT_ADDRESSES)
			break;
		limit_take_out(l, e);
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

/* The entry of an address, whose key is written; NULL: there is none. */
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

/* Makes an entry one of that window. */
static void
limit_turn(struct limit_entry *e, uint64_t window)
{
	if (e->window == window)
		return;
	e->before = e->window + 1 == window ? e->now : 0;
	e->now = 0;
	e->window = window;
}

/* Is before * (window - elapsed) / window + now + 1 at most count? */
static bool
limit_allows(const struct limit *l, const struct limit_entry *e,
    uint64_t elapsed_ms, int64_t count)
{
	uint64_t window = (uint64_t)l->rate.window_ms;
	uint64_t rest = window - elapsed_ms;

	if (e->now >= count)
		return false;
	/* Counts have at most 30 bits, so that no product overflows. */
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
	list_add(&l->asked, &e->link);
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
	while (!list_empty(&l->asked)) {
		e = limit_oldest(l);
		limit_take_out(l, e);
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
