/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Runs the tunnel of a command line: a process with one plan.
 */

#include "compat.h"

#include "cmd/run.h"

#include "base/fault.h"

/* A tunnel that runs. */
struct run {
	struct config *config;
	const struct member *member;
};

/* The log is open: finishes the plan. */
static int
run_opened(void *arg, struct fault *f)
{
	const struct run *r = arg;
	struct config *c = r->config;

	if (plan_finish(&c->plan, f) != 0 || plan_check(&c->plan, f) != 0)
		return -1;
	if (c->opened != NULL)
		c->opened(c);
	return 0;
}

/* The tunnel runs. */
static void
run_ready(void *arg)
{
	const struct run *r = arg;

	if (r->config->ready != NULL)
		r->config->ready(r->member->tunnel);
}

int
run_tunnel(const char *name, struct config *c)
{
	struct run r = { c, NULL };
	struct process p = {
		.settings = c->process, .name = name,
		.control_name = c->control_name, .arg = &r,
		.opened = run_opened, .ready = run_ready,
	};
	struct fault fault;

	if (run_instead != NULL)
		return run_instead(name, c);
	r.member = members_add(&p.members, NULL, &c->plan, true);
	if (process_run(&p, &fault) != 0)
		run_fault(c, &fault);
	plan_free(&c->plan);
	return 0;
}
