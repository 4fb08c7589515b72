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
