/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: JSON.  Whatever is read, its tokens lie one behind the other in
 * the text; written anew as plain JSON it is read as the same tokens; passing
 * over a value finds the same errors as reading it.
 */

#include "compat.h"

#include "base/json.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is written anew. */
struct output {
	char *text;		/* room for 6 bytes for each of the input's */
	size_t len;
	bool comma;		/* stands before the next key or item */
};

/* Appends a string. */
static void
put(struct output *o, const char *text)
{
	size_t n = strlen(text);

	memcpy(o->text + o->len, text, n);
	o->len += n;
}

/* Appends a string in quotes, each odd byte escaped. */
static void
put_string(struct output *o, const char *text)
{
	char escape[8];

	put(o, "\"");
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\' ||
		    (unsigned char)*text < ' ') {
			snprintf(escape, sizeof(escape), "\\u%04x", *text);
			put(o, escape);
		} else {
			o->text[o->len++] = *text;
		}
	}
	put(o, "\"");
}

/* Appends the last token; its text in buf. */
static void
put_token(struct output *o, const struct json *j, const char *buf)
{
	static const char *const words[] = {
		[JSON_OBJECT] = "{", [JSON_OBJECT_END] = "}",
		[JSON_ARRAY] = "[", [JSON_ARRAY_END] = "]",
		[JSON_TRUE] = "true", [JSON_FALSE] = "false",
		[JSON_NULL] = "null",
	};

	if (o->comma && j->type != JSON_OBJECT_END &&
	    j->type != JSON_ARRAY_END && j->type != JSON_END)
		put(o, ",");
	o->comma = j->type != JSON_KEY && j->type != JSON_OBJECT &&
	    j->type != JSON_ARRAY;
	switch (j->type) {
	case JSON_KEY:
		put_string(o, buf);
		put(o, ":");
		break;
	case JSON_STRING:
		put_string(o, buf);
		break;
	case JSON_NUMBER_TEXT:
		put(o, buf);
		break;
	case JSON_OBJECT:
	case JSON_OBJECT_END:
	case JSON_ARRAY:
	case JSON_ARRAY_END:
	case JSON_TRUE:
	case JSON_FALSE:
	case JSON_NULL:
		put(o, words[j->type]);
		break;
	case JSON_BAD:
	case JSON_END:
		break;
	}
}

/* Copies what the last token says into buf, which has room for all of the
 * input. */
static void
take_token(struct json *j, char *buf, size_t size)
{
	char *exact;
	int64_t v;

	buf[0] = '\0';
	if (j->type == JSON_KEY || j->type == JSON_STRING) {
		must(json_string_size(j) <= size);
		/* Its own memory, so that too long a copy is found. */
		exact = malloc(json_string_size(j));
		must(exact != NULL);
		must(json_string(j, exact, json_string_size(j)) == 0);
		strlcpy(buf, exact, size);
		free(exact);
		must(json_is(j, buf));
	} else if (j->type == JSON_NUMBER_TEXT) {
		must(json_number(j, buf) == 0);
		must(strlen(buf) == j->token_len);
		must(memcmp(buf, j->token, j->token_len) == 0);
		(void)json_int(j, 0, 0, &v);
		must(j->type == JSON_BAD || v == 0);
	}
}

/* Checks what holds of every token. */
static void
check_token(const struct json *j, const char *last)
{
	must((j->type == JSON_BAD) == (j->why[0] != '\0'));
	must(j->depth <= JSON_DEPTH && j->line >= 1);
	must(j->at <= j->end && j->line_start <= j->at);
	if (j->type != JSON_BAD) {
		must(j->token >= last && j->token + j->token_len == j->at);
		must(j->token_line <= j->line);
	} else {
		must(strncmp(j->why, "line ", 5) == 0);
		must(strlen(j->why) < sizeof(j->why) - 1);
	}
}

/* Reads all and writes it anew.  Is it good? */
static bool
walk(const char *text, size_t len, struct output *o)
{
	char *buf = malloc(len + JSON_NUMBER);
	const char *last = text;
	struct json j, copy;

	must(buf != NULL);
	json_init(&j, text, len);
	while (json_next(&j) != JSON_BAD && j.type != JSON_END) {
		check_token(&j, last);
		last = j.at;
		copy = j;
		take_token(&copy, buf, len + JSON_NUMBER);
		put_token(o, &j, buf);
	}
	check_token(&j, last);
	copy = j;
	must(json_next(&j) == copy.type && strcmp(j.why, copy.why) == 0);
	free(buf);
	return j.type == JSON_END;
}

/* Passing over all at once finds the same. */
static void
check_skip(const char *text, size_t len, bool good)
{
	struct json j, all;

	json_init(&all, text, len);
	must((json_end(&all) == 0) == good);
	json_init(&j, text, len);
	must(json_skip_next(&j) == 0 || !good);
	must((json_end(&j) == 0) == good);
	must(strcmp(j.why, all.why) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct output once = { 0 }, twice = { 0 };
	char *text = malloc(size + 1);
	bool good;

	once.text = malloc(size * 6 + 1);
	must(text != NULL && once.text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	good = walk(text, size, &once);
	check_skip(text, size, good);
	if (good) {
		twice.text = malloc(once.len * 6 + 1);
		must(twice.text != NULL);
		must(walk(once.text, once.len, &twice));
		must(once.len == twice.len);
		must(memcmp(once.text, twice.text, once.len) == 0);
	}
	free(twice.text);
	free(once.text);
	free(text);
	return 0;
}
