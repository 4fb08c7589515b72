/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Writes plans as lines: all of one, or what it has set.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/plan_print.h"

#include "base/alloc.h"
#include "tunnel/tunnel.h"

/* Writes the line with kind and address of an end. */
static void
plan_print_spec(const struct plan_end *e, const char *name, FILE *out)
{
	size_t size = strlen(e->kind->name) + strlen(e->address) + 2;
	char *spec = xcalloc(size, 1);

	snprintf(spec, size, "%s:%s", e->kind->name, e->address);
	opt_dump_line(name, spec, out);
	free(spec);
}

/* Writes the lines of one end. */
static void
plan_print_end(const struct plan_end *e, const char *name, FILE *out)
{
	char prefix[OPT_KEY_TEXT];

	plan_print_spec(e, name, out);
	snprintf(prefix, sizeof(prefix), "%s.", name);
	opt_dump(e->kind->options, prefix, &e->settings, out);
}

void
plan_print(const struct plan *p, FILE *out)
{
	plan_print_end(&p->end[LEFT], plan_sides[LEFT], out);
	plan_print_end(&p->end[RIGHT], plan_sides[RIGHT], out);
	opt_dump(settings_tunnel, "", &p->tunnel, out);
}

void
plan_print_set(const struct plan *p, FILE *out)
{
	const struct plan_end *e;
	char prefix[OPT_KEY_TEXT];
	struct plan fresh;
	unsigned i;

	plan_init(&fresh);
	for (i = LEFT; i <= RIGHT; i++) {
		e = &p->end[i];
		plan_set_kind(&fresh, (enum side)i, e->kind);
		plan_print_spec(e, plan_sides[i], out);
		snprintf(prefix, sizeof(prefix), "%s.", plan_sides[i]);
		opt_dump_set(e->kind->options, prefix, &e->settings,
		    &fresh.end[i].settings, out);
	}
	plan_default_idle(&fresh);
	opt_dump_set(settings_tunnel, "", &p->tunnel, &fresh.tunnel, out);
	plan_free(&fresh);
}
