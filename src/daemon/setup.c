/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Makes settings and plans of the sections of a configuration file.
 *
 * NOTES.  What a section [tunnel NAME] may have:
 *
 *	left, right		ends, as on the command line
 *	left.KEY, right.KEY	a key of an end
 *	KEY			an option of the tunnel
 *	preset			the name of an old tool; then also
 *	arguments		what is no option on its command line
 *	KEY			an option of that tool
 *
 * Of what is set twice the last one counts, in this order: presets of the rows,
 * [defaults], keys in the spec of an end, keys on lines of their own.  A preset
 * has the defaults of its tool in place of [defaults].
 */

#include "compat.h"

#include "daemon/setup.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "base/nearest.h"
#include "base/text.h"
#include "daemon/conf_owner.h"
#include "daemon/overlap.h"
#include "daemon/preset.h"
#include "daemon/secret.h"
#include "daemon/section.h"
#include "tunnel/plan_print.h"
#include "tunnel/safe.h"
#include "tunnel/tunnel.h"

enum { SETUP_WORDS = 64 };	/* of the arguments of a preset */

/*
 * Defaults
 */

/* The section [defaults], or NULL. */
static const struct conf_section *
setup_defaults(const struct setup *s)
{
	size_t i;

	for (i = 0; i < s->conf.n_sections; i++)
		if (s->conf.sections[i].kind == CONF_DEFAULTS)
			return &s->conf.sections[i];
	return NULL;
}

/* Sets the keys of an end from [defaults], as far as its kind has them and the
 * section has not. */
static void
defaults_set_end(struct reading *r, enum side side)
{
	const struct conf_section *d = setup_defaults(r->setup);
	const struct conf_key *key;
	struct reading defaults = *r;
	const char *name;
	enum side of;

	defaults.section = d;
	for (key = d == NULL ? NULL : d->keys; d != NULL &&
	    key < d->keys + d->n_keys; key++)
		if (section_key_side(key->name, &of, &name) && of == side &&
		    section_row(r->plan->end[side].kind->options, name) !=
		    NULL && section_find(r->section, key->name) == NULL)
			section_set_end_key(&defaults, key, side, name);
}

/* Does the same with the options of the tunnel. */
static void
defaults_set_tunnel(struct reading *r)
{
	const struct conf_section *d = setup_defaults(r->setup);
	const struct conf_key *key;
	struct reading defaults = *r;

	defaults.section = d;
	for (key = d == NULL ? NULL : d->keys; d != NULL &&
	    key < d->keys + d->n_keys; key++)
		if (section_row(settings_tunnel, key->name) != NULL &&
		    section_find(r->section, key->name) == NULL)
			section_set_key(&defaults, key);
}

/* Checks what is wrong with [defaults] by itself. */
static void
defaults_check(struct reading *r)
{
	const struct conf_section *s = r->section;
	const struct conf_key *key;
	const char *name;
	struct nearest guess;
	struct plan scratch;
	enum side side;

	plan_init(&scratch);
	r->plan = &scratch;
	section_check_twice(r, settings_tunnel);
	for (key = s->keys; key < s->keys + s->n_keys; key++) {
		if (!section_key_side(key->name, &side, &name))
			section_set_key(r, key);
		else if (!section_side_has_key(side, name, &guess))
			section_refuse_unknown(r, key, "no end has such a "
			    "key", &guess);
		if (strcmp(key->name, "left") == 0 ||
		    strcmp(key->name, "right") == 0)
			section_refuse(r, key->line, "%s: each tunnel has "
			    "ends of its own; here are only keys of them, as "
			    "%s.KEY", key->name, key->name);
	}
	plan_free(&scratch);
	r->plan = NULL;
}

/*
 * Tunnels
 */

/* Who is told of wrong keys in a spec. */
struct spec_faults {
	struct reading *reading;
	const struct conf_key *key;	/* that has the spec */
};

/* Adds the fault of a key in a spec. */
static void
spec_refuse(void *arg, const struct fault *f)
{
	const struct spec_faults *s = arg;

	section_refuse_key(s->reading, s->key, f);
}

