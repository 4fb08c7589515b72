/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: a configuration file, its text and the plans of its tunnels.
 * Each fault and each key has a line of the text, and what was read is the same
 * when it was written and read again.
 */

#include "compat.h"

#include "base/log.h"
#include "base/opt.h"
#include "daemon/setup.h"

#include "printed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold for a fault: it is the user's, in one printable line, about a
 * line of the file. */
static void
check_fault(const struct fault *f, unsigned lines)
{
	check_user_fault(f);
	must(f->line <= lines);
	must(strcmp(f->file, "f") == 0);
}

/* Writes the sections without faults. */
static void
write_conf(const struct conf *c, FILE *f)
{
	static const char *const kinds[] = { "tunnel ", "defaults", "daemon" };
	const struct conf_section *s;
	size_t i, n;

	for (n = 0; n < c->n_sections; n++) {
		s = &c->sections[n];
		if (s->kind == CONF_WRONG)
			continue;
		fprintf(f, "[%s%s]\n", kinds[s->kind], s->name);
		for (i = 0; i < s->n_keys; i++)
			opt_dump_line(s->keys[i].name, s->keys[i].value, f);
	}
}

/* Are the sections without faults the same? */
static void
compare(const struct conf *c, const struct conf *again)
{
	const struct conf_section *s, *t;
	size_t i, n, m = 0;

	for (n = 0; n < c->n_sections; n++) {
		s = &c->sections[n];
		if (s->kind == CONF_WRONG)
			continue;
		must(m < again->n_sections);
		t = &again->sections[m++];
		must(s->kind == t->kind && strcmp(s->name, t->name) == 0);
		must(s->n_keys == t->n_keys);
		for (i = 0; i < s->n_keys; i++) {
			must(strcmp(s->keys[i].name, t->keys[i].name) == 0);
			must(strcmp(s->keys[i].value, t->keys[i].value) == 0);
		}
	}
	must(m == again->n_sections);
}

/* Has the text a line that is too long to be read?  Where bytes are written as
 * \xNN a line grows. */
static bool
has_long_line(const char *text, size_t len)
{
	const char *end;

	while (len > 0) {
		end = memchr(text, '\n', len);
		if (end == NULL || end - text > CONF_LINE)
			return true;
		len -= (size_t)(end + 1 - text);
		text = end + 1;
	}
	return false;
}

/* Writes what was read, reads that, and compares. */
static void
check_again(const struct conf *c)
{
	struct conf again = { NULL, 0, NULL, 0, NULL, { NULL, 0, 0 } };
	char *text;
	size_t len;
	FILE *f = tmpfile();

	if (f == NULL)
		return;
	write_conf(c, f);
	text = read_back(f, &len);
	if (!has_long_line(text, len)) {
		conf_parse(&again, "f", text, len, true);
		compare(c, &again);
		conf_free(&again);
	}
	free(text);
}

/* Checks the lines of sections and keys. */
static void
check_lines(const struct conf *c, unsigned lines)
{
	const struct conf_section *s;
	size_t i, n;

	for (n = 0; n < c->n_sections; n++) {
		s = &c->sections[n];
		must(s->line >= 1 && s->line <= lines);
		for (i = 0; i < s->n_keys; i++)
			must(s->keys[i].line > s->line &&
			    s->keys[i].line <= lines);
	}
}

/* Prints a setup without faults, reads it again, and compares. */
static void
check_print(const struct setup *s)
{
	struct setup again = { .n_tunnels = 0 };
	char *text;
	size_t len;
	size_t i;
	FILE *f = tmpfile();

	if (f == NULL)
		return;
	setup_print(s, f);
	text = read_back(f, &len);
	conf_parse(&again.conf, "f", text, len, true);
	must(setup_make(&again) == 0 && again.n_tunnels == s->n_tunnels);
	for (i = 0; i < s->n_tunnels; i++)
		check_read(&s->tunnels[i].plan, &again.tunnels[i].plan);
	free(text);
	setup_free(&again);
}

/* Does the text have that word? */
static bool
has_word(const uint8_t *data, size_t size, const char *word)
{
	size_t i;

	for (i = 0; i + strlen(word) <= size; i++)
		if (memcmp(data + i, word, strlen(word)) == 0)
			return true;
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct setup s = { .n_tunnels = 0 };
	unsigned lines = 1;
	size_t i;

	log_set_level(LEVEL_FATAL);
	for (i = 0; i < size; i++)
		lines += data[i] == '\n';
	conf_parse(&s.conf, "f", (const char *)data, size, false);
	check_lines(&s.conf, lines);
	check_again(&s.conf);
	/* That preset reads a file; a key is not printed, but needed. */
	if (!has_word(data, size, "udptunnel") && setup_make(&s) == 0 &&
	    !has_word(data, size, "psk"))
		check_print(&s);
	for (i = 0; i < s.conf.faults.n; i++)
		check_fault(&s.conf.faults.at[i], lines);
	setup_free(&s);
	return 0;
}
