/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Allocation at start: these functions end the program when memory runs out.
 * Code that a peer can trigger uses calloc() and handles NULL.
 */

#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>

/* Allocates n zeroed objects of a size; never NULL; the caller frees. */
void *xcalloc(size_t n, size_t size);

/* Grows or shrinks an array to n objects; never NULL. */
void *xrealloc(void *p, size_t n, size_t size);

/* Copies a string; the caller frees the copy.  NULL for NULL. */
char *xstrdup(const char *text);

#endif
