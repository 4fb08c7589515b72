/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * JSON as users write it: reads tokens and their values.
 */

#include "compat.h"

#include "base/json.h"

#include "base/json_string.h"
#include "base/text.h"
#include "base/value.h"

void
json_init(struct json *j, const char *text, size_t len)
{
	memset(j, 0, sizeof(*j));
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	j->text = j->at = j->token = text;
	j->line_start = j->token_line_start = text;
	j->end = text + len;
	j->line = j->token_line = 1;
	j->want = JSON_WANT_VALUE;
	j->type = JSON_NULL;
}

/* Sets the error, unless there is one, with a position; returns -1. */
static int
json_error(struct json *j, const char *at, const char *line_start,
    unsigned long line, const char *what)
{
	unsigned long column = 1;
	struct text t;

	j->type = JSON_BAD;
	if (j->why[0] != '\0')
		return -1;
	/* Each UTF-8 character has one byte that is not 10xxxxxx. */
	for (; line_start < at; line_start++)
		column += ((unsigned char)*line_start & 0xc0) != 0x80;
	text_init(&t, j->why, sizeof(j->why));
	text_add(&t, "line %lu, column %lu: %s", line, column, what);
	return -1;
}

int
json_fail(struct json *j, const char *what)
{
	return json_error(j, j->token, j->token_line_start, j->token_line,
	    what);
}

/* Sets an error at a place in the current line; returns -1. */
static int
json_error_at(struct json *j, const char *at, const char *what)
{
	return json_error(j, at, j->line_start, j->line, what);
}

/* Skips a character of a comment; 0, or -1. */
static int
json_skip_character(struct json *j)
{
	size_t n = json_utf8_len(j->at, j->end);

	if (*j->at == '\0')
		return json_error_at(j, j->at, "a NUL byte");
	if (n == 0)
		return json_error_at(j, j->at, "this is not UTF-8");
	j->at += n;
	if (j->at[-1] == '\n') {
		j->line++;
		j->line_start = j->at;
	}
	return 0;
}

/* Skips the comment that begins here; 0, or -1. */
static int
json_skip_comment(struct json *j)
{
	const char *start = j->at, *line_start = j->line_start;
	unsigned long line = j->line;
	char kind = j->end - start > 1 ? start[1] : '\0';

	if (kind != '/' && kind != '*')
		return json_error_at(j, start, "a / alone; comments begin "
		    "with // or /*");
	for (j->at += 2; j->at < j->end;) {
		if (kind == '/' && *j->at == '\n')
			return 0;
		if (kind == '*' && *j->at == '*' && j->end - j->at > 1 &&
		    j->at[1] == '/') {
			j->at += 2;
			return 0;
		}
		if (json_skip_character(j) != 0)
			return -1;
	}
	if (kind == '/')
		return 0;
	return json_error(j, start, line_start, line,
	    "this comment has no end; */ is missing");
}

/* Skips white space and comments; 0, or -1. */
static int
json_skip_space(struct json *j)
{
	for (; j->at < j->end; j->at++) {
		switch (*j->at) {
		case '\n':
			j->line++;
			j->line_start = j->at + 1;
			break;
		case ' ':
		case '\t':
		case '\r':
			break;
		case '/':
			if (json_skip_comment(j) != 0)
				return -1;
			j->at--;
			break;
		default:
			return 0;
		}
	}
	return 0;
}

/* Reads the string whose opening quote is here; 0, or -1. */
static int
json_read_string(struct json *j)
{
	const char *p = j->at + 1, *what = "";
	size_t n;

	for (; p < j->end && *p != '"'; p += n) {
		n = json_piece_check(p, j->end, &what);
		if (n == 0)
			return json_error_at(j, p, what);
	}
	if (p == j->end)
		return json_error_at(j, j->at, "this string has no end; a \" "
		    "is missing");
	j->at = p + 1;
	return 0;
}

/* Is the character allowed in, or as the first of, a name without quotes? */
static bool
name_character(char c, bool first)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return true;
	return c == '_' || c == '$' || (!first && c >= '0' && c <= '9');
}

/* Reads a name without quotes; the caller has checked its first character. */
static void
json_read_name(struct json *j)
{
	while (j->at < j->end && name_character(*j->at, false))
		j->at++;
}

/* Skips digits; returns how many. */
static size_t
json_read_digits(struct json *j)
{
	const char *p = j->at;

	while (j->at < j->end && *j->at >= '0' && *j->at <= '9')
		j->at++;
	return (size_t)(j->at - p);
}

/* Skips the next character if it is a or b; returns whether it was. */
static bool
json_read_if(struct json *j, char a, char b)
{
	if (j->at == j->end || (*j->at != a && *j->at != b))
		return false;
	j->at++;
	return true;
}

