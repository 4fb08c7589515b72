/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Texts for the service manager, and its errors in words.
 */

#include "compat.h"

#include <windows.h>

#include "net/service.h"

#include "error_win32.h"

#include "base/alloc.h"

wchar_t *
service_wide(const char *utf8)
{
	int n = MultiByteToWideChar(CP_UTF8, 0, utf8, -1, NULL, 0);
	wchar_t *wide = xcalloc((size_t)n + 1, sizeof(*wide));

	MultiByteToWideChar(CP_UTF8, 0, utf8, -1, wide, n);
	return wide;
}

char *
service_utf8(const wchar_t *wide)
{
	int n = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
	char *utf8 = xcalloc((size_t)n + 1, 1);

	WideCharToMultiByte(CP_UTF8, 0, wide, -1, utf8, n, NULL, NULL);
	return utf8;
}

void
service_error(char words[SERVICE_ERROR], unsigned long error)
{
	char text[ERROR_WORDS];

	snprintf(words, SERVICE_ERROR, "%s (error %lu)",
	    error_win32_words(error, text), error);
}
