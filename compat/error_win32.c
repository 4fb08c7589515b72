/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Words for errors of Windows: FormatMessageW().
 */

#include "compat.h"

#include <windows.h>

#include "error_win32.h"

/* The system's text in that language; its characters, 0 for none. */
static DWORD
format_error(DWORD error, DWORD language, WCHAR *wide, DWORD size)
{
	return FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM |
	    FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK,
	    NULL, error, language, wide, size, NULL);
}

const char *
error_win32_words(unsigned long error, char words[ERROR_WORDS])
{
	WCHAR wide[ERROR_WORDS / 3];	/* three bytes of UTF-8 for each */
	DWORD n = format_error(error, MAKELANGID(LANG_ENGLISH,
	    SUBLANG_ENGLISH_US), wide, ERROR_WORDS / 3);
	int bytes;

	/* A system in one language has no English texts. */
	if (n == 0)
		n = format_error(error, 0, wide, ERROR_WORDS / 3);
	while (n > 0 && (wide[n - 1] <= L' ' || wide[n - 1] == L'.'))
		n--;
	bytes = n == 0 ? 0 : WideCharToMultiByte(CP_UTF8, 0, wide, (int)n,
	    words, ERROR_WORDS - 1, NULL, NULL);
	if (bytes <= 0)
		snprintf(words, ERROR_WORDS, "Windows error %lu", error);
	else
		words[bytes] = '\0';
	return words;
}
