/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The table from inner addresses to the legs that have them.
 */

#include "compat.h"

#include "tunnel/tun_table.h"

#include "base/log.h"

/*
 * Names
 */

/* Writes what a name is found by: 128 bits, so that no two names are the same
 * while the seeds are secret. */
static void
name_key(const struct tun_table *t, const char *name,
    uint8_t key[TUN_NAME_KEY])
{
	uint64_t hash;
	unsigned i;

	for (i = 0; i < 2; i++) {
		hash = table_hash(t->seed[i], name, strlen(name));
		memcpy(key + i * sizeof(hash), &hash, sizeof(hash));
	}
}

/* The struct of a name, made if there is none; NULL when there is no memory. */
static struct tun_name *
name_get(struct tun_table *t, const char *name)
{
	uint8_t key[TUN_NAME_KEY];
	struct table_node *node;
	struct tun_name *n;

	name_key(t, name, key);
	node = table_find(&t->names, key);
	if (node != NULL)
		return TABLE_ITEM(node, struct tun_name, node);
	n = calloc(1, sizeof(*n));
	if (n == NULL)
		return NULL;
	memcpy(n->key, key, sizeof(key));
	list_init(&n->owners);
	list_init(&n->addresses);
	table_add(&t->names, &n->node);
	list_add(&t->all_names, &n->link);
	return n;
}

/* Frees a name that nothing needs. */
static void
name_drop(struct tun_table *t, struct tun_name *n)
{
	if (n->pinned || n->n > 0 || !list_empty(&n->owners))
		return;
	table_remove(&t->names, &n->node);
	list_remove(&n->link);
	free(n);
}

struct tun_name *
tun_table_pin(struct tun_table *t, const char *name)
{
	struct tun_name *n = name_get(t, name);

	if (n == NULL)
		return NULL;
	n->pinned = true;
	n->lost = false;
	return n;
}

void
tun_table_unpin(struct tun_table *t)
{
	struct tun_name *n;
	struct list *at;

	for (at = t->all_names.next; at != &t->all_names; at = at->next) {
		n = LIST_ITEM(at, struct tun_name, link);
		n->lost |= n->pinned;
		n->pinned = false;
	}
}

struct tun_owner *
tun_name_newest(const struct tun_name *n)
{
	return list_empty(&n->owners) ? NULL :
	    LIST_ITEM(n->owners.prev, struct tun_owner, by_name);
}

bool
tun_owner_is_replaced(const struct tun_owner *o)
{
	return o->name != NULL && tun_name_newest(o->name) != o;
}

/*
 * Entries
 */

/* Adds addresses of a list to n of them, up to max; returns how many there are
 * then. */
static unsigned
list_addresses(const struct list *l, struct addr *a, unsigned n, unsigned max)
{
	const struct tun_entry *e;
	const struct list *at;

	for (at = l->prev; at != l && n < max; at = at->prev) {
		e = LIST_ITEM(at, struct tun_entry, by_owner);
		memset(&a[n], 0, sizeof(*a));
		a[n].family = e->key[0];
		memcpy(a[n++].ip, e->key + 1, 16);
	}
	return n;
}

unsigned
tun_owner_addresses(const struct tun_owner *o, struct addr *a, unsigned max)
{
	return list_addresses(&o->locals, a, list_addresses(&o->addresses, a,
	    0, max), max);
}

/* Writes an address as the table has it. */
static void
tun_table_key(uint8_t key[TUN_TABLE_KEY], const struct addr *a)
{
	key[0] = a->family;
	memcpy(key + 1, a->ip, 16);
}

/* The list of an owner that it belongs in. */
static struct list *
tun_entry_list(const struct tun_entry *e, struct tun_owner *o)
{
	return e->local ? &o->locals : &o->addresses;
}

/* Moves it to the end of its list of the table. */
static void
tun_entry_list_last(struct tun_table *t, struct tun_entry *e)
{
	list_remove(&e->by_time);
	list_add(e->name == NULL ? &t->unnamed : &t->named, &e->by_time);
}