/* Reads the end of one side. */
static void
tunnel_read_end(struct reading *r, enum side side)
{
	const struct conf_key *key = section_find(r->section,
	    section_sides[side]);
	struct spec_faults faults = { r, key };
	struct plan_end *e = &r->plan->end[side];
	struct fault f;
	char *keys = NULL;

	if (key == NULL) {
		section_refuse(r, r->section->line, "%s = KIND:ADDRESS is "
		    "missing: a tunnel has two ends, or a preset",
		    section_sides[side]);
		return;
	}
	if (plan_read_end(r->plan, side, key->value, &keys, &f) != 0)
		section_refuse_key(r, key, &f);
	if (e->kind == NULL)
		return;
	defaults_set_end(r, side);
	if (keys != NULL)
		(void)plan_read_keys(r->plan, side, keys, spec_refuse,
		    &faults);
}

/* Reads a section that has no preset. */
static void
tunnel_read(struct reading *r)
{
	const struct conf_section *s = r->section;
	const struct conf_key *key;

	defaults_set_tunnel(r);
	tunnel_read_end(r, LEFT);
	tunnel_read_end(r, RIGHT);
	section_check_twice(r, settings_tunnel);
	for (key = s->keys; key < s->keys + s->n_keys; key++)
		section_set_key(r, key);
}

/* Finds the preset that a key names; NULL and a fault. */
static const struct preset *
preset_find(struct reading *r, const struct conf_key *key)
{
	struct nearest guess;
	char shown[SECTION_KEY];
	struct text t;
	unsigned i;

	nearest_begin(&guess, key->value, strlen(key->value));
	for (i = 0; preset_list[i] != NULL; i++) {
		if (strcmp(preset_list[i]->name, key->value) == 0)
			return preset_list[i];
		nearest_try(&guess, preset_list[i]->name);
	}
	text_init(&t, shown, sizeof(shown));
	text_add_quoted(&t, key->value, strlen(key->value));
	section_refuse(r, key->line, "preset: \"%s\": no such preset in this "
	    "build%s%s%s", shown, guess.best == NULL ? "" :
	    "; did you mean ", guess.best == NULL ? "" : guess.best,
	    guess.best == NULL ? "" : "?");
	return NULL;
}

/* Is it a key that is set after the preset is complete: of an end, or of the
 * tunnel where the tool has no option of that name? */
static bool
preset_leaves(const struct preset *p, const struct conf_key *key)
{
	const char *name;
	enum side side;

	return section_key_side(key->name, &side, &name) ||
	    (section_row(p->rows, key->name) == NULL &&
	    section_row(settings_tunnel, key->name) != NULL);
}

/* Sets an option of the tool. */
static void
preset_set(struct reading *r, const struct conf_key *key)
{
	const struct opt *row = section_row(r->preset->rows, key->name);
	struct opt_error error;
	struct fault f;

	if (strcmp(key->name, "preset") == 0 ||
	    strcmp(key->name, "arguments") == 0 ||
	    preset_leaves(r->preset, key) || !section_check_value(r, key, row))
		return;
	if (strcmp(key->name, "left") == 0 || strcmp(key->name, "right") == 0)
		section_refuse(r, key->line, "%s: the preset has set this "
		    "end; here are only keys of it, as %s.KEY", key->name,
		    key->name);
	else if (row == NULL || section_row(process_rows, key->name) != NULL)
		section_unknown_key(r, key, r->preset->rows);
	else if (opt_set(r->preset->rows, r->plan, key->name,
	    plan_keep(r->plan, key->value), &error) != 0) {
		(void)fault_user(&f, error.key, "%s", error.text);
		section_refuse_key(r, key, &f);
	}
}

/* Completes the plan of a preset, in which all options are set. */
static void
preset_complete(struct reading *r)
{
	const struct conf_key *key = section_find(r->section, "arguments");
	const char *words[SETUP_WORDS];
	char *text, *word;
	struct fault f;
	int n = 0;

	text = plan_keep(r->plan, key == NULL ? "" : key->value);
	for (word = strtok(text, " \t"); word != NULL && n < SETUP_WORDS;
	    word = strtok(NULL, " \t"))
		words[n++] = word;
	if (word != NULL)
		section_refuse(r, key->line, "arguments: more than %d",
		    SETUP_WORDS);
	else if (r->preset->finish(r->plan, words, n, &f) == 0)
		return;
	else if (*f.setting == '\0' && key != NULL)
		section_refuse_key(r, key, &f);
	else
		section_refuse_tunnel(r, &f);
}

