/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Opens files by paths that only root, or the user of this process, can change:
 * folder by folder, so that nothing can be replaced between look and use.
 */

#include "compat.h"

#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include "path_trusted.h"

enum {
	WALK_PATH = 4096,	/* bytes of a path, at most */
	WALK_LINKS = 16,	/* symbolic links, at most */
};

/* A walk along a path. */
struct walk {
	enum path_trust trust;	/* what the file is for */
	int folder;		/* open, where it is now; -1: nowhere */
	bool sticky;		/* others may make files in that folder */
	char rest[WALK_PATH];	/* what is to be walked */
	unsigned links;		/* that were followed */
	const char *why;	/* why it failed */
};

static const char why_foreign[] = "a folder of its path belongs to a user "
    "other than root";
static const char why_writable[] = "others than root may write to a folder of "
    "its path";

/* Fills in why the walk fails; returns -1. */
static int
walk_refuse(struct walk *w, int error, const char *why)
{
	w->why = why;
	errno = error;
	return -1;
}

/* The same with the system's words. */
static int
walk_failed(struct walk *w)
{
	return walk_refuse(w, errno, strerror(errno));
}

static bool
owner_is_trusted(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid();
}

/* Goes to a folder, of which fd is open and taken over; -1: it is not to be
 * trusted. */
static int
walk_enter(struct walk *w, int fd, bool last)
{
	struct stat st;

	if (w->folder >= 0)
		close(w->folder);
	w->folder = fd;
	if (fd < 0 || fstat(fd, &st) != 0)
		return walk_failed(w);
	if (!owner_is_trusted(&st))
		return walk_refuse(w, EACCES, why_foreign);
	w->sticky = false;
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) == 0 ||
	    (last && w->trust == PATH_LOG && (st.st_mode & S_IWOTH) == 0))
		return 0;
	w->sticky = (st.st_mode & S_ISVTX) != 0;
	return w->sticky ? 0 : walk_refuse(w, EACCES, why_writable);
}

/* Opens the folder of that name in the present one. */
static int
walk_folder(struct walk *w, const char *name, bool last)
{
	return walk_enter(w, openat(w->folder, name, O_RDONLY | O_DIRECTORY |
	    O_NOFOLLOW | O_CLOEXEC), last);
}

/* Begins at the root. */
static int
walk_root(struct walk *w)
{
	return walk_enter(w, open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	    false);
}

/* Puts what a symbolic link says before the rest of the path. */
static int
walk_link(struct walk *w, const char *name, const struct stat *st)
{
	char target[WALK_PATH];
	ssize_t n = readlinkat(w->folder, name, target, sizeof(target));
	size_t rest = strlen(w->rest);

	if (n < 0)
		return walk_failed(w);
	if (!owner_is_trusted(st) || w->sticky)
		return walk_refuse(w, EACCES, "a symbolic link of its path "
		    "may be another user's");
	if (++w->links > WALK_LINKS)
		return walk_refuse(w, ELOOP, strerror(ELOOP));
	if (n == 0 || (size_t)n + 1 + rest >= sizeof(target))
		return walk_refuse(w, ENAMETOOLONG, strerror(ENAMETOOLONG));
	target[n] = '/';
	memcpy(target + n + 1, w->rest, rest + 1);
	memcpy(w->rest, target, (size_t)n + rest + 2);
	return *w->rest == '/' ? walk_root(w) : 0;
}

/* Is what was opened a file for that purpose? */
static int
walk_check_file(struct walk *w, const struct stat *st)
{
	if (!S_ISREG(st->st_mode) && (!S_ISFIFO(st->st_mode) ||
	    w->trust == PATH_LOG))
		return walk_refuse(w, EINVAL, "it is neither a file nor a "
		    "FIFO");
	if ((w->trust == PATH_OWNED || w->trust == PATH_CONF) &&
	    (!owner_is_trusted(st) ||
	    (st->st_mode & (S_IWGRP | S_IWOTH)) != 0))
		return walk_refuse(w, EACCES, "others than root may change "
		    "it");
	if ((w->trust == PATH_LOG || w->sticky) && st->st_nlink != 1)
		return walk_refuse(w, EACCES, "it has a second name");
	return 0;
}

/* Opens the file of that name in the present folder; its descriptor, or -1. */
static int
walk_file(struct walk *w, const char *name)
{
	int flags = w->trust == PATH_LOG ? O_WRONLY | O_APPEND | O_CREAT :
	    O_RDONLY;
	struct stat st;
	int fd, error;

	if (w->sticky && w->trust != PATH_CONF)
		return walk_refuse(w, EACCES, why_writable);
	fd = openat(w->folder, name, flags | O_NOFOLLOW | O_NONBLOCK |
	    O_NOCTTY | O_CLOEXEC, 0640);
	if (fd < 0)
		return walk_failed(w);
	if (fstat(fd, &st) == 0 && walk_check_file(w, &st) == 0) {
		/* Only reads from a FIFO are not to wait. */
		if (S_ISREG(st.st_mode) && w->trust != PATH_LOG)
			fcntl(fd, F_SETFL, 0);
		return fd;
	}
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* Takes the next name from the rest; false at its end. */
static bool
walk_next(struct walk *w, char name[WALK_PATH])
{
	const char *from = w->rest + strspn(w->rest, "/");
	size_t n = strcspn(from, "/");
	const char *rest = from + n + strspn(from + n, "/");

	if (n == 0)
		return false;
	memcpy(name, from, n);
	name[n] = '\0';
	memmove(w->rest, rest, strlen(rest) + 1);
	return true;
}

/* Walks to the file; its descriptor, or -1. */
static int
walk_path(struct walk *w)
{
	char name[WALK_PATH];
	struct stat st;
	int result = walk_root(w);

	while (result == 0 && walk_next(w, name)) {
		if (strcmp(name, ".") == 0)
			continue;
		if (fstatat(w->folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
			if (errno == ENOENT && *w->rest == '\0' &&
			    w->trust == PATH_LOG)
				return walk_file(w, name);
			return walk_failed(w);
		}
		if (S_ISLNK(st.st_mode))
			result = w->trust == PATH_LOG && *w->rest == '\0' ?
			    walk_refuse(w, ELOOP, strerror(ELOOP)) :
			    walk_link(w, name, &st);
		else if (S_ISDIR(st.st_mode))
			result = walk_folder(w, name,
			    strchr(w->rest, '/') == NULL);
		else if (*w->rest != '\0')
			result = walk_refuse(w, ENOTDIR, strerror(ENOTDIR));
		else
			return walk_file(w, name);
	}
	return result != 0 ? -1 : walk_refuse(w, EISDIR, strerror(EISDIR));
}

int
path_open_trusted(const char *path, enum path_trust trust, const char **why)
{
	char *whole = path_absolute(path);
	struct walk w;
	int fd, error;

	w.trust = trust;
	w.folder = -1;
	w.links = 0;
	w.why = NULL;
	if (whole == NULL)
		fd = walk_failed(&w);
	else if (strlcpy(w.rest, whole, sizeof(w.rest)) >= sizeof(w.rest))
		fd = walk_refuse(&w, ENAMETOOLONG, strerror(ENAMETOOLONG));
	else
		fd = walk_path(&w);
	error = errno;
	if (w.folder >= 0)
		close(w.folder);
	free(whole);
	*why = w.why;
	errno = error;
	return fd;
}
