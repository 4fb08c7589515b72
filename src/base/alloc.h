/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Memory for start-up: these end the program when there is none.  What the
 * network causes uses calloc() and copes.
 */

#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>

/* n zeroed objects of the given size; never NULL; the caller frees. */
void *xcalloc(size_t n, size_t size);

/* Grows or shrinks an array to n objects; never NULL. */
void *xrealloc(void *p, size_t n, size_t size);

/* A copy of a string that the caller frees; NULL stays NULL. */
char *xstrdup(const char *text);

#endif
