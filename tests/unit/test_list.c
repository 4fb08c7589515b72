/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * base/list.h: doubly linked lists.
 */

#include "compat.h"

#include "base/list.h"
#include "tap.h"

struct item {
	char letter;
	struct list link;
};

/* The letters of a list, forwards and then backwards. */
static const char *
letters(const struct list *head)
{
	static char text[20];
	const struct list *l;
	char *p = text;

	for (l = head->next; l != head; l = l->next)
		*p++ = LIST_ITEM(l, struct item, link)->letter;
	*p++ = ' ';
	for (l = head->prev; l != head; l = l->prev)
		*p++ = LIST_ITEM(l, struct item, link)->letter;
	*p = '\0';
	return text;
}

int
main(void)
{
	struct item a = { 'a', { NULL, NULL } }, b = { 'b', { NULL, NULL } },
	    c = { 'c', { NULL, NULL } };
	struct list head;

	list_init(&head);
	ok(list_empty(&head), "a new list is empty");
	is_str(letters(&head), " ", "both ways");
	list_init(&a.link);
	list_remove(&a.link);
	ok(list_empty(&a.link), "what is in no list can be removed");
	list_add(&head, &a.link);
	list_add(&head, &b.link);
	list_add(&head, &c.link);
	ok(!list_empty(&head), "a list with items is not empty");
	is_str(letters(&head), "abc cba", "items stand in the order of adding");
	list_remove(&b.link);
	is_str(letters(&head), "ac ca", "one is removed from the middle");
	list_remove(&b.link);
	is_str(letters(&head), "ac ca", "removing it twice does no harm");
	list_add(&head, &b.link);
	list_remove(&a.link);
	is_str(letters(&head), "cb bc", "the first is removed");
	list_remove(&b.link);
	list_remove(&c.link);
	ok(list_empty(&head), "the list is empty again");
	return done_testing();
}
