/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Words for errors of Windows.
 */

#ifndef ERROR_WIN32_H
#define ERROR_WIN32_H

#include "compat.h"

enum { ERROR_WORDS = 320 };	/* bytes of the words */

/* The words for an error of GetLastError() or of Winsock: the system's own in
 * English, else in the user's language, as UTF-8, in one line without its
 * period, and cut where it is too long; the number where it has none.  Returns
 * words. */
const char *error_win32_words(unsigned long error, char words[ERROR_WORDS]);

#endif
