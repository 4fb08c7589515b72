/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Files and terminals on Windows.
 *
 * NOTES.  A reparse point is what leads to a different place: a symbolic link,
 * a junction, a mount point.  Files that are written are opened without
 * following one, and refused if they are one.
 */

#include "compat.h"

#include <fcntl.h>
#include <io.h>
#include <windows.h>

#include "file_acl.h"
#include "file_win32.h"
#include "wide.h"

enum {
	SHARE_ALL = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
	/* From 1601-01-01, where the system's time begins, to 1970-01-01. */
	HUNDRED_NS_IN_S = 10000000,
};
static const int64_t epoch_s = INT64_C(11644473600);

bool
stream_is_terminal(FILE *stream)
{
	return _isatty(_fileno(stream)) != 0;
}

int
file_open_handle(const char *path, unsigned long access,
    struct _SECURITY_ATTRIBUTES *security, bool *made)
{
	wchar_t *wide = wide_path(path);
	BY_HANDLE_FILE_INFORMATION about;
	HANDLE file;
	DWORD error;
	int fd = -1;

	if (wide == NULL)
		return -1;
	SetLastError(0);
	file = CreateFileW(wide, access, SHARE_ALL, security, OPEN_ALWAYS,
	    FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
	error = GetLastError();
	free(wide);
	*made = error != ERROR_ALREADY_EXISTS;
	errno = wide_errno(error);
	if (file == INVALID_HANDLE_VALUE)
		return -1;
	if (GetFileType(file) == FILE_TYPE_DISK &&
	    (GetFileInformationByHandle(file, &about) == 0 ||
	    (about.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0))
		errno = EACCES;
	else
		fd = _open_osfhandle((intptr_t)file, _O_BINARY | _O_NOINHERIT);
	if (fd < 0)
		CloseHandle(file);
	return fd;
}

/* A stream of fd, which it takes over; NULL and errno. */
static FILE *
handle_stream(int fd, const char *mode)
{
	FILE *file = fd < 0 ? NULL : _fdopen(fd, mode);

	if (file == NULL && fd >= 0)
		_close(fd);
	return file;
}

/* An empty file for writing; NULL and errno. */
static FILE *
open_empty(const char *path, SECURITY_ATTRIBUTES *security)
{
	bool made;
	int fd = file_open_handle(path, GENERIC_WRITE |
	    (security == NULL ? 0 : WRITE_DAC), security, &made);

	/* What was there before keeps its access list: others must not read
	 * what is written from now on.  A disk without lists has none. */
	if (fd >= 0 && !made && security != NULL &&
	    file_acl_set(fd, security) != 0 && errno != ENOSYS &&
	    errno != EINVAL) {
		_close(fd);
		return NULL;
	}
	/* Only now: it may have been a link. */
	if (fd >= 0 && !made && _isatty(fd) == 0)
		(void)_chsize(fd, 0);
	return handle_stream(fd, "wb");
}

FILE *
fopen_output(const char *path)
{
	return open_empty(path, NULL);
}

FILE *
fopen_private(const char *path)
{
	SECURITY_ATTRIBUTES security;
	FILE *file;

	if (file_acl_private(&security) != 0)
		return NULL;
	file = open_empty(path, &security);
	file_acl_free(&security);
	return file;
}

FILE *
fopen_kept(const char *path)
{
	bool made;

	return handle_stream(file_open_handle(path,
	    GENERIC_READ | GENERIC_WRITE, NULL, &made), "r+b");
}

FILE *
fopen_nameless(void)
{
	wchar_t folder[MAX_PATH + 1], path[MAX_PATH + 1];
	DWORD n = GetTempPathW(MAX_PATH, folder);
	HANDLE file;
	int fd;

	if (n == 0 || n > MAX_PATH ||
	    GetTempFileNameW(folder, L"adi", 0, path) == 0) {
		errno = wide_errno(GetLastError());
		return NULL;
	}
	file = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL,
	    CREATE_ALWAYS, FILE_ATTRIBUTE_TEMPORARY |
	    FILE_FLAG_DELETE_ON_CLOSE, NULL);
	if (file == INVALID_HANDLE_VALUE) {
		errno = wide_errno(GetLastError());
		return NULL;
	}
	fd = _open_osfhandle((intptr_t)file, _O_BINARY | _O_NOINHERIT);
	if (fd < 0)
		CloseHandle(file);
	return handle_stream(fd, "w+b");
}

int
file_remove(const char *path)
{
	wchar_t *wide = wide_path(path);
	int result = wide != NULL && DeleteFileW(wide) ? 0 : -1;

	if (wide != NULL && result != 0)
		errno = wide_errno(GetLastError());
	free(wide);
	return result;
}

/* A number of 64 bits. */
static uint64_t
join(DWORD high, DWORD low)
{
	return (uint64_t)high << 32 | low;
}

/* Fills in what is known of an open file; 0, or -1 and errno. */
static int
fill_facts(HANDLE file, struct file_facts *facts)
{
	BY_HANDLE_FILE_INFORMATION about;

	if (GetFileInformationByHandle(file, &about) == 0) {
		errno = wide_errno(GetLastError());
		return -1;
	}
	facts->regular = GetFileType(file) == FILE_TYPE_DISK &&
	    (about.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == 0;
	facts->changed_s = (int64_t)(join(about.ftLastWriteTime.dwHighDateTime,
	    about.ftLastWriteTime.dwLowDateTime) / HUNDRED_NS_IN_S) - epoch_s;
	facts->size = join(about.nFileSizeHigh, about.nFileSizeLow);
	facts->number = join(about.nFileIndexHigh, about.nFileIndexLow);
	facts->device = about.dwVolumeSerialNumber;
	return 0;
}

int
file_facts_open(int fd, struct file_facts *facts)
{
	return fill_facts((HANDLE)_get_osfhandle(fd), facts);
}

int
file_facts(const char *path, struct file_facts *facts)
{
	wchar_t *wide = wide_path(path);
	HANDLE file;
	int result;

	if (wide == NULL)
		return -1;
	/* With this flag folders can be opened. */
	file = CreateFileW(wide, FILE_READ_ATTRIBUTES, SHARE_ALL, NULL,
	    OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
	errno = wide_errno(GetLastError());
	free(wide);
	if (file == INVALID_HANDLE_VALUE)
		return -1;
	result = fill_facts(file, facts);
	CloseHandle(file);
	return result;
}

bool
path_is_link(const char *path)
{
	wchar_t *wide = wide_path(path);
	DWORD attributes = wide == NULL ? INVALID_FILE_ATTRIBUTES :
	    GetFileAttributesW(wide);

	free(wide);
	return attributes != INVALID_FILE_ATTRIBUTES &&
	    (attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0;
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
	wchar_t *wide = wide_path(path);
	FILE *file;

	(void)wait_ms;
	if (wide == NULL)
		return NULL;
	file = _wfopen(wide, L"rb");
	free(wide);
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
file_is_trusted(const char *path, char why[FILE_WHY])
{
	(void)path;
	(void)why;
	return 1;
}

int
make_dir(const char *path)
{
	wchar_t *wide = wide_path(path);
	int result = wide != NULL && CreateDirectoryW(wide, NULL) ? 0 : -1;

	if (wide != NULL && result != 0)
		errno = wide_errno(GetLastError());
	free(wide);
	return result;
}

char *
path_absolute(const char *path)
{
	wchar_t *wide = wide_from(path), *whole = NULL;
	DWORD size = wide == NULL ? 0 : GetFullPathNameW(wide, 0, NULL, NULL);
	char *text = NULL;

	if (size > 0)
		whole = calloc(size, sizeof(*whole));
	if (whole != NULL && GetFullPathNameW(wide, size, whole, NULL) < size)
		text = wide_to_utf8(whole);
	free(whole);
	free(wide);
	return text;
}
