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

static const struct row go_ints[] = {
	{ "0", 0 }, { "1400", 1400 }, { "-1", -1 }, { "+5", 5 },
	{ "0x578", 1400 }, { "0X578", 1400 }, { "0o17", 15 }, { "0b101", 5 },
	{ "017", 15 }, { "-017", -15 }, { "00", 0 }, { "0_7", 7 },
	{ "1_000", 1000 }, { "0x_1F", 31 },
	{ "9223372036854775807", INT64_MAX },
	{ "-9223372036854775808", INT64_MIN },
	{ "08", BAD }, { "1__0", BAD }, { "_1", BAD }, { "1_", BAD },
	{ "0_", BAD }, { "-_1", BAD }, { "", BAD }, { "-", BAD }, { "0x", BAD },
	{ "1.5", BAD }, { "1e3", BAD }, { " 1", BAD },
	{ "9223372036854775808", BAD },
	{ "0b11111111111111111111111111111111111111111111111111111111111111"
	    "1111111111111111111111111111", BAD },
};

static const struct row go_times[] = {
	{ "0", 0 }, { "-0", 0 }, { "0s", 0 }, { "30s", 30000 },
	{ "1m0s", 60000 }, { "1h2m3.5s", 3723500 }, { "300ms", 300 },
	{ ".5s", 500 }, { "1.s", 1000 }, { "1.5h", 5400000 },
	{ "1s1s", 2000 }, { "1ms500us", 2 }, { "500us", 1 }, { "1ns", 1 },
	{ "999999ns", 1 }, { "1000000ns", 1 }, { "1000001ns", 2 },
	{ "0.9ns", 0 },
	{ "1500\xc2\xb5s", 2 }, { "2000\xce\xbcs", 2 }, { "-1.5s", -1500 },
	{ "+1s", 1000 }, { "-1ns", -1 },
	{ "2562047h47m16.854775807s", INT64_C(9223372036855) },
	{ "0.3333333333333333333333333333333333h", 1200000 },
	{ "2562047h47m16.854775808s", BAD }, { "2562048h", BAD },
	{ "5124096h", BAD }, { "99999999999999999999s", BAD },
	{ "9223372036854775808ns", BAD },
	{ "", BAD }, { "-", BAD }, { "5", BAD }, { "1d", BAD }, { ".", BAD },
	{ "s", BAD }, { ".s", BAD }, { "1S", BAD }, { "1 s", BAD },
	{ "1s ", BAD }, { "1m30", BAD }, { "1e3s", BAD }, { "--1s", BAD },
	{ "1.2.3s", BAD }, { "0x10s", BAD }, { "1\xc2s", BAD },
};

static const struct row go_switches[] = {
	{ "1", 1 }, { "0", 0 }, { "t", 1 }, { "f", 0 }, { "T", 1 },
	{ "F", 0 }, { "true", 1 }, { "false", 0 }, { "TRUE", 1 },
	{ "FALSE", 0 }, { "True", 1 }, { "False", 0 },
	{ "", BAD }, { "yes", BAD }, { "on", BAD }, { "tRUE", BAD },
	{ "2", BAD },
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

/* value_parse_go_bool() in the shape of the others. */
static int
parse_go_bool(const char *text, int64_t *value)
{
	bool on = false;
	int result = value_parse_go_bool(text, &on);

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

/* One time, or two. */
static void
test_range(void)
{
	static const struct {
		const char *text;
		value_ms_fn *fn;
		int64_t low, high;
	} ranges[] = {
		{ "5", value_parse_ms, 5000, 5000 },
		{ "0", value_parse_ms, 0, 0 },
		{ "5-7.5", value_parse_ms, 5000, 7500 },
		{ "1m-30", value_parse_ms, 30000, 60000 },
		{ "1m30s-2h", value_parse_go_ms, 90000, 7200000 },
		{ "10s-5s", value_parse_go_ms, 5000, 10000 },
		{ "0-5s", value_parse_go_ms, 0, 5000 },
		{ "5s", value_parse_go_ms, 5000, 5000 },
		{ "", value_parse_ms, BAD, 0 },
		{ "-", value_parse_ms, BAD, 0 },
		{ "5-", value_parse_ms, BAD, 0 },
		{ "-5", value_parse_ms, BAD, 0 },
		{ "1-2-3", value_parse_ms, BAD, 0 },
		{ "-5s", value_parse_go_ms, BAD, 0 },
		{ "1s--5s", value_parse_go_ms, BAD, 0 },
		{ "5-7s", value_parse_go_ms, BAD, 0 },
		{ "0000000000000000000000000000000000000000000000000000000"
		    "000000000000000001-2", value_parse_ms, BAD, 0 },
	};
	int64_t low, high;
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		low = high = 0;
		if (value_parse_ms_range(ranges[i].text, ranges[i].fn, &low,
		    &high) != 0)
			low = BAD;
		ok(low == ranges[i].low && high == ranges[i].high,
		    "range \"%s\": %lld, %lld", ranges[i].text,
		    (long long)low, (long long)high);
	}
}

/* So many in a time. */
static void
test_rate(void)
{
	static const struct {
		const char *text;
		value_ms_fn *fn;
		int64_t count, window_ms;
	} rates[] = {
		{ "20/60", value_parse_ms, 20, 60000 },
		{ "20/1m", value_parse_ms, 20, 60000 },
		{ "20/1m0s", value_parse_go_ms, 20, 60000 },
		{ "1/1ns", value_parse_go_ms, 1, 1 },
		{ "007/0.001", value_parse_ms, 7, 1 },
		{ "18446744073709551615/1s", value_parse_go_ms, INT64_MAX,
		    1000 },
		{ "5", value_parse_ms, BAD, 0 },
		{ "5/", value_parse_ms, BAD, 0 },
		{ "/5", value_parse_ms, BAD, 0 },
		{ "0/1s", value_parse_go_ms, BAD, 0 },
		{ "5/0s", value_parse_go_ms, BAD, 0 },
		{ "5/-1s", value_parse_go_ms, BAD, 0 },
		{ "-5/1s", value_parse_go_ms, BAD, 0 },
		{ "+5/1s", value_parse_go_ms, BAD, 0 },
		{ "0x5/1s", value_parse_go_ms, BAD, 0 },
		{ "5 / 1s", value_parse_go_ms, BAD, 0 },
		{ "5/1s/1s", value_parse_go_ms, BAD, 0 },
		{ "", value_parse_ms, BAD, 0 },
	};
	int64_t count, window_ms;
	size_t i;

	for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		count = window_ms = 0;
		if (value_parse_rate(rates[i].text, rates[i].fn, &count,
		    &window_ms) != 0)
			count = BAD;
		ok(count == rates[i].count &&
		    window_ms == rates[i].window_ms,
		    "rate \"%s\": %lld in %lld ms", rates[i].text,
		    (long long)count, (long long)window_ms);
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
	check("integer of Go", value_parse_go_int, go_ints,
	    sizeof(go_ints) / sizeof(go_ints[0]));
	check("time of Go", value_parse_go_ms, go_times,
	    sizeof(go_times) / sizeof(go_times[0]));
	check("switch of Go", parse_go_bool, go_switches,
	    sizeof(go_switches) / sizeof(go_switches[0]));
	test_range();
	test_rate();
	test_ms_text();
	return done_testing();
}
