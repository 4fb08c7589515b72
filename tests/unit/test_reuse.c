/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Pieces of memory that are kept for the next use: which one is taken, and how
 * many are kept.
 */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include "base/reuse.h"

#include "tap.h"

enum { SIZE = 100, MOST = 3, PIECES = 5 };

int
main(void)
{
	struct reuse r = { NULL, 0 };
	void *piece[PIECES];
	unsigned i;

	for (i = 0; i < PIECES; i++) {
		piece[i] = malloc(SIZE);
		memset(piece[i], (int)i, SIZE);
	}
	ok(reuse_take(&r) == NULL, "there is none at first");
	for (i = 0; i < PIECES; i++)
		reuse_give(&r, piece[i], MOST);
	is_int(r.n, MOST, "so many are kept, the others freed");
	ok(reuse_take(&r) == piece[2] && reuse_take(&r) ==
	    piece[1], "the one that was in use last is taken first");
	is_int(r.n, 1, "and is kept no longer");
	reuse_give(&r, piece[1], MOST);
	reuse_give(&r, piece[2], MOST);
	reuse_free(&r);
	ok(r.n == 0 && r.first == NULL, "all are freed at last");
	return done_testing();
}
