/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * base/opt.h: settings from command lines and specs, help and dump.  Writes
 * test_opt.tmp in the current folder.
 */

#include "compat.h"

#include "base/opt.h"
#include "tap.h"

#define PATH "test_opt.tmp"

struct settings {
	int64_t port, pool, mark, expire_ms, buffer, level;
	const char *cert, *host;
	bool no_tls, check, v4, systemd;
	char color[10];
};

static const char *const levels[] = {
	"debug", "info", "warn", "error", "fatal", "crit=fatal", NULL,
};

/* Takes red or blue, and without a value none. */
static const char *
set_color(void *member, const char *value)
{
	if (value != NULL && strcmp(value, "red") != 0 &&
	    strcmp(value, "blue") != 0)
		return "is no color that we have; red and blue are";
	strlcpy(member, value != NULL ? value : "none", 10);
	return NULL;
}

/* Shows it. */
static const char *
show_color(const void *member, unsigned i, char *shown)
{
	(void)shown;
	return i == 0 && *(const char *)member != '\0' ? member : NULL;
}

static const struct opt_other color_value = { set_color, show_color };
static const struct opt_other plain_value = { set_color, NULL };

#define AT(member) offsetof(struct settings, member)

static const struct opt rows[] = {
	{ .name = OPT_WORDS("bind-port", "8911", "PORT",
	  "UDP port to listen on"), .letter = 'p', .type = OPT_INT,
	  .at = AT(port), .of.range = { 1, 65535 } },
	{ .name = OPT_WORDS("pool-size", "8", "N",
	  "connections for each session, which share its datagrams; "
	  "more of them stall less when packets are lost on the way"),
	  .letter = 'n', .type = OPT_INT, .at = AT(pool),
	  .of.range = { 1, 64 } },
	{ .name = OPT_WORDS("mark", OPT_NONE, "MARK",
	  "mark of outgoing connections"), .letter = 'm', .type = OPT_INT,
	  .at = AT(mark) },
	{ .name = OPT_WORDS("expire", "120", "SECONDS",
	  "idle time after which a session ends"), .letter = 'e',
	  .type = OPT_MS, .at = AT(expire_ms), .of.range = { 100, 86400000 } },
	{ .name = OPT_WORDS("buffer", "64k", "BYTES", "queue"),
	  .type = OPT_BYTES, .at = AT(buffer) },
	{ .name = OPT_WORDS("verbosity", "info", "LEVEL", "what is logged"),
	  .letter = 'v', .type = OPT_CHOICE, .at = AT(level),
	  .of.choices = levels },
	{ .name = OPT_WORDS("cert", OPT_NONE, "FILE", "certificate"),
	  .letter = 'c', .type = OPT_TEXT, .at = AT(cert) },
	{ .name = OPT_WORDS("host-name-to-expect-in-it", "", "NAME",
	  "its name"), .type = OPT_TEXT, .at = AT(host) },
	{ .name = OPT_WORDS("no-tls", OPT_NONE, OPT_NONE, "plain TCP"),
	  .letter = 't', .type = OPT_ON, .at = AT(no_tls) },
	{ .name = OPT_WORDS("no-hostname-check", "no", OPT_NONE,
	  "any name will do"), .type = OPT_OFF, .at = AT(check) },
	{ .name = OPT_WORDS("ipv4", OPT_NONE, OPT_NONE, OPT_NONE),
	  .letter = '4', .type = OPT_ON, .at = AT(v4) },
	{ .name = OPT_WORDS("systemd", "yes", "YES", "tell it"),
	  .type = OPT_BOOL, .at = AT(systemd) },
	{ .name = OPT_WORDS("color", OPT_NONE, "COLOR", "color"),
	  .type = OPT_OTHER, .at = AT(color), .of.other = &color_value },
	{ .name = OPT_WORDS("plain", OPT_NONE, OPT_NONE, "no color"),
	  .type = OPT_OTHER, .at = AT(color), .of.other = &plain_value },
	{ .name = OPT_WORDS("help", OPT_NONE, OPT_NONE, "this text"),
	  .letter = 'h', .type = OPT_HELP },
	{ .name = OPT_WORDS("version", OPT_NONE, OPT_NONE, "the version"),
	  .type = OPT_VERSION },
	{ .name = NULL },
};

static struct settings s;
static struct opt_error error;
static const char *positional[2];
static int n_positional;

