/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A plan of two ends of a test, and datagrams through its tunnel.
 */

#ifndef FAKE_PLAN_H
#define FAKE_PLAN_H

#include "compat.h"

#include "base/fault.h"
#include "tunnel/plan.h"

#include "fake_ends.h"

/* Makes a plan of these ends, which is not finished yet. */
static void
fake_plan(struct plan *plan, const struct end_ops *left,
    const struct end_ops *right)
{
	struct fault fault;

	plan_init(plan);
	plan_set_kind(plan, LEFT, left);
	plan_set_kind(plan, RIGHT, right);
	must(plan_set_address(plan, LEFT, "a:1", &fault) == 0);
	must(plan_set_address(plan, RIGHT, "b:2", &fault) == 0);
}

/* Passes n datagrams of len bytes from a leg; n is 8 at most. */
static void
fake_pass(struct leg *leg, unsigned n, size_t len)
{
	struct dgram d[8];
	unsigned i;

	must(n <= sizeof(d) / sizeof(d[0]));
	for (i = 0; i < n; i++) {
		arena_take(loop_arena(leg->end->tunnel->loop), &d[i], 1);
		d[i].len = len;
	}
	flow_pass(leg, d, n);
}

#endif
