/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Plans: making, filling in and freeing them.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/plan.h"

#include "base/addrgroup.h"
#include "base/alloc.h"
#include "base/fault.h"
#include "base/nearest.h"
#include "base/text.h"
#include "tunnel/tunnel.h"

enum {
	PLAN_WHY = 400,		/* bytes of an error about an address */
};

/* A text of a plan. */
struct plan_text {
	struct plan_text *next;	/* NULL: the last one */
	size_t size;		/* of bytes, NUL included */
	char bytes[];		/* the text */
};

const char *const plan_sides[] = { "left", "right" };

/*
 * Memory
 */

void
plan_init(struct plan *p)
{
	memset(p, 0, sizeof(*p));
	opt_presets(settings_tunnel, &p->tunnel);
	p->tunnel.idle_ms = PLAN_UNSET;
	p->end[LEFT].settings.mark = p->end[RIGHT].settings.mark = -1;
}

void
plan_wipe(struct plan *p)
{
	struct plan_text *t;

	for (t = p->texts; t != NULL; t = t->next)
		explicit_bzero(t->bytes, t->size);
}

void
plan_free(struct plan *p)
{
	struct plan_text *t, *next;

	plan_wipe(p);
	for (t = p->texts; t != NULL; t = next) {
		next = t->next;
		free(t);
	}
	group_free(p->end[LEFT].group);
	group_free(p->end[RIGHT].group);
	memset(p, 0, sizeof(*p));
}

char *
plan_keep(struct plan *p, const char *text)
{
	struct plan_text *t;
	size_t size;

	if (text == NULL)
		return NULL;
	size = strlen(text) + 1;
	t = xcalloc(1, sizeof(*t) + size);
	t->next = p->texts;
	t->size = size;
	memcpy(t->bytes, text, size);
	p->texts = t;
	return t->bytes;
}

void
plan_keep_args(struct plan *p, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++)
		argv[i] = plan_keep(p, argv[i]);
}

/*
 * Setting
 */

void
plan_set_kind(struct plan *p, enum side side, const struct end_ops *kind)
{
	struct plan_end *e = &p->end[side];

	group_free(e->group);
	memset(e, 0, sizeof(*e));
	e->kind = kind;
	e->settings.mark = -1;
	opt_presets(kind->options, &e->settings);
}

/* Clears the address of an end. */
static void
plan_clear_address(struct plan_end *e)
{
	group_free(e->group);
	e->group = NULL;
	e->settings.group = NULL;
	e->settings.device = NULL;
	memset(&e->settings.at, 0, sizeof(e->settings.at));
}

/* Parses an address, which is a copy of the plan's; 0, or -1 and why. */
static int
plan_read_address(struct plan_end *e, const char *address,
    char why[PLAN_WHY])
{
	const struct end_ops *kind = e->kind;
	struct settings *s = &e->settings;
	char group_why[GROUP_WHY];
	const char *bad = NULL;

	plan_clear_address(e);
	e->address = address;
	if (kind->device) {
		s->device = address;
		return 0;
	}
	if (kind->bare && *address == '\0')
		return 0;
	if (kind->side == RIGHT && strpbrk(address, "{+") != NULL) {
		if (group_parse(&e->group, address, group_why) != 0) {
			strlcpy(why, group_why, PLAN_WHY);
			return -1;
		}
		s->group = e->group;
		return 0;
	}
	if (hostport_parse(&s->at, address, 0, &bad) == 0 &&
	    s->at.host[0] == '\0' && !kind->any_host)
		bad = "a host is missing before the port";
	if (bad == NULL)
		return 0;
	strlcpy(why, bad, PLAN_WHY);
	return -1;
}

/* Fills in the fault of a spec or an address; shows its first len bytes, at
 * most PLAN_SHOWN. */
static int
plan_fault_spec(struct fault *f, enum side side, const char *spec, size_t len,
    const char *why)
{
	char shown[4 * PLAN_SHOWN];
	struct text t;

	text_init(&t, shown, sizeof(shown));
	text_add_quoted(&t, spec, len < PLAN_SHOWN ? len : PLAN_SHOWN);
	return fault_user(f, plan_sides[side], "\"%s%s\": %s", shown,
	    len > PLAN_SHOWN ? "..." : "", why);
}

int
plan_set_address(struct plan *p, enum side side, const char *address,
    struct fault *f)
{
	char why[PLAN_WHY];

	if (plan_read_address(&p->end[side], plan_keep(p, address), why) == 0)
		return 0;
	return plan_fault_spec(f, side, address, strlen(address), why);
}

void
plan_set_host(struct plan *p, enum side side, const struct hostport *at)
{
	struct plan_end *e = &p->end[side];
	char text[HOST_TEXT + 16];

	plan_clear_address(e);
	e->settings.at = *at;
	e->address = plan_keep(p, hostport_text(at, text));
}

/* Fills in the fault of an error of the option table. */
static int
plan_fault_opt(struct fault *f, const struct opt_error *error)
{
	return fault_user(f, error->key, "%s", error->text);
}

int
plan_set(struct plan *p, enum side side, const char *key, const char *value,
    struct fault *f)
{
	struct plan_end *e = &p->end[side];
	struct opt_error error;

	if (opt_set(e->kind->options, &e->settings, key, plan_keep(p, value),
	    &error) != 0)
		return plan_fault_opt(f, &error);
	return 0;
}

int
plan_set_tunnel(struct plan *p, const char *key, const char *value,
    struct fault *f)
{
	struct opt_error error;

	if (opt_set(settings_tunnel, &p->tunnel, key, plan_keep(p, value),
	    &error) != 0)
		return plan_fault_opt(f, &error);
	return 0;
}

/*
 * Reading
 */