/* Reads arguments that stand in one string, one blank between. */
static enum opt_result
args(const char *line)
{
	static char copy[600];
	char *argv[20], *p = copy;
	int argc = 1;

	memset(&s, 0, sizeof(s));
	error.text[0] = '\0';
	opt_presets(rows, &s);
	strlcpy(copy, line, sizeof(copy));
	argv[0] = NULL;
	while (*line != '\0' && p != NULL && argc < 20) {
		argv[argc++] = p;
		p = strchr(p, ' ');
		if (p != NULL)
			*p++ = '\0';
	}
	return opt_args(rows, &s, argc, argv, positional, 2, &n_positional,
	    &error);
}

/* What is said against a command line; "" when it is taken. */
static const char *
fault(const char *line)
{
	return args(line) == OPT_BAD ? error.text : "";
}

static unsigned errors;		/* of the last spec */

/* Keeps the first error of a spec. */
static void
spec_error(void *arg, const struct opt_error *e)
{
	(void)arg;
	if (errors++ == 0)
		error = *e;
}

/* The same for a spec. */
static const char *
spec_fault(const char *spec)
{
	static char copy[600];

	memset(&s, 0, sizeof(s));
	opt_presets(rows, &s);
	strlcpy(copy, spec, sizeof(copy));
	error.text[0] = '\0';
	errors = 0;
	return opt_spec(rows, &s, copy, spec_error, NULL) != 0 ? error.text :
	    "";
}

/* What is set when nothing is given. */
static void
test_presets(void)
{
	is_int(args(""), OPT_DONE, "an empty line is taken");
	is_int(n_positional, 0, "and has no positionals");
	ok(s.port == 8911 && s.pool == 8 && s.expire_ms == 120000 &&
	    s.buffer == 65536 && s.level == 1 && s.check && s.systemd,
	    "presets are set");
	ok(s.mark == 0 && s.cert == NULL && !s.no_tls, "others are left");
	is_str(s.host, "", "a preset may be empty");
}

/* All ways of writing. */
static void
test_spellings(void)
{
	is_str(fault("--bind-port=80"), "", "--name=value");
	is_int(s.port, 80, "is read");
	is_str(fault("--bind-port 81"), "", "--name value");
	is_int(s.port, 81, "is read");
	is_str(fault("--bind-p 82"), "", "a unique prefix");
	is_int(s.port, 82, "is enough");
	is_str(fault("--b=83 --buf 1k"), "--b: ambiguous: --bind-port, "
	    "--buffer", "one that is not unique");
	is_str(fault("-p84"), "", "-p84");
	is_int(s.port, 84, "is read");
	is_str(fault("-p 85"), "", "-p 85");
	is_int(s.port, 85, "is read");
	is_str(fault("-p=86"), "", "-p=86, as argparse reads it");
	is_int(s.port, 86, "is read");
	is_str(fault("-t4p87"), "", "letters joined");
	ok(s.no_tls && s.v4 && s.port == 87, "are read");
	is_str(fault("-t4p 88"), "", "the last with a value behind");
	ok(s.no_tls && s.v4 && s.port == 88, "are read");
	is_str(fault("-p 1 -p 2"), "", "given twice");
	is_int(s.port, 2, "the last one counts");
	is_str(fault("-m -5"), "", "a negative number");
	is_int(s.mark, -5, "is a value");
	is_str(fault("-m 0x10"), "", "another base");
	is_int(s.mark, 16, "is read");
	is_str(fault("--cert= --no-tls"), "", "an empty value");
	is_str(s.cert, "", "is one");
	is_str(fault("-c - --"), "", "a single dash");
	is_str(s.cert, "-", "is a value");
	is_str(fault("--cert=--x"), "", "a value that begins with dashes");
	is_str(s.cert, "--x", "is read after =");
	is_str(fault("--cert=a=b"), "", "a value that holds =");
	is_str(s.cert, "a=b", "is read whole");
}

/* Each type. */
static void
test_types(void)
{
	is_str(fault("-e 0.25 --buffer 2M -v crit"), "", "numbers and words");
	is_int(s.expire_ms, 250, "seconds become milliseconds");
	is_int(s.buffer, 2097152, "bytes may have a unit");
	is_int(s.level, 4, "an alias is its target");
	is_str(fault("--verbosity debug --no-hostname-check --systemd off"),
	    "", "words and switches");
	is_int(s.level, 0, "a word is its index");
	ok(!s.check, "a negative switch clears");
	ok(!s.systemd, "a switch with a value");
	is_str(fault("--color red"), "", "a type of its own");
	is_str(s.color, "red", "is set by its function");
	is_str(fault("--plain"), "", "one without a value");
	is_str(s.color, "none", "too");
}

