/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Configuration files: sections, keys, quotes and comments with their lines;
 * included files; and what is wrong, all of it at once.
 */

#include "compat.h"

#include "base/file.h"
#include "base/log.h"
#include "daemon/conf.h"

#include "tap.h"

#define FOLDER "test_conf.dir"

static struct conf c;

/* Parses a text as the file "f". */
static void
parse_bytes(const char *text, size_t len)
{
	conf_free(&c);
	conf_parse(&c, "f", text, len, false);
}

static void
parse(const char *text)
{
	parse_bytes(text, strlen(text));
}

/* The value of a key of the first section; "" and a failure: there is none. */
static const char *
value_of(const char *name)
{
	size_t i;

	for (i = 0; c.n_sections > 0 && i < c.sections[0].n_keys; i++)
		if (strcmp(c.sections[0].keys[i].name, name) == 0)
			return c.sections[0].keys[i].value;
	return "(none)";
}

/* The text has one fault, in that line, with these words. */
static void
check_fault(const char *text, unsigned line, const char *words)
{
	parse(text);
	is_int(c.faults.n, 1, "one fault: %s", words);
	if (c.faults.n < 1)
		return;
	is_int(c.faults.at[0].line, line, "  in line %u", line);
	is_str(c.faults.at[0].file, "f", "  of the file");
	if (!ok(strstr(c.faults.at[0].text, words) != NULL, "  in words"))
		printf("# %s\n", c.faults.at[0].text);
}

static void
test_sections(void)
{
	parse("\n[daemon]\nuser = nobody\n\n[ defaults ]\nidle=60\n"
	    "[tunnel home-1.x]\n\tleft  =  udp-listen:127.0.0.1:1\t\n"
	    "  right.pool =4 \n[tunnel b]\n");
	is_int(c.faults.n, 0, "nothing is wrong");
	is_int(c.n_sections, 4, "four sections");
	is_int(c.sections[0].kind, CONF_DAEMON, "[daemon]");
	is_int(c.sections[0].line, 2, "  in line 2");
	is_str(c.sections[0].file, "f", "  of the file");
	is_int(c.sections[1].kind, CONF_DEFAULTS, "[ defaults ]");
	is_str(c.sections[1].name, "", "  has no name");
	is_int(c.sections[2].kind, CONF_TUNNEL, "[tunnel home-1.x]");
	is_str(c.sections[2].name, "home-1.x", "  has its name");
	is_int(c.sections[2].n_keys, 2, "  and two keys");
	is_str(c.sections[2].keys[0].name, "left", "  the first");
	is_str(c.sections[2].keys[0].value, "udp-listen:127.0.0.1:1",
	    "  without the blanks around its value");
	is_int(c.sections[2].keys[1].line, 9, "  the second in line 9");
	is_str(c.sections[2].keys[1].value, "4", "  with its value");
	is_int(c.sections[3].n_keys, 0, "a section without keys");
	conf_wipe(&c);
	is_str(c.sections[2].keys[1].value, "", "conf_wipe() wipes values");
	conf_free(&c);
	conf_free(&c);
	is_int(c.n_sections, 0, "conf_free() may be called again");
}

static void
test_values(void)
{
	parse("# one\n; two\n  # three\n[daemon] # four\n"
	    "a = x # comment\nb = x#y\nc = x ; y\nd = \" x # y \" # comment\n"
	    "e = \"\\x22\\x5c\\x0a\"\nf =\ng = # empty\nh = C:\\a\\b\n"
	    "i = x=y\nj = \"\"\nk = 1\t# tab\nl = a \"b # c\n");
	is_int(c.faults.n, 0, "comments and values");
	is_str(value_of("a"), "x", "a # after a blank begins a comment");
	is_str(value_of("b"), "x#y", "a # within a word does not");
	is_str(value_of("c"), "x ; y", "a ; within a line does not");
	is_str(value_of("d"), " x # y ", "nor does one between quotes");
	is_str(value_of("e"), "\"\\\n", "escapes between quotes");
	is_str(value_of("f"), "", "an empty value");
	is_str(value_of("g"), "", "a comment is no value");
	is_str(value_of("h"), "C:\\a\\b", "backslashes without quotes");
	is_str(value_of("i"), "x=y", "an equals sign in a value");
	is_str(value_of("j"), "", "empty quotes");
	is_str(value_of("k"), "1", "a comment after a tab");
	is_str(value_of("l"), "a \"b", "a quote within a value is no quote");
}

