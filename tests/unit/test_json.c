/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * base/json.h: tokens, what users write besides JSON, and errors with their
 * places.
 */

#include "compat.h"

#include "base/json.h"
#include "base/text.h"
#include "tap.h"

/* Writes what is read as a row of letters and values, or the error. */
static const char *
trace(const char *text, size_t len)
{
	static const char marks[] = "!{}[]ksntfz.";
	static char out[512];
	static struct json j;
	char value[128];
	enum json_type type;
	struct text t;

	text_init(&t, out, sizeof(out));
	json_init(&j, text, len);
	do {
		type = json_next(&j);
		if (type == JSON_BAD)
			return j.why;
		text_add(&t, "%c", marks[type]);
		if (type == JSON_KEY || type == JSON_STRING) {
			(void)json_string(&j, value, sizeof(value));
			text_add(&t, "(%s)", value);
		} else if (type == JSON_NUMBER_TEXT) {
			(void)json_number(&j, value);
			text_add(&t, "(%s)", value);
		}
	} while (type != JSON_END);
	return out;
}

/* What a text must be read as. */
static void
reads(const char *text, const char *want)
{
	char name[128];
	struct text t;

	text_init(&t, name, sizeof(name));
	text_add_quoted(&t, text, strlen(text));
	is_str(trace(text, strlen(text)), want, "read: %s", name);
}

/* Where and why a text must be refused. */
static void
fails(const char *text, size_t len, const char *want)
{
	struct json j;

	json_init(&j, text, len);
	is_int(json_end(&j), -1, "refused: %s", want);
	is_str(j.why, want, "and says where and why");
	ok(json_next(&j) == JSON_BAD && json_end(&j) == -1 &&
	    json_skip(&j) == -1 && json_skip_next(&j) == -1,
	    "and goes on saying so");
	is_str(j.why, want, "in the same words");
}

#define FAILS(text, want) fails(text, sizeof(text) - 1, want)

