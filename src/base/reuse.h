/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Pieces of memory of one size that are kept for the next use.
 *
 * NOTES.  For what is needed for a short time beside each of many objects that
 * stay.  If it were freed, parts of its memory would go to the next objects
 * that stay, and the rests between these are of no use to anyone.
 */

#ifndef BASE_REUSE_H
#define BASE_REUSE_H

#include <stddef.h>

struct reuse_piece;

/* Pieces that are kept; zeroed: none. */
struct reuse {
	struct reuse_piece *first;
	unsigned n;		/* how many */
};

/* Takes a piece that is kept, which may have any content.  NULL: none is, and
 * the caller allocates one.  The caller owns it, and may also free() it. */
void *reuse_take(struct reuse *);

/* Keeps a piece, of the size of a pointer at least, or frees it if so many are
 * kept. */
void reuse_give(struct reuse *, void *piece, unsigned most);

/* Frees those that are kept. */
void reuse_free(struct reuse *);

#endif
