/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Which of several words was meant by one that was mistyped.
 */

#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

/* A search; both texts are borrowed. */
struct nearest {
	const char *typed;	/* without a NUL perhaps */
	size_t len;		/* its bytes */
	const char *best;	/* the word that is nearest so far; NULL: none
				 * is near */
	size_t distance;	/* of that one; without one: what may be */
};

/* Begins a search for what was typed. */
void nearest_begin(struct nearest *, const char *typed, size_t len);

/* Compares a word with it.  Of two that are as near the first counts. */
void nearest_try(struct nearest *, const char *word);

#endif
