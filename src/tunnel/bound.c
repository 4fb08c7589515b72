/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The listening sockets of a tunnel, for one that replaces it.
 */

#include "compat.h"

#include "tunnel/bound.h"

void
bound_add(struct bound *b, struct tunnel *t, int type, const struct addr *at,
    const void *socket)
{
	b->type = type;
	b->at = *at;
	b->socket = socket;
	list_init(&b->link);
	list_add(&t->bound, &b->link);
}

void
bound_remove(struct bound *b)
{
	if (b->socket == NULL)
		return;
	list_remove(&b->link);
	b->socket = NULL;
}

const void *
bound_find(const struct tunnel *t, int type, const struct addr *at)
{
	const struct list *all, *link;
	const struct bound *b;

	if (t->was == NULL)
		return NULL;
	all = &t->was->bound;
	for (link = all->next; link != all; link = link->next) {
		b = LIST_ITEM(link, const struct bound, link);
		if (b->type == type && addr_same(&b->at, at))
			return b->socket;
	}
	return NULL;
}
