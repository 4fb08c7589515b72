/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The inside of JSON strings (RFC 8259 7): what json.c reads between the
 * quotes.
 *
 * NOTES.  A piece is one character, or one escape; a pair of \u escapes that
 * is a surrogate pair is one piece.
 */

#ifndef BASE_JSON_STRING_H
#define BASE_JSON_STRING_H

#include <stddef.h>

/* Bytes of the UTF-8 character at p (RFC 3629), where p < end; 0 when it is
 * none. */
size_t json_utf8_len(const char *p, const char *end);

/* Checks the piece of a string at p, where p < end; returns its bytes, or 0
 * and in *what why it is wrong (static text). */
size_t json_piece_check(const char *p, const char *end, const char **what);

/* Decodes the piece at *p, which json_piece_check() accepted; returns how many
 * bytes it is in UTF-8, and moves *p behind it. */
size_t json_piece_take(const char **p, const char *end, char bytes[4]);

#endif