/* Values of each kind. */
static void
test_values(void)
{
	reads("{}", "{}.");
	reads("[]", "[].");
	reads(" \t\r\n null ", "z.");
	reads("[true,false,null]", "[tfz].");
	reads("[[],[[]],{}]", "[[][[]]{}].");
	reads("{\"a\":1,\"b\":{\"c\":[2,\"d\"]}}",
	    "{k(a)n(1)k(b){k(c)[n(2)s(d)]}}.");
	reads("[0,-0,10,-1.50,1e9,2E-7,3.25e+08]",
	    "[n(0)n(-0)n(10)n(-1.50)n(1e9)n(2E-7)n(3.25e+08)].");
	reads("\"\"", "s().");
	reads("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "s(\"\\/\b\f\n\r\t).");
	reads("\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"",
	    "s(A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80).");
	reads("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf\"",
	    "s(\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf).");
	reads("{\"\":\"\\u007f\x7f\"}", "{k()s(\x7f\x7f)}.");
}

/* What users write that is not JSON. */
static void
test_extensions(void)
{
	reads("\xef\xbb\xbf{}", "{}.");
	reads("// one\n[1, /* two\n * lines */ 2] // the end",
	    "[n(1)n(2)].");
	reads("/**/1/***//*/*/", "n(1).");
	reads("[1,]", "[n(1)].");
	reads("{\"a\":1,}", "{k(a)n(1)}.");
	reads("{nodes: {_x1$: 2, true: 3}}",
	    "{k(nodes){k(_x1$)n(2)k(true)n(3)}}.");
	reads("{a/**/:/**/1/**/,/**/}", "{k(a)n(1)}.");
	reads("[1//\n,2]", "[n(1)n(2)].");
}

/* Errors of what is not JSON at all. */
static void
test_structure_errors(void)
{
	FAILS("", "line 1, column 1: the text ends where a value is missing");
	FAILS("\n // x\n", "line 3, column 1: the text ends where a value is "
	    "missing");
	FAILS("{", "line 1, column 2: the text ends in an object; a } is "
	    "missing");
	FAILS("{\"a\"", "line 1, column 5: the text ends where a : is "
	    "missing");
	FAILS("{\"a\":", "line 1, column 6: the text ends where a value is "
	    "missing");
	FAILS("{\"a\":1", "line 1, column 7: the text ends in an object; a } "
	    "is missing");
	FAILS("[1,", "line 1, column 4: the text ends in an array; a ] is "
	    "missing");
	FAILS("[[1]", "line 1, column 5: the text ends in an array; a ] is "
	    "missing");
	FAILS("[1 2]", "line 1, column 4: a comma or ] is missing here");
	FAILS("{\"a\":1\n  \"b\":2}", "line 2, column 3: a comma or } is "
	    "missing here");
	FAILS("{\"a\" 1}", "line 1, column 6: a : is missing between key and "
	    "value");
	FAILS("[1}", "line 1, column 3: a comma or ] is missing here");
	FAILS("{\"a\":1]", "line 1, column 7: a comma or } is missing here");
	FAILS("[}", "line 1, column 2: a value is missing here");
	FAILS("[,]", "line 1, column 2: a value is missing here");
	FAILS("[1,,2]", "line 1, column 4: a value is missing here");
	FAILS("{\"a\":,}", "line 1, column 6: a value is missing here");
	FAILS("{,}", "line 1, column 2: a key or } is missing here; keys "
	    "need quotes");
	FAILS("{1:2}", "line 1, column 2: a key or } is missing here; keys "
	    "need quotes");
	FAILS("{} {}", "line 1, column 4: something follows the end of the "
	    "value");
	FAILS("[]\n\n]", "line 3, column 1: something follows the end of the "
	    "value");
	FAILS("nul", "line 1, column 1: this is not a value; strings need "
	    "quotes");
	FAILS("[\n\tTrue]", "line 2, column 2: this is not a value; strings "
	    "need quotes");
	FAILS("'a'", "line 1, column 1: strings are quoted with \", not '");
	FAILS("[/]", "line 1, column 2: a / alone; comments begin with // or "
	    "/*");
	FAILS("[1] /", "line 1, column 5: a / alone; comments begin with // "
	    "or /*");
	FAILS("[1, /* x\n\n", "line 1, column 5: this comment has no end; */ "
	    "is missing");
	FAILS("/*/", "line 1, column 1: this comment has no end; */ is "
	    "missing");
	FAILS("[1,\0]", "line 1, column 4: a NUL byte");
	FAILS("{\0}", "line 1, column 2: a NUL byte");
	FAILS("// \0\n1", "line 1, column 4: a NUL byte");
	FAILS("1\0", "line 1, column 2: something follows the end of the "
	    "value");
}

/* Errors in numbers and strings. */
static void
test_token_errors(void)
{
	FAILS("-", "line 1, column 2: a digit is missing");
	FAILS("01", "line 1, column 1: a number does not begin with 0");
	FAILS("1.", "line 1, column 3: a digit is missing after the point");
	FAILS("1e+", "line 1, column 4: a digit is missing in the exponent");
	FAILS("1x", "line 1, column 2: this does not belong to a number");
	FAILS("1.2.3", "line 1, column 4: this does not belong to a number");
	FAILS("+1", "line 1, column 1: a value is missing here");
	FAILS(".5", "line 1, column 1: a value is missing here");
	FAILS("[ 11111111111111111111111111111111111111111111111111111111111"
	    "1111111111]", "line 1, column 3: this number is too long");
	FAILS("[\"a]", "line 1, column 2: this string has no end; a \" is "
	    "missing");
	FAILS("\"a\nb\"", "line 1, column 3: the line ends inside a string; a "
	    "\" is missing");
	FAILS("\"\t\"", "line 1, column 2: a control character in a string; "
	    "\\t or \\u0009 would do");
	FAILS("\"\\x41\"", "line 1, column 2: there is no such escape; a "
	    "backslash is written \\\\");
	FAILS("\"\\", "line 1, column 2: there is no such escape; a backslash "
	    "is written \\\\");
	FAILS("\"\\u12g4\"", "line 1, column 2: four hexadecimal digits must "
	    "follow \\u");
	FAILS("\"\\u12", "line 1, column 2: four hexadecimal digits must "
	    "follow \\u");
	FAILS("\"\\u0000\"", "line 1, column 2: a NUL character is not "
	    "taken");
	FAILS("\"a\0b\"", "line 1, column 3: a NUL byte");
	FAILS("\"\\ud800\"", "line 1, column 2: a surrogate without its other "
	    "half");
	FAILS("\"\\ud800\\u0041\"", "line 1, column 2: a surrogate without "
	    "its other half");
	FAILS("\"\\ud800\\ue000\"", "line 1, column 2: a surrogate without "
	    "its other half");
	FAILS("\"\\udc00\\ud800\"", "line 1, column 2: a surrogate without "
	    "its other half");
	FAILS("\"\\ud83d\\ude0\"", "line 1, column 2: a surrogate without its "
	    "other half");
}

/* What is not UTF-8 is found everywhere; columns count characters. */
static void
test_utf8_errors(void)
{
	static const char *const bad[] = {
		"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3(",
		"\xe0\x9f\xbf", "\xe2\x82", "\xed\xa0\x80", "\xed\xbf\xbf",
		"\xf0\x8f\xbf\xbf", "\xf0\x9f\x98", "\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80", "\xff",
	};
	struct json j;
	char text[64];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "\"\xc3\xa9\xe2\x82\xac%s\"",
		    bad[i]);
		json_init(&j, text, strlen(text));
		ok(json_end(&j) == -1 && strcmp(j.why, "line 1, column 4: "
		    "this is not UTF-8") == 0, "bad UTF-8 %zu in a string",
		    i);
		snprintf(text, sizeof(text), "/* \n\xc3\xa9%s */ 1", bad[i]);
		json_init(&j, text, strlen(text));
		ok(json_end(&j) == -1 && strcmp(j.why, "line 2, column 2: "
		    "this is not UTF-8") == 0, "bad UTF-8 %zu in a comment",
		    i);
	}
}

