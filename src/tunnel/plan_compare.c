/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Compares plans by the rows of their settings.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/plan_compare.h"

#include "tunnel/tunnel.h"

/* The callback of plan_compare(), and a count. */
struct differs {
	plan_differs_fn *fn;	/* NULL: only count */
	void *arg;		/* for fn */
	unsigned n;		/* differences so far */
	unsigned fixed;		/* of these, that are not live */
};

/* Counts and reports a setting that differs. */
static void
differs_report(struct differs *d, const char *owner, const char *key,
    bool live)
{
	d->n++;
	d->fixed += !live;
	if (d->fn != NULL)
		d->fn(d->arg, owner, key);
}

/* Compares the members of two structs that the rows describe. */
static void
differs_compare_rows(struct differs *d, const char *owner,
    const struct opt *row, const void *a, const void *b)
{
	for (; row->name != NULL; row++)
		if (!opt_same(row, a, b))
			differs_report(d, owner, row->name, row->live);
}

/* Compares all of two plans. */
static void
differs_compare(struct differs *d, const struct plan *a, const struct plan *b)
{
	const struct plan_end *ea, *eb;
	unsigned i;

	for (i = LEFT; i <= RIGHT; i++) {
		ea = &a->end[i];
		eb = &b->end[i];
		if (ea->kind != eb->kind ||
		    strcmp(ea->address, eb->address) != 0)
			differs_report(d, plan_sides[i], NULL, false);
		if (ea->kind == eb->kind)
			differs_compare_rows(d, plan_sides[i],
			    ea->kind->options, &ea->settings, &eb->settings);
	}
	differs_compare_rows(d, "tunnel", settings_tunnel, &a->tunnel,
	    &b->tunnel);
}

unsigned
plan_compare(const struct plan *a, const struct plan *b, plan_differs_fn *fn,
    void *arg)
{
	struct differs d = { fn, arg, 0, 0 };

	differs_compare(&d, a, b);
	return d.n;
}

enum plan_change
plan_judge(const struct plan *a, const struct plan *b)
{
	struct differs d = { NULL, NULL, 0, 0 };

	differs_compare(&d, a, b);
	return d.n == 0 ? PLAN_SAME : d.fixed == 0 ? PLAN_LIVE : PLAN_OTHER;
}

void
plan_exchange(struct plan *a, struct plan *b)
{
	struct plan was = *a;
	struct addrgroup *group;
	unsigned i;

	*a = *b;
	*b = was;
	for (i = LEFT; i <= RIGHT; i++) {
		group = a->end[i].group;
		a->end[i].group = b->end[i].group;
		b->end[i].group = group;
		a->end[i].settings.group = a->end[i].group;
		b->end[i].settings.group = b->end[i].group;
	}
}
