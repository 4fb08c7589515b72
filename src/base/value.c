/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Values that users write: numbers, times, switches. No floating point.
 */

#include "compat.h"

#include "base/value.h"
#include "base/text.h"

/* The value of a digit of that base, or -1. */
static int
digit_value(char c, int base)
{
	int v = text_hex_digit(c);

	return v < base ? v : -1;
}

/* Reads digits; returns what follows them, or NULL when there is no digit or
 * the value is above max. */
static const char *
read_digits(const char *p, int base, uint64_t max, uint64_t *value)
{
	uint64_t v = 0, b = (uint64_t)base;
	int d;

	if (digit_value(*p, base) < 0)
		return NULL;
	for (; (d = digit_value(*p, base)) >= 0; p++) {
		if (v > max / b || v * b > max - (uint64_t)d)
			return NULL;
		v = v * b + (uint64_t)d;
	}
	*value = v;
	return p;
}

/* Reads an unsigned integer, decimal or after 0x, 0o or 0b; returns what
 * follows it, or NULL. */
static const char *
read_unsigned(const char *p, uint64_t max, uint64_t *value)
{
	int base = 10;

	if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X'))
		base = 16;
	else if (p[0] == '0' && (p[1] == 'o' || p[1] == 'O'))
		base = 8;
	else if (p[0] == '0' && (p[1] == 'b' || p[1] == 'B'))
		base = 2;
	return read_digits(base == 10 ? p : p + 2, base, max, value);
}

int
value_parse_int(const char *text, int64_t *value)
{
	uint64_t v, max = INT64_MAX;
	bool minus = *text == '-';

	if (*text == '-' || *text == '+')
		text++;
	text = read_unsigned(text, max + minus, &v);
	if (text == NULL || *text != '\0')
		return -1;
	if (minus)
		*value = v > max ? INT64_MIN : -(int64_t)v;
	else
		*value = (int64_t)v;
	return 0;
}

/* Milliseconds of a unit; 0 when the name is unknown. */
static int64_t
unit_ms(const char *name)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = {
		{ "", 1000 },
		{ "ms", 1 },
		{ "s", 1000 },
		{ "m", 60000 },
		{ "h", 3600000 },
		{ "d", 86400000 },
	};
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(name, units[i].name) == 0)
			return units[i].ms;
	return 0;
}

int
value_parse_ms(const char *text, int64_t *ms)
{
	const char *whole = text, *point, *end, *p;
	int64_t unit, part = 0;
	uint64_t v = 0;

	point = whole + strspn(whole, "0123456789");
	end = point;
	if (*point == '.')
		end += 1 + strspn(point + 1, "0123456789");
	unit = unit_ms(end);
	if (unit == 0 || end - whole == (*point == '.'))
		return -1;
	if (point > whole && read_digits(whole, 10, INT64_MAX, &v) == NULL)
		return -1;
	/* Decimals from the last to the first: to round up at each digit is
	 * the same as to round up once, and nothing can overflow. */
	for (p = end - 1; p > point; p--)
		part = ((*p - '0') * unit + part + 9) / 10;
	if (v > (uint64_t)((INT64_MAX - part) / unit))
		return -1;
	*ms = (int64_t)v * unit + part;
	return 0;
}

/* Holds the first time of a range. */
enum { PART_TEXT = 64 };

/* Copies the text up to `end`; -1 when it is too long. */
static int
copy_part(const char *text, const char *end, char part[PART_TEXT])
{
	size_t n = (size_t)(end - text);

	if (n >= PART_TEXT)
		return -1;
	memcpy(part, text, n);
	part[n] = '\0';
	return 0;
}

int
value_parse_ms_range(const char *text, value_ms_fn *fn, int64_t *low_ms,
    int64_t *high_ms)
{
	const char *dash = strchr(text, '-');
	int64_t low, high, swap;
	char part[PART_TEXT];

	if (dash == NULL) {
		if (fn(text, &low) != 0)
			return -1;
		high = low;
	} else if (copy_part(text, dash, part) != 0 || fn(part, &low) != 0 ||
	    fn(dash + 1, &high) != 0 || high < 0) {
		return -1;
	}
	if (low > high) {
		swap = low;
		low = high;
		high = swap;
	}
	*low_ms = low;
	*high_ms = high;
	return 0;
}

int
value_parse_rate(const char *text, value_ms_fn *fn, int64_t *count,
    int64_t *window_ms)
{
	size_t n = strspn(text, "0123456789");
	uint64_t v;
	int64_t ms;

	if (n == 0 || text[n] != '/' || fn(text + n + 1, &ms) != 0 || ms < 1)
		return -1;
	if (read_digits(text, 10, INT64_MAX, &v) == NULL)
		v = INT64_MAX;
	if (v == 0)
		return -1;
	*count = (int64_t)v;
	*window_ms = ms;
	return 0;
}

int
value_parse_bytes(const char *text, int64_t *bytes)
{
	const char *end;
	uint64_t v;
	int shift = 0;

	end = read_unsigned(text, INT64_MAX, &v);
	if (end == NULL)
		return -1;
	if (text_same_nocase(end, "k"))
		shift = 10;
	else if (text_same_nocase(end, "m"))
		shift = 20;
	else if (text_same_nocase(end, "g"))
		shift = 30;
	else if (*end != '\0')
		return -1;
	if (v > (uint64_t)INT64_MAX >> shift)
		return -1;
	*bytes = (int64_t)(v << shift);
	return 0;
}

int
value_parse_bool(const char *text, bool *on)
{
	static const char *const words[] = {
		"no", "yes", "off", "on", "false", "true", "0", "1",
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (text_same_nocase(text, words[i])) {
			*on = i % 2 == 1;
			return 0;
		}
	}
	return -1;
}

const char *
value_ms_text(int64_t ms, char text[32])
{
	uint64_t v = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
	unsigned part = (unsigned)(v % 1000);
	struct text t;

	text_init(&t, text, 32);
	text_add(&t, "%s%llu", ms < 0 ? "-" : "",
	    (unsigned long long)(v / 1000));
	if (part % 100 == 0 && part != 0)
		text_add(&t, ".%u", part / 100);
	else if (part % 10 == 0 && part != 0)
		text_add(&t, ".%02u", part / 10);
	else if (part != 0)
		text_add(&t, ".%03u", part);
	return text;
}