/* 64 levels and no more. */
static void
test_depth(void)
{
	char text[2 * JSON_DEPTH + 4];
	struct json j;

	memset(text, '[', JSON_DEPTH);
	memset(text + JSON_DEPTH, ']', JSON_DEPTH);
	json_init(&j, text, 2 * JSON_DEPTH);
	is_int(json_end(&j), 0, "64 nested arrays are taken");
	memset(text, '[', JSON_DEPTH + 1);
	memset(text + JSON_DEPTH + 1, ']', JSON_DEPTH + 1);
	fails(text, 2 * JSON_DEPTH + 2, "line 1, column 65: arrays and "
	    "objects are nested too deeply");
	memset(text, '[', JSON_DEPTH + 1);
	text[0] = '{';
	fails(text, 3, "line 1, column 2: a key or } is missing here; keys "
	    "need quotes");
}

/* What a caller makes of an object. */
static void
test_object(void)
{
	static const char text[] =
	    "{\n  other: [{a: 1, b: [2]}, {}], // passed over\n"
	    "  \"Name\": \"x\\u0079\", port: 7777,\n"
	    "  more: 1.5,\n}\n";
	int64_t port = 0;
	char name[8] = "";
	struct json j;
	unsigned keys = 0;

	json_init(&j, text, strlen(text));
	ok(json_next(&j) == JSON_OBJECT, "an object begins");
	while (json_next(&j) == JSON_KEY) {
		keys++;
		if (json_is(&j, "Name"))
			(void)json_next_string(&j, name, sizeof(name));
		else if (json_is(&j, "port"))
			(void)json_next_int(&j, 1, 65535, &port);
		else
			(void)json_skip_next(&j);
	}
	is_int(j.type, JSON_OBJECT_END, "and ends");
	is_int(json_end(&j), 0, "nothing follows");
	is_int(keys, 4, "it has all its keys");
	is_str(name, "xy", "a string");
	is_int(port, 7777, "a number");
	is_str(j.why, "", "there was no error");
	ok(json_next(&j) == JSON_END, "the end stays the end");
}

