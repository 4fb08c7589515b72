/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Small strings in fixed buffers.
 */

#include "compat.h"

#include "base/text.h"

void
text_init(struct text *t, char *buf, size_t size)
{
	t->at = buf;
	t->room = size;
	buf[0] = '\0';
}

void
text_add(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_add_va(t, fmt, ap);
	va_end(ap);
}

void
text_add_va(struct text *t, const char *fmt, va_list ap)
{
	size_t len;
	int n;

	n = vsnprintf(t->at, t->room, fmt, ap);
	if (n < 0) {
		*t->at = '\0';
		return;
	}
	len = (size_t)n < t->room ? (size_t)n : t->room - 1;
	t->at += len;
	t->room -= len;
}

void
text_add_quoted(struct text *t, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	size_t i;

	for (i = 0; i < n && t->room > 1; i++) {
		if (p[i] >= ' ' && p[i] < 0x7f && p[i] != '"' && p[i] != '\\')
			text_add(t, "%c", p[i]);
		else
			text_add(t, "\\x%02x", p[i]);
	}
}

unsigned char
text_lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c - 'A' + 'a') : c;
}

int
text_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
text_same_nocase(const char *a, const char *b)
{
	size_t n = strlen(a);

	return n == strlen(b) && text_same_nocase_n(a, b, n);
}

bool
text_same_nocase_n(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n > 0; n--)
		if (text_lower(*x++) != text_lower(*y++))
			return false;
	return true;
}

const char *
text_after(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(text, prefix, n) == 0 ? text + n : NULL;
}

bool
text_is_utf16(const char *bytes, size_t n)
{
	return n >= 4 && (memcmp(bytes, "\xff\xfe", 2) == 0 ||
	    memcmp(bytes, "\xfe\xff", 2) == 0 ||
	    (bytes[0] != '\0' && bytes[1] == '\0' && bytes[2] != '\0' &&
	    bytes[3] == '\0') ||
	    (bytes[0] == '\0' && bytes[1] != '\0' && bytes[2] == '\0' &&
	    bytes[3] != '\0'));
}
