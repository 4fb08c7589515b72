/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * JSON as users write it: a pull parser over a text in memory.
 *
 * NOTES.  RFC 8259, and besides: // and block comments, a comma after the last
 * item, keys without quotes (letters, digits, _ and $), a byte order mark.  All
 * of the text is checked, what is skipped too: UTF-8, escapes, surrogates in
 * pairs, the form of numbers, and that nothing follows the value.  NUL is taken
 * neither as a byte nor as an escape, so every string is one of C.
 *
 * The caller asks for token after token, and copies out what it wants of one
 * before it asks for the next:
 *
 *	json_init(&j, text, len);
 *	if (json_next(&j) != JSON_OBJECT)
 *		return json_fail(&j, "an object is wanted here");
 *	while (json_next(&j) == JSON_KEY) {
 *		if (json_is(&j, "port"))
 *			json_next_int(&j, 1, 65535, &port);
 *		else
 *			json_skip_next(&j);
 *	}
 *	if (json_end(&j) != 0)
 *		... j.why ...
 *
 * The first error stays: from then on every token is JSON_BAD, each function
 * returns -1, and j.why says "line 3, column 7: ..."; one check at the end is
 * enough.  Columns count characters, from 1.
 */

#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	JSON_DEPTH = 64,	/* arrays and objects in each other, at most */
	JSON_NUMBER = 64,	/* holds the text of any number */
	JSON_WHY = 160,		/* holds what is said against a text */
};

enum json_type {
	JSON_BAD,		/* an error: see why */
	JSON_OBJECT,		/* { */
	JSON_OBJECT_END,
	JSON_ARRAY,		/* [ */
	JSON_ARRAY_END,
	JSON_KEY,		/* of an object; its value is next */
	JSON_STRING,
	JSON_NUMBER_TEXT,
	JSON_TRUE,
	JSON_FALSE,
	JSON_NULL,
	JSON_END,		/* of the text */
};

/* What may come next. */
enum json_want {
	JSON_WANT_VALUE,	/* one value */
	JSON_WANT_ITEM,		/* a value, or the end of the array */
	JSON_WANT_KEY,		/* a key, or the end of the object */
	JSON_WANT_COLON,	/* between key and value */
	JSON_WANT_COMMA,	/* or the end of what is open */
	JSON_WANT_END,		/* of the text */
};

/* A text being read. */
struct json {
	const char *text, *end;	/* all of it; the caller's */
	const char *at;		/* what is not yet read */
	const char *line_start;	/* of the line that at is in */
	unsigned long line;	/* the number of that line, from 1 */
	const char *token;	/* where the last token begins */
	size_t token_len;	/* its bytes, quotes included */
	const char *token_line_start;	/* of the line that it is in */
	unsigned long token_line;	/* the number of that line */
	enum json_type type;	/* of the last token */
	enum json_want want;
	unsigned depth;		/* arrays and objects that are open */
	uint64_t arrays;	/* bit i: the one at depth i is an array */
	char why[JSON_WHY];	/* the first error; "" for none */
};

/* Begins a text of len bytes, which must stay while it is read. */
void json_init(struct json *j, const char *text, size_t len);

/* Reads the next token; JSON_END again and again at the end. */
enum json_type json_next(struct json *j);

/* When an array or object has just begun, reads up to its end; of any other
 * value there is nothing to skip.  0, or -1. */
int json_skip(struct json *j);

/* The two of them: passes over the value of a key.  0, or -1. */
int json_skip_next(struct json *j);

/* Makes it an error that begins at the last token; what: words without
 * position.  The first error stays.  Returns -1. */
int json_fail(struct json *j, const char *what);

/* Is the last token a key or string with just that text? */
bool json_is(const struct json *j, const char *text);

/* Copies the last token, a key or string, without quotes and escapes, with a
 * NUL behind it; size is at least 1.  0; -1 (an error of the text) when it is
 * no string or does not fit. */
int json_string(struct json *j, char *to, size_t size);

/* Bytes that json_string() needs for the last token, at most; 0 when it is
 * neither key nor string. */
size_t json_string_size(const struct json *j);

/* Copies the last token, a number, as it stands there.  0, or -1. */
int json_number(struct json *j, char to[JSON_NUMBER]);

/* The last token as an integer from min to max.  0, or -1. */
int json_int(struct json *j, int64_t min, int64_t max, int64_t *value);

/* json_next(), and then json_string() or json_int(): the value of a key. */
int json_next_string(struct json *j, char *to, size_t size);
int json_next_int(struct json *j, int64_t min, int64_t max, int64_t *value);

/* Reads on to the end of the text, which checks the rest.  0; -1 when there
 * was an error anywhere, now or earlier. */
int json_end(struct json *j);

#endif
