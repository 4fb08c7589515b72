/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Strangers that have begun and are not identified yet: how many there may be,
 * and which of them is evicted for a new one.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/pending.h"

#include "base/alloc.h"
#include "base/log.h"

/* A site that has places. */
struct pending_site {
	struct table_node node;
	struct list link;	/* in pendings->level[n] */
	struct list silent;	/* struct pending, the oldest first: those that
				 * had sent nothing when that was last asked, */
	struct list spoken;	/* and the others */
	unsigned n;		/* how many both are */
	uint8_t key[ADDR_SITE];
};

/* Allocates so many places; none is taken. */
static void
make_room(struct pendings *p, unsigned room, const uint8_t *seed)
{
	unsigned i;

	p->room = room;
	p->level = xcalloc((size_t)room + 1, sizeof(*p->level));
	for (i = 0; i <= room; i++)
		list_init(&p->level[i]);
	p->site = xcalloc(room, sizeof(*p->site));
	table_init(&p->sites, TABLE_KEY_AT(struct pending_site, node, key),
	    ADDR_SITE, seed);
}

void
pendings_init(struct pendings *p, unsigned max, const uint8_t *seed,
    bool (*has_spoken)(const struct pending *))
{
	memset(p, 0, sizeof(*p));
	p->max = max;
	p->has_spoken = has_spoken;
	list_init(&p->all);
	make_room(p, max, seed);
}

/* Frees the places. */
static void
drop_room(struct pendings *p)
{
	free(p->level);
	free(p->site);
	table_free(&p->sites);
	p->most = p->n_sites = 0;
}

void
pendings_free(struct pendings *p)
{
	must(p->n == 0);
	if (p->level == NULL)
		return;
	drop_room(p);
	memset(p, 0, sizeof(*p));
}

bool
pendings_is_full(const struct pendings *p)
{
	return p->n >= p->max;
}

struct pending *
pendings_oldest(const struct pendings *p)
{
	return list_empty(&p->all) ? NULL :
	    LIST_ITEM(p->all.next, struct pending, link);
}

/* The oldest silent one of a site, or NULL. */
static struct pending *
find_silent(const struct pendings *p, struct pending_site *site)
{
	struct pending *first;

	while (!list_empty(&site->silent)) {
		first = LIST_ITEM(site->silent.next, struct pending, near);
		if (!p->has_spoken(first))
			return first;
		list_remove(&first->near);
		list_add(&site->spoken, &first->near);
	}
	return NULL;
}

/* The oldest of a site that has no silent ones. */
static struct pending *
site_oldest(const struct pending_site *site)
{
	return LIST_ITEM(site->spoken.next, struct pending, near);
}

/* The site that an address belongs to; NULL: it has no place. */
static struct pending_site *
find_site(const struct pendings *p, const struct addr *a)
{
	uint8_t key[ADDR_SITE];
	struct table_node *node;

	addr_site(a, key);
	node = table_find(&p->sites, key);
	return node == NULL ? NULL :
	    TABLE_ITEM(node, struct pending_site, node);
}

struct pending *
pendings_payer(struct pendings *p, const struct addr *newcomer,
    uint64_t now_ms)
{
	struct pending_site *own = find_site(p, newcomer), *site = own;
	struct pending *oldest = pendings_oldest(p), *silent;

	if (oldest == NULL)
		return NULL;
	if (own == NULL || own->n < p->most)
		site = LIST_ITEM(p->level[p->most].next, struct pending_site,
		    link);
	if (site == own || (p->most > 1 &&
	    p->most > p->max / PENDING_SHARE)) {
		silent = find_silent(p, site);
		if (silent != NULL)
			return silent;
		oldest = site_oldest(site);
		if (site != own)
			return oldest;
	}
	return now_ms - oldest->began_ms < PENDING_YOUNG_MS ? NULL : oldest;
}

bool
pending_is_in(const struct pending *pending)
{
	return pending->site != NULL;
}

/* A site has one more place, or one less. */
static void
count_site(struct pendings *p, struct pending_site *site, int more)
{
	list_remove(&site->link);
	site->n += (unsigned)more;
	list_add(&p->level[site->n], &site->link);
	if (site->n > p->most || list_empty(&p->level[p->most]))
		p->most = site->n;
}

/* A site for an address that has none; there is one that nobody uses. */
static struct pending_site *
take_site(struct pendings *p, const struct addr *a)
{
	struct pending_site *site;

	if (!list_empty(&p->level[0])) {
		site = LIST_ITEM(p->level[0].next, struct pending_site, link);
	} else {
		must(p->n_sites < p->room);
		site = &p->site[p->n_sites++];
		list_init(&site->link);
		list_init(&site->silent);
		list_init(&site->spoken);
	}
	addr_site(a, site->key);
	table_add(&p->sites, &site->node);
	return site;
}

void
pending_enter(struct pendings *p, struct pending *pending,
    const struct addr *peer, uint64_t now_ms)
{
	struct pending_site *site = find_site(p, peer);

	must(p->n < p->room && pending->site == NULL);
	if (site == NULL)
		site = take_site(p, peer);
	pending->site = site;
	pending->peer = *peer;
	pending->began_ms = now_ms;
	list_init(&pending->link);
	list_add(&p->all, &pending->link);
	list_init(&pending->near);
	list_add(p->has_spoken == NULL ? &site->spoken : &site->silent,
	    &pending->near);
	p->n++;
	count_site(p, site, 1);
}

void
pending_leave(struct pendings *p, struct pending *pending)
{
	struct pending_site *site = pending->site;

	if (site == NULL)
		return;
	pending->site = NULL;
	list_remove(&pending->link);
	list_remove(&pending->near);
	p->n--;
	count_site(p, site, -1);
	if (site->n == 0)
		table_remove(&p->sites, &site->node);
}

void
pendings_resize(struct pendings *p, unsigned max)
{
	uint8_t seed[TABLE_SEED];
	struct pending *one;
	struct list kept;

	memcpy(seed, p->sites.seed, sizeof(seed));
	list_init(&kept);
	p->max = max;
	if (max < p->n)
		max = p->n;
	while ((one = pendings_oldest(p)) != NULL) {
		pending_leave(p, one);
		list_add(&kept, &one->link);
	}
	drop_room(p);
	make_room(p, max, seed);
	while (!list_empty(&kept)) {
		one = LIST_ITEM(kept.next, struct pending, link);
		list_remove(&one->link);
		pending_enter(p, one, &one->peer, one->began_ms);
	}
}
