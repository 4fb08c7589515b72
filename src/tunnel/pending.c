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
	struct list members;	/* struct pending, the oldest first */
	unsigned n;		/* how many these are */
	uint8_t key[ADDR_SITE];
};

void
pendings_init(struct pendings *p, unsigned max, const uint8_t *seed)
{
	unsigned i;

	memset(p, 0, sizeof(*p));
	p->max = max;
	list_init(&p->all);
	p->level = xcalloc((size_t)max + 1, sizeof(*p->level));
	for (i = 0; i <= max; i++)
		list_init(&p->level[i]);
	p->site = xcalloc(max, sizeof(*p->site));
	table_init(&p->sites, TABLE_KEY_AT(struct pending_site, node, key),
	    ADDR_SITE, seed);
}

void
pendings_free(struct pendings *p)
{
	must(p->n == 0);
	if (p->level == NULL)
		return;
	free(p->level);
	free(p->site);
	table_free(&p->sites);
	memset(p, 0, sizeof(*p));
}

bool
pendings_is_full(const struct pendings *p)
{
	return p->n == p->max;
}

struct pending *
pendings_oldest(const struct pendings *p)
{
	return list_empty(&p->all) ? NULL :
	    LIST_ITEM(p->all.next, struct pending, link);
}

/* The oldest of a site. */
static struct pending *
site_oldest(const struct pending_site *site)
{
	return LIST_ITEM(site->members.next, struct pending, near);
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
pendings_payer(const struct pendings *p, const struct addr *newcomer,
    uint64_t now_ms)
{
	const struct pending_site *own = find_site(p, newcomer);
	struct pending *oldest;

	if (p->n == 0)
		return NULL;
	if (own != NULL && own->n == p->most)
		oldest = site_oldest(own);
	else if (p->most > 1 && p->most > p->max / PENDING_SHARE)
		return site_oldest(LIST_ITEM(p->level[p->most].next,
		    struct pending_site, link));
	else
		oldest = pendings_oldest(p);
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
		must(p->n_sites < p->max);
		site = &p->site[p->n_sites++];
		list_init(&site->link);
		list_init(&site->members);
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

	must(p->n < p->max && pending->site == NULL);
	if (site == NULL)
		site = take_site(p, peer);
	pending->site = site;
	pending->peer = *peer;
	pending->began_ms = now_ms;
	list_init(&pending->link);
	list_add(&p->all, &pending->link);
	list_init(&pending->near);
	list_add(&site->members, &pending->near);
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
