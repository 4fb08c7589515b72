/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Numbers as people read them, and strings of any bytes as JSON.
 */

#include "compat.h"

#include "base/human.h"
#include "base/json_out.h"

#include "tap.h"

static char buf[200];
static struct text text;

static const char *
bytes(uint64_t n)
{
	text_init(&text, buf, sizeof(buf));
	human_add_bytes(&text, n);
	return buf;
}

static const char *
span(int64_t s)
{
	text_init(&text, buf, sizeof(buf));
	human_add_span(&text, s);
	return buf;
}

static const char *
us(int64_t n)
{
	text_init(&text, buf, sizeof(buf));
	human_add_us(&text, n);
	return buf;
}

static const char *
json(const char *value)
{
	struct json_out o;

	text_init(&text, buf, sizeof(buf));
	json_out_init(&o, &text);
	json_out_string(&o, NULL, value);
	return buf;
}

static void
test_json(void)
{
	struct json_out o;

	is_str(json("plain"), "\"plain\"", "a string");
	is_str(json(NULL), "null", "none");
	is_str(json("\"\\/"), "\"\\\"\\\\/\"", "quotes and backslashes");
	is_str(json("\n\033\x7f"), "\"\\u000a\\u001b\\u007f\"", "controls");
	is_str(json("\xc2\x9b."), "\"\\u009b.\"", "controls of ISO 8859");
	is_str(json("\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80"),
	    "\"\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80\"", "UTF-8");
	is_str(json("\xc3"), "\"\\ufffd\"", "half a character");
	is_str(json("\xc0\xaf"), "\"\\ufffd\\ufffd\"", "one too long");
	is_str(json("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"",
	    "a surrogate");
	is_str(json("\xf4\x90\x80\x80"), "\"\\ufffd\\ufffd\\ufffd\\ufffd\"",
	    "one beyond the last");
	text_init(&text, buf, sizeof(buf));
	json_out_init(&o, &text);
	json_out_open(&o, NULL, '{');
	json_out_open(&o, "a", '[');
	json_out_int(&o, NULL, -1);
	json_out_uint(&o, NULL, UINT64_MAX);
	json_out_close(&o, ']');
	json_out_open(&o, "b", '{');
	json_out_close(&o, '}');
	json_out_known(&o, "c", -1);
	json_out_bool(&o, "d", true);
	json_out_close(&o, '}');
	is_str(buf, "{\"a\":[-1,18446744073709551615],\"b\":{},\"c\":null,"
	    "\"d\":true}", "commas are where they belong");
}

int
main(void)
{
	is_str(bytes(0), "0 B", "no bytes");
	is_str(bytes(1023), "1023 B", "just no KiB");
	is_str(bytes(1024), "1.0 KiB", "one");
	is_str(bytes(1536), "1.5 KiB", "one and a half");
	is_str(bytes(1048575), "1023.9 KiB", "just no MiB");
	is_str(bytes((uint64_t)5 << 30), "5.0 GiB", "GiB");
	is_str(bytes(UINT64_MAX), "15.9 EiB", "the most");
	is_str(span(-5), "0 s", "before");
	is_str(span(59), "59 s", "seconds");
	is_str(span(60), "1 min", "a minute");
	is_str(span(3661), "1 h 1 min", "an hour and more");
	is_str(span(3600), "1 h", "an hour");
	is_str(span(86400 * 3 + 7200), "3 d 2 h", "days");
	is_str(us(0), "0.0 ms", "no time");
	is_str(us(12345), "12.3 ms", "tenths");
	is_str(us(250999), "250 ms", "and none");
	text_init(&text, buf, sizeof(buf));
	human_add_count(&text, 1, "flow");
	text_add(&text, ", ");
	human_add_count(&text, 0, "flow");
	is_str(buf, "1 flow, 0 flows", "one and many");
	test_json();
	return done_testing();
}