/* The bytes of a spec that an error may show: those before its keys, which may
 * be secret.  If a brace is not closed, group_spec_end() finds no comma: then
 * only what precedes the first '='. */
static size_t
spec_shown_len(const char *spec)
{
	size_t len = (size_t)(group_spec_end(spec) - spec);
	const char *equals = memchr(spec, '=', len);

	return equals == NULL ? len : (size_t)(equals - spec);
}

/* Says that there is no end of that kind, and which was probably meant. */
static void
kind_unknown(const char *name, enum side side, char why[PLAN_WHY])
{
	struct nearest guess;
	unsigned i;

	nearest_begin(&guess, name, strlen(name));
	for (i = 0; end_list[i] != NULL; i++)
		if (end_list[i]->side == side)
			nearest_try(&guess, end_list[i]->name);
	snprintf(why, PLAN_WHY, "this build has no end of this kind%s%s%s",
	    guess.best == NULL ? "" : "; did you mean ",
	    guess.best == NULL ? "" : guess.best,
	    guess.best == NULL ? "" : "?");
}

/* Finds the kind of that name for a side; NULL and why. */
static const struct end_ops *
spec_find_kind(const char *name, enum side side, char why[PLAN_WHY])
{
	const struct end_ops *kind = end_find_side(name, side);

	if (kind == NULL && end_find(name) == NULL)
		kind_unknown(name, side, why);
	else if (kind == NULL)
		strlcpy(why, side == LEFT ? "this end can only be RIGHT; "
		    "flows begin in LEFT, the first" : "this end can only be "
		    "LEFT, the first of the two", PLAN_WHY);
	return kind;
}

/* Sets the kind that precedes the colon in `copy`, where it replaces the colon
 * by NUL.  Returns the text after it, or NULL and the fault, which shows
 * `spec`. */
static char *
spec_read_kind(struct plan *p, enum side side, const char *spec, char *copy,
    struct fault *f)
{
	const struct end_ops *kind = NULL;
	char *colon = strchr(copy, ':');
	char why[PLAN_WHY] = "an end is written KIND:HOST:PORT, for example "
	    "udp-listen:127.0.0.1:8911";

	if (colon != NULL) {
		*colon = '\0';
		kind = spec_find_kind(copy, side, why);
	}
	if (kind == NULL) {
		(void)plan_fault_spec(f, side, spec, spec_shown_len(spec),
		    why);
		return NULL;
	}
	plan_set_kind(p, side, kind);
	return colon + 1;
}

int
plan_read_end(struct plan *p, enum side side, const char *spec, char **keys,
    struct fault *f)
{
	struct plan_end *e = &p->end[side];
	char why[PLAN_WHY], *at;

	at = spec_read_kind(p, side, spec, plan_keep(p, spec), f);
	if (at == NULL)
		return -1;
	*keys = at + (group_spec_end(at) - at);
	if (**keys == ',')
		*(*keys)++ = '\0';
	if (plan_read_address(e, at, why) != 0)
		return plan_fault_spec(f, side, spec, spec_shown_len(spec),
		    why);
	return 0;
}

/* Who takes the faults of keys. */
struct keys_faults {
	plan_fault_fn *fn;
	void *arg;		/* for fn */
};

/* Passes on that a key is wrong. */
static void
keys_report(void *arg, const struct opt_error *error)
{
	const struct keys_faults *to = arg;
	struct fault f;

	(void)plan_fault_opt(&f, error);
	to->fn(to->arg, &f);
}

int
plan_read_keys(struct plan *p, enum side side, char *keys, plan_fault_fn *fn,
    void *arg)
{
	struct plan_end *e = &p->end[side];
	struct keys_faults to = { fn, arg };

	return opt_spec(e->kind->options, &e->settings, keys, keys_report,
	    &to);
}

/* Keeps the first fault. */
static void
keys_keep_first(void *arg, const struct fault *f)
{
	struct fault *first = arg;

	if (first->kind == FAULT_NONE)
		*first = *f;
}

int
plan_read_spec(struct plan *p, enum side side, const char *spec,
    struct fault *f)
{
	char *keys;

	if (plan_read_end(p, side, spec, &keys, f) != 0)
		return -1;
	f->kind = FAULT_NONE;
	return plan_read_keys(p, side, keys, keys_keep_first, f);
}

/* Reads the value of "left = KIND:ADDRESS".  This format has no keys, so the
 * fault may show all of it. */
static int
line_read_end(struct plan *p, enum side side, const char *spec,
    struct fault *f)
{
	char why[PLAN_WHY];
	const char *at;

	at = spec_read_kind(p, side, spec, plan_keep(p, spec), f);
	if (at == NULL)
		return -1;
	if (plan_read_address(&p->end[side], at, why) != 0)
		return plan_fault_spec(f, side, spec, strlen(spec), why);
	return 0;
}

int
plan_read_line(struct plan *p, const char *line, struct fault *f)
{
	const char *rest, *why = NULL;
	char *key, *value;
	unsigned side;
	int result;

	result = opt_read_line(plan_keep(p, line), &key, &value, &why);
	if (result < 0)
		return fault_user(f, NULL, "%s", why);
	if (result == 0)
		return 0;
	for (side = LEFT; side <= RIGHT; side++) {
		rest = text_after(key, plan_sides[side]);
		if (rest != NULL && *rest == '\0')
			return line_read_end(p, (enum side)side, value, f);
		if (rest == NULL || *rest != '.')
			continue;
		if (p->end[side].kind == NULL)
			return fault_user(f, plan_sides[side], "%s = "
			    "KIND:ADDRESS must come before its keys",
			    plan_sides[side]);
		return plan_set(p, (enum side)side, rest + 1, value, f);
	}
	return plan_set_tunnel(p, key, value, f);
}
