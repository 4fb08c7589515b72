/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The option table: settings as lines "key = value", and comparing them.
 *
 * NOTES.  Values are compared as the texts that a user would write.
 */

#include "compat.h"

#include "base/opt.h"
#include "base/value.h"

/* Writes bytes with the largest unit that divides them. */
static const char *
show_bytes(int64_t bytes, char shown[OPT_SHOWN])
{
	static const char *const units[] = { "", "k", "M", "G" };
	size_t unit = 0;

	while (bytes != 0 && bytes % 1024 == 0 && unit < 3) {
		bytes /= 1024;
		unit++;
	}
	snprintf(shown, OPT_SHOWN, "%lld%s", (long long)bytes, units[unit]);
	return shown;
}

/* The only value of a member that is not OPT_OTHER. */
static const char *
show_member(const struct opt *row, const void *member, char shown[OPT_SHOWN])
{
	bool on;

	switch ((enum opt_type)row->type) {
	case OPT_ON:
	case OPT_OFF:
	case OPT_BOOL:
		on = *(const bool *)member != (row->type == OPT_OFF);
		return on ? "yes" : "no";
	case OPT_INT:
		snprintf(shown, OPT_SHOWN, "%lld",
		    (long long)*(const int64_t *)member);
		return shown;
	case OPT_MS:
		return value_ms_text(*(const int64_t *)member, shown);
	case OPT_BYTES:
		return show_bytes(*(const int64_t *)member, shown);
	case OPT_TEXT:
	case OPT_WORD:
		return *(const char *const *)member;
	case OPT_CHOICE:
		return row->of.choices[*(const int64_t *)member];
	case OPT_OTHER:
	case OPT_HELP:
	case OPT_VERSION:
		break;
	}
	return NULL;
}

const char *
opt_show(const struct opt *row, const void *base, unsigned i,
    char shown[OPT_SHOWN])
{
	const void *member = (const char *)base + row->at;

	if (row->type == OPT_OTHER && row->of.other->show != NULL)
		return row->of.other->show(member, i, shown);
	return i == 0 ? show_member(row, member, shown) : NULL;
}

bool
opt_same(const struct opt *row, const void *a, const void *b)
{
	char shown_a[OPT_SHOWN], shown_b[OPT_SHOWN];
	const char *value_a, *value_b;
	unsigned i;

	for (i = 0;; i++) {
		value_a = opt_show(row, a, i, shown_a);
		value_b = opt_show(row, b, i, shown_b);
		if (value_a == NULL || value_b == NULL)
			return value_a == value_b;
		if (strcmp(value_a, value_b) != 0)
			return false;
	}
}

/* Is it a control character other than a tab, which a line must escape? */
static bool
byte_is_control(char c)
{
	return ((unsigned char)c < ' ' && c != '\t') || c == 0x7f;
}

/* Must the value be quoted to be read unchanged?  In a configuration file a
 * "#" after a blank begins a comment. */
static bool
value_needs_quotes(const char *value)
{
	size_t i, n = strlen(value);

	if (n == 0)
		return false;
	if (*value == '"' || *value == '#' || strchr(" \t", *value) != NULL ||
	    strchr(" \t", value[n - 1]) != NULL)
		return true;
	for (i = 0; i < n; i++)
		if (byte_is_control(value[i]) || (value[i] == '#' &&
		    strchr(" \t", value[i - 1]) != NULL))
			return true;
	return false;
}

void
opt_dump_line(const char *key, const char *value, FILE *out)
{
	fprintf(out, "%s = ", key);
	if (!value_needs_quotes(value)) {
		fprintf(out, "%s\n", value);
		return;
	}
	putc('"', out);
	for (; *value != '\0'; value++) {
		if (byte_is_control(*value) || strchr("\"\\", *value) != NULL)
			fprintf(out, "\\x%02x", (unsigned char)*value);
		else
			putc(*value, out);
	}
	fputs("\"\n", out);
}

/* Writes the lines of one row. */
static void
dump_row(const struct opt *row, const char *prefix, const void *base,
    FILE *out)
{
	char shown[OPT_SHOWN], key[2 * OPT_KEY_TEXT];
	const char *value = opt_show(row, base, 0, shown);
	unsigned i = 0;

	snprintf(key, sizeof(key), "%s%s", prefix, row->name);
	if (value == NULL)
		fprintf(out, "# %s is not set\n", key);
	else if (row->secret)
		fprintf(out, "# %s is set, and secret\n", key);
	while (value != NULL && !row->secret) {
		opt_dump_line(key, value, out);
		value = opt_show(row, base, ++i, shown);
	}
}

void
opt_dump(const struct opt *rows, const char *prefix, const void *base,
    FILE *out)
{
	const struct opt *row;

	for (row = rows; row->name != NULL; row++)
		if (row->type != OPT_HELP && row->type != OPT_VERSION &&
		    (row->type != OPT_OTHER || row->of.other->show != NULL))
			dump_row(row, prefix, base, out);
}

void
opt_dump_set(const struct opt *rows, const char *prefix, const void *base,
    const void *presets, FILE *out)
{
	char shown[OPT_SHOWN], key[2 * OPT_KEY_TEXT];
	const struct opt *row;
	const char *value;
	unsigned i;

	for (row = rows; row->name != NULL; row++) {
		if (opt_same(row, base, presets))
			continue;
		snprintf(key, sizeof(key), "%s%s", prefix, row->name);
		for (i = 0; (value = opt_show(row, base, i, shown)) != NULL;
		    i++)
			opt_dump_line(key, value, out);
	}
}

/* The value of a hexadecimal digit, or -1. */
static int
line_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)(at - digits);
}

/* Removes the closing quote and the escapes of a value, which begins after the
 * opening quote.  -1 when the quote is missing or not the last byte, or when a
 * backslash does not begin a \xNN other than \x00. */
static int
line_unquote(char *value)
{
	char *from = value, *to = value;
	int high, low;

	for (; *from != '"'; from++) {
		if (*from == '\0')
			return -1;
		if (*from != '\\') {
			*to++ = *from;
			continue;
		}
		if (from[1] != 'x' || (high = line_digit(from[2])) < 0 ||
		    (low = line_digit(from[3])) < 0 || high + low == 0)
			return -1;
		*to++ = (char)(high << 4 | low);
		from += 3;
	}
	*to = '\0';
	return from[1] == '\0' ? 0 : -1;
}

/* Removes trailing blanks and line ends. */
static void
line_trim(char *text)
{
	size_t n = strlen(text);

	while (n > 0 && strchr(" \t\r\n", text[n - 1]) != NULL)
		text[--n] = '\0';
}

int
opt_read_line(char *line, char **key, char **value, const char **why)
{
	char *equals;

	line += strspn(line, " \t");
	line_trim(line);
	if (*line == '\0' || *line == '#')
		return 0;
	*why = "a line is KEY = VALUE";
	equals = strchr(line, '=');
	if (equals == NULL || equals == line)
		return -1;
	*equals = '\0';
	line_trim(line);
	*key = line;
	*value = equals + 1 + strspn(equals + 1, " \t");
	if (**value != '"')
		return 1;
	++*value;
	*why = "the quotes are not closed, or what follows a backslash in "
	    "them is not x and two hexadecimal digits";
	return line_unquote(*value) == 0 ? 1 : -1;
}
