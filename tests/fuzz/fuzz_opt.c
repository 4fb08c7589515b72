/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: option tables.  The first byte of the input says what the rest
 * is: 'a' arguments, one on a line; 's' a spec; 'v' a value for each parser.
 */

#include "compat.h"

#include "base/log.h"
#include "base/opt.h"
#include "base/value.h"

enum { MOST_ARGS = 64, MOST_POSITIONALS = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct settings {
	int64_t port, pool, expire_ms, buffer, level;
	const char *cert;
	bool no_tls, check, quiet;
	char color[8];
};

static const char *const levels[] = {
	"debug", "info", "warn", "error", "fatal", "crit=fatal", NULL,
};

/* Takes red, and without a value none. */
static const char *
set_color(void *member, const char *value)
{
	if (value != NULL && strcmp(value, "red") != 0)
		return "red is the only color";
	strlcpy(member, value != NULL ? value : "none", 8);
	return NULL;
}

static const struct opt_other color_value = { set_color, NULL };

#define AT(member) offsetof(struct settings, member)

static const struct opt rows[] = {
	{ .name = OPT_WORDS("bind-port", "8911", OPT_NONE, OPT_NONE),
	  .letter = 'p', .type = OPT_INT, .at = AT(port),
	  .of.range = { 1, 65535 } },
	{ .name = OPT_WORDS("pool-size", OPT_NONE, "N", OPT_NONE),
	  .letter = 'n', .type = OPT_INT, .at = AT(pool) },
	{ .name = OPT_WORDS("expire", "120", OPT_NONE, OPT_NONE), .letter = 'e',
	  .type = OPT_MS, .at = AT(expire_ms), .of.range = { 0, 1000000 } },
	{ .name = OPT_WORDS("buffer", OPT_NONE, OPT_NONE, OPT_NONE),
	  .type = OPT_BYTES, .at = AT(buffer) },
	{ .name = OPT_WORDS("verbosity", "info", OPT_NONE, OPT_NONE),
	  .letter = 'v', .type = OPT_CHOICE, .at = AT(level),
	  .of.choices = levels },
	{ .name = OPT_WORDS("cert", OPT_NONE, "FILE", OPT_NONE), .letter = 'c',
	  .type = OPT_TEXT, .at = AT(cert) },
	{ .name = OPT_WORDS("no-tls", OPT_NONE, OPT_NONE, OPT_NONE),
	  .letter = 't', .type = OPT_ON, .at = AT(no_tls) },
	{ .name = OPT_WORDS("no-hostname-check", "no", OPT_NONE, OPT_NONE),
	  .letter = '4', .type = OPT_OFF, .at = AT(check) },
	{ .name = OPT_WORDS("quiet", OPT_NONE, OPT_NONE, OPT_NONE),
	  .letter = 'q', .type = OPT_BOOL, .at = AT(quiet) },
	{ .name = OPT_WORDS("color", OPT_NONE, "C", OPT_NONE),
	  .type = OPT_OTHER, .at = AT(color), .of.other = &color_value },
	{ .name = OPT_WORDS("plain", OPT_NONE, OPT_NONE, OPT_NONE),
	  .type = OPT_OTHER, .at = AT(color), .of.other = &color_value },
	{ .name = OPT_WORDS("help", OPT_NONE, OPT_NONE, OPT_NONE),
	  .letter = 'h', .type = OPT_HELP },
	{ .name = OPT_WORDS("version", OPT_NONE, OPT_NONE, OPT_NONE),
	  .type = OPT_VERSION },
	{ .name = NULL },
};

/* What must hold for settings, whatever was read. */
static void
check_settings(const struct settings *s)
{
	must(s->port >= 1 && s->port <= 65535);
	must(s->expire_ms >= 0 && s->expire_ms <= 1000000);
	must(s->buffer >= 0);
	must(s->level >= 0 && s->level <= 4);
	must(memchr(s->color, '\0', sizeof(s->color)) != NULL);
}

/* What must hold for an error: one printable line. */
static void
check_error(const struct opt_error *error)
{
	const char *p;

	must(memchr(error->text, '\0', sizeof(error->text)) != NULL);
	must(error->text[0] != '\0');
	for (p = error->text; *p != '\0'; p++)
		must(*p >= ' ' && *p < 0x7f);
}

/* Reads a command line in both ways. */
static void
check_args(char *text)
{
	char name[] = "adit", *argv[MOST_ARGS + 1], *p = text;
	const char *positional[MOST_POSITIONALS];
	struct opt_error error = { .text = "" };
	struct settings s;
	int argc = 1, n = 0, i;

	argv[0] = name;
	while (p != NULL && argc < MOST_ARGS) {
		argv[argc++] = p;
		p = strchr(p, '\n');
		if (p != NULL)
			*p++ = '\0';
	}
	argv[argc] = NULL;

	memset(&s, 0, sizeof(s));
	opt_presets(rows, &s);
	if (opt_args(rows, &s, argc, argv, positional, MOST_POSITIONALS, &n,
	    &error) == OPT_BAD)
		check_error(&error);
	check_settings(&s);
	must(n >= 0 && n <= MOST_POSITIONALS);
	for (i = 0; i < n; i++)
		must(strlen(positional[i]) < SIZE_MAX);
}

/* One of the keys of a spec is wrong. */
static void
count_error(void *arg, const struct opt_error *error)
{
	unsigned *n = arg;

	++*n;
	check_error(error);
}

/* Reads a spec. */
static void
check_spec(char *text)
{
	struct settings s;
	unsigned n = 0;

	memset(&s, 0, sizeof(s));
	opt_presets(rows, &s);
	must((opt_spec(rows, &s, text, count_error, &n) != 0) == (n > 0));
	check_settings(&s);
	must(s.cert == NULL || strlen(s.cert) < SIZE_MAX);
}

/* Reads a value as every kind. */
static void
check_value(const char *text)
{
	char again[32];
	int64_t v, w;
	bool on;

	(void)value_parse_bool(text, &on);
	if (value_parse_int(text, &v) == 0) {
		snprintf(again, sizeof(again), "%lld", (long long)v);
		must(value_parse_int(again, &w) == 0 && v == w);
	}
	if (value_parse_ms(text, &v) == 0) {
		must(v >= 0);
		must(value_parse_ms(value_ms_text(v, again), &w) == 0);
		must(v == w);
	}
	if (value_parse_bytes(text, &v) == 0)
		must(v >= 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0)
		return 0;
	text = malloc(size);
	if (text == NULL)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	if (data[0] == 'a')
		check_args(text);
	else if (data[0] == 's')
		check_spec(text);
	else
		check_value(text);
	free(text);
	return 0;
}
