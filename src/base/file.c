/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Whole small files in memory.
 *
 * NOTES.  The file may be a pipe, so its size is known at its end only.  A FIFO
 * from which nothing comes is given up after FIFO_WAIT_MS.  The file may hold a
 * key: stdio gets no buffer, and memory that is given up is wiped.
 */

#include "compat.h"

#include "base/file.h"

#include "folder.h"

#include "base/alloc.h"

enum {
	FIRST_SIZE = 4096,	/* bytes */
	FIFO_WAIT_MS = 5000,
};

static const char fifo_silent[] = "it is a FIFO, and nobody wrote to it within "
    "5 s";

struct file_names {
	struct folder *dir;	/* NULL: the names are those of the opener */
	char *folder;		/* the copied path, for these */
	size_t i;		/* of its next name */
};

static const struct file_opener *opener;
static char *kept_folder;	/* where relative paths begin; NULL: here */

/* Wipes and frees. */
static void
discard(char *data, size_t size)
{
	if (data != NULL)
		explicit_bzero(data, size);
	free(data);
}

/* The path of a file from where the process is now; *whole is to be freed after
 * its use. */
static const char *
path_from_here(const char *path, char **whole)
{
	size_t size;

	*whole = NULL;
	if (kept_folder == NULL || *path == '/')
		return path;
	size = strlen(kept_folder) + strlen(path) + 2;
	*whole = xcalloc(size, 1);
	snprintf(*whole, size, "%s/%s", kept_folder, path);
	return *whole;
}

int
file_keep_folder(void)
{
	if (kept_folder == NULL)
		kept_folder = path_absolute(".");
	return kept_folder == NULL ? -1 : 0;
}

int
file_is_private(const char *path)
{
	char *whole;
	int result = file_mode_private(path_from_here(path, &whole));

	free(whole);
	return result;
}

/* Opens a file for reading; NULL and errno. */
static FILE *
open_here(const char *path)
{
	char *whole;
	FILE *f = fopen_reader(path_from_here(path, &whole), FIFO_WAIT_MS);
	int error = errno;

	free(whole);
	errno = error;
	return f;
}

char *
file_read_rest(FILE *f, size_t max, size_t *len, const char **why)
{
	char *data = NULL, *grown;
	size_t size = 0, used = 0, n;
	int error;

	for (;;) {
		if (size - used < 2) {
			n = size == 0 ? FIRST_SIZE : 2 * size;
			grown = malloc(n);
			if (grown == NULL) {
				*why = "not enough memory";
				error = ENOMEM;
				break;
			}
			if (used > 0)
				memcpy(grown, data, used);
			discard(data, size);
			data = grown;
			size = n;
		}
		errno = 0;
		n = fread(data + used, 1, size - used - 1, f);
		used += n;
		if (used > max) {
			*why = "the file is too large for what it should hold";
			error = EFBIG;
			break;
		}
		if (n > 0)
			continue;
		if (ferror(f) && errno == EAGAIN &&
		    stream_wait(f, FIFO_WAIT_MS)) {
			clearerr(f);
			continue;
		}
		if (ferror(f)) {
			error = errno != 0 ? errno : EIO;
			*why = error == EAGAIN ? fifo_silent : strerror(error);
			break;
		}
		data[used] = '\0';
		*len = used;
		return data;
	}
	discard(data, size);
	errno = error;
	return NULL;
}

/* Did the system refuse us a file that others may open? */
static bool
is_refused(int error)
{
	return error == EACCES || error == EPERM;
}

/* A descriptor of a file from the opener, or -1 and errno; 0: there is none, or
 * we are to open it. */
static int
opener_open(const char *path, bool refused, const char **why)
{
	int fd;

	errno = 0;
	if (opener == NULL)
		return -1;
	*why = NULL;
	fd = opener->open(path, refused, why);
	if (fd < 0 && errno != 0 && *why == NULL)
		*why = strerror(errno);
	return fd;
}

FILE *
file_open(const char *path, const char **why)
{
	FILE *f = NULL;
	int fd, error;

	fd = opener_open(path, false, why);
	if (fd < 0 && errno != 0)
		return NULL;
	errno = 0;
	f = fd < 0 ? open_here(path) :
	    fdopen_reader(fd, FIFO_WAIT_MS);
	if (f == NULL && fd < 0 && is_refused(errno) && opener != NULL) {
		error = errno;
		fd = opener_open(path, true, why);
		if (fd < 0 && errno != 0)
			return NULL;
		errno = error;
		if (fd >= 0)
			f = fdopen_reader(fd, FIFO_WAIT_MS);
	}
	if (f != NULL)
		return f;
	*why = errno == ETIMEDOUT ? fifo_silent : errno != 0 ?
	    strerror(errno) : "cannot be opened";
	return NULL;
}

char *
file_read(const char *path, size_t max, size_t *len, const char **why)
{
	FILE *f = file_open(path, why);
	char *data;
	int error;

	if (f == NULL)
		return NULL;
	data = file_read_rest(f, max, len, why);
	error = errno;
	fclose(f);
	errno = error;
	return data;
}

/* What tells a regular file from others; 0, or -1 and errno. */
static int
file_stamp_of(const struct file_facts *facts, struct file_stamp *stamp)
{
	/* A pipe cannot be read twice, and opening it may wait. */
	if (!facts->regular) {
		errno = EINVAL;
		return -1;
	}
	stamp->changed_s = facts->changed_s;
	stamp->size = facts->size;
	stamp->number = facts->number;
	stamp->device = facts->device;
	return 0;
}

int
file_look_open(int fd, struct file_stamp *stamp)
{
	struct file_facts facts;

	return file_facts_open(fd, &facts) != 0 ? -1 :
	    file_stamp_of(&facts, stamp);
}

int
file_look(const char *path, struct file_stamp *stamp)
{
	struct file_facts facts;
	char *whole;
	int result = file_facts(path_from_here(path, &whole), &facts);
	int error = errno;

	free(whole);
	errno = error;
	if (result != 0)
		return opener != NULL && is_refused(errno) ?
		    opener->look(path, stamp) : -1;
	return file_stamp_of(&facts, stamp);
}

struct file_names *
file_names_open(const char *folder)
{
	struct file_names *n = xcalloc(1, sizeof(*n));
	char *whole;

	if (opener != NULL && opener->lists()) {
		n->folder = xstrdup(folder);
		return n;
	}
	n->dir = folder_open(path_from_here(*folder == '\0' ? "." : folder,
	    &whole));
	free(whole);
	if (n->dir != NULL)
		return n;
	free(n);
	return NULL;
}

const char *
file_names_next(struct file_names *n)
{
	const char *name;

	if (n->dir == NULL)
		return opener->name(n->folder, n->i++);
	do {
		name = folder_next(n->dir);
	} while (name != NULL && *name == '.');
	return name;
}

void
file_names_close(struct file_names *n)
{
	if (n->dir != NULL)
		folder_close(n->dir);
	free(n->folder);
	free(n);
}

void
file_set_opener(const struct file_opener *o)
{
	opener = o;
}

bool
file_stamp_same(const struct file_stamp *a, const struct file_stamp *b)
{
	return a->changed_s == b->changed_s && a->size == b->size &&
	    a->number == b->number && a->device == b->device;
}
