/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * base/value.h: numbers, times and switches as users write them.
 */

#include "compat.h"

#include "base/value.h"
#include "tap.h"

#define BAD (INT64_MIN + 1)	/* the row's text is refused */

struct row {
	const char *text;
	int64_t value;
};

static const struct row ints[] = {
	{ "0", 0 }, { "8443", 8443 }, { "-1", -1 }, { "+5", 5 },
	{ "007", 7 }, { "08", 8 },
	{ "0x1F", 31 }, { "0XfF", 255 }, { "0o17", 15 }, { "0b101", 5 },
	{ "-0x10", -16 },
	{ "9223372036854775807", INT64_MAX },
	{ "-9223372036854775808", INT64_MIN },
	{ "0x7fffffffffffffff", INT64_MAX },
	{ "9223372036854775808", BAD }, { "-9223372036854775809", BAD },
	{ "18446744073709551616", BAD }, { "18446744073709551617", BAD },
	{ "99999999999999999999999", BAD }, { "0x10000000000000000", BAD },
	{ "", BAD }, { "-", BAD }, { "+", BAD }, { "--1", BAD },
	{ "0x", BAD }, { "0o8", BAD }, { "0b2", BAD }, { "0xg", BAD },
	{ " 1", BAD }, { "1 ", BAD }, { "1.0", BAD }, { "1e3", BAD },
	{ "1a", BAD }, { "x", BAD }, { "1_000", BAD },
};

static const struct row times[] = {
	{ "0", 0 }, { "5", 5000 }, { "120", 120000 }, { "0.25", 250 },
	{ "5.", 5000 }, { ".5", 500 }, { "0.0", 0 }, { "1.5", 1500 },
	{ "0.001", 1 }, { "0.0005", 1 }, { "0.00000000000000000000001", 1 },
	{ "0.0010", 1 }, { "0.0011", 2 }, { "0.9991", 1000 },
	{ "1.9999999999999999999999999999999999999999", 2000 },
	{ "250ms", 250 }, { "0.5ms", 1 }, { "1.5s", 1500 }, { "2s", 2000 },
	{ "1m", 60000 }, { "0.5m", 30000 }, { "2h", 7200000 },
	{ "1.5h", 5400000 }, { "1d", 86400000 }, { ".5d", 43200000 },
	{ "0.333333333333333333d", 28800000 },
	{ "0.00000001157407407407407407d", 1 },
	{ "0.00000001157407407407407408d", 2 },
	{ "9223372036854775.807", INT64_MAX },
	{ "9223372036854775807ms", INT64_MAX },
	{ "9223372036854775.8071", BAD }, { "9223372036854776", BAD },
	{ "106751991168d", BAD }, { "99999999999999999999", BAD },
	{ "", BAD }, { ".", BAD }, { ".s", BAD }, { "s", BAD }, { "-1", BAD },
	{ "+1", BAD }, { "1e3", BAD }, { "1.2.3", BAD }, { "5 s", BAD },
	{ "5S", BAD }, { "abc", BAD }, { "inf", BAD }, { "nan", BAD },
	{ "1m30s", BAD }, { "0x10", BAD }, { " 1", BAD },
};

static const struct row sizes[] = {
	{ "0", 0 }, { "512", 512 }, { "64k", 65536 }, { "64K", 65536 },
	{ "2M", 2097152 }, { "1m", 1048576 }, { "1G", 1073741824 },
	{ "0x10", 16 }, { "0x10k", 16384 }, { "9223372036854775807",
	    INT64_MAX }, { "8589934591G", INT64_C(8589934591) << 30 },
	{ "8589934592G", BAD }, { "9223372036854775807k", BAD },
	{ "", BAD }, { "k", BAD }, { "-1", BAD }, { "1.5k", BAD },
	{ "1kB", BAD }, { "1T", BAD }, { "1 k", BAD },
};

static const struct row switches[] = {
	{ "yes", 1 }, { "no", 0 }, { "on", 1 }, { "off", 0 }, { "true", 1 },
	{ "False", 0 }, { "1", 1 }, { "0", 0 }, { "YES", 1 },
	{ "", BAD }, { "y", BAD }, { "2", BAD }, { "yes ", BAD },
};

/* value_parse_bool() in the shape of the others. */
static int
parse_bool(const char *text, int64_t *value)
{
	bool on = false;
	int result = value_parse_bool(text, &on);

	*value = on;
	return result;
}

/* Checks that each row's text gives its value, or is refused. */
static void
check(const char *what, int (*parse)(const char *, int64_t *),
    const struct row *rows, size_t n)
{
	int64_t value;
	size_t i;

	for (i = 0; i < n; i++) {
		value = 0;
		if (parse(rows[i].text, &value) != 0)
			value = BAD;
		if (rows[i].value == BAD)
			is_int(value, BAD, "\"%s\" is no %s", rows[i].text,
			    what);
		else
			is_int(value, rows[i].value, "\"%s\" is a %s",
			    rows[i].text, what);
	}
}

/* Times are written as they are read. */
static void
test_ms_text(void)
{
	char text[32];
	int64_t back;

	is_str(value_ms_text(120000, text), "120", "whole seconds");
	is_str(value_ms_text(250, text), "0.25", "two decimals");
	is_str(value_ms_text(1500, text), "1.5", "one decimal");
	is_str(value_ms_text(1, text), "0.001", "three decimals");
	is_str(value_ms_text(1050, text), "1.05", "a zero between");
	is_str(value_ms_text(0, text), "0", "zero");
	is_str(value_ms_text(-1500, text), "-1.5", "a negative time");
	is_str(value_ms_text(INT64_MIN, text), "-9223372036854775.808",
	    "the least time");
	value_ms_text(INT64_MAX, text);
	ok(value_parse_ms(text, &back) == 0 && back == INT64_MAX,
	    "the greatest time is read back");
}

int
main(void)
{
	check("integer", value_parse_int, ints,
	    sizeof(ints) / sizeof(ints[0]));
	check("time", value_parse_ms, times,
	    sizeof(times) / sizeof(times[0]));
	check("size", value_parse_bytes, sizes,
	    sizeof(sizes) / sizeof(sizes[0]));
	check("switch", parse_bool, switches,
	    sizeof(switches) / sizeof(switches[0]));
	test_ms_text();
	return done_testing();
}
