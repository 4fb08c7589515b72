/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The peers of a tunnel: who has begun its flows, and what each of them has
 * sent and received.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/peer_set.h"

#include "base/log.h"
#include "tunnel/tunnel.h"

void
peer_set_start(struct tunnel *t)
{
	uint8_t seed[TABLE_SEED];
	unsigned i;

	random_bytes(t->random, seed, sizeof(seed));
	table_init(&t->peers.table, TABLE_KEY_AT(struct peer_known, node, key),
	    sizeof(uint64_t), seed);
	list_init(&t->peers.all);
	for (i = 0; i < PEER_MARKS; i++)
		t->peers.marks[i].at = &t->peers.all;
}

void
peer_set_free(struct peer_set *p)
{
	must(p->table.count == 0);
	table_free(&p->table);
}

/* The key of a host. */
static uint64_t
key_of_host(const struct peer_set *p, const struct addr *a)
{
	uint8_t bytes[1 + sizeof(a->ip) + sizeof(a->scope)];

	bytes[0] = a->family;
	memcpy(bytes + 1, a->ip, sizeof(a->ip));
	memcpy(bytes + 1 + sizeof(a->ip), &a->scope, sizeof(a->scope));
	return table_hash(p->table.seed, bytes, sizeof(bytes));
}

/* The key of a verified name; no host has such a one, as its first byte is 4 or
 * 6. */
static uint64_t
key_of_name(const struct peer_set *p, const char *name)
{
	uint64_t parts[2];

	parts[0] = 0;
	parts[1] = table_hash(p->table.seed, name, strlen(name));
	return table_hash(p->table.seed, parts, sizeof(parts));
}

/* The peer of that key, or NULL. */
static struct peer_known *
find_known(const struct peer_set *p, uint64_t key)
{
	struct table_node *node = table_find(&p->table, &key);

	return node == NULL ? NULL :
	    TABLE_ITEM(node, struct peer_known, node);
}

/* A new peer; NULL when there is no memory. */
static struct peer_known *
known_new(struct peer_set *p, uint64_t key, uint64_t now_ms)
{
	struct peer_known *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return NULL;
	k->key = key;
	k->number = ++p->last;
	k->since_ms = now_ms;
	list_init(&k->flows);
	list_add(&p->all, &k->link);
	table_add(&p->table, &k->node);
	return k;
}

/* A peer goes. */
static void
known_free(struct peer_set *p, struct peer_known *k)
{
	unsigned i;

	for (i = 0; i < PEER_MARKS; i++)
		if (p->marks[i].at == &k->link)
			p->marks[i].at = k->link.prev;
	table_remove(&p->table, &k->node);
	list_remove(&k->link);
	free(k);
}

void
peer_set_enter(struct flow *f)
{
	struct peer_set *p = &f->tunnel->peers;
	bool named = *f->peer.identity != '\0';
	uint64_t key;

	list_init(&f->by_peer);
	if (!named && f->peer.addr.family == 0)
		return;
	key = named ? key_of_name(p, f->peer.identity) :
	    key_of_host(p, &f->peer.addr);
	f->known = find_known(p, key);
	if (f->known == NULL)
		f->known = known_new(p, key, loop_now(f->tunnel->loop));
	if (f->known == NULL)
		return;
	list_add(&f->known->flows, &f->by_peer);
	f->known->n++;
}

/* Adds what a flow has counted. */
static void
sum_add_flow(struct peer_sum *sum, const struct flow *f)
{
	unsigned i;

	for (i = LEFT; i <= RIGHT; i++) {
		sum->passed[i] += f->passed[i];
		sum->bytes[i] += f->bytes[i];
	}
	sum->lost += f->lost;
	if (f->passed[LEFT] > 0 && f->seen_ms[LEFT] > sum->heard_ms)
		sum->heard_ms = f->seen_ms[LEFT];
}

/* What the flows of a peer had counted that have ended. */
static void
sum_begin(struct peer_sum *sum, const struct peer_known *k)
{
	memcpy(sum->passed, k->passed, sizeof(sum->passed));
	memcpy(sum->bytes, k->bytes, sizeof(sum->bytes));
	sum->lost = k->lost;
	sum->heard_ms = k->heard_ms;
}

void
peer_set_leave(struct flow *f)
{
	struct peer_known *k = f->known;
	struct peer_sum sum;

	if (k == NULL)
		return;
	sum_begin(&sum, k);
	sum_add_flow(&sum, f);
	memcpy(k->passed, sum.passed, sizeof(k->passed));
	memcpy(k->bytes, sum.bytes, sizeof(k->bytes));
	k->lost = sum.lost;
	k->heard_ms = sum.heard_ms;
	list_remove(&f->by_peer);
	f->known = NULL;
	if (--k->n > 0)
		return;
	known_free(&f->tunnel->peers, k);
}

/* The number of a link in the list; 0 for its head. */
static uint64_t
link_number(const struct peer_set *p, struct list *l)
{
	return l == &p->all ? 0 :
	    LIST_ITEM(l, struct peer_known, link)->number;
}

/* The mark that is nearest to a number, and not behind it. */
static struct peer_mark *
mark_nearest(struct peer_set *p, uint64_t number)
{
	struct peer_mark *best = NULL;
	unsigned i;

	for (i = 0; i < PEER_MARKS; i++)
		if (link_number(p, p->marks[i].at) <= number &&
		    (best == NULL || link_number(p, p->marks[i].at) >
		    link_number(p, best->at)))
			best = &p->marks[i];
	return best;
}

/* The mark that was not used for the longest time. */
static struct peer_mark *
mark_oldest(struct peer_set *p)
{
	struct peer_mark *best = &p->marks[0];
	unsigned i;

	for (i = 1; i < PEER_MARKS; i++)
		if (p->marks[i].used < best->used)
			best = &p->marks[i];
	return best;
}

struct peer_known *
peer_set_after(struct peer_set *p, uint64_t number)
{
	struct peer_mark *mark = mark_nearest(p, number);
	struct list *l = mark == NULL ? &p->all : mark->at;
	uint64_t steps = 0;

	for (; l->next != &p->all && link_number(p, l->next) <= number;
	    l = l->next)
		steps++;
	/* That of a different reader stays where it is. */
	if (mark == NULL || steps > PEER_NEAR)
		mark = mark_oldest(p);
	mark->at = l;
	mark->used = ++p->turn;
	p->walked += steps;
	return l->next == &p->all ? NULL :
	    LIST_ITEM(l->next, struct peer_known, link);
}

struct peer_known *
peer_set_find(const struct peer_set *p, const char *text)
{
	struct peer_known *k = find_known(p, key_of_name(p, text));
	struct addr a;

	if (k == NULL && addr_of_literal(&a, text, 0) == 0)
		k = find_known(p, key_of_host(p, &a));
	return k;
}

void
peer_set_sum(const struct peer_known *k, struct peer_sum *sum)
{
	const struct list *l;

	sum_begin(sum, k);
	for (l = k->flows.next; l != &k->flows; l = l->next)
		sum_add_flow(sum, LIST_ITEM(l, struct flow, by_peer));
}

const struct peer *
peer_set_who(const struct peer_known *k)
{
	return &LIST_ITEM(k->flows.prev, struct flow, by_peer)->peer;
}
