/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * compat/wide.h: UTF-8 and UTF-16, and paths of Windows.
 */

#include "compat.h"

#include <windows.h>

#include "tap.h"
#include "wide.h"

/* Does a text come back as it was? */
static void
there_and_back(const char *text, const wchar_t *wide, const char *what)
{
	wchar_t *there = wide_from(text);
	char *back = wide_to_utf8(wide);

	ok(there != NULL && wcscmp(there, wide) == 0, what);
	is_str(back, text, "and back");
	free(there);
	free(back);
}

static void
refused_utf8(const char *text, const char *what)
{
	errno = 0;
	ok(wide_from(text) == NULL, what);
	is_int(errno, EILSEQ, "is refused");
}

static void
refused_utf16(const wchar_t *wide, const char *what)
{
	errno = 0;
	ok(wide_to_utf8(wide) == NULL, what);
	is_int(errno, EILSEQ, "is refused");
}

static void
test_texts(void)
{
	there_and_back("", L"", "nothing");
	there_and_back("adit", L"adit", "ASCII");
	there_and_back("\xc5\x82\xd0\xbf\xe7\x9b\xae", L"\x142\x43f\x76ee",
	    "Polish, Russian, Chinese");
	there_and_back("\xf0\x9f\x94\x91!", L"\xd83d\xdd11!", "a pair");
	refused_utf8("\xff", "a byte that is never in UTF-8");
	refused_utf8("\xc5", "half a character");
	refused_utf8("\xc0\xaf", "a slash in two bytes");
	refused_utf8("\xed\xa0\xbd", "half a pair in UTF-8");
	refused_utf16(L"\xd83d", "the first half of a pair");
	refused_utf16(L"\xd83d!", "the first half, and what is no half");
	refused_utf16(L"\xdd11", "the second half of a pair");
}

/* The wide path of n characters x, behind what comes first. */
static wchar_t *
path_of(const char *first, int n)
{
	static char path[600];
	int i, at = snprintf(path, sizeof(path), "%s", first);

	for (i = 0; i < n; i++)
		path[at + i] = i % 50 == 49 ? '\\' : 'x';
	path[at + n] = '\0';
	return wide_path(path);
}

static bool
begins(const wchar_t *path, const wchar_t *with)
{
	return path != NULL && wcsncmp(path, with, wcslen(with)) == 0;
}

static void
test_paths(void)
{
	wchar_t *path;

	path = path_of("C:\\", 100);
	ok(begins(path, L"C:\\xxx"), "a short path stays as it is");
	free(path);
	path = path_of("C:/", 300);
	ok(begins(path, L"\\\\?\\C:\\xxx"), "a long one gets the prefix");
	free(path);
	path = path_of("", 300);
	ok(begins(path, L"\\\\?\\") && path[5] == L':',
	    "a long relative one becomes absolute");
	free(path);
	path = path_of("\\\\host\\share\\", 300);
	ok(begins(path, L"\\\\?\\UNC\\host\\share\\xxx"), "one of a share");
	free(path);
	path = path_of("\\\\?\\C:\\", 300);
	ok(begins(path, L"\\\\?\\C:\\xxx"), "one that has the prefix");
	free(path);
	ok(wide_path("") == NULL && errno == ENOENT, "no path");
	ok(wide_path("C:\\\xff") == NULL && errno == EILSEQ,
	    "one that is not valid");
}

static void
test_errors(void)
{
	is_int(wide_errno(ERROR_FILE_NOT_FOUND), ENOENT, "no such file");
	is_int(wide_errno(ERROR_SHARING_VIOLATION), EACCES, "in use");
	is_int(wide_errno(12345), EIO, "others");
}

int
main(void)
{
	test_texts();
	test_paths();
	test_errors();
	return done_testing();
}
