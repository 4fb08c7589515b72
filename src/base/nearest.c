/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Which of several words was meant by one that was mistyped.
 */

#include "compat.h"

#include <string.h>

#include "base/nearest.h"

enum {
	NEAREST_LONGEST = 40,	/* bytes of words that are compared */
	NEAREST_PREFIX = 3,	/* and of the shortest abbreviation */
};

/* The smallest of three. */
static size_t
least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* The edit distance of a[n] and b: letters that are replaced, deleted, inserted
 * or swapped with their neighbour. */
static size_t
distance(const char *a, size_t n, const char *b)
{
	size_t m = strlen(b), i, j, d;
	size_t rows[3][NEAREST_LONGEST + 1];	/* the last of the matrix */
	size_t *old, *last, *now;

	if (n > NEAREST_LONGEST || m > NEAREST_LONGEST)
		return NEAREST_LONGEST;
	for (j = 0; j <= m; j++)
		rows[0][j] = j;
	for (i = 1; i <= n; i++) {
		now = rows[i % 3];
		last = rows[(i + 2) % 3];
		old = rows[(i + 1) % 3];
		now[0] = i;
		for (j = 1; j <= m; j++) {
			d = least(last[j] + 1, now[j - 1] + 1,
			    last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				d = least(d, d, old[j - 2] + 1);
			now[j] = d;
		}
	}
	return rows[n % 3][m];
}

void
nearest_begin(struct nearest *best, const char *typed, size_t len)
{
	best->typed = typed;
	best->len = len;
	best->best = NULL;
	best->distance = len / 3 + 1;
}

void
nearest_try(struct nearest *best, const char *word)
{
	size_t d = distance(best->typed, best->len, word), n = strlen(word);

	/* Distance 1 where one is the beginning of the other. */
	n = n < best->len ? n : best->len;
	if (n >= NEAREST_PREFIX && strncmp(word, best->typed, n) == 0)
		d = d > 0;
	if (d < best->distance || (d == best->distance && best->best == NULL)) {
		best->distance = d;
		best->best = word;
	}
}
