/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Texts of Windows, which are UTF-16, and ours, which are UTF-8.
 *
 * NOTES.  Only files of Windows include this.  All calls of the system with a
 * text in them are those of wide characters: the others take the code page of
 * the user, which has not all characters, and is UTF-8 only since Windows 10
 * 1903 and by the manifest.  No text is changed on its way: one that is not
 * valid is refused with EILSEQ.
 */

#ifndef WIDE_H
#define WIDE_H

#include "compat.h"

/* Both return memory that the caller frees, or NULL and errno. */
wchar_t *wide_from(const char *utf8);
char *wide_to_utf8(const wchar_t *);

/* A path for calls of the system: one that is too long for the old limit of 260
 * characters is made absolute, and gets the prefix that lifts the limit.  The
 * caller frees it; NULL and errno. */
wchar_t *wide_path(const char *path);

/* The errno for an error of the system, as GetLastError() returns it. */
int wide_errno(unsigned long error);

#endif
