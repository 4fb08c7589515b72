/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Writes JSON (RFC 8259) into a text: the commas, and strings of any bytes.
 *
 * NOTES.  The caller opens and closes objects and arrays in order, and gives a
 * name to each member of an object; in an array the name is NULL.  What does
 * not fit in the text is cut off, as by text_add(): the caller has room.
 */

#ifndef BASE_JSON_OUT_H
#define BASE_JSON_OUT_H

#include "base/text.h"

struct json_out {
	struct text *text;	/* borrowed */
	bool more;		/* a comma precedes the next value */
};

/* Begins to write. */
void json_out_init(struct json_out *, struct text *);

/* Writes the name of a member, if there is one, and "{" or "["; and "}" or
 * "]". */
void json_out_open(struct json_out *, const char *name, char bracket);
void json_out_close(struct json_out *, char bracket);

/* Writes a string of any bytes: what is not UTF-8 becomes U+FFFD, and control
 * characters are escaped.  NULL is written as null. */
void json_out_string(struct json_out *, const char *name, const char *value);

void json_out_int(struct json_out *, const char *name, int64_t value);
void json_out_uint(struct json_out *, const char *name, uint64_t value);
void json_out_bool(struct json_out *, const char *name, bool value);
void json_out_null(struct json_out *, const char *name);

/* An integer, or null if it is negative. */
void json_out_known(struct json_out *, const char *name, int64_t value);

#endif