/* Is a key the same text? */
static void
test_compare(void)
{
	static const char text[] = "{\"no\\u0064\\u00e9\":0, ab: 1}";
	struct json j;

	json_init(&j, text, strlen(text));
	ok(!json_is(&j, ""), "before the first token nothing is the same");
	(void)json_next(&j);
	ok(!json_is(&j, "{"), "a brace is no string");
	(void)json_next(&j);
	ok(json_is(&j, "nod\xc3\xa9"), "escapes count as what they mean");
	ok(!json_is(&j, "nod\xc3"), "a part is not the same");
	ok(!json_is(&j, "nod") && !json_is(&j, ""), "nor is less");
	ok(!json_is(&j, "nod\xc3\xa9s"), "nor is more");
	ok(!json_is(&j, "Nod\xc3\xa9"), "nor is another case");
	is_int(json_string_size(&j), 15, "what a copy needs is known");
	(void)json_skip_next(&j);
	is_int(json_string_size(&j), 0, "of a number, nothing");
	ok(json_next(&j) == JSON_KEY && json_is(&j, "ab") &&
	    !json_is(&j, "a") && !json_is(&j, "abc"), "without quotes, too");
}

/* Reads one value as an integer; the error, or "" . */
static const char *
int_error(const char *text, int64_t min, int64_t max, int64_t *value)
{
	static struct json j;

	json_init(&j, text, strlen(text));
	*value = 99;
	(void)json_next_int(&j, min, max, value);
	return j.why;
}

/* Values of the wrong kind or range, found at the value. */
static void
test_ranges(void)
{
	char buf[4], number[JSON_NUMBER];
	struct json j;
	int64_t v;

	is_str(int_error("-9223372036854775808", INT64_MIN, INT64_MAX, &v), "",
	    "the least integer is taken");
	ok(v == INT64_MIN, "as it is");
	is_str(int_error("9223372036854775807", INT64_MIN, INT64_MAX, &v), "",
	    "the greatest is");
	ok(v == INT64_MAX, "as it is");
	is_str(int_error(" 9223372036854775808", 0, 10, &v), "line 1, column "
	    "2: a whole number from 0 to 10 is wanted here",
	    "a huge one is not");
	is_int(v, 99, "and nothing is set");
	is_str(int_error("11", 0, 10, &v), "line 1, column 1: a whole number "
	    "from 0 to 10 is wanted here", "nor is one out of range");
	is_str(int_error("1.0", 0, 10, &v), "line 1, column 1: a whole number "
	    "from 0 to 10 is wanted here", "nor a part of one");
	is_str(int_error("1e1", 0, 10, &v), "line 1, column 1: a whole number "
	    "from 0 to 10 is wanted here", "nor one with an exponent");
	is_str(int_error("\"7\"", 0, 10, &v), "line 1, column 1: a number is "
	    "wanted here", "nor a string");
	is_str(int_error("\n@", 0, 10, &v), "line 2, column 1: a value is "
	    "missing here", "what is no value is told as such");
	json_init(&j, "\"abcd\"", 6);
	is_int(json_next_string(&j, buf, 4), -1, "a long string is refused");
	is_str(buf, "", "and not copied in part");
	is_str(j.why, "line 1, column 1: this string is too long",
	    "and called so");
	json_init(&j, "\"abc\"", 5);
	is_int(json_next_string(&j, buf, 4), 0, "one that fits is not");
	is_int(json_number(&j, number), -1, "and is no number");
	json_init(&j, "[1]", 3);
	(void)json_next(&j);
	is_int(json_fail(&j, "an object is wanted here"), -1,
	    "a caller has errors, too");
	is_int(json_fail(&j, "another"), -1, "and may have more");
	is_str(j.why, "line 1, column 1: an object is wanted here",
	    "the first one stays");
}

int
main(void)
{
	test_values();
	test_extensions();
	test_structure_errors();
	test_token_errors();
	test_utf8_errors();
	test_depth();
	test_object();
	test_compare();
	test_ranges();
	return done_testing();
}
