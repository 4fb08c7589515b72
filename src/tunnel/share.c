/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Shares of a limited number, of flows or of connections: how many each holder
 * has, and may have.
 */

#include "compat.h"

#include "tunnel/share.h"

#include "base/log.h"

/* One that has some. */
struct share_holder {
	struct table_node node;
	uint64_t key;		/* hash of its name */
	unsigned n;		/* how many it has, at least 1 */
};

void
share_limit(struct share *s, int64_t max, int64_t percent)
{
	s->max = (unsigned)max;
	s->most = (unsigned)(max * percent / 100);
	if (s->most == 0)
		s->most = 1;
}

void
share_init(struct share *s, int64_t max, int64_t percent, const uint8_t *seed)
{
	share_limit(s, max, percent);
	table_init(&s->holders, TABLE_KEY_AT(struct share_holder, node, key),
	    sizeof(uint64_t), seed);
}

void
share_free(struct share *s)
{
	must(s->holders.count == 0);
	table_free(&s->holders);
}

/* The holder of that hash; NULL: it has none. */
static struct share_holder *
find_holder(const struct share *s, uint64_t key)
{
	struct table_node *node = table_find(&s->holders, &key);

	return node == NULL ? NULL :
	    TABLE_ITEM(node, struct share_holder, node);
}

bool
share_is_used_up(const struct share *s, const void *name, size_t n,
    unsigned taken)
{
	const struct share_holder *h;

	if (taken <= s->max / 2)
		return false;
	h = find_holder(s, table_hash(s->holders.seed, name, n));
	return h != NULL && h->n >= s->most;
}

struct share_holder *
share_take(struct share *s, const void *name, size_t n)
{
	uint64_t key = table_hash(s->holders.seed, name, n);
	struct share_holder *h = find_holder(s, key);

	if (h == NULL) {
		h = calloc(1, sizeof(*h));
		if (h == NULL)
			return NULL;
		h->key = key;
		table_add(&s->holders, &h->node);
	}
	h->n++;
	return h;
}

void
share_give(struct share *s, struct share_holder *h)
{
	if (h == NULL || --h->n > 0)
		return;
	table_remove(&s->holders, &h->node);
	free(h);
}

bool
share_source(const struct addr *a, const struct nets *proxies,
    uint8_t name[ADDR_SITE])
{
	addr_site(a, name);
	return a->family != 0 && !addr_is_loopback(a) &&
	    (proxies == NULL || !nets_have(proxies, a));
}
