/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Allocates tags to flows, and keeps a released tag in quarantine.
 */

#include "compat.h"

#include <stdlib.h>

#include "tunnel/uott_tags.h"

#include "base/log.h"

enum {
	TAGS_FIRST = 64,	/* tags allocated at first */
	TAG_TAKEN = UOTT_TAGS + 1,	/* see below */
};

/*
 * A tag that was taken at least once; those never taken have no entry.
 *
 *	state		prev		in the list	left by
 *	taken		TAG_TAKEN	no		release
 *	in quarantine	less		yes		take (rested), claim
 */
struct uott_tag {
	union {
		void *owner;		/* of one that is taken */
		uint64_t since_ms;	/* when the quarantine began */
	} u;
	uint32_t next, prev;	/* in the list of those in quarantine;
				 * UOTT_TAGS: none */
};

void
uott_tags_init(struct uott_tags *t, uint64_t rest_ms)
{
	t->tag = NULL;
	t->n = t->size = 0;
	t->first = t->last = UOTT_TAGS;
	t->rest_ms = rest_ms;
}

void
uott_tags_free(struct uott_tags *t)
{
	free(t->tag);
	uott_tags_init(t, t->rest_ms);
}

/* Appends a tag to the list of those in quarantine. */
static void
tags_append(struct uott_tags *t, uint32_t tag)
{
	struct uott_tag *at = &t->tag[tag];

	at->next = UOTT_TAGS;
	at->prev = t->last;
	if (t->last == UOTT_TAGS)
		t->first = tag;
	else
		t->tag[t->last].next = tag;
	t->last = tag;
}

/* Removes a tag from the list of those in quarantine. */
static void
tags_unlink(struct uott_tags *t, uint32_t tag)
{
	const struct uott_tag *at = &t->tag[tag];

	if (at->prev == UOTT_TAGS)
		t->first = at->next;
	else
		t->tag[at->prev].next = at->next;
	if (at->next == UOTT_TAGS)
		t->last = at->prev;
	else
		t->tag[at->next].prev = at->prev;
}

/* An owner takes a tag, which is in no list. */
static void
tag_give(struct uott_tag *at, void *owner)
{
	at->u.owner = owner;
	at->next = UOTT_TAGS;
	at->prev = TAG_TAKEN;
}

/* Makes sure that the array has room for one more tag; false: no memory. */
static bool
tags_grow(struct uott_tags *t)
{
	uint32_t size = t->size == 0 ? TAGS_FIRST : 2 * t->size;
	struct uott_tag *grown;

	if (t->n < t->size)
		return true;
	grown = realloc(t->tag, size * sizeof(*grown));
	if (grown == NULL)
		return false;
	t->tag = grown;
	t->size = size;
	return true;
}

int
uott_tags_take(struct uott_tags *t, void *owner, uint64_t now_ms)
{
	uint32_t tag = t->first;

	must(owner != NULL);
	if (tag != UOTT_TAGS && now_ms - t->tag[tag].u.since_ms >= t->rest_ms)
		tags_unlink(t, tag);
	else if (t->n < UOTT_TAGS && tags_grow(t))
		tag = t->n++;
	else
		return -1;
	tag_give(&t->tag[tag], owner);
	return (int)tag;
}

int
uott_tags_oldest(const struct uott_tags *t, uint64_t *since_ms)
{
	if (t->first == UOTT_TAGS)
		return -1;
	*since_ms = t->tag[t->first].u.since_ms;
	return (int)t->first;
}

void
uott_tags_claim(struct uott_tags *t, uint16_t tag, void *owner)
{
	must(tag < t->n && t->tag[tag].prev != TAG_TAKEN);
	tags_unlink(t, tag);
	tag_give(&t->tag[tag], owner);
}

void
uott_tags_release(struct uott_tags *t, uint16_t tag, uint64_t now_ms)
{
	must(tag < t->n && t->tag[tag].prev == TAG_TAKEN);
	t->tag[tag].u.since_ms = now_ms;
	tags_append(t, tag);
}

void *
uott_tags_find(struct uott_tags *t, uint16_t tag, uint64_t now_ms)
{
	if (tag >= t->n)
		return NULL;
	if (t->tag[tag].prev == TAG_TAKEN)
		return t->tag[tag].u.owner;
	tags_unlink(t, tag);
	t->tag[tag].u.since_ms = now_ms;
	tags_append(t, tag);
	return NULL;
}
