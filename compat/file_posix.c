/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Files and terminals on POSIX.
 */

#include "compat.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "path_trusted.h"
#include "private.h"

bool
stream_is_terminal(FILE *stream)
{
	return isatty(fileno(stream)) == 1;
}

/* Creates or truncates a file, not through a symbolic link; -1 and errno. */
static int
open_output(const char *path, mode_t mode)
{
	return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW |
	    O_CLOEXEC, mode);
}

/* A stream that writes to fd, which it takes over; NULL and errno. */
static FILE *
output_stream(int fd)
{
	FILE *file = fd == -1 ? NULL : fdopen(fd, "w");

	if (file == NULL && fd != -1)
		close(fd);
	return file;
}

FILE *
fopen_output(const char *path)
{
	return output_stream(open_output(path, 0666));
}

FILE *
fopen_private(const char *path)
{
	int fd = open_output(path, 0600);
	struct stat st;

	if (fd == -1)
		return NULL;
	/* An existing file keeps its mode: restrict it before a secret is
	 * written, from its group, too, which may be one of before.  Devices
	 * such as /dev/null, and files of a different owner (EPERM), are left
	 * as they are. */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & (S_IRGRP | S_IROTH)) != 0 &&
	    fchmod(fd, 0600) == -1 && errno != EPERM) {
		close(fd);
		return NULL;
	}
	return output_stream(fd);
}

FILE *
fopen_kept(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	FILE *file = fd == -1 ? NULL : fdopen(fd, "r+");

	if (file == NULL && fd != -1)
		close(fd);
	return file;
}

FILE *
fopen_nameless(void)
{
	return tmpfile();
}

int
file_remove(const char *path)
{
	return unlink(path);
}

/* Fills in what is known of a file; result: of the call that looked. */
static int
fill_facts(int result, const struct stat *st, struct file_facts *facts)
{
	if (result != 0)
		return -1;
	facts->regular = S_ISREG(st->st_mode);
	facts->changed_s = (int64_t)st->st_mtime;
	facts->size = (uint64_t)st->st_size;
	facts->number = (uint64_t)st->st_ino;
	facts->device = (uint64_t)st->st_dev;
	return 0;
}

int
file_facts(const char *path, struct file_facts *facts)
{
	struct stat st;

	return fill_facts(stat(path, &st), &st, facts);
}

int
file_facts_open(int fd, struct file_facts *facts)
{
	struct stat st;

	return fill_facts(fstat(fd, &st), &st, facts);
}

bool
path_is_link(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

bool
stream_wait(FILE *stream, int wait_ms)
{
	struct pollfd p = { fileno(stream), POLLIN, 0 };

	return poll(&p, 1, wait_ms) > 0;
}

/* A stream that reads from fd, which it takes over; NULL and errno. */
static FILE *
input_stream(int fd, bool fifo, int wait_ms)
{
	FILE *file = fdopen(fd, "rb");

	if (file == NULL) {
		close(fd);
		return NULL;
	}
	setvbuf(file, NULL, _IONBF, 0);
	if (fifo && !stream_wait(file, wait_ms)) {
		fclose(file);
		errno = ETIMEDOUT;
		return NULL;
	}
	return file;
}

FILE *
fopen_reader(const char *path, int wait_ms)
{
	struct stat st;
	bool fifo;
	int fd;

	/* A FIFO without a writer would stop open(). */
	fifo = stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
	fd = open(path, O_RDONLY | O_CLOEXEC | (fifo ? O_NONBLOCK : 0));
	return fd == -1 ? NULL : input_stream(fd, fifo, wait_ms);
}

FILE *
fdopen_reader(int fd, int wait_ms)
{
	struct stat st;

	return input_stream(fd, fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode),
	    wait_ms);
}

int
file_mode_private(const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1 || !S_ISREG(st.st_mode))
		return -1;
	/* Root's file is for its group only if root has said so. */
	return (st.st_mode & S_IROTH) == 0 &&
	    ((st.st_mode & S_IRGRP) == 0 || st.st_uid == 0);
}

void
private_command(const char *path, char text[FILE_WHY])
{
	snprintf(text, FILE_WHY, "chmod 600 %s", path);
}

/* Can only root and we change it?  A folder with the sticky bit lets others add
 * files, but not change those that are there. */
static bool
entry_is_trusted(const char *path, const struct stat *st, char *why)
{
	bool sticky = S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0;

	if (st->st_uid != 0 && st->st_uid != geteuid())
		snprintf(why, FILE_WHY, "%s belongs to user %ld", path,
		    (long)st->st_uid);
	else if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky)
		snprintf(why, FILE_WHY, "%s can be written by others (run: "
		    "chmod go-w %s)", path, path);
	else
		return true;
	return false;
}

/* The same of the way to it: where a symbolic link on it is another user's, it
 * may have led to a different file when that was read. */
static bool
way_is_trusted(const char *path, char *why)
{
	const char *words;
	int fd = path_open_trusted(path, PATH_CONF, &words);

	if (fd >= 0)
		close(fd);
	else
		snprintf(why, FILE_WHY, "%s: %s", path, words);
	return fd >= 0;
}

int
file_is_trusted(const char *path, char why[FILE_WHY])
{
	char *whole = realpath(path, NULL), *slash;
	struct stat st;
	int result = -1;

	if (whole == NULL)
		return -1;
	while (stat(whole, &st) == 0) {
		result = entry_is_trusted(*whole == '\0' ? "/" : whole, &st,
		    why);
		slash = strrchr(whole, '/');
		if (result == 0 || slash == NULL || strcmp(whole, "/") == 0)
			break;
		slash[slash == whole] = '\0';
		result = -1;
	}
	free(whole);
	return result == 1 && !way_is_trusted(path, why) ? 0 : result;
}

int
make_dir(const char *path)
{
	return mkdir(path, 0777);
}

char *
path_config(const char *name)
{
	static const char folder[] = ADIT_SYSCONFDIR "/adit/";
	size_t size = sizeof(folder) + strlen(name);
	char *path = malloc(size);

	if (path != NULL)
		snprintf(path, size, "%s%s", folder, name);
	return path;
}

char *
path_absolute(const char *path)
{
	char folder[4096], *whole;
	size_t size;

	folder[0] = '\0';
	if (*path != '/' && getcwd(folder, sizeof(folder)) == NULL)
		return NULL;
	size = strlen(folder) + strlen(path) + 2;
	whole = malloc(size);
	if (whole != NULL)
		snprintf(whole, size, "%s%s%s", folder,
		    *path == '/' ? "" : "/", path);
	return whole;
}
