/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Files and terminals on Windows.
 */

#include "compat.h"

#include <direct.h>
#include <io.h>

bool
stream_is_terminal(FILE *stream)
{
	return _isatty(_fileno(stream)) != 0;
}

FILE *
fopen_output(const char *path)
{
	return fopen(path, "wb");
}

FILE *
fopen_kept(const char *path)
{
	FILE *file = fopen(path, "r+b");

	if (file == NULL)
		file = fopen(path, "w+b");
	return file;
}

bool
path_is_link(const char *path)
{
	(void)path;
	return false;
}

/* On Windows a file inherits its permissions from its folder. */
FILE *
fopen_private(const char *path)
{
	return fopen_output(path);
}

/* Files there are no FIFOs. */
bool
stream_wait(FILE *stream, int wait_ms)
{
	(void)stream;
	(void)wait_ms;
	return false;
}

FILE *
fopen_reader(const char *path, int wait_ms)
{
	FILE *file = fopen(path, "rb");

	(void)wait_ms;
	if (file != NULL)
		setvbuf(file, NULL, _IONBF, 0);
	return file;
}

FILE *
fdopen_reader(int fd, int wait_ms)
{
	FILE *file = _fdopen(fd, "rb");

	(void)wait_ms;
	if (file != NULL)
		setvbuf(file, NULL, _IONBF, 0);
	return file;
}

int
file_mode_private(const char *path)
{
	(void)path;
	return 1;
}

int
file_is_trusted(const char *path, char why[FILE_WHY])
{
	(void)path;
	(void)why;
	return 1;
}

int
make_dir(const char *path)
{
	return _mkdir(path);
}

char *
path_config(const char *name)
{
	const char *folder = getenv("ProgramData");
	size_t size;
	char *path;

	if (folder == NULL || *folder == '\0')
		folder = "C:\\ProgramData";
	size = strlen(folder) + sizeof("\\adit\\") + strlen(name);
	path = malloc(size);
	if (path != NULL)
		snprintf(path, size, "%s\\adit\\%s", folder, name);
	return path;
}

char *
path_absolute(const char *path)
{
	return _fullpath(NULL, path, 0);
}
