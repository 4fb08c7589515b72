/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Descriptors for lines on Windows, whose writes wait for the reader.
 */

#include "output.h"

#include <io.h>
#include <windows.h>

#include "file_win32.h"

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
	/* Without the right to write elsewhere, all is appended. */
	return file_open_handle(path, FILE_APPEND_DATA | SYNCHRONIZE, NULL,
	    created);
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