/* Reads the number that begins here; 0, or -1. */
static int
json_read_number(struct json *j)
{
	const char *start = j->at, *digits;
	size_t n;

	(void)json_read_if(j, '-', '-');
	digits = j->at;
	n = json_read_digits(j);
	if (n == 0)
		return json_error_at(j, j->at, "a digit is missing");
	if (n > 1 && *digits == '0')
		return json_error_at(j, digits, "a number does not begin with "
		    "0");
	if (json_read_if(j, '.', '.') && json_read_digits(j) == 0)
		return json_error_at(j, j->at, "a digit is missing after the "
		    "point");
	if (json_read_if(j, 'e', 'E')) {
		(void)json_read_if(j, '-', '+');
		if (json_read_digits(j) == 0)
			return json_error_at(j, j->at, "a digit is missing in "
			    "the exponent");
	}
	if (j->at - start >= JSON_NUMBER)
		return json_error_at(j, start, "this number is too long");
	if (j->at < j->end && (name_character(*j->at, true) || *j->at == '.'))
		return json_error_at(j, j->at, "this does not belong to a "
		    "number");
	return 0;
}

/* Reads the end of the innermost array or object. */
static enum json_type
json_close(struct json *j)
{
	bool array = *j->at == ']';

	j->at++;
	j->depth--;
	j->want = j->depth > 0 ? JSON_WANT_COMMA : JSON_WANT_END;
	return array ? JSON_ARRAY_END : JSON_OBJECT_END;
}

/* Reads the beginning of an array or object. */
static enum json_type
json_open(struct json *j)
{
	/* At JSON_DEPTH, which is refused, the modulo keeps the shift valid. */
	uint64_t bit = (uint64_t)1 << (j->depth % JSON_DEPTH);
	bool array = *j->at == '[';

	if (j->depth == JSON_DEPTH) {
		json_error_at(j, j->at, "arrays and objects are nested too "
		    "deeply");
		return JSON_BAD;
	}
	j->arrays = array ? j->arrays | bit : j->arrays & ~bit;
	j->at++;
	j->depth++;
	j->want = array ? JSON_WANT_ITEM : JSON_WANT_KEY;
	return array ? JSON_ARRAY : JSON_OBJECT;
}

/* Is the innermost value that is open an array? */
static bool
json_in_array(const struct json *j)
{
	return j->depth > 0 && (j->arrays >> (j->depth - 1) & 1) != 0;
}

/* Reads true, false or null. */
static enum json_type
json_read_word(struct json *j)
{
	static const struct {
		const char *name;
		enum json_type type;
	} words[] = {
		{ "true", JSON_TRUE },
		{ "false", JSON_FALSE },
		{ "null", JSON_NULL },
	};
	size_t i, n;

	json_read_name(j);
	n = (size_t)(j->at - j->token);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (n == strlen(words[i].name) &&
		    memcmp(j->token, words[i].name, n) == 0)
			return words[i].type;
	json_error_at(j, j->token, "this is not a value; strings need quotes");
	return JSON_BAD;
}

/* Reads a value; of an array or object only its beginning. */
static enum json_type
json_read_value(struct json *j)
{
	char c = *j->at;

	if (c == '{' || c == '[')
		return json_open(j);
	j->want = j->depth > 0 ? JSON_WANT_COMMA : JSON_WANT_END;
	if (c == '"')
		return json_read_string(j) == 0 ? JSON_STRING : JSON_BAD;
	if (c == '-' || (c >= '0' && c <= '9'))
		return json_read_number(j) == 0 ? JSON_NUMBER_TEXT : JSON_BAD;
	if (name_character(c, true))
		return json_read_word(j);
	if (c == '\0')
		json_error_at(j, j->at, "a NUL byte");
	else if (c == '\'')
		json_error_at(j, j->at, "strings are quoted with \", not '");
	else
		json_error_at(j, j->at, "a value is missing here");
	return JSON_BAD;
}

/* Reads a key. */
static enum json_type
json_read_key(struct json *j)
{
	j->want = JSON_WANT_COLON;
	if (*j->at == '"')
		return json_read_string(j) == 0 ? JSON_KEY : JSON_BAD;
	if (!name_character(*j->at, true)) {
		json_error_at(j, j->at, *j->at == '\0' ? "a NUL byte" :
		    "a key or } is missing here; keys need quotes");
		return JSON_BAD;
	}
	json_read_name(j);
	return JSON_KEY;
}

/* Sets the error for a text that ends too early. */
static enum json_type
json_cut(struct json *j)
{
	static const char *const words[] = {
		[JSON_WANT_VALUE] = "the text ends where a value is missing",
		[JSON_WANT_ITEM] = "the text ends in an array; a ] is missing",
		[JSON_WANT_KEY] = "the text ends in an object; a } is missing",
		[JSON_WANT_COLON] = "the text ends where a : is missing",
	};

	if (j->want == JSON_WANT_COMMA)
		json_error_at(j, j->at, words[json_in_array(j) ?
		    JSON_WANT_ITEM : JSON_WANT_KEY]);
	else
		json_error_at(j, j->at, words[j->want]);
	return JSON_BAD;
}

/* Skips the colon or comma that must be here, and the space after it; leaves
 * the end of an array or object.  0, or -1. */
