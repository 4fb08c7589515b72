/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * JSON as users write it: a pull parser over a text in memory.
 *
 * NOTES.  RFC 8259, and also: // and block comments, a comma after the last
 * item, keys without quotes (letters, digits, _ and $), a byte order mark.  The
 * whole text is checked, even what is skipped: UTF-8, escapes, surrogate pairs,
 * the form of numbers, and that nothing follows the value.  NUL is refused, as
 * a byte and as an escape, so that every string is a C string.
 *
 * The caller reads token after token, and copies what it needs of one before it
 * reads the next:
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
	JSON_DEPTH = 64,	/* levels of arrays and objects, at most */
	JSON_NUMBER = 64,	/* holds the text of any number */
	JSON_WHY = 160,		/* holds an error */
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
	const char *text, *end;	/* the whole text; the caller's */
	const char *at;		/* the next byte to read */
	const char *line_start;	/* start of the line of at */
	unsigned long line;	/* number of that line, from 1 */
	const char *token;	/* start of the last token */
	size_t token_len;	/* its bytes, quotes included */
	const char *token_line_start;	/* start of the line of token */
	unsigned long token_line;	/* number of that line */
	enum json_type type;	/* of the last token */
	enum json_want want;	/* of the next token */
	unsigned depth;		/* arrays and objects that are open */
	uint64_t arrays;	/* bit i: the one at level i is an array */
	char why[JSON_WHY];	/* the first error; "" for none */
};

/* Begins to read a text of len bytes, which is borrowed. */
void json_init(struct json *j, const char *text, size_t len);

/* Reads the next token; at the end JSON_END, each time. */
enum json_type json_next(struct json *j);

/* When the last token begins an array or object, reads up to its end; other
 * values are read already.  0, or -1. */
int json_skip(struct json *j);

/* Calls json_next() and json_skip(): skips the value of a key.  0, or -1. */
int json_skip_next(struct json *j);

/* Sets an error at the last token, unless there is one; what: the text without
 * position.  Returns -1. */
int json_fail(struct json *j, const char *what);

/* Is the last token a key or string that equals text? */
bool json_is(const struct json *j, const char *text);

/* Copies the last token, a key or string, decoded and ended by a NUL; size is
 * at least 1.  0; -1, and the error is set, when it is not a string or does not
 * fit. */
int json_string(struct json *j, char *to, size_t size);

/* Bytes that json_string() needs for the last token, at most; 0 when it is
 * neither key nor string. */
size_t json_string_size(const struct json *j);

/* Copies the last token, a number, as it is written.  0, or -1. */
int json_number(struct json *j, char to[JSON_NUMBER]);

/* The last token as an integer from min to max.  0, or -1. */
int json_int(struct json *j, int64_t min, int64_t max, int64_t *value);

/* Call json_next(), then json_string() or json_int(): the value of a key. */
int json_next_string(struct json *j, char *to, size_t size);
int json_next_int(struct json *j, int64_t min, int64_t max, int64_t *value);

/* Reads and checks the rest of the text.  0; -1 after an error in any part of
 * it. */
int json_end(struct json *j);

#endif