/* Positionals and the end of options. */
static void
test_positionals(void)
{
	char a0[] = "adit", a1[] = "x";
	char *argv[] = { a0, a1, NULL };

	is_str(fault("host -p 5 53"), "", "options after positionals");
	ok(n_positional == 2 && s.port == 5, "are read");
	is_str(positional[0], "host", "the first");
	is_str(positional[1], "53", "the second");
	is_str(fault("-- -p --x"), "", "behind -- all are positionals");
	ok(n_positional == 2 && s.port == 8911, "none is an option");
	is_str(positional[0], "-p", "the first");
	is_str(positional[1], "--x", "the second");
	is_str(fault("- -5"), "", "a dash and a negative number");
	is_int(n_positional, 2, "are positionals");
	is_str(fault("-4 host"), "", "but a digit may be a letter of a row");
	ok(s.v4 && n_positional == 1, "and then it is one");
	is_str(fault("a b c"), "\"c\": one argument too many (2 expected)",
	    "too many are refused");
	is_str(fault("a b -- c"), "\"c\": one argument too many (2 expected)",
	    "behind --, too");
	is_int(opt_args(rows, &s, 2, argv, NULL, 0, &n_positional, &error),
	    OPT_BAD, "where there may be none");
	is_str(error.text, "\"x\": only options are expected",
	    "one is too many");
}

/* Command lines that are wrong, and what is said. */
static void
test_faults(void)
{
	static const char *const faults[][2] = {
		{ "--bind-port 99999",
		    "--bind-port: \"99999\" is not in 1 to 65535" },
		{ "--bind-po=0", "--bind-port: \"0\" is not in 1 to 65535" },
		{ "-p http", "-p: \"http\" is no integer in 1 to 65535" },
		{ "-p=", "-p: \"\" is no integer in 1 to 65535" },
		{ "-m x", "-m: \"x\" is no integer" },
		{ "--expire abc", "--expire: \"abc\" is no number of seconds "
		    "in 0.1 to 86400 seconds" },
		{ "-e 0.05", "-e: \"0.05\" is not in 0.1 to 86400 seconds" },
		{ "--buffer 1kB", "--buffer: \"1kB\" is no number of bytes "
		    "(such as 64k)" },
		{ "-v loud", "-v: \"loud\" is not one of debug, info, warn, "
		    "error, fatal" },
		{ "-v=", "-v: \"\" is not one of debug, info, warn, error, "
		    "fatal" },
		{ "-v crit=fatal", "-v: \"crit=fatal\" is not one of debug, "
		    "info, warn, error, fatal" },
		{ "-v inf", "-v: \"inf\" is not one of debug, info, warn, "
		    "error, fatal" },
		{ "--systemd maybe",
		    "--systemd: \"maybe\" is neither yes nor no" },
		{ "--color pink", "--color: \"pink\": is no color that we "
		    "have; red and blue are" },
		{ "--no-tls=yes", "--no-tls takes no value" },
		{ "-t=yes", "-t takes no value" },
		{ "--plain=x", "--plain takes no value" },
		{ "--help=x", "--help takes no value" },
		{ "--cert", "--cert needs a value: FILE" },
		{ "-c", "-c needs a value: FILE" },
		{ "--cert --no-tls", "--cert needs a value: FILE" },
		{ "--cert -- x", "--cert needs a value: FILE" },
		{ "--bnd-port=1",
		    "--bnd-port: no such option; did you mean --bind-port?" },
		{ "--bindport=1",
		    "--bindport: no such option; did you mean --bind-port?" },
		{ "--cret x",
		    "--cret: no such option; did you mean --cert?" },
		{ "--certificate x",
		    "--certificate: no such option; did you mean --cert?" },
		{ "--hepl", "--hepl: no such option; did you mean --help?" },
		{ "--frobnicate",
		    "--frobnicate: no such option" },
		{ "--=5", "--: no such option" },
		{ "-x", "-x: no such option" },
		{ "-tx5", "-x: no such option" },
		{ "--no", "--no: ambiguous: --no-tls, --no-hostname-check" },
		{ "-\n", "-\\x0a: no such option" },
	};
	char line[600];
	size_t i;

	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		is_str(fault(faults[i][0]), faults[i][1], "%s",
		    faults[i][1]);
	memset(line, 'a', sizeof(line));
	memcpy(line, "-p", 2);
	line[sizeof(line) - 1] = '\0';
	ok(strlen(fault(line)) > 60 && strlen(error.text) < 120 &&
	    strstr(error.text, "aaa...\" is no integer in 1 to ") != NULL,
	    "a long value is shortened");
	memcpy(line, "--", 2);
	ok(strlen(fault(line)) < 120 && strstr(error.text, "no such option")
	    != NULL, "a long name is shortened");
	is_int(args("--help -x"), OPT_DID_HELP, "help");
	is_int(args("-h"), OPT_DID_HELP, "help by its letter");
	is_int(args("--version"), OPT_DID_VERSION, "version");
	is_int(args("-x --help"), OPT_BAD, "what is wrong before help counts");
}