/* Reads a section with a preset. */
static void
preset_read(struct reading *r, const struct conf_key *preset)
{
	const struct conf_section *s = r->section;
	const struct conf_key *key;
	void *line;

	r->preset = preset_find(r, preset);
	if (r->preset == NULL)
		return;
	line = xcalloc(1, r->preset->size);
	preset_begin(r->preset, line);
	r->plan = line;
	section_check_twice(r, r->preset->rows);
	for (key = s->keys; key < s->keys + s->n_keys; key++)
		preset_set(r, key);
	if (!r->tunnel->faulty)
		preset_complete(r);
	for (key = s->keys; key < s->keys + s->n_keys; key++)
		if (preset_leaves(r->preset, key))
			section_set_key(r, key);
	r->tunnel->plan = *r->plan;
	r->plan = &r->tunnel->plan;
	explicit_bzero(line, r->preset->size);
	free(line);
}

/* Checks the settings of an end of a finished plan.  What is named as a secret
 * is taken for a good one. */
static void
tunnel_check_end(struct reading *r, enum side side)
{
	static const char good[] = "00112233445566778899aabbccddeeff";
	struct plan_end e = r->plan->end[side];
	const struct conf_key *key;
	char name[SECTION_KEY];
	const struct opt *row;
	const char **member;
	struct fault f;

	for (row = e.kind->options; row->name != NULL; row++) {
		if (!row->secret)
			continue;
		member = (const char **)((uintptr_t)&e.settings + row->at);
		if (*member != NULL && secret_is_reference(*member))
			*member = good;
	}
	if (plan_check_end(&e, &f) == 0)
		return;
	snprintf(name, sizeof(name), "%s.%s", section_sides[side], f.setting);
	key = section_find(r->section, name);
	if (key == NULL)
		key = section_find(r->section, section_sides[side]);
	section_refuse(r, key == NULL ? r->section->line : key->line, "%s",
	    f.text);
}

/* Does the section set an option of the tool that is secret?  That of
 * udptunnel is in a file of its own. */
static bool
preset_has_secret(const struct reading *r)
{
	const struct conf_section *s = r->section;
	const struct conf_key *key;
	const struct opt *row;

	for (key = s->keys; key < s->keys + s->n_keys; key++) {
		row = section_row(r->preset->rows, key->name);
		if (row != NULL && row->secret)
			return true;
	}
	return false;
}

/* Reads a section [tunnel NAME]. */
static void
setup_read_tunnel(struct reading *r)
{
	const struct conf_key *preset = section_find(r->section, "preset");
	struct fault f;

	r->plan = &r->tunnel->plan;
	r->tunnel->section = r->section;
	if (preset == NULL) {
		plan_init(r->plan);
		r->plan->native = true;
		tunnel_read(r);
	} else {
		preset_read(r, preset);
	}
	if (r->tunnel->faulty)
		return;
	if (plan_finish(r->plan, &f) != 0) {
		section_refuse_tunnel(r, &f);
		return;
	}
	tunnel_check_end(r, LEFT);
	tunnel_check_end(r, RIGHT);
	if (!r->tunnel->faulty && safe_check(r->plan, &f) != 0)
		section_refuse_tunnel(r, &f);
	r->tunnel->has_secret = secret_is_in_plan(r->plan) &&
	    (r->preset == NULL || preset_has_secret(r));
}

/* Reads the section [daemon]. */
static void
setup_read_process(struct reading *r)
{
	const struct conf_section *s = r->section;
	const struct conf_key *key;
	const struct opt *row;
	struct opt_error error;
	struct fault f;

	section_check_twice(r, process_rows);
	for (key = s->keys; key < s->keys + s->n_keys; key++) {
		row = section_row(process_rows, key->name);
		if (opt_set(process_rows, &r->setup->process, key->name,
		    key->value, &error) != 0)
			section_refuse(r, key->line, "%s", error.text);
		else if (row != NULL && row->secret &&
		    !secret_is_reference(key->value))
			r->setup->secret_file = s->file;
	}
	if (web_check(&r->setup->process.web, &f) != 0)
		section_refuse_tunnel(r, &f);
}

/* The section that a line of a file is in, or NULL. */
static const struct conf_section *
setup_find_section(const struct setup *s, const char *file, unsigned line)
{
	const struct conf_section *at, *found = NULL;
	size_t i;

	for (i = 0; i < s->conf.n_sections; i++) {
		at = &s->conf.sections[i];
		if (strncmp(at->file, file, FAULT_FILE - 1) == 0 &&
		    at->line <= line && (found == NULL ||
		    at->line > found->line))
			found = at;
	}
	return found;
}

