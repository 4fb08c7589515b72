/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Keys of the sections of a configuration file, and their faults.
 */

#include "compat.h"

#include "daemon/section.h"

#include "base/nearest.h"
#include "base/text.h"
#include "daemon/secret.h"
#include "tunnel/tunnel.h"

const char *const section_sides[] = { "left", "right" };

const struct opt *
section_row(const struct opt *rows, const char *name)
{
	const struct opt *row;

	for (row = rows; row->name != NULL; row++)
		if (strcmp(row->name, name) == 0 && row->type != OPT_HELP &&
		    row->type != OPT_VERSION)
			return row;
	return NULL;
}

bool
section_side_has_key(enum side side, const char *name, struct nearest *guess)
{
	const struct opt *row;
	unsigned i;

	nearest_begin(guess, name, strlen(name));
	for (i = 0; end_list[i] != NULL; i++) {
		if (end_list[i]->side != side)
			continue;
		if (section_row(end_list[i]->options, name) != NULL)
			return true;
		for (row = end_list[i]->options; row->name != NULL; row++)
			nearest_try(guess, row->name);
	}
	return false;
}

bool
section_key_side(const char *key, enum side *side, const char **name)
{
	unsigned i;

	for (i = LEFT; i <= RIGHT; i++) {
		*name = text_after(key, section_sides[i]);
		if (*name == NULL || *(*name)++ != '.')
			continue;
		*side = (enum side)i;
		return true;
	}
	return false;
}

const struct conf_key *
section_find(const struct conf_section *s, const char *name)
{
	const struct conf_key *key;

	for (key = s->keys; key < s->keys + s->n_keys; key++)
		if (strcmp(key->name, name) == 0)
			return key;
	return NULL;
}

/*
 * Faults
 */

/* Notes that the tunnel, or the process, has a fault. */
static void
section_mark(struct reading *r)
{
	if (r->tunnel != NULL)
		r->tunnel->faulty = true;
	else
		r->setup->process_faulty = true;
}

void
section_refuse(struct reading *r, unsigned line, const char *fmt, ...)
{
	char why[FAULT_TEXT], shown[FAULT_TEXT];
	const char *p;
	struct text t;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	text_init(&t, shown, sizeof(shown));
	for (p = why; *p != '\0'; p++)
		text_add(&t, *p >= ' ' && *p < 0x7f ? "%c" : "\\x%02x",
		    (unsigned char)*p);
	faults_add(&r->setup->conf.faults, r->section->file, line, "%s",
	    shown);
	section_mark(r);
}

void
section_refuse_key(struct reading *r, const struct conf_key *key,
    const struct fault *f)
{
	const char *rest = text_after(f->text, f->setting);
	size_t n = strcspn(key->name, ".");
	char words[FAULT_TEXT], *to = words;
	const char *from;

	for (from = f->text; *from != '\0'; from++)
		if (strncmp(from, "--", 2) != 0 || from[2] < 'a' ||
		    from[2] > 'z')
			*to++ = *from;
		else
			from++;
	*to = '\0';
	/* A key of an end, on a line of its own or in the spec. */
	if (*f->setting != '\0' && rest != NULL && (key->name[n] == '.' ||
	    strcmp(key->name, "left") == 0 || strcmp(key->name, "right") == 0))
		section_refuse(r, key->line, "%.*s.%s", (int)n, key->name,
		    words);
	else if (*f->setting != '\0' && strcmp(key->name, f->setting) != 0)
		section_refuse(r, key->line, "%s: %s", key->name, words);
	else
		section_refuse(r, key->line, "%s", words);
}

/* The key that a fault of the whole tunnel is about, or NULL. */
static const struct conf_key *
section_guess_key(const struct reading *r, const char *setting)
{
	const struct conf_key *key;
	char name[SECTION_KEY];
	unsigned i;

	if (*setting == '\0')
		return NULL;
	key = section_find(r->section, setting);
	for (i = LEFT; key == NULL && i <= RIGHT; i++) {
		snprintf(name, sizeof(name), "%s.%s", section_sides[i],
		    setting);
		key = section_find(r->section, name);
	}
	return key;
}

