/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Incomplete frames: the bytes received so far, until the rest has come.
 *
 * NOTES.  The memory of a part grows with the bytes received, to at most twice
 * as many, and never beyond its frame: a header alone, which may announce
 * 64 KiB, costs next to nothing.  The parts of an end are bounded in bytes
 * together.  They are listed by the time at which their frames began, so that
 * the oldest can be evicted: an honest peer completes a frame within moments
 * and is not among the oldest.
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

/* An incomplete frame; zeroed it is empty and ready to use. */
struct part {
	struct list link;	/* in parts->begun while it has bytes */
	uint8_t *bytes;		/* allocated, as many as size; NULL: none */
	size_t len, size;	/* bytes that came, and allocated */
};

/* Makes the parts of an end ready for use. */
void parts_init(struct parts *);

/* The part that must be evicted before n more bytes are added to this one, so
 * that all parts stay within PARTS_MAX: the oldest, which may be this one.
 * NULL: none, which is always so for a part that is alone.  need: length of the
 * frame as far as it is known, at most 64 KiB and a header, and at least the
 * bytes of the part and n. */
struct part *part_in_the_way(const struct parts *, const struct part *,
    size_t n, size_t need);

/* Appends a copy of n bytes to a part, once part_in_the_way() is NULL; need as
 * above.  0, or -1 when there is no memory: then nothing was added. */
int part_add(struct parts *, struct part *, const uint8_t *p, size_t n,
    size_t need);

/* Frees the bytes of a part; harmless when it is empty. */
void part_drop(struct parts *, struct part *);

#endif
