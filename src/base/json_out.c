/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Writes JSON (RFC 8259) into a text: the commas, and strings of any bytes.
 */

#include "compat.h"

#include "base/json_out.h"

/* The bytes of the UTF-8 character at s, or 0 when there is none: a wrong byte,
 * a surrogate, a form that is too long, or the end. */
static unsigned
utf8_length(const unsigned char *s)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned n = *s < 0x80 ? 1 : (*s & 0xe0) == 0xc0 ? 2 :
	    (*s & 0xf0) == 0xe0 ? 3 : (*s & 0xf8) == 0xf0 ? 4 : 0;
	uint32_t c = n == 1 ? *s : n == 0 ? 0 : *s & (0x7fu >> n);
	unsigned i;

	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	return n == 0 || c < least[n] || c > 0x10ffff ||
	    (c >= 0xd800 && c <= 0xdfff) ? 0 : n;
}

/* Appends a string with its quotes. */
static void
add_quoted(struct text *t, const char *value)
{
	const unsigned char *s = (const unsigned char *)value;
	unsigned n;

	text_add(t, "\"");
	for (; *s != '\0'; s += n) {
		n = utf8_length(s);
		if (n == 0) {
			text_add(t, "\\ufffd");
			n = 1;
		} else if (*s == '"' || *s == '\\') {
			text_add(t, "\\%c", *s);
		} else if (*s < ' ' || *s == 0x7f) {
			text_add(t, "\\u%04x", *s);
		} else if (*s == 0xc2 && s[1] < 0xa0) {
			/* C1: it must not control a terminal either. */
			text_add(t, "\\u%04x", s[1]);
		} else {
			text_add(t, "%.*s", (int)n, (const char *)s);
		}
	}
	text_add(t, "\"");
}

/* Writes what precedes a value. */
static void
begin_value(struct json_out *j, const char *name)
{
	if (j->more)
		text_add(j->text, ",");
	j->more = true;
	if (name != NULL)
		text_add(j->text, "\"%s\":", name);
}

void
json_out_init(struct json_out *j, struct text *t)
{
	j->text = t;
	j->more = false;
}

void
json_out_open(struct json_out *j, const char *name, char bracket)
{
	begin_value(j, name);
	text_add(j->text, "%c", bracket);
	j->more = false;
}

void
json_out_close(struct json_out *j, char bracket)
{
	text_add(j->text, "%c", bracket);
	j->more = true;
}

void
json_out_string(struct json_out *j, const char *name, const char *value)
{
	begin_value(j, name);
	if (value == NULL)
		text_add(j->text, "null");
	else
		add_quoted(j->text, value);
}

void
json_out_int(struct json_out *j, const char *name, int64_t value)
{
	begin_value(j, name);
	text_add(j->text, "%lld", (long long)value);
}

void
json_out_uint(struct json_out *j, const char *name, uint64_t value)
{
	begin_value(j, name);
	text_add(j->text, "%llu", (unsigned long long)value);
}

void
json_out_bool(struct json_out *j, const char *name, bool value)
{
	begin_value(j, name);
	text_add(j->text, value ? "true" : "false");
}

void
json_out_null(struct json_out *j, const char *name)
{
	begin_value(j, name);
	text_add(j->text, "null");
}

void
json_out_known(struct json_out *j, const char *name, int64_t value)
{
	if (value < 0)
		json_out_null(j, name);
	else
		json_out_int(j, name, value);
}