/* Specs of ends. */
static void
test_spec(void)
{
	is_str(spec_fault(""), "", "an empty spec");
	is_str(spec_fault("pool-size=9,no-tls,expire=1m"), "", "three keys");
	ok(s.pool == 9 && s.no_tls && s.expire_ms == 60000, "are set");
	ok(*spec_fault("pol=1,pool-size=9,=2,pool-size=3,no-tls=x") != '\0',
	    "wrong keys between good ones");
	is_int(errors, 4, "  are reported, each");
	is_int(s.pool, 9, "  and those that are good are set");
	is_str(spec_fault("cert=a,,b,,,mark=5"), "", "doubled commas");
	is_str(s.cert, "a,b,", "are commas of the value");
	is_int(s.mark, 5, "a single one ends it");
	is_str(spec_fault("cert=C:\\a=b"), "", "backslashes and =");
	is_str(s.cert, "C:\\a=b", "are plain");
	is_str(spec_fault("no-tls=no,no-hostname-check=no"), "",
	    "switches may have a value");
	ok(!s.no_tls && s.check, "which may be no");
	is_str(spec_fault("cert="), "", "an empty value");
	is_str(s.cert, "", "is one");
	is_str(spec_fault("pool-sze=9"),
	    "pool-sze: no such key; did you mean pool-size?", "a misspelling");
	is_str(error.key, "pool-sze", "is the key of the error");
	is_str(spec_fault("pool=9"),
	    "pool: no such key; did you mean pool-size?", "a prefix");
	is_str(spec_fault("help"), "help: no such key; there are bind-port, "
	    "pool-size, mark, expire, buffer, verbosity, cert, "
	    "host-name-to-expect-in-it, no-tls, no-hostname-check, ipv4, "
	    "systemd, color, ...", "help is no key");
	is_str(spec_fault("cert"), "cert needs a value: FILE", "no value");
	is_str(spec_fault("plain=x"), "plain takes no value", "a value");
	is_str(spec_fault("no-tls=x"),
	    "no-tls: \"x\" is neither yes nor no", "a switch");
	is_str(spec_fault("mark=1,pool-size=9,mark=2"), "mark is given twice",
	    "a key given twice");
	is_str(error.key, "mark", "is the key of the error");
	is_str(spec_fault("mark=1,"), "a key is missing; write KEY=VALUE, "
	    "and a comma in a value twice", "a comma too many");
	is_str(error.key, "", "is about no key");
	is_int(s.mark, 1, "what stands before is set");
	ok(spec_fault("=5")[0] != '\0', "a key is missing");
	is_int(opt_set(rows, &s, "systemd", "yes", &error), 0, "one key");
	is_int(opt_set(rows, &s, "systemd", NULL, &error), -1,
	    "without its value");
}

/* What a function writes. */
static const char *
written(bool help)
{
	static char text[4000];
	FILE *f = fopen(PATH, "w");
	size_t n;

	if (f == NULL)
		return NULL;
	if (help)
		opt_help(rows, f);
	else
		opt_dump(rows, "", &s, f);
	fclose(f);
	f = fopen(PATH, "r");
	if (f == NULL)
		return NULL;
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	remove(PATH);
	return text;
}

static const char *const help_text =
"  -p, --bind-port PORT     UDP port to listen on (default: 8911)\n"
"  -n, --pool-size N        connections for each session, which share its\n"
"                           datagrams; more of them stall less when packets "
    "are\n"
"                           lost on the way (default: 8)\n"
"  -m, --mark MARK          mark of outgoing connections\n"
"  -e, --expire SECONDS     idle time after which a session ends "
    "(default: 120)\n"
