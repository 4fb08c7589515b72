/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Writes text of strangers as HTML and as labels of Prometheus.
 */

#include "compat.h"

#include "base/escape.h"
#include "base/json_string.h"

/* Takes the next character of a text, which is not at its end; returns it, or
 * U+FFFD for a byte that begins none. */
static uint32_t
take_character(const char **text)
{
	const unsigned char *p = (const unsigned char *)*text;
	size_t n = 0, i;
	uint32_t c;

	while (n < 4 && p[n] != '\0')
		n++;
	n = json_utf8_len(*text, *text + n);
	if (n == 0) {
		++*text;
		return 0xfffd;
	}
	*text += n;
	if (n == 1)
		return p[0];
	c = p[0] & (0x7fu >> n);
	for (i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3fu);
	return c;
}

/* Appends n bytes, or nothing, and no more then. */
static bool
add_character(struct text *t, const char *bytes, size_t n)
{
	if (t->room <= n) {
		t->room = 1;
		return false;
	}
	memcpy(t->at, bytes, n);
	t->at += n;
	t->room -= n;
	*t->at = '\0';
	return true;
}

/* Is the character not seen, but changes what is? */
static bool
is_unseen(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad ||
	    c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	    c == 0xfeff;
}

/* What stands for a character of HTML, or NULL. */
static const char *
html_entity(uint32_t c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&#34;";
	case '\'':
		return "&#39;";
	case 0xfffd:
		return "\xef\xbf\xbd";
	default:
		return NULL;
	}
}

void
escape_html(struct text *t, const char *text)
{
	const char *from = text, *entity;
	char code[8];
	uint32_t c;

	for (; *text != '\0'; from = text) {
		c = take_character(&text);
		entity = html_entity(c);
		if (is_unseen(c)) {
			snprintf(code, sizeof(code), "\\u%04x", (unsigned)c);
			entity = code;
		}
		if (!add_character(t, entity != NULL ? entity : from,
		    entity != NULL ? strlen(entity) : (size_t)(text - from)))
			return;
	}
}

void
escape_label(struct text *t, const char *text)
{
	const char *from = text, *code;
	uint32_t c;

	for (; *text != '\0'; from = text) {
		c = take_character(&text);
		code = c == '\\' ? "\\\\" : c == '"' ? "\\\"" :
		    c == '\n' ? "\\n" : c == 0xfffd ? "\xef\xbf\xbd" : NULL;
		if (!add_character(t, code != NULL ? code : from, code != NULL ?
		    strlen(code) : (size_t)(text - from)))
			return;
	}
}
