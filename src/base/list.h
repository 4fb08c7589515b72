/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Doubly linked lists; the links are members of the structs in the list.
 */

#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* The head of a list, or a link; a link that is in no list points at itself. */
struct list {
	struct list *next, *prev;	/* of the head: first and last */
};

/* The struct of a type whose member is this link. */
#define LIST_ITEM(link, type, member) \
	((type *)(void *)((char *)(link) - offsetof(type, member)))

static inline void
list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool
list_empty(const struct list *l)
{
	return l->next == l;
}

/* Appends item, which is in no list. */
static inline void
list_add(struct list *l, struct list *item)
{
	item->prev = l->prev;
	item->next = l;
	l->prev->next = item;
	l->prev = item;
}

/* Takes item out of its list, if it is in one. */
static inline void
list_remove(struct list *item)
{
	item->prev->next = item->next;
	item->next->prev = item->prev;
	list_init(item);
}

#endif
