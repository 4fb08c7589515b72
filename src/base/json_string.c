/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The contents of JSON strings: checks and decodes characters and escapes.
 */

#include "compat.h"

#include "base/json_string.h"

#include "base/text.h"

size_t
json_utf8_len(const char *p, const char *end)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t n, i;
	uint32_t c;

	if (u[0] < 0x80)
		return 1;
	if (u[0] < 0xc2 || u[0] > 0xf4)
		return 0;
	n = u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
	if ((size_t)(end - p) < n)
		return 0;
	c = u[0] & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (u[i] & 0x3fu);
	}
	if (c < (n == 3 ? 0x800u : n == 4 ? 0x10000u : 0x80u) ||
	    (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff)
		return 0;
	return n;
}

/* The value of four hexadecimal digits, or -1. */
static int32_t
hex4(const char *p, const char *end)
{
	int32_t v = 0;
	int digit, i;

	if (end - p < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		digit = text_hex_digit(p[i]);
		if (digit < 0)
			return -1;
		v = v * 16 + digit;
	}
	return v;
}

/* Checks the \u escape at p, two of them for a surrogate pair; returns its
 * bytes and the character in *c, or 0 and the error in *what. */
static size_t
unicode_escape(const char *p, const char *end, uint32_t *c, const char **what)
{
	int32_t high = hex4(p + 2, end), low = -1;

	*what = "four hexadecimal digits must follow \\u";
	if (high < 0)
		return 0;
	*what = "a NUL character is not taken";
	if (high == 0)
		return 0;
	*c = (uint32_t)high;
	if (high < 0xd800 || high > 0xdfff)
		return 6;
	*what = "a surrogate without its other half";
	if (high > 0xdbff || end - p < 12 || p[6] != '\\' || p[7] != 'u')
		return 0;
	low = hex4(p + 8, end);
	if (low < 0xdc00 || low > 0xdfff)
		return 0;
	*c = 0x10000 + ((uint32_t)(high - 0xd800) << 10) +
	    (uint32_t)(low - 0xdc00);
	return 12;
}

/* The character of an escape of one letter; 0 when the letter is unknown. */
static char
short_escape(char letter)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char values[] = "\"\\/\b\f\n\r\t";
	const char *p = letter == '\0' ? NULL : strchr(letters, letter);

	return p == NULL ? '\0' : values[p - letters];
}

size_t
json_piece_check(const char *p, const char *end, const char **what)
{
	uint32_t c;

	if (*p == '\\') {
		if (end - p > 1 && p[1] == 'u')
			return unicode_escape(p, end, &c, what);
		*what = "there is no such escape; a backslash is written \\\\";
		return end - p > 1 && short_escape(p[1]) != '\0' ? 2 : 0;
	}
	if (*p == '\0') {
		*what = "a NUL byte";
		return 0;
	}
	if ((unsigned char)*p < ' ') {
		*what = *p == '\n' || *p == '\r' ?
		    "the line ends inside a string; a \" is missing" :
		    "a control character in a string; \\t or \\u0009 would do";
		return 0;
	}
	*what = "this is not UTF-8";
	return json_utf8_len(p, end);
}

/* Writes a character as UTF-8; returns its bytes. */
static size_t
utf8_put(char *to, uint32_t c)
{
	static const uint8_t first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4, i;

	for (i = n - 1; i > 0; i--) {
		to[i] = (char)(0x80 | (c & 0x3f));
		c >>= 6;
	}
	to[0] = (char)(first[n] * (n > 1) | c);
	return n;
}

size_t
json_piece_take(const char **p, const char *end, char bytes[4])
{
	const char *what;
	uint32_t c = 0;

	if (**p != '\\') {
		bytes[0] = *(*p)++;
		return 1;
	}
	if ((*p)[1] == 'u') {
		*p += unicode_escape(*p, end, &c, &what);
		return utf8_put(bytes, c);
	}
	bytes[0] = short_escape((*p)[1]);
	*p += 2;
	return 1;
}
