/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Whole small files in memory.  All files that a user names are opened here.
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

/* The same of an open file. */
int file_look_open(int fd, struct file_stamp *stamp);

/* The names in a folder, but for hidden ones. */
struct file_names;

/* Opens a folder; NULL and errno on failure. */
struct file_names *file_names_open(const char *folder);

/* The next name, in no order, valid until the next call; NULL at the end. */
const char *file_names_next(struct file_names *);

/* Closes it. */
void file_names_close(struct file_names *);

/* May nobody read a file without its owner's doing?  As file_mode_private(). */
int file_is_private(const char *path);

/* The process is about to leave the folder that relative paths begin at: from
 * now on they begin there all the same.  0, or -1 and errno. */
int file_keep_folder(void);

/* A second process that opens files for this one, which may not. */
struct file_opener {
	/* A descriptor of the file, at its beginning, which the caller closes;
	 * -1 and errno, and *why in words.  refused: this process was refused
	 * it.  Else errno 0 means that this process is to open it itself. */
	int (*open)(const char *path, bool refused, const char **why);
	/* Does what file_look() does, after this process was refused it. */
	int (*look)(const char *path, struct file_stamp *stamp);
	/* Name number i of the files in a folder that open() would return,
	 * whoever asks; NULL: there are no more. */
	const char *(*name)(const char *folder, size_t i);
	/* Does it know all that is in folders? */
	bool (*lists)(void);
};

/* Sets it; NULL, at first: there is none. */
void file_set_opener(const struct file_opener *);

#endif
