/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Command lines of Windows are read as the arguments that they were made of.
 */

#include "compat.h"

#include "base/command_line.h"

#include "tap.h"

enum { LINE = 4000, WORDS = 8, WORD = 40 };

static char line[LINE];
static char words[WORDS][LINE];

/* The command line of one argument, without the program. */
static const char *
quoted(const char *arg)
{
	struct text t;

	text_init(&t, line, sizeof(line));
	command_line_add(&t, arg);
	return line + 1;
}

/* Divides the rest of a command line as Windows does; returns how many words
 * there are. */
static int
divide(const char *at)
{
	bool inside = false;
	size_t n, len;
	int count = 0;

	for (;;) {
		while (*at == ' ' || *at == '\t')
			at++;
		if (*at == '\0' || count == WORDS)
			return count;
		for (len = 0; *at != '\0'; ) {
			n = strspn(at, "\\");
			at += n;
			if (*at != '"') {
				while (n-- > 0)
					words[count][len++] = '\\';
				if (*at == '\0' || (!inside &&
				    (*at == ' ' || *at == '\t')))
					break;
				words[count][len++] = *at++;
				continue;
			}
			at++;
			for (; n > 1; n -= 2)
				words[count][len++] = '\\';
			if (n == 1)
				words[count][len++] = '"';
			else
				inside = !inside;
		}
		words[count++][len] = '\0';
	}
}

static void
test_quotes(void)
{
	ok(strcmp(quoted("tls:host:443,cafile=C:\\ca.pem"),
	    "tls:host:443,cafile=C:\\ca.pem") == 0,
	    "what needs no quotes has none");
	ok(strcmp(quoted(""), "\"\"") == 0, "an empty argument is quoted");
	ok(strcmp(quoted("C:\\My Files\\a.pem"), "\"C:\\My Files\\a.pem\"") ==
	    0, "a blank is quoted, and backslashes stay");
	ok(strcmp(quoted("C:\\My Files\\"), "\"C:\\My Files\\\\\"") == 0,
	    "backslashes before the last quote are doubled");
	ok(strcmp(quoted("say \"a\""), "\"say \\\"a\\\"\"") == 0,
	    "quotes get backslashes");
	ok(strcmp(quoted("a\\\\\"b"), "\"a\\\\\\\\\\\"b\"") == 0,
	    "backslashes before a quote are doubled");
	ok(strcmp(quoted("*.pem"), "\"*.pem\"") == 0, "a star is quoted");
	ok(strcmp(quoted("za\xc5\xbc\xc3\xb3\xc5\x82\xc4\x87"),
	    "\"za\xc5\xbc\xc3\xb3\xc5\x82\xc4\x87\"") == 0,
	    "UTF-8 is kept");
}

static void
test_program(void)
{
	struct text t;

	text_init(&t, line, sizeof(line));
	command_line_begin(&t, "C:\\Program Files\\Adit\\adit.exe");
	command_line_add(&t, "echo");
	ok(strcmp(line, "\"C:\\Program Files\\Adit\\adit.exe\" echo") == 0,
	    "the program is quoted as it is");
}

static void
test_variables(void)
{
	ok(command_line_has_variable("a%TEMP%b"), "a variable is found");
	ok(!command_line_has_variable("fe80::1%3"), "a zone is no variable");
	ok(!command_line_has_variable(""), "nothing has no variable");
}

static void
test_any(void)
{
	static const char alphabet[] = "\\\\\\\"\" \ta*%";
	char made[WORDS][WORD];
	uint32_t seed = 1;
	bool same = true;
	struct text t;
	int round, i;
	size_t j, n;

	for (round = 0; round < 20000 && same; round++) {
		text_init(&t, line, sizeof(line));
		for (i = 0; i < WORDS; i++) {
			seed = seed * 1664525 + 1013904223;
			n = (seed >> 16) % 12;
			for (j = 0; j < n; j++) {
				seed = seed * 1664525 + 1013904223;
				made[i][j] = alphabet[(seed >> 16) %
				    (sizeof(alphabet) - 1)];
			}
			made[i][n] = '\0';
			command_line_add(&t, made[i]);
		}
		same = divide(line) == WORDS;
		for (i = 0; i < WORDS && same; i++)
			same = strcmp(made[i], words[i]) == 0;
	}
	ok(same, "arguments of any characters are read as they were");
}

int
main(void)
{
	test_quotes();
	test_program();
	test_variables();
	test_any();
	return done_testing();
}
