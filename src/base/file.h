/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Whole small files in memory.
 */

#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "compat.h"

/* Opens a file for reading, without a buffer; NULL, with errno and with *why in
 * words (static text or strerror), on failure. */
FILE *file_open(const char *path, const char **why);

/* Reads a file of at most max bytes into memory that the caller frees (wiped
 * first if it is a key), with a NUL after its end that *len does not count.
 * NULL, with errno and with *why in words (static text or strerror), on
 * failure. */
char *file_read(const char *path, size_t max, size_t *len, const char **why);

/* The same with what is left of an open stream, which stays the caller's; one
 * that holds a key is to have no buffer. */
char *file_read_rest(FILE *f, size_t max, size_t *len, const char **why);

/* What tells one state of a file from another. */
struct file_stamp {
	int64_t changed_s;	/* Unix seconds of the last change */
	uint64_t size;		/* bytes */
	uint64_t number;	/* of the file in its file system, */
	uint64_t device;	/* and of that */
};

/* Are the stamps the same? */
bool file_stamp_same(const struct file_stamp *, const struct file_stamp *);

/* Looks at a file; 0, or -1 and errno (EINVAL: a pipe, or no file at all). */
int file_look(const char *path, struct file_stamp *stamp);

#endif