/* Takes an address from its owner, if it has one; it stays with the name. */
static void
tun_entry_leave(struct tun_entry *e)
{
	struct tun_owner *o = e->owner;

	list_remove(&e->by_owner);
	if (o == NULL)
		return;
	o->n--;
	o->n_global -= !e->local;
	if (o->newest == e)
		o->newest = NULL;
	e->owner = NULL;
}

/* Gives one that has left to an owner of any name. */
static void
tun_entry_join(struct tun_table *t, struct tun_entry *e, struct tun_owner *o,
    uint64_t now_ms)
{
	struct tun_name *before = e->name;

	list_add(tun_entry_list(e, o), &e->by_owner);
	o->n++;
	o->n_global += !e->local;
	e->owner = o;
	e->moved_ms = now_ms;
	e->name = o->name;
	if (e->name == before)
		return;
	tun_entry_list_last(t, e);
	e->shared = false;
	if (e->name != NULL)
		e->name->n++;
	if (before != NULL) {
		before->n--;
		name_drop(t, before);
	}
}

/* Forgets an address. */
static void
tun_entry_free(struct tun_table *t, struct tun_entry *e)
{
	tun_entry_leave(e);
	list_remove(&e->by_time);
	table_remove(&t->table, &e->node);
	t->n--;
	if (e->name != NULL) {
		e->name->n--;
		name_drop(t, e->name);
	}
	free(e);
}

/* Notes that it was used. */
static void
tun_entry_renew(struct tun_table *t, struct tun_entry *e, uint64_t now_ms)
{
	e->seen_ms = now_ms;
	tun_entry_list_last(t, e);
}

/* An address spoke. */
static void
tun_entry_touch(struct tun_table *t, struct tun_entry *e, uint64_t now_ms)
{
	e->owner->newest = e;
	if (e->seen_ms == now_ms)
		return;
	tun_entry_renew(t, e, now_ms);
	list_remove(&e->by_owner);
	list_add(tun_entry_list(e, e->owner), &e->by_owner);
}

/*
 * The table
 */

void
tun_table_init(struct tun_table *t, const uint8_t *seed)
{
	unsigned i;

	memset(t, 0, sizeof(*t));
	table_init(&t->table, TABLE_KEY_AT(struct tun_entry, node, key),
	    TUN_TABLE_KEY, seed);
	table_init(&t->names, TABLE_KEY_AT(struct tun_name, node, key),
	    TUN_NAME_KEY, seed);
	for (i = 0; i < TABLE_SEED; i++) {
		t->seed[0][i] = seed[i];
		t->seed[1][i] = seed[i] ^ 0x5a;
	}
	list_init(&t->unnamed);
	list_init(&t->named);
	list_init(&t->all_names);
	t->max = TUN_TABLE_MAX;
	t->owner_max = TUN_TABLE_OWNER_MAX;
	t->name_max = TUN_TABLE_NAME_MAX;
}

void
tun_table_free(struct tun_table *t)
{
	struct tun_entry *e;
	struct tun_name *n;

	/* Without an owner only names have addresses. */
	must(list_empty(&t->unnamed));
	while (!list_empty(&t->named)) {
		e = LIST_ITEM(t->named.next, struct tun_entry, by_time);
		must(e->owner == NULL);
		tun_entry_free(t, e);
	}
	while (!list_empty(&t->all_names)) {
		n = LIST_ITEM(t->all_names.next, struct tun_name, link);
		n->pinned = false;
		must(list_empty(&n->owners));
		name_drop(t, n);
	}
	table_free(&t->names);
	table_free(&t->table);
}

int
tun_owner_init(struct tun_table *t, struct tun_owner *o, const char *name)
{
	list_init(&o->addresses);
	list_init(&o->locals);
	list_init(&o->by_name);
	o->order = ++t->order;
	if (*name == '\0')
		return 0;
	o->name = name_get(t, name);
	if (o->name == NULL)
		return -1;
	list_add(&o->name->owners, &o->by_name);
	return 0;
}

void
tun_owner_release(struct tun_table *t, struct tun_owner *o, uint64_t now_ms)
{
	struct tun_entry *e;

	while (o->n > 0) {
		e = LIST_ITEM((o->n_global > 0 ? &o->addresses :
		    &o->locals)->next, struct tun_entry, by_owner);
		if (o->name == NULL) {
			tun_entry_free(t, e);
			continue;
		}
		tun_entry_leave(e);
		tun_entry_renew(t, e, now_ms);
		list_add(&o->name->addresses, &e->by_owner);
		e->shared = false;
	}
}

