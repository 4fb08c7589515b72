/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The contents of JSON strings (RFC 8259 7), between the quotes.
 *
 * NOTES.  A piece is one character or one escape; two \u escapes of a surrogate
 * pair are one piece.
 */

#ifndef BASE_JSON_STRING_H
#define BASE_JSON_STRING_H

#include <stddef.h>

/* Bytes of the UTF-8 character at p < end (RFC 3629); 0 when it is invalid. */
size_t json_utf8_len(const char *p, const char *end);

/* Checks the piece at p < end; returns its bytes, or 0 and in *what what is
 * wrong (static text). */
size_t json_piece_check(const char *p, const char *end, const char **what);

/* Decodes the piece at *p, which json_piece_check() accepted, to UTF-8, and
 * moves *p after it; returns its bytes.  An unescaped character outside ASCII
 * takes several calls, one for each byte. */
size_t json_piece_take(const char **p, const char *end, char bytes[4]);

#endif
