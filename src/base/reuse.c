/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Pieces of memory of one size that are kept for the next use.
 */

#include "compat.h"

#include <stdlib.h>

#include "base/reuse.h"

/* What a piece begins with while it is kept. */
struct reuse_piece {
	struct reuse_piece *next;
};

void *
reuse_take(struct reuse *r)
{
	struct reuse_piece *piece = r->first;

	if (piece == NULL)
		return NULL;
	r->first = piece->next;
	r->n--;
	return piece;
}

void
reuse_give(struct reuse *r, void *piece, unsigned most)
{
	struct reuse_piece *p = piece;

	if (r->n >= most) {
		free(p);
		return;
	}
	p->next = r->first;
	r->first = p;
	r->n++;
}

void
reuse_free(struct reuse *r)
{
	while (r->first != NULL)
		free(reuse_take(r));
}
