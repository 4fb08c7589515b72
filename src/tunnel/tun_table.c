/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The table from inner addresses to the legs that have them.
 */

#include "compat.h"

#include "tunnel/tun_table.h"

#include "base/log.h"

void
tun_table_init(struct tun_table *t, const uint8_t *seed)
{
	memset(t, 0, sizeof(*t));
	table_init(&t->table, TABLE_KEY_AT(struct tun_entry, node, key),
	    TUN_TABLE_KEY, seed);
	list_init(&t->silent);
	t->max = TUN_TABLE_MAX;
	t->owner_max = TUN_TABLE_OWNER_MAX;
}

void
tun_table_free(struct tun_table *t)
{
	must(t->n == 0);
	table_free(&t->table);
}

void
tun_owner_init(struct tun_owner *o, const char *name)
{
	o->name = name;
	list_init(&o->addresses);
}

/* Writes an address as the table has it. */
static void
tun_table_key(uint8_t key[TUN_TABLE_KEY], const struct addr *a)
{
	key[0] = a->family;
	memcpy(key + 1, a->ip, 16);
}

/* Is its address one of a link? */
static bool
tun_entry_is_local(const struct tun_entry *e)
{
	struct addr a = { 0 };

	a.family = e->key[0];
	memcpy(a.ip, e->key + 1, sizeof(a.ip));
	return addr_is_link_local(&a);
}

/* Takes an address from its owner. */
static void
tun_entry_leave(struct tun_entry *e)
{
	struct tun_owner *o = e->owner;

	list_remove(&e->by_owner);
	o->n--;
	o->n_global -= !tun_entry_is_local(e);
	if (o->newest == e)
		o->newest = NULL;
	e->owner = NULL;
}

/* Gives it to an owner. */
static void
tun_entry_join(struct tun_entry *e, struct tun_owner *o)
{
	list_add(&o->addresses, &e->by_owner);
	o->n++;
	o->n_global += !tun_entry_is_local(e);
	e->owner = o;
}

/* Forgets an address. */
static void
tun_entry_free(struct tun_table *t, struct tun_entry *e)
{
	tun_entry_leave(e);
	list_remove(&e->by_time);
	table_remove(&t->table, &e->node);
	t->n--;
	free(e);
}

void
tun_owner_free(struct tun_table *t, struct tun_owner *o)
{
	while (!list_empty(&o->addresses))
		tun_entry_free(t, LIST_ITEM(o->addresses.next,
		    struct tun_entry, by_owner));
}

/* The entry of an address, or NULL. */
static struct tun_entry *
tun_table_entry(const struct tun_table *t, const struct addr *a)
{
	uint8_t key[TUN_TABLE_KEY];
	struct table_node *node;

	tun_table_key(key, a);
	node = table_find(&t->table, key);
	return node == NULL ? NULL : TABLE_ITEM(node, struct tun_entry, node);
}

struct tun_owner *
tun_table_find(const struct tun_table *t, const struct addr *a)
{
	struct tun_entry *e = tun_table_entry(t, a);

	return e == NULL ? NULL : e->owner;
}

/* An address spoke. */
static void
tun_entry_touch(struct tun_table *t, struct tun_entry *e, uint64_t now_ms)
{
	e->owner->newest = e;
	if (e->seen_ms == now_ms)
		return;
	e->seen_ms = now_ms;
	list_remove(&e->by_time);
	list_add(&t->silent, &e->by_time);
	list_remove(&e->by_owner);
	list_add(&e->owner->addresses, &e->by_owner);
}

bool
tun_table_speaks(struct tun_table *t, struct tun_owner *o,
    const struct addr *a, uint64_t now_ms)
{
	struct tun_entry *e = o->newest;
	uint8_t key[TUN_TABLE_KEY];

	tun_table_key(key, a);
	if (e == NULL || memcmp(e->key, key, sizeof(key)) != 0) {
		e = tun_table_entry(t, a);
		if (e == NULL || e->owner != o)
			return false;
	}
	tun_entry_touch(t, e, now_ms);
	return true;
}

/* Evicts an address, the first of a list; false when it was used within
 * TUN_TABLE_SILENCE_MS. */
static bool
tun_table_evict(struct tun_table *t, struct tun_entry *e, uint64_t now_ms)
{
	if (now_ms - e->seen_ms < TUN_TABLE_SILENCE_MS)
		return false;
	tun_entry_free(t, e);
	return true;
}

/* How long an address must have been silent before a second owner gets it. */
static uint64_t
tun_entry_silence_ms(const struct tun_entry *e, const struct tun_owner *o)
{
	if (*o->name == '\0' || *e->owner->name == '\0')
		return TUN_TABLE_SILENCE_MS;
	return strcmp(o->name, e->owner->name) == 0 ? 0 : TUN_TABLE_NAMED_MS;
}

/* Makes room for one more address of that owner; false when it cannot. */
static bool
tun_owner_make_room(struct tun_table *t, struct tun_owner *o,
    uint64_t now_ms)
{
	struct tun_entry *e;

	if (o->n < t->owner_max)
		return true;
	e = LIST_ITEM(o->addresses.next, struct tun_entry, by_owner);
	must(e->owner == o);
	return tun_table_evict(t, e, now_ms);
}

/* The same, in the table as well.  *loser becomes the owner whose address was
 * evicted for that; else it is left alone. */
static bool
tun_table_make_room(struct tun_table *t, struct tun_owner *o,
    uint64_t now_ms, struct tun_owner **loser)
{
	struct tun_owner *owner;
	struct tun_entry *e;

	if (!tun_owner_make_room(t, o, now_ms))
		return false;
	if (t->n < t->max)
		return true;
	e = LIST_ITEM(t->silent.next, struct tun_entry, by_time);
	owner = e->owner;
	if (!tun_table_evict(t, e, now_ms))
		return false;
	*loser = owner;
	return true;
}

enum tun_claim
tun_table_claim(struct tun_table *t, struct tun_owner *o,
    const struct addr *a, uint64_t now_ms, struct tun_owner **loser)
{
	struct tun_entry *e = tun_table_entry(t, a);

	*loser = NULL;
	if (e != NULL && e->owner == o) {
		tun_entry_touch(t, e, now_ms);
		return TUN_HAS;
	}
	if (e != NULL) {
		*loser = e->owner;
		if (now_ms - e->seen_ms < tun_entry_silence_ms(e, o))
			return TUN_TAKEN;
		if (!tun_owner_make_room(t, o, now_ms)) {
			*loser = NULL;
			return TUN_FULL;
		}
		tun_entry_leave(e);
		tun_entry_join(e, o);
		tun_entry_touch(t, e, now_ms);
		return TUN_GETS;
	}
	if (!tun_table_make_room(t, o, now_ms, loser) ||
	    (e = calloc(1, sizeof(*e))) == NULL)
		return TUN_FULL;
	tun_table_key(e->key, a);
	e->seen_ms = now_ms;
	table_add(&t->table, &e->node);
	list_add(&t->silent, &e->by_time);
	t->n++;
	tun_entry_join(e, o);
	o->newest = e;
	return TUN_GETS;
}