void
tun_owner_free(struct tun_table *t, struct tun_owner *o, uint64_t now_ms)
{
	if (o->order == 0)
		return;
	tun_owner_release(t, o, now_ms);
	if (o->name == NULL)
		return;
	list_remove(&o->by_name);
	if (list_empty(&o->name->owners))
		o->name->told = false;
	name_drop(t, o->name);
	o->name = NULL;
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

/* The owner that an address leads to: its own, else the newest of its name; or
 * NULL. */
static struct tun_owner *
tun_entry_owner(const struct tun_entry *e)
{
	return e->owner != NULL ? e->owner : tun_name_newest(e->name);
}

struct tun_owner *
tun_table_find(const struct tun_table *t, const struct addr *a)
{
	struct tun_entry *e = tun_table_entry(t, a);

	return e == NULL ? NULL : tun_entry_owner(e);
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

/* May the address of a different owner, or of one that has gone, go to an owner
 * of a different name, or without one? */
static bool
tun_entry_may_leave(const struct tun_entry *e, uint64_t now_ms)
{
	const struct tun_owner *o = tun_entry_owner(e);
	uint64_t seen_ms = e->seen_ms, limit_ms = TUN_TABLE_SILENCE_MS;

	if (o != NULL && o->alive_ms > seen_ms)
		seen_ms = o->alive_ms;
	if (e->name != NULL)
		limit_ms = TUN_TABLE_NAMED_MS;
	else if (o != NULL && o->alive_ms > 0)
		limit_ms = TUN_TABLE_ALIVE_MS;
	return now_ms - seen_ms >= limit_ms;
}

/* How many addresses an owner, or its name, has. */
static unsigned
tun_owner_count(const struct tun_owner *o)
{
	return o->name == NULL ? o->n : o->name->n;
}

/* May it be evicted from a full table for an address of that owner? */
static bool
tun_entry_may_go(const struct tun_entry *e, const struct tun_owner *o,
    uint64_t now_ms)
{
	if (e->name != NULL)
		return e->owner == NULL && tun_entry_may_leave(e, now_ms);
	return tun_entry_may_leave(e, now_ms) ||
	    (e->owner->n > TUN_TABLE_FEW &&
	    (now_ms - e->seen_ms >= TUN_TABLE_SILENCE_MS ||
	    tun_owner_count(o) < TUN_TABLE_FEW));
}

/* The address of a list that is evicted from a full table for one of that
 * owner, or NULL.  Those that are looked at and stay go to its end. */
static struct tun_entry *
tun_table_payer(struct tun_table *t, const struct list *list,
    const struct tun_owner *o, uint64_t now_ms)
{
	struct tun_entry *e;
	unsigned i;

	for (i = 0; i < TUN_TABLE_TRIES && !list_empty(list); i++) {
		e = LIST_ITEM(list->next, struct tun_entry, by_time);
		if (tun_entry_may_go(e, o, now_ms))
			return e;
		tun_entry_list_last(t, e);
	}
	return NULL;
}

/* Makes room for one more address of that owner; false when it cannot. */
static bool
tun_owner_make_room(struct tun_table *t, struct tun_owner *o, bool local,
    uint64_t now_ms)
{
	struct tun_name *n = o->name;
	struct tun_entry *e;

	if (local && o->n - o->n_global >= TUN_TABLE_LOCAL_MAX)
		tun_entry_free(t, LIST_ITEM(o->locals.next, struct tun_entry,
		    by_owner));
	if (n == NULL ? o->n < t->owner_max : n->n < t->name_max)
		return true;
	if (n != NULL && !list_empty(&n->addresses)) {
		tun_entry_free(t, LIST_ITEM(n->addresses.next,
		    struct tun_entry, by_owner));
		return true;
	}
	if (list_empty(&o->addresses))
		return false;
	e = LIST_ITEM(o->addresses.next, struct tun_entry, by_owner);
	if (now_ms - e->seen_ms < TUN_TABLE_SILENCE_MS)
		return false;
	tun_entry_free(t, e);
	return true;
}

/* Makes room for one more address in the table.  *loser becomes the owner whose
 * address was evicted for that; else it is left alone. */
static bool
tun_table_make_room(struct tun_table *t, const struct tun_owner *o,
    uint64_t now_ms, struct tun_owner **loser)
{
	struct tun_entry *e;

	if (t->n < t->max)
		return true;
	e = tun_table_payer(t, &t->unnamed, o, now_ms);
	if (e == NULL)
		e = tun_table_payer(t, &t->named, o, now_ms);
	if (e == NULL)
		return false;
	*loser = e->owner;
	tun_entry_free(t, e);
	return true;
}

/* May it go to this owner of the same name? */
static bool
tun_entry_may_roam(const struct tun_entry *e, const struct tun_owner *o,
    uint64_t now_ms)
{
	return e->owner == NULL ||
	    (o->order > e->owner->order && !e->shared) ||
	    now_ms - e->moved_ms >= TUN_TABLE_MOVE_MS;
}

/* Claims an address that a different owner has, or one that has gone had. */
static enum tun_claim
tun_table_take(struct tun_table *t, struct tun_owner *o, struct tun_entry *e,
    uint64_t now_ms, struct tun_owner **loser)
{
	bool same = e->name != NULL && e->name == o->name;

	*loser = tun_entry_owner(e);
	if (same && !tun_entry_may_roam(e, o, now_ms))
		return TUN_SHARES;
	if (!same && !tun_entry_may_leave(e, now_ms))
		return TUN_TAKEN;
	if (!same && !tun_owner_make_room(t, o, e->local, now_ms)) {
		*loser = NULL;
		return TUN_FULL;
	}
	if (same && e->owner != NULL && o->order < e->owner->order)
		e->shared = true;
	*loser = e->owner;
	tun_entry_leave(e);
	tun_entry_join(t, e, o, now_ms);
	tun_entry_touch(t, e, now_ms);
	return TUN_GETS;
}

enum tun_claim
tun_table_claim(struct tun_table *t, struct tun_owner *o,
    const struct addr *a, uint64_t now_ms, struct tun_owner **loser)
{
	struct tun_entry *e = tun_table_entry(t, a);
	bool local = addr_is_link_local(a);

	*loser = NULL;
	if (e != NULL && e->owner == o) {
		tun_entry_touch(t, e, now_ms);
		return TUN_HAS;
	}
	if (e != NULL)
		return tun_table_take(t, o, e, now_ms, loser);
	if (!tun_owner_make_room(t, o, local, now_ms) ||
	    !tun_table_make_room(t, o, now_ms, loser) ||
	    (e = calloc(1, sizeof(*e))) == NULL)
		return TUN_FULL;
	tun_table_key(e->key, a);
	e->local = local;
	e->seen_ms = now_ms;
	table_add(&t->table, &e->node);
	list_add(&t->unnamed, &e->by_time);
	t->n++;
	tun_entry_join(t, e, o, now_ms);
	o->newest = e;
	return TUN_GETS;
}

/* Forgets the addresses of a list for which may() is false. */
static void
sift_list(struct tun_table *t, struct list *list, tun_table_may_fn *may,
    void *arg)
{
	struct list *at, *next;
	struct tun_entry *e;
	struct addr a;

	for (at = list->next; at != list; at = next) {
		next = at->next;
		e = LIST_ITEM(at, struct tun_entry, by_time);
		memset(&a, 0, sizeof(a));
		a.family = e->key[0];
		memcpy(a.ip, e->key + 1, sizeof(a.ip));
		if (!may(arg, e->name, &a))
			tun_entry_free(t, e);
	}
}

void
tun_table_sift(struct tun_table *t, tun_table_may_fn *may, void *arg)
{
	struct list *at, *next;
	struct tun_name *n;

	sift_list(t, &t->unnamed, may, arg);
	sift_list(t, &t->named, may, arg);
	for (at = t->all_names.next; at != &t->all_names; at = next) {
		next = at->next;
		n = LIST_ITEM(at, struct tun_name, link);
		n->lost = false;
		name_drop(t, n);
	}
}
