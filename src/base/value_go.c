/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Values as Go's flag package reads them: what strconv.ParseInt(text, 0, 64),
 * strconv.ParseBool() and time.ParseDuration() take.
 */

#include "compat.h"

#include "base/value.h"
#include "base/text.h"

#define NS_MAX ((uint64_t)INT64_MAX)
#define NS_IN_MS 1000000

enum { LONGEST_INT = 80 };	/* characters, sign, prefix and NUL included */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Is c a digit of some base, or the letter of a prefix? */
static bool
is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int
value_parse_go_int(const char *text, int64_t *value)
{
	char plain[LONGEST_INT];
	const char *p = text;
	struct text t;

	text_init(&t, plain, sizeof(plain));
	if (*p == '-' || *p == '+')
		text_add(&t, "%c", *p++);
	/* A leading zero makes it octal. */
	if (p[0] == '0' && (is_digit(p[1]) || p[1] == '_')) {
		text_add(&t, "0o");
		p++;
		if (*p == '_')
			p++;
	}
	for (; *p != '\0'; p++) {
		/* An underscore may be between digits, or after 0x. */
		if (*p == '_' && p > text && is_word(p[-1]) && is_word(p[1]))
			continue;
		if (t.room <= 1)
			return -1;
		text_add(&t, "%c", *p);
	}
	return value_parse_int(plain, value);
}

int
value_parse_go_bool(const char *text, bool *on)
{
	static const char *const words[] = {
		"0", "1", "f", "t", "F", "T", "false", "true", "FALSE",
		"TRUE", "False", "True",
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i]) == 0) {
			*on = i % 2 == 1;
			return 0;
		}
	}
	return -1;
}

/* Nanoseconds of the unit of that name; 0 when the name is unknown. */
static uint64_t
unit_ns(const char *name, size_t n)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{ "ns", 1 },
		{ "us", 1000 },
		{ "\xc2\xb5s", 1000 },	/* micro sign */
		{ "\xce\xbcs", 1000 },	/* Greek mu */
		{ "ms", NS_IN_MS },
		{ "s", UINT64_C(1000000000) },
		{ "m", UINT64_C(60000000000) },
		{ "h", UINT64_C(3600000000000) },
	};
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strlen(units[i].name) == n &&
		    memcmp(units[i].name, name, n) == 0)
			return units[i].ns;
	return 0;
}

/* Reads a number and its unit, "1.5h"; returns what follows, or NULL. */
static const char *
read_part(const char *text, uint64_t *ns)
{
	const char *point = text + strspn(text, "0123456789");
	const char *end = point, *p;
	uint64_t unit, part = 0, v = 0;
	size_t n;

	if (*point == '.')
		end += 1 + strspn(point + 1, "0123456789");
	n = strcspn(end, ".0123456789");
	unit = unit_ns(end, n);
	if (unit == 0 || end - text == (*point == '.'))
		return NULL;
	for (p = text; p < point; p++) {
		if (v > (NS_MAX - 9) / 10)
			return NULL;
		v = v * 10 + (uint64_t)(*p - '0');
	}
	/* Decimals from the last to the first: to truncate at each digit is
	 * the same as to truncate once. */
	for (p = end - 1; p > point; p--)
		part = ((uint64_t)(*p - '0') * unit + part) / 10;
	if (v > (NS_MAX - part) / unit)
		return NULL;
	*ns = v * unit + part;
	return end + n;
}

int
value_parse_go_ms(const char *text, int64_t *ms)
{
	bool minus = *text == '-';
	uint64_t ns = 0, part;
	int64_t v;

	if (*text == '-' || *text == '+')
		text++;
	if (strcmp(text, "0") == 0) {
		*ms = 0;
		return 0;
	}
	if (*text == '\0')
		return -1;
	while (*text != '\0') {
		text = read_part(text, &part);
		if (text == NULL || part > NS_MAX - ns)
			return -1;
		ns += part;
	}
	v = (int64_t)(ns / NS_IN_MS + (ns % NS_IN_MS != 0));
	*ms = minus ? -v : v;
	return 0;
}
