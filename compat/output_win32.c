/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Descriptors for lines on Windows, whose writes wait for the reader.
 */

#include "output.h"

#include <fcntl.h>
#include <io.h>
#include <sys/stat.h>

enum { STDERR_FD = 2 };

/* Sockets are no descriptors there, and take no numbers of theirs.  But stderr
 * may have a buffer where it is no console. */
void
output_fill_standard(void)
{
	setvbuf(stderr, NULL, _IONBF, 0);
}

int
output_stderr(void)
{
	return STDERR_FD;
}

int
output_open(const char *path, bool *created)
{
	int fd;

	fd = _open(path, _O_WRONLY | _O_APPEND | _O_CREAT | _O_EXCL |
	    _O_NOINHERIT, _S_IREAD | _S_IWRITE);
	*created = fd >= 0;
	if (fd >= 0 || errno != EEXIST)
		return fd;
	return _open(path, _O_WRONLY | _O_APPEND | _O_CREAT | _O_NOINHERIT,
	    _S_IREAD | _S_IWRITE);
}

int
output_write(int fd, const char *bytes, size_t n)
{
	return _write(fd, bytes, (unsigned)n);
}

void
output_close(int fd)
{
	if (fd > STDERR_FD)
		_close(fd);
}
