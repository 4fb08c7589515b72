/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Descriptors for lines on POSIX.
 */

#include "output.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#ifndef PIPE_BUF
#define PIPE_BUF _POSIX_PIPE_BUF
#endif
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

void
output_fill_standard(void)
{
	int fd;

	/* open() takes the lowest one.  "/" is in the place of a /dev/null that
	 * is missing: it can neither be read nor written, and that is all that
	 * is asked of it. */
	do {
		fd = open("/dev/null", O_RDWR);
		if (fd == -1)
			fd = open("/", O_RDONLY);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

/* Opens a name that stderr has, for a flag of our own; -1 where that cannot be
 * done, or it is something else. */
static int
reopen_stderr(const char *name, const struct stat *is)
{
	struct stat st;
	int fd;

	fd = open(name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_dev == is->st_dev &&
	    st.st_ino == is->st_ino)
		return fd;
	close(fd);
	return -1;
}

int
output_stderr(void)
{
	int fd = -1, error = errno;
	const char *name;
	struct stat st;

	if (fstat(STDERR_FILENO, &st) == 0 &&
	    (S_ISFIFO(st.st_mode) || isatty(STDERR_FILENO))) {
		name = S_ISCHR(st.st_mode) ? ttyname(STDERR_FILENO) : NULL;
		if (name != NULL)
			fd = reopen_stderr(name, &st);
		/* A pipe has no other name, nor has a terminal from outside of
		 * our container. */
		if (fd == -1)
			fd = reopen_stderr("/proc/self/fd/2", &st);
	}
	errno = error;
	return fd >= 0 ? fd : STDERR_FILENO;
}

int
output_open(const char *path, bool *created)
{
	int flags = O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	struct stat st;
	int fd;

	*created = false;
	if (stat(path, &st) == 0 && S_ISFIFO(st.st_mode))
		/* With a reader of our own it can be opened at once, and keeps
		 * what it has while other readers come and go. */
		return open(path, O_RDWR | flags);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | flags, 0666);
	if (fd >= 0 || errno != EEXIST) {
		*created = fd >= 0;
		return fd;
	}
	return open(path, O_WRONLY | O_CREAT | flags, 0666);
}

enum { TERMINAL_PIECE = 64 };	/* poll() says nothing of room for more */

/* Writes n bytes, as many as PIPE_BUF at most: how many, or -1 and errno. */
static int
write_piece(int fd, const char *bytes, size_t n)
{
	struct pollfd p = { fd, POLLOUT, 0 };
	ssize_t done;

#ifdef MSG_DONTWAIT
	/* Services have a socket there, which cannot be opened again. */
	done = send(fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (done >= 0 || (errno != ENOTSOCK && errno != EOPNOTSUPP))
		return (int)done;
#endif
	if ((fcntl(fd, F_GETFL) & O_NONBLOCK) == 0) {
		if (poll(&p, 1, 0) != 1 ||
		    (p.revents & (POLLOUT | POLLNVAL)) == 0) {
			errno = EAGAIN;
			return -1;
		}
		if (n > TERMINAL_PIECE && isatty(fd))
			n = TERMINAL_PIECE;
	}
	do {
		done = write(fd, bytes, n);
	} while (done < 0 && errno == EINTR);
	return (int)done;
}

int
output_write(int fd, const char *bytes, size_t n)
{
	size_t written = 0, piece;
	int done;

	while (written < n) {
		piece = n - written < PIPE_BUF ? n - written : PIPE_BUF;
		done = write_piece(fd, bytes + written, piece);
		if (done <= 0)
			break;
		written += (size_t)done;
	}
	return written > 0 || n == 0 ? (int)written : -1;
}

void
output_close(int fd)
{
	if (fd > STDERR_FILENO)
		close(fd);
}
