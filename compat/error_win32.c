/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Words for errors of Windows: FormatMessageW(), and of its C library.
 */

#include "compat.h"

#include <winsock2.h>
#include <windows.h>

#include "error_win32.h"

#undef strerror

/* Errors that strerror() has no words for, or those of files. */
static const struct {
	int error;
	const char *words;
} errors[] = {
	{ EINPROGRESS, "Operation now in progress" },
	{ EALREADY, "Operation already in progress" },
	{ ENOTSOCK, "Not a socket" },
	{ EDESTADDRREQ, "Destination address required" },
	{ EMSGSIZE, "Message too long" },
	{ EPROTOTYPE, "Wrong protocol for the socket" },
	{ ENOPROTOOPT, "Protocol option not available" },
	{ EPROTONOSUPPORT, "Protocol not supported" },
	{ EOPNOTSUPP, "Operation not supported" },
	{ EAFNOSUPPORT, "Address family not supported" },
	{ EADDRINUSE, "Address already in use" },
	{ EADDRNOTAVAIL, "Cannot assign the address" },
	{ ENETDOWN, "Network is down" },
	{ ENETUNREACH, "Network is unreachable" },
	{ ENETRESET, "Connection dropped by the network" },
	{ ECONNABORTED, "Connection aborted" },
	{ ECONNRESET, "Connection reset by peer" },
	{ ENOBUFS, "No buffer space available" },
	{ EISCONN, "Already connected" },
	{ ENOTCONN, "Not connected" },
	{ EPIPE, "Connection was shut down" },
	{ ETIMEDOUT, "Connection timed out" },
	{ ECONNREFUSED, "Connection refused" },
	{ EHOSTDOWN, "Host is down" },
	{ EHOSTUNREACH, "No route to host" },
};

const char *
error_win32_errno(int error)
{
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].error == error)
			return errors[i].words;
	/* Those of Winsock that have no name in POSIX. */
	return error >= WSABASEERR ? "Error of the network" : strerror(error);
}

/* The system's text in that language, which the caller frees by LocalFree();
 * its characters, 0 and NULL for none. */
static DWORD
format_error(DWORD error, DWORD language, WCHAR **wide)
{
	*wide = NULL;
	return FormatMessageW(FORMAT_MESSAGE_ALLOCATE_BUFFER |
	    FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS |
	    FORMAT_MESSAGE_MAX_WIDTH_MASK, NULL, error, language,
	    (LPWSTR)(void *)wide, 0, NULL);
}

/* Writes n characters as UTF-8, or as many as have room; the bytes. */
static int
narrow_words(const WCHAR *wide, DWORD n, char words[ERROR_WORDS])
{
	while (n > 0 && WideCharToMultiByte(CP_UTF8, 0, wide, (int)n, NULL, 0,
	    NULL, NULL) > ERROR_WORDS - 1)
		n--;
	/* Not half of a pair. */
	if (n > 0 && (wide[n - 1] & 0xfc00) == 0xd800)
		n--;
	return n == 0 ? 0 : WideCharToMultiByte(CP_UTF8, 0, wide, (int)n,
	    words, ERROR_WORDS - 1, NULL, NULL);
}

const char *
error_win32_words(unsigned long error, char words[ERROR_WORDS])
{
	WCHAR *wide;
	DWORD n = format_error(error, MAKELANGID(LANG_ENGLISH,
	    SUBLANG_ENGLISH_US), &wide);
	int bytes;

	/* A system in one language has no English texts. */
	if (n == 0)
		n = format_error(error, 0, &wide);
	while (n > 0 && (wide[n - 1] <= L' ' || wide[n - 1] == L'.'))
		n--;
	bytes = narrow_words(wide, n, words);
	LocalFree(wide);
	if (bytes <= 0)
		snprintf(words, ERROR_WORDS, "Windows error %lu", error);
	else
		words[bytes] = '\0';
	return words;
}
