/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The tags that the dialling side of uott gives to its flows.
 *
 * NOTES.  Tags count up from 0.  After the end of its flow a tag is in
 * quarantine: the peer does not learn of the end, its replies may still be
 * under way, and they must not reach a different flow.  A frame received for a
 * tag in quarantine restarts the quarantine.  Tags whose quarantine is over
 * are reused before new ones are taken, since each tag ever taken costs memory
 * (and a socket in the original's proxy).
 */

#ifndef TUNNEL_UOTT_TAGS_H
#define TUNNEL_UOTT_TAGS_H

#include "compat.h"

enum { UOTT_TAGS = 65536 };	/* number of tags; as a tag: none */

struct uott_tag;

/* The tags of an end. */
struct uott_tags {
	struct uott_tag *tag;	/* array of those taken at least once */
	uint32_t n, size;	/* its entries: in use, allocated */
	uint32_t first, last;	/* those in quarantine, oldest to newest;
				 * UOTT_TAGS: none */
	uint64_t rest_ms;	/* length of the quarantine */
};

/* Initialises it; rest_ms is the length of the quarantine. */
void uott_tags_init(struct uott_tags *, uint64_t rest_ms);

/* Frees the memory of all tags. */
void uott_tags_free(struct uott_tags *);

/* Takes a tag for an owner.  Returns it, or -1: all tags are taken or in
 * quarantine, or there is no memory for one more. */
int uott_tags_take(struct uott_tags *, void *owner, uint64_t now_ms);

/* Returns the tag that has been in quarantine longest, or -1: none is.
 * *since_ms: when its quarantine began. */
int uott_tags_oldest(const struct uott_tags *, uint64_t *since_ms);

/* Takes a tag out of quarantine before its time, for an owner. */
void uott_tags_claim(struct uott_tags *, uint16_t tag, void *owner);

/* Releases the tag of an owner: its quarantine begins. */
void uott_tags_release(struct uott_tags *, uint16_t tag, uint64_t now_ms);

/* The owner of the tag of a received frame, or NULL.  Restarts the quarantine
 * of a tag that is in it. */
void *uott_tags_find(struct uott_tags *, uint16_t tag, uint64_t now_ms);

#endif