static int
json_read_separator(struct json *j)
{
	bool array = json_in_array(j);

	if (j->want == JSON_WANT_COLON) {
		if (*j->at != ':')
			return json_error_at(j, j->at, "a : is missing "
			    "between key and value");
		j->want = JSON_WANT_VALUE;
	} else if (*j->at == ',') {
		j->want = array ? JSON_WANT_ITEM : JSON_WANT_KEY;
	} else if (*j->at == (array ? ']' : '}')) {
		return 0;
	} else {
		return json_error_at(j, j->at, array ?
		    "a comma or ] is missing here" :
		    "a comma or } is missing here");
	}
	j->at++;
	return json_skip_space(j);
}

/* Reads a token; the space before it is skipped already. */
static enum json_type
json_read_token(struct json *j)
{
	bool end;

	if (j->at < j->end &&
	    (j->want == JSON_WANT_COLON || j->want == JSON_WANT_COMMA) &&
	    json_read_separator(j) != 0)
		return JSON_BAD;
	j->token = j->at;
	j->token_line = j->line;
	j->token_line_start = j->line_start;
	if (j->want == JSON_WANT_END) {
		if (j->at == j->end)
			return JSON_END;
		json_error_at(j, j->at, "something follows the end of the "
		    "value");
		return JSON_BAD;
	}
	if (j->at == j->end)
		return json_cut(j);
	end = j->want != JSON_WANT_VALUE &&
	    *j->at == (json_in_array(j) ? ']' : '}');
	if (end)
		return json_close(j);
	return j->want == JSON_WANT_KEY ? json_read_key(j) : json_read_value(j);
}

enum json_type
json_next(struct json *j)
{
	if (j->type == JSON_BAD || json_skip_space(j) != 0)
		return JSON_BAD;
	j->type = json_read_token(j);
	j->token_len = (size_t)(j->at - j->token);
	return j->type;
}

int
json_skip(struct json *j)
{
	unsigned depth = j->depth;

	if (j->type == JSON_OBJECT || j->type == JSON_ARRAY)
		while (j->depth >= depth)
			if (json_next(j) == JSON_BAD)
				return -1;
	return j->type == JSON_BAD ? -1 : 0;
}

int
json_skip_next(struct json *j)
{
	(void)json_next(j);
	return json_skip(j);
}

/* The text of a key or string, without quotes. */
static const char *
string_body(const struct json *j, size_t *len)
{
	bool quoted = j->token_len > 0 && *j->token == '"';

	*len = j->token_len - (quoted ? 2 : 0);
	return j->token + quoted;
}

bool
json_is(const struct json *j, const char *text)
{
	size_t len, n, left = strlen(text);
	const char *p, *end;
	char bytes[4];

	if (j->type != JSON_KEY && j->type != JSON_STRING)
		return false;
	p = string_body(j, &len);
	for (end = p + len; p < end; text += n, left -= n) {
		n = json_piece_take(&p, end, bytes);
		if (n > left || memcmp(bytes, text, n) != 0)
			return false;
	}
	return left == 0;
}

size_t
json_string_size(const struct json *j)
{
	size_t len;

	if (j->type != JSON_KEY && j->type != JSON_STRING)
		return 0;
	(void)string_body(j, &len);
	return len + 1;
}

int
json_string(struct json *j, char *to, size_t size)
{
	const char *p, *end;
	char bytes[4], *at = to;
	size_t len, n;

	*to = '\0';
	if (j->type == JSON_BAD)
		return -1;
	if (j->type != JSON_KEY && j->type != JSON_STRING)
		return json_fail(j, "a string is wanted here");
	p = string_body(j, &len);
	for (end = p + len; p < end; at += n, size -= n) {
		n = json_piece_take(&p, end, bytes);
		if (n >= size) {
			*to = '\0';
			return json_fail(j, "this string is too long");
		}
		memcpy(at, bytes, n);
	}
	*at = '\0';
	return 0;
}

int
json_number(struct json *j, char to[JSON_NUMBER])
{
	to[0] = '\0';
	if (j->type == JSON_BAD)
		return -1;
	if (j->type != JSON_NUMBER_TEXT)
		return json_fail(j, "a number is wanted here");
	memcpy(to, j->token, j->token_len);
	to[j->token_len] = '\0';
	return 0;
}

int
json_int(struct json *j, int64_t min, int64_t max, int64_t *value)
{
	char number[JSON_NUMBER], why[JSON_WHY];
	struct text t;
	int64_t v;

	if (json_number(j, number) != 0)
		return -1;
	if (value_parse_int(number, &v) == 0 && v >= min && v <= max) {
		*value = v;
		return 0;
	}
	text_init(&t, why, sizeof(why));
	text_add(&t, "a whole number from %lld to %lld is wanted here",
	    (long long)min, (long long)max);
	return json_fail(j, why);
}

int
json_next_string(struct json *j, char *to, size_t size)
{
	(void)json_next(j);
	return json_string(j, to, size);
}

int
json_next_int(struct json *j, int64_t min, int64_t max, int64_t *value)
{
	(void)json_next(j);
	return json_int(j, min, max, value);
}

int
json_end(struct json *j)
{
	enum json_type type;

	do
		type = json_next(j);
	while (type != JSON_BAD && type != JSON_END);
	return type == JSON_END ? 0 : -1;
}
