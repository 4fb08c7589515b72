/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Frames of which only the beginning has come so far, kept until the rest is
 * there.
 *
 * NOTES.  A part's memory grows with what has come, to at most twice as much,
 * and never beyond its frame: a header alone, which may promise 64 KiB, costs
 * next to nothing.  The parts of an end are bounded in bytes together.  They
 * are listed by when their frames began, so that the oldest can make way: who
 * is honest finishes a frame within moments and is not among the oldest.
 */

#ifndef TUNNEL_PART_H
#define TUNNEL_PART_H

#include "compat.h"

#include "base/list.h"

enum {
	PARTS_MAX = 8 * 1024 * 1024,	/* bytes of all parts of an end */
};

/* The parts of an end. */
struct parts {
	struct list begun;	/* struct part that have bytes, oldest first */
	size_t bytes;		/* that these have allocated */
};

/* The beginning of a frame; zeroed is none, and ready to use. */
struct part {
	struct list link;	/* in parts->begun while it has bytes */
	uint8_t *bytes;		/* allocated, as many as size; NULL: none */
	size_t len, size;	/* bytes that came, and allocated */
};

/* Readies those of an end. */
void parts_init(struct parts *);

/* The part that must make way before n more bytes can be added to this one,
 * without which there would be more than PARTS_MAX: the oldest, which may be
 * this very one.  NULL: nothing is in the way, which is so when there is no
 * other.  need: bytes that the frame will have, at most 64 KiB and a header,
 * as far as is known: at least those that came and n. */
struct part *part_in_the_way(const struct parts *, const struct part *,
    size_t n, size_t need);

/* Adds n bytes, copied, to a part in whose way nothing is; need as above.
 * 0, or -1 when there is no memory: then nothing was added. */
int part_add(struct parts *, struct part *, const uint8_t *p, size_t n,
    size_t need);

/* Forgets it; harmless when there is none. */
void part_drop(struct parts *, struct part *);

#endif
