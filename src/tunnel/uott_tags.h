/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The tags that the dialling side of uott gives to its flows.
 *
 * NOTES.  Tags count up from 0.  One whose flow has ended rests, as the other
 * side knows nothing of that: its answers may still be under way, and they
 * must not reach another flow.  A frame that comes for a resting tag makes its
 * rest begin anew.  Those that have rested for long enough are taken again
 * before new ones are counted, since memory is needed for each that was ever
 * taken (and a socket in the original's proxy).
 */

#ifndef TUNNEL_UOTT_TAGS_H
#define TUNNEL_UOTT_TAGS_H

#include "compat.h"

enum { UOTT_TAGS = 65536 };	/* how many there are */

struct uott_tag;

struct uott_tags {
	struct uott_tag *tag;	/* those that were taken before */
	uint32_t n, size;	/* how many, and how many are allocated */
	uint32_t first, last;	/* those that rest, the longest first;
				 * UOTT_TAGS: none */
	uint64_t rest_ms;	/* how long they have to */
};

/* Readies them. */
void uott_tags_init(struct uott_tags *, uint64_t rest_ms);

/* Frees them. */
void uott_tags_free(struct uott_tags *);

/* Takes a tag for an owner; -1 when all are taken or have not rested enough,
 * or when there is no memory for another. */
int uott_tags_take(struct uott_tags *, void *owner, uint64_t now_ms);

/* The tag that has rested longest, or -1 when none rests. *since_ms: when its
 * rest began. */
int uott_tags_eldest(const struct uott_tags *, uint64_t *since_ms);

/* Takes a tag that rests, however short its rest was. */
void uott_tags_claim(struct uott_tags *, uint16_t tag, void *owner);

/* The owner of a tag has gone: it rests from now on. */
void uott_tags_rest(struct uott_tags *, uint16_t tag, uint64_t now_ms);

/* The owner of a tag that a frame came for; NULL when nobody has it, and then
 * its rest, if it rests, begins anew. */
void *uott_tags_find(struct uott_tags *, uint16_t tag, uint64_t now_ms);

#endif
