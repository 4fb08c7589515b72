/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Texts of Windows, which are UTF-16, and ours, which are UTF-8.
 */

#include "compat.h"

#include <windows.h>

#include "wide.h"


/* Of a path and what may follow it, below which the system's old limit of
 * MAX_PATH does no harm: a folder's leaves room for a short name. */
enum { PATH_SHORT = MAX_PATH - 12 };

/* What system errors mean; others are EIO. */
static const struct {
	DWORD error;
	int errno_value;
} error_meanings[] = {
	{ ERROR_FILE_NOT_FOUND, ENOENT }, { ERROR_PATH_NOT_FOUND, ENOENT },
	{ ERROR_BAD_NETPATH, ENOENT }, { ERROR_BAD_NET_NAME, ENOENT },
	{ ERROR_BAD_PATHNAME, ENOENT }, { ERROR_INVALID_DRIVE, ENOENT },
	{ ERROR_NOT_READY, ENOENT }, { ERROR_INVALID_NAME, ENOENT },
	{ ERROR_DIRECTORY, ENOTDIR },
	{ ERROR_ACCESS_DENIED, EACCES }, { ERROR_SHARING_VIOLATION, EACCES },
	{ ERROR_LOCK_VIOLATION, EACCES }, { ERROR_WRITE_PROTECT, EACCES },
	{ ERROR_PRIVILEGE_NOT_HELD, EPERM },
	{ ERROR_INVALID_OWNER, EPERM },
	{ ERROR_FILE_EXISTS, EEXIST }, { ERROR_ALREADY_EXISTS, EEXIST },
	{ ERROR_DIR_NOT_EMPTY, ENOTEMPTY },
	{ ERROR_FILENAME_EXCED_RANGE, ENAMETOOLONG },
	{ ERROR_BUFFER_OVERFLOW, ENAMETOOLONG },
	{ ERROR_NOT_ENOUGH_MEMORY, ENOMEM }, { ERROR_OUTOFMEMORY, ENOMEM },
	{ ERROR_DISK_FULL, ENOSPC }, { ERROR_HANDLE_DISK_FULL, ENOSPC },
	{ ERROR_TOO_MANY_OPEN_FILES, EMFILE },
	{ ERROR_INVALID_PARAMETER, EINVAL },
	{ ERROR_NO_UNICODE_TRANSLATION, EILSEQ },
	{ ERROR_BROKEN_PIPE, EPIPE }, { ERROR_NO_DATA, EPIPE },
	{ ERROR_NOT_SUPPORTED, ENOSYS },
	{ ERROR_CALL_NOT_IMPLEMENTED, ENOSYS },
};

int
wide_errno(unsigned long error)
{
	size_t i;

	for (i = 0; i < sizeof(error_meanings) / sizeof(error_meanings[0]); i++)
		if (error_meanings[i].error == error)
			return error_meanings[i].errno_value;
	return EIO;
}

wchar_t *
wide_from(const char *utf8)
{
	int n = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, utf8, -1,
	    NULL, 0);
	wchar_t *wide;

	if (n <= 0) {
		errno = EILSEQ;
		return NULL;
	}
	wide = calloc((size_t)n, sizeof(*wide));
	if (wide != NULL)
		(void)MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, utf8,
		    -1, wide, n);
	return wide;
}

/* Is each half of a surrogate pair beside its other half?  Windows XP cannot
 * tell. */
static bool
wide_is_valid(const wchar_t *wide)
{
	for (; *wide != L'\0'; wide++) {
		if (*wide < 0xd800 || *wide > 0xdfff)
			continue;
		if (*wide > 0xdbff || wide[1] < 0xdc00 || wide[1] > 0xdfff)
			return false;
		wide++;
	}
	return true;
}

char *
wide_to_utf8(const wchar_t *wide)
{
	char *utf8;
	int n = 0;

	if (wide_is_valid(wide))
		n = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL,
		    NULL);
	if (n <= 0) {
		errno = EILSEQ;
		return NULL;
	}
	utf8 = malloc((size_t)n);
	if (utf8 != NULL)
		(void)WideCharToMultiByte(CP_UTF8, 0, wide, -1, utf8, n, NULL,
		    NULL);
	return utf8;
}

/* The absolute path of one; the caller frees it.  NULL and errno. */
static wchar_t *
wide_whole(const wchar_t *path)
{
	DWORD size = GetFullPathNameW(path, 0, NULL, NULL), n;
	wchar_t *whole = size == 0 ? NULL : calloc(size, sizeof(*whole));

	if (size == 0)
		errno = wide_errno(GetLastError());
	if (whole == NULL)
		return NULL;
	n = GetFullPathNameW(path, size, whole, NULL);
	if (n > 0 && n < size)
		return whole;
	free(whole);
	errno = EINVAL;
	return NULL;
}

/* Puts the prefix before a long absolute path, which it frees; NULL and
 * errno. */
static wchar_t *
wide_lift_limit(wchar_t *whole)
{
	static const wchar_t local[] = L"\\\\?\\", share[] = L"\\\\?\\UNC";
	bool is_share = whole[0] == L'\\' && whole[1] == L'\\';
	const wchar_t *prefix = is_share ? share : local;
	/* A share has one of its two backslashes after the prefix. */
	const wchar_t *rest = is_share ? whole + 1 : whole;
	size_t size = wcslen(prefix) + wcslen(rest) + 1;
	wchar_t *lifted;

	if (is_share && (whole[2] == L'?' || whole[2] == L'.'))
		return whole;
	lifted = calloc(size, sizeof(*lifted));
	if (lifted != NULL) {
		wcscpy(lifted, prefix);
		wcscat(lifted, rest);
	}
	free(whole);
	return lifted;
}

wchar_t *
wide_path(const char *path)
{
	wchar_t *wide = wide_from(path), *whole;

	if (wide == NULL)
		return NULL;
	if (*wide == L'\0') {
		free(wide);
		errno = ENOENT;
		return NULL;
	}
	whole = wide_whole(wide);
	if (whole == NULL || wcslen(whole) >= PATH_SHORT) {
		free(wide);
		return whole == NULL ? NULL : wide_lift_limit(whole);
	}
	free(whole);
	return wide;
}