/* Marks what has a fault of the text.  A file that cannot be read, or a section
 * whose head is wrong, is no part of the others. */
static void
setup_mark(struct setup *s, const struct fault *f)
{
	const struct conf_section *section = setup_find_section(s, f->file,
	    f->line);
	size_t i;

	if (f->line == 0 || (section != NULL && section->kind == CONF_WRONG)) {
		s->text_faulty = true;
		return;
	}
	if (section == NULL || section->kind != CONF_TUNNEL)
		s->process_faulty = true;
	for (i = 0; i < s->n_tunnels; i++)
		if (s->tunnels[i].section == section)
			s->tunnels[i].faulty = true;
}

/* Reads one section. */
static void
setup_read_section(struct setup *s, const struct conf_section *section)
{
	struct reading r = { s, section, NULL, NULL, NULL };

	switch (section->kind) {
	case CONF_TUNNEL:
		r.tunnel = &s->tunnels[s->n_tunnels++];
		setup_read_tunnel(&r);
		return;
	case CONF_DEFAULTS:
		defaults_check(&r);
		return;
	case CONF_DAEMON:
		setup_read_process(&r);
		return;
	case CONF_WRONG:
		return;
	}
}

int
setup_make(struct setup *s)
{
	struct conf *c = &s->conf;
	size_t i, n = c->faults.n;

	/* What is not kept may concern anything. */
	s->process_faulty = c->faults.more > 0;
	opt_presets(process_rows, &s->process);
	s->tunnels = xcalloc(c->n_sections + 1, sizeof(*s->tunnels));
	for (i = 0; i < c->n_sections; i++)
		setup_read_section(s, &c->sections[i]);
	for (i = 0; i < n; i++)
		setup_mark(s, &c->faults.at[i]);
	overlap_check(s);
	faults_sort(&c->faults);
	return c->faults.n == 0 ? 0 : -1;
}

int
setup_read(struct setup *s, const char *path)
{
	conf_read(&s->conf, path);
	if (setup_make(s) == 0 && s->n_tunnels == 0)
		faults_add(&s->conf.faults, path, 0, "there is no tunnel: a "
		    "section [tunnel NAME] makes one");
	conf_owner_check(s, path);
	return s->conf.faults.n == 0 ? 0 : -1;
}

void
setup_refuse(struct setup *s, struct setup_tunnel *t, const struct fault *f)
{
	struct reading r = { s, t->section, NULL, t, &t->plan };

	section_refuse_tunnel(&r, f);
}

/* Warns if others can read a file that has a secret. */
static void
warn_secret(const char *file)
{
	if (file_is_private(file) == 0)
		log_warn("%s: a key is in this file, which others can read: "
		    "make it readable by its owner only, or name a file of "
		    "the key by file:PATH", file);
}

void
setup_warn(const struct setup *s)
{
	const struct setup_tunnel *t;
	const char *file = NULL;

	if (s->secret_file != NULL)
		warn_secret(s->secret_file);
	/* The tunnels of a file follow each other. */
	for (t = s->tunnels; t < s->tunnels + s->n_tunnels; t++) {
		if (!t->has_secret || t->section->file == file)
			continue;
		file = t->section->file;
		if (file != s->secret_file)
			warn_secret(file);
	}
}

void
setup_print(const struct setup *s, FILE *out)
{
	size_t i;

	fputs("[daemon]\n", out);
	opt_dump(process_rows, "", &s->process, out);
	for (i = 0; i < s->n_tunnels; i++) {
		fprintf(out, "\n[tunnel %s]\n", s->tunnels[i].section->name);
		plan_print(&s->tunnels[i].plan, out);
	}
}

void
setup_wipe(struct setup *s)
{
	size_t i;

	conf_wipe(&s->conf);
	for (i = 0; i < s->n_tunnels; i++)
		plan_wipe(&s->tunnels[i].plan);
}

void
setup_free(struct setup *s)
{
	size_t i;

	for (i = 0; i < s->n_tunnels; i++)
		plan_free(&s->tunnels[i].plan);
	free(s->tunnels);
	conf_free(&s->conf);
	memset(s, 0, sizeof(*s));
}
