/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What differs between two plans of a tunnel, and whether it can become the
 * other one while it runs.
 */

#ifndef TUNNEL_PLAN_COMPARE_H
#define TUNNEL_PLAN_COMPARE_H

#include "tunnel/plan.h"

/* Called for each setting that differs: owner is "left", "right" or "tunnel";
 * key is NULL for the kind or the address of an end. */
typedef void plan_differs_fn(void *arg, const char *owner, const char *key);

/* Compares two finished plans and calls fn (NULL: nothing) for each setting
 * that differs; the keys of ends of different kinds are not compared.  Returns
 * the number of differences; 0: the plans are the same. */
unsigned plan_compare(const struct plan *, const struct plan *,
    plan_differs_fn *fn, void *arg);

/* What leads from one plan to another. */
enum plan_change {
	PLAN_SAME,		/* nothing */
	PLAN_LIVE,		/* settings that a running tunnel takes */
	PLAN_OTHER,		/* more: it must start again */
};

/* Compares two finished plans. */
enum plan_change plan_judge(const struct plan *, const struct plan *);

/* Exchanges the contents of two plans between which plan_judge() finds
 * PLAN_LIVE at most.  The groups of endpoints, which are equal, stay where they
 * are: a running end has them. */
void plan_exchange(struct plan *, struct plan *);

#endif