"      --buffer BYTES       queue (default: 64k)\n"
"  -v, --verbosity LEVEL    what is logged (one of debug, info, warn, error,\n"
"                           fatal; default: info)\n"
"  -c, --cert FILE          certificate\n"
"      --host-name-to-expect-in-it NAME\n"
"                           its name\n"
"  -t, --no-tls             plain TCP\n"
"      --no-hostname-check  any name will do\n"
"      --systemd YES        tell it (default: yes)\n"
"      --color COLOR        color\n"
"      --plain              no color\n"
"  -h, --help               this text\n"
"      --version            the version\n";

static const char dump_text[] =
"bind-port = 8911\n"
"pool-size = 9\n"
"mark = -1\n"
"expire = 0.25\n"
"buffer = 3M\n"
"verbosity = fatal\n"
"# cert is not set\n"
"host-name-to-expect-in-it = x\n"
"no-tls = no\n"
"no-hostname-check = yes\n"
"ipv4 = no\n"
"systemd = yes\n"
"# color is not set\n";

/* Help and dump. */
static void
test_output(void)
{
	const char *p, *end;
	size_t widest = 0;

	if (HAVE_HELP)
		is_str(written(true), help_text,
		    "help is aligned and wrapped");
	else
		ok(strstr(written(true), "adit(8)") != NULL,
		    "a build without help names the manual");
	for (p = written(true); (end = strchr(p, '\n')) != NULL; p = end + 1)
		if ((size_t)(end - p) > widest)
			widest = (size_t)(end - p);
	ok(widest <= 80, "no line is wider than 80 (%lu)",
	    (unsigned long)widest);
	args("-n 9 -m -1 -e .25 --buffer 3072k -v crit --host x "
	    "--no-hostname-check");
	is_str(written(false), dump_text, "the dump is what was set");
}

/* What a line of settings means: "KEY|VALUE", "-" when it is empty, or what
 * is wrong with it. */
static const char *
line_means(const char *line)
{
	static char means[300];
	char copy[200], *key, *value;
	const char *why;

	strlcpy(copy, line, sizeof(copy));
	switch (opt_read_line(copy, &key, &value, &why)) {
	case 0:
		return "-";
	case 1:
		snprintf(means, sizeof(means), "%s|%s", key, value);
		return means;
	}
	return why;
}

static void
test_lines(void)
{
	static const char *const values[] = {
		"", " ", "a b", " a", "a ", "\"a\"", "a\\x41", "# a", "\n",
		"\" \\", "a = b", "\x7f\x01", "\t", "\xc3\xa4", "C:\\a"
	};
	char shown[OPT_SHOWN], text[300], *key, *value;
	struct settings other;
	const struct opt *row;
	const char *why;
	size_t i, n;
	FILE *f;

	is_str(line_means(" key\t=  a value \n"), "key|a value",
	    "a line of settings, blanks around both");
	is_str(line_means("key="), "key|", "a line with an empty value");
	is_str(line_means("k = \" a\\x22\\x5c \""), "k| a\"\\ ",
	    "a line with a value in quotes");
	is_str(line_means(" # key = value"), "-", "a line of comment");
	is_str(line_means(" \t\r\n"), "-", "a line of blanks");
	is_str(line_means("key"), "a line is KEY = VALUE", "no = in it");
	is_str(line_means("= a"), "a line is KEY = VALUE", "no key in it");
	ok(strstr(line_means("k = \"a"), "quotes") != NULL, "quotes that are "
	    "not closed");
	ok(strstr(line_means("k = \"a\" b"), "quotes") != NULL, "quotes "
	    "that close too soon");
	ok(strstr(line_means("k = \"\\n\""), "backslash") != NULL,
	    "a backslash before something else");
	ok(strstr(line_means("k = \"\\x00\""), "backslash") != NULL,
	    "a byte of 0");
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		f = fopen(PATH, "w+");
		if (f == NULL)
			break;
		opt_dump_line("k", values[i], f);
		rewind(f);
		n = fread(text, 1, sizeof(text) - 1, f);
		text[n] = '\0';
		fclose(f);
		ok(opt_read_line(text, &key, &value, &why) == 1 &&
		    strcmp(key, "k") == 0 && strcmp(value, values[i]) == 0,
		    "value %lu is read as it was written", (unsigned long)i);
	}
	remove(PATH);

	args("-n 9 --color red --cert a");
	other = s;
	for (n = 0, row = rows; row->name != NULL; row++)
		n += !opt_same(row, &s, &other);
	is_int(n, 0, "a copy has the same settings");
	args("-n 9 --color blue -t");
	for (n = 0, row = rows; row->name != NULL; row++)
		if (!opt_same(row, &s, &other))
			printf("# differs: %lu %s\n", (unsigned long)++n,
			    row->name);
	is_int(n, 3, "color, cert and no-tls differ");
	is_str(opt_show(&rows[1], &s, 0, shown), "9", "a value is shown");
	ok(opt_show(&rows[1], &s, 1, shown) == NULL, "and there is no other");
}