static void
test_bytes(void)
{
	static const char wide[] = "\xff\xfe[\0d\0";
	char *text;

	parse("\xef\xbb\xbf[daemon]\r\nuser = a\r\n\r\n# x\r\nb = \"c\"\r\n");
	is_int(c.faults.n, 0, "a byte order mark, and CRLF");
	is_str(value_of("user"), "a", "  the value has no CR");
	is_str(value_of("b"), "c", "  nor has one in quotes");
	parse("[daemon]\nuser = a");
	is_str(value_of("user"), "a", "the last line may lack its end");
	parse("");
	is_int(c.n_sections + c.faults.n, 0, "an empty file");
	parse_bytes(wide, sizeof(wide) - 1);
	is_int(c.faults.n, 1, "UTF-16 is one fault");
	ok(strstr(c.faults.at[0].text, "UTF-16") != NULL, "  and named");
	parse_bytes("[daemon]\na = b\0c\nd = e\n", 23);
	is_int(c.faults.n, 1, "a zero byte is a fault");
	is_int(c.faults.at[0].line, 2, "  in its line");
	is_str(value_of("d"), "e", "  the next line is read");
	check_fault("[daemon]\na = b\x1b[0m\n", 2, "control character");
	check_fault("[daemon]\na = b\rc\n", 2, "control character");

	text = calloc(1, 3 * CONF_LINE);
	must(text != NULL);
	snprintf(text, 3 * CONF_LINE, "[daemon]\na = %0*d\nb = %0*d\n",
	    CONF_LINE - 4, 1, CONF_LINE - 3, 1);
	parse(text);
	free(text);
	is_int(c.faults.n, 1, "a line that is too long is a fault");
	is_int(c.faults.at[0].line, 3, "  in its line");
	is_int(strlen(value_of("a")), CONF_LINE - 4, "the longest is none");
}

static void
test_faults(void)
{
	char lines[2 * (FAULTS_MAX + 7)];
	size_t i;

	check_fault("[tunel a]\nx = y\n", 1, "did you mean [tunnel NAME]?");
	check_fault("[Daemon]\n", 1, "did you mean [daemon]?");
	check_fault("[wireguard]\n", 1, "there are [tunnel NAME], [defaults]");
	check_fault("[]\n", 1, "no such section");
	check_fault("[tunnel]\n", 1, "the name is missing");
	check_fault("[tunnel a b]\n", 1, "a name has 1 to 48 letters");
	check_fault("[tunnel ../a]\n", 1, "a name has");
	check_fault("[tunnel -a]\n", 1, "begins with none of");
	check_fault("[daemon x]\n", 1, "this section has no name");
	check_fault("[daemon\nx = y\n", 1, "the ] is missing");
	check_fault("[tunnel a] b = c\n", 1, "the ] is missing");
	check_fault("\nx = y\n[daemon]\n", 2, "x: it is in no section");
	check_fault("[daemon]\nuser nobody\n", 2, "KEY = VALUE, or [tunnel");
	check_fault("[daemon]\n= nobody\n", 2, "KEY = VALUE");
	check_fault("[daemon]\n\xc3\xa4 = b\n", 2, "before the = is no key");
	check_fault("[daemon]\na b = c\n", 2, "before the = is no key");
	check_fault("[daemon]\na = \"b\n", 2, "quotes are not closed");
	check_fault("[daemon]\na = \"b\" c\n", 2, "quotes are not closed");
	check_fault("[daemon]\na = \"\\n\"\n", 2, "what follows a backslash");
	check_fault("[tunnel a]\n[tunnel b]\n\n[tunnel a]\n", 4, "this section "
	    "is there already, in line 1 of f; give each");
	check_fault("[daemon]\n[defaults]\n[daemon]\n", 3, "put both "
	    "together");
	check_fault("[tunnel a]\ninclude = b\n", 2, "above the first section");

	parse("[tunnel a]\npsk secret0\npsk = \"secret1\n[tunnel secret 2\n"
	    "[tunnel a]\nsecret3\n");
	is_int(c.faults.n, 5, "all faults are collected");
	for (i = 0; i < c.faults.n; i++)
		ok(strstr(c.faults.at[i].text, "secret") == NULL,
		    "  without the line: %s", c.faults.at[i].text);
	for (i = 0; i < FAULTS_MAX + 7; i++)
		memcpy(lines + 2 * i, "x\n", 2);
	parse_bytes(lines, sizeof(lines));
	is_int(c.faults.n, FAULTS_MAX, "the list of faults is limited");
	is_int(c.faults.more, 7, "  and the others are counted");

	conf_free(&c);
	conf_parse(&c, "f", "[tunnel a]\n", 11, false);
	conf_parse(&c, "g", "\n[tunnel a]\ninclude = x\n", 24, true);
	is_int(c.faults.n, 2, "two faults of an included file");
	is_str(c.faults.at[0].file, "g", "  which is named");
	ok(strstr(c.faults.at[0].text, "in line 1 of f") != NULL, "a second "
	    "section of a name in a second file");
	ok(strstr(c.faults.at[1].text, "may not include") != NULL, "an "
	    "included file includes none");
}

