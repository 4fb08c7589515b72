/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Small strings in fixed buffers.
 */

#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "compat.h"

/* A string in a buffer of the caller's.  Appending cannot overflow it: what
 * does not fit is cut off, and a NUL always ends it. */
struct text {
	char *at;		/* the NUL, where the next byte goes */
	size_t room;		/* bytes left, NUL included */
};

/* Starts an empty text in buf[size]; size is at least 1. */
void text_init(struct text *t, char *buf, size_t size);

/* Appends as printf() does. */
void text_add(struct text *t, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Appends as vprintf() does. */
void text_add_va(struct text *t, const char *fmt, va_list ap)
    PRINTF_LIKE(2, 0);

/* Appends n bytes of untrusted text.  Quotes, backslashes and all but printable
 * ASCII are written as \xNN, so that no peer can put control codes into a
 * log. */
void text_add_quoted(struct text *t, const void *bytes, size_t n);

/* The lower-case form of an ASCII letter, independent of the locale; other
 * bytes as they are. */
unsigned char text_lower(unsigned char c);

/* The value of a hexadecimal digit, or -1. */
int text_hex_digit(char c);

/* Are both the same, ignoring the case of ASCII letters? */
bool text_same_nocase(const char *a, const char *b);

/* The same of n bytes, which may be any. */
bool text_same_nocase_n(const void *a, const void *b, size_t n);

/* Are n bytes of a file text in UTF-16, by a byte order mark or by the zeros
 * that ASCII has in it? */
bool text_is_utf16(const char *bytes, size_t n);

/* Does text begin with prefix?  Returns what follows it, or NULL. */
const char *text_after(const char *text, const char *prefix);

#endif
