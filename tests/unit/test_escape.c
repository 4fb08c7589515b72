/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * base/escape.h: hostile names in HTML and in labels.
 */

#include "compat.h"

#include "base/escape.h"
#include "tap.h"

static char out[64];

static const char *
html(const char *text, size_t size)
{
	struct text t;

	text_init(&t, out, size);
	escape_html(&t, text);
	return out;
}

static const char *
label(const char *text)
{
	struct text t;

	text_init(&t, out, sizeof(out));
	escape_label(&t, text);
	return out;
}

int
main(void)
{
	char all[2] = "";
	unsigned c;
	bool good = true;

	is_str(html("<script>", 64), "&lt;script&gt;", "a tag is text");
	is_str(html("\"'&", 64), "&#34;&#39;&amp;",
	    "quotes end no attribute");
	is_str(html("a\nb\t\x7f", 64), "a\\u000ab\\u0009\\u007f",
	    "control characters are seen");
	is_str(html("\xe2\x80\xae" "evil\xc2\x85", 64), "\\u202eevil\\u0085",
	    "and what turns the text around");
	is_str(html("\xe2\x81\xa6\xef\xbb\xbf\xe2\x80\x8b", 64),
	    "\\u2066\\ufeff\\u200b", "and what has no width");
	is_str(html("Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x8d\x80", 64),
	    "Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x8d\x80",
	    "other letters stay");
	is_str(html("a\xff\xc3(\xed\xa0\x80", 64), "a\xef\xbf\xbd\xef\xbf\xbd("
	    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
	    "what is no UTF-8 is replaced");
	is_str(html("ab<c", 6), "ab", "an entity is not cut, nor skipped");
	is_str(html("ab\xc3\xbc", 4), "ab", "nor is a character");
	is_str(html("abc", 4), "abc", "what fits is there");
	is_str(label("a\\b\"c\nd"), "a\\\\b\\\"c\\nd", "a label");
	is_str(label("<&'\t\xe2\x80\xae"), "<&'\t\xe2\x80\xae",
	    "has all else as it is");
	is_str(label("\xff" "a\xc3"), "\xef\xbf\xbd" "a\xef\xbf\xbd",
	    "but UTF-8 only");
	for (c = 1; c < 256; c++) {
		all[0] = (char)c;
		html(all, 64);
		good = good && strpbrk(out, "<>\"'") == NULL;
	}
	ok(good, "no byte alone is markup");
	return done_testing();
}