void
section_refuse_tunnel(struct reading *r, const struct fault *f)
{
	const struct conf_key *key = section_guess_key(r, f->setting);

	if (key != NULL)
		section_refuse_key(r, key, f);
	else
		section_refuse(r, r->section->line, "%s", f->text);
}

void
section_check_twice(struct reading *r, const struct opt *rows)
{
	const struct conf_section *s = r->section;
	const struct conf_key *key, *first;
	const struct end_ops *kind;
	const struct opt *row;
	const char *name;
	enum side side;

	for (key = s->keys; key < s->keys + s->n_keys; key++) {
		first = section_find(s, key->name);
		if (first == key)
			continue;
		row = section_row(rows, key->name);
		if (section_key_side(key->name, &side, &name)) {
			kind = r->plan == NULL ? NULL :
			    r->plan->end[side].kind;
			row = kind == NULL ? NULL :
			    section_row(kind->options, name);
			/* Of a kind that is unknown it may be right. */
			if (kind == NULL &&
			    section_find(s, section_sides[side]) != NULL)
				continue;
		}
		if (row == NULL || !row->many)
			section_refuse(r, key->line, "%s: is set already, in "
			    "line %u", key->name, first->line);
	}
}

/*
 * Keys
 */

bool
section_check_value(struct reading *r, const struct conf_key *key,
    const struct opt *row)
{
	const char *why;

	if (row == NULL || !row->secret)
		return true;
	why = secret_check(key->value);
	if (why != NULL)
		section_refuse(r, key->line, "%s: %s", key->name, why);
	return why == NULL;
}

void
section_refuse_unknown(struct reading *r, const struct conf_key *key,
    const char *what, const struct nearest *guess)
{
	if (guess->best != NULL)
		section_refuse(r, key->line, "%s: %s; did you mean %s?",
		    key->name, what, guess->best);
	else
		section_refuse(r, key->line, "%s: %s; adit.conf(5) and `adit "
		    "help KIND` list those that there are", key->name, what);
}

void
section_unknown_key(struct reading *r, const struct conf_key *key,
    const struct opt *rows)
{
	static const char *const others[] = {
		"left", "right", "preset", "arguments"
	};
	struct nearest guess;
	unsigned i;

	for (i = LEFT; i <= RIGHT; i++) {
		if (!section_side_has_key((enum side)i, key->name, &guess))
			continue;
		section_refuse(r, key->line, "%s: this is a key of an end: "
		    "write left.%s or right.%s", key->name, key->name,
		    key->name);
		return;
	}
	if (section_row(process_rows, key->name) != NULL) {
		section_refuse(r, key->line, "%s: this belongs to the "
		    "process: write it in [daemon]", key->name);
		return;
	}
	nearest_begin(&guess, key->name, strlen(key->name));
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		nearest_try(&guess, others[i]);
	for (; rows->name != NULL; rows++)
		nearest_try(&guess, rows->name);
	section_refuse_unknown(r, key, "no such key", &guess);
}

void
section_set_end_key(struct reading *r, const struct conf_key *key,
    enum side side, const char *name)
{
	const struct end_ops *kind = r->plan->end[side].kind;
	struct fault f;

	if (kind == NULL || !section_check_value(r, key,
	    section_row(kind->options, name)))
		return;
	if (plan_set(r->plan, side, name, key->value, &f) != 0)
		section_refuse_key(r, key, &f);
}

void
section_set_key(struct reading *r, const struct conf_key *key)
{
	const char *name;
	enum side side;
	struct fault f;

	if (section_key_side(key->name, &side, &name))
		section_set_end_key(r, key, side, name);
	else if (strcmp(key->name, "left") == 0 ||
	    strcmp(key->name, "right") == 0)
		return;
	else if (section_row(settings_tunnel, key->name) == NULL)
		section_unknown_key(r, key, settings_tunnel);
	else if (plan_set_tunnel(r->plan, key->name, key->value, &f) != 0)
		section_refuse_key(r, key, &f);
}