/* A command line as Go's flag package reads it. */
static enum opt_result
read_go(const char *line, int *rest)
{
	static char copy[300];
	static char *argv[20];
	char *word;
	int argc = 0;

	memset(&s, 0, sizeof(s));
	opt_presets(rows, &s);
	error.text[0] = '\0';
	strlcpy(copy, line, sizeof(copy));
	argv[argc++] = copy;
	for (word = copy; *word != '\0'; word++) {
		if (*word != ' ')
			continue;
		*word = '\0';
		argv[argc++] = word + 1;
	}
	argv[argc] = NULL;
	return opt_args_go(rows, &s, argc, argv, rest, &error);
}

static void
test_go(void)
{
	static const struct { const char *line; int64_t port; int rest; }
	right[] = {
		{ "x", 8911, 1 },
		{ "x -bind-port 7", 7, 3 },
		{ "x --bind-port 7", 7, 3 },
		{ "x -bind-port=7", 7, 2 },
		{ "x --bind-port=7 server", 7, 2 },
		{ "x -bind-port 7 -bind-port 8 server", 8, 5 },
		{ "x -bind-port 7 -- -bind-port 8", 7, 4 },
		{ "x server -bind-port 7", 8911, 1 },
		{ "x - -bind-port 7", 8911, 1 },
		{ "x  -bind-port 7", 8911, 1 },
		{ "x -no-tls -bind-port 7", 7, 4 },
		{ "x -plain -bind-port 7 server", 7, 4 },
	};
	static const struct { const char *line, *says; } wrong[] = {
		{ "x -bind-port", "-bind-port needs a value" },
		{ "x -bind-port=", "-bind-port: \"\"" },
		{ "x -bind-port -7", "-bind-port: \"-7\" is not in" },
		{ "x -bind-p 7", "-bind-p: no such option" },
		{ "x -p 7", "-p: no such option" },
		{ "x -frob", "-frob: no such option" },
		{ "x ---bind-port 7", "\"---bind-port\" is no option" },
		{ "x -=7", "\"-=7\" is no option" },
		{ "x --=7", "\"--=7\" is no option" },
		{ "x -no-tls=yes", "-no-tls: \"yes\" is neither true nor" },
		{ "x -plain=1", "-plain takes no value" },
		{ "x -no-tls=", "-no-tls: \"\" is neither true nor" },
		{ "x -abcdefghijklmnopqrstuvwxyz0123456789abcdef", "is no" },
	};
	int rest;
	size_t i;

	for (i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		ok(read_go(right[i].line, &rest) == OPT_DONE &&
		    s.port == right[i].port && rest == right[i].rest,
		    "Go: %s: %lld, then %d", right[i].line, (long long)s.port,
		    rest);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ok(read_go(wrong[i].line, &rest) == OPT_BAD &&
		    strstr(error.text, wrong[i].says) != NULL,
		    "Go: %s: %s", wrong[i].line, error.text);
	read_go("x -no-tls false", &rest);
	ok(s.no_tls && rest == 2, "Go: a switch takes no value behind a "
	    "blank");
	read_go("x -no-tls=F", &rest);
	ok(!s.no_tls && rest == 2, "Go: but behind =");
	read_go("x -no-tls=1", &rest);
	ok(s.no_tls, "Go: in any of Go's spellings");
	is_int(read_go("x -h -frob", &rest), OPT_DID_HELP,
	    "Go: -h is help");
	is_int(read_go("x --help", &rest), OPT_DID_HELP,
	    "Go: --help is, too");
}

int
main(void)
{
	test_presets();
	test_spellings();
	test_types();
	test_positionals();
	test_faults();
	test_spec();
	test_output();
	test_lines();
	test_go();
	return done_testing();
}