/* Writes a file of that folder. */
static void
write_file(const char *name, const char *text)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), FOLDER "/%s", name);
	f = fopen(path, "w");
	must(f != NULL);
	fputs(text, f);
	fclose(f);
}

static void
remove_file(const char *name)
{
	char path[200];

	snprintf(path, sizeof(path), FOLDER "/%s", name);
	remove(path);
}

static void
test_includes(void)
{
	static const char *const files[] = {
		"main", "d/b.conf", "d/a.conf", "d/.c.conf", "d/d.conf~",
		"d/ab.confx", "one",
	};
	size_t i;

	(void)make_dir(FOLDER);
	(void)make_dir(FOLDER "/d");
	write_file("d/b.conf", "[tunnel b]\nx = 1\n");
	write_file("d/a.conf", "[tunnel a]\n\nbad\n");
	write_file("d/.c.conf", "bad");
	write_file("d/d.conf~", "bad");
	write_file("d/ab.confx", "bad");
	write_file("one", "[tunnel one]\n");
	write_file("main", "include = d/*.conf\ninclude = one\n"
	    "[daemon]\ninclude = none/*\ninclude = none\n"
	    "include = d*/x\ninclude = d/*.no\n[tunnel m]\n");
	conf_free(&c);
	conf_read(&c, FOLDER "/main");
	is_int(c.n_sections, 5, "five sections");
	is_str(c.sections[1].name, "m", "those of the file itself come first");
	is_str(c.sections[2].name, "a", "those of a folder are sorted");
	is_str(c.sections[2].file, FOLDER "/d/a.conf", "  with their file");
	is_str(c.sections[3].name, "b", "  the second");
	is_int(c.sections[3].keys[0].line, 2, "  with its line");
	is_str(c.sections[4].name, "one", "then that of the second line");
	is_int(c.faults.n, 3, "three faults, none for a pattern whose folder "
	    "is missing");
	is_int(c.faults.at[0].line, 3, "  a line of an included file");
	is_str(c.faults.at[1].file, FOLDER "/none", "  a file without * that "
	    "is missing");
	is_int(c.faults.at[2].line, 6, "  a pattern for folders");
	conf_free(&c);
	conf_read(&c, FOLDER "/absent");
	is_int(c.faults.n, 1, "a file that is not there is a fault");
	is_int(c.faults.at[0].kind, FAULT_USER, "  of the user");
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		remove_file(files[i]);
	(void)rmdir(FOLDER "/d");
	(void)rmdir(FOLDER);
}

int
main(void)
{
	test_sections();
	test_values();
	test_bytes();
	test_faults();
	test_includes();
	conf_free(&c);
	return done_testing();
}
