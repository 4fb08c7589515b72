/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * compat/error_win32.h: words for errors of Windows, of a system whose texts are
 * longer than wine's.
 */

#include "compat.h"

#include <winsock2.h>
#include <windows.h>

#include "error_win32.h"
#include "tap.h"

static const wchar_t *system_text;	/* NULL: it has none */
static bool has_english;

static DWORD WINAPI format_message(DWORD, LPCVOID, DWORD, DWORD, LPWSTR, DWORD,
    va_list *);

#undef FormatMessageW
#define FormatMessageW format_message
#include "error_win32.c"
#undef FormatMessageW

/* As Windows does: a text that is too long for the memory is an error. */
static DWORD WINAPI
format_message(DWORD flags, LPCVOID source, DWORD error, DWORD language,
    LPWSTR to, DWORD size, va_list *insertions)
{
	DWORD n;

	(void)source;
	(void)error;
	(void)insertions;
	if (system_text == NULL || (language != 0 && !has_english))
		return 0;
	n = (DWORD)wcslen(system_text);
	if ((flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) != 0) {
		*(LPWSTR *)(void *)to = LocalAlloc(LMEM_FIXED,
		    (n + 1) * sizeof(wchar_t));
		to = *(LPWSTR *)(void *)to;
	} else if (n >= size) {
		return 0;
	}
	memcpy(to, system_text, (n + 1) * sizeof(wchar_t));
	return n;
}

/* The words for a text of the system. */
static const char *
words_of(const wchar_t *text, char words[ERROR_WORDS])
{
	system_text = text;
	return error_win32_words(10055, words);
}

/* A text of n characters, with a period behind it. */
static void
fill(wchar_t *text, wchar_t c, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		text[i] = c;
	text[n] = L'.';
	text[n + 1] = L'\0';
}

int
main(void)
{
	char words[ERROR_WORDS];
	wchar_t text[1000];

	has_english = true;
	is_str(words_of(L"No buffer space. \r\n", words), "No buffer space",
	    "without period and end of line");
	is_str(words_of(NULL, words), "Windows error 10055",
	    "an error without a text has its number");
	fill(text, L'a', 200);
	is_int(strlen(words_of(text, words)), 200, "a long text is whole");
	is_int(words[199], 'a', "up to its period");
	has_english = false;
	fill(text, 0x0416, 150);
	is_int(strlen(words_of(text, words)), 300,
	    "also one of two bytes for each, in a system of one language");
	fill(text, 0x76ee, 400);
	is_int(strlen(words_of(text, words)), ERROR_WORDS - 2,
	    "one that is too long is cut between characters");
	is_int(strlen(words_of(L"", words)), strlen("Windows error 10055"),
	    "an empty one is none");
	return done_testing();
}
