/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * adit tunnel: joins any LEFT end with any RIGHT end.
 */

#include "compat.h"

#include <string.h>

#include "cmd/cmd.h"
#include "cmd/run.h"

#include "base/alloc.h"
#include "base/fault.h"
#include "tunnel/tunnel.h"

static const struct opt join_own_rows[] = {
	RUN_LOG_ROWS,
	RUN_DAEMON_ROWS,
	RUN_DRAIN_ROW,
	RUN_WEB_ROWS,
	RUN_HELP_ROWS,
	{ .name = NULL }
};

/* The option rows of this command: the tunnel's settings, with offsets into
 * struct config, then those above.  The caller frees them. */
static struct opt *
join_rows(void)
{
	size_t n_tunnel = 0, n_rest = 0, i;
	struct opt *all;

	while (settings_tunnel[n_tunnel].name != NULL)
		n_tunnel++;
	while (join_own_rows[n_rest].name != NULL)
		n_rest++;
	all = xcalloc(n_tunnel + n_rest + 1, sizeof(*all));
	memcpy(all, settings_tunnel, n_tunnel * sizeof(*all));
	for (i = 0; i < n_tunnel; i++)
		all[i].at += offsetof(struct config, plan.tunnel);
	memcpy(all + n_tunnel, join_own_rows, n_rest * sizeof(*all));
	return all;
}

/* Lists the ends of one side. */
static void
join_list_ends(FILE *out, enum side side)
{
	unsigned i;

	for (i = 0; end_list[i] != NULL; i++)
		if (end_list[i]->side == side)
			fprintf(out, "  %-14s %s\n", end_list[i]->name,
			    end_list[i]->brief);
}

static void
join_help(FILE *out)
{
	struct opt *all = join_rows();

	fputs("usage: adit tunnel [OPTIONS] LEFT RIGHT\n"
	    HELP("Joins two ends, KIND:HOST:PORT[,KEY=VALUE]... or "
	    "KIND:[DEVICE][,KEY=VALUE]...\n"
	    "LEFT, where flows begin (`adit help KIND` shows its keys):\n"),
	    out);
	join_list_ends(out, LEFT);
	fputs("RIGHT, where flows go:\n", out);
	join_list_ends(out, RIGHT);
	opt_help(all, out);
	free(all);
}

/* Reads the two specs; ends the program when one is wrong. */
static void
join_read_specs(struct plan *plan, const char *const spec[2])
{
	struct fault fault;

	if (plan_read_spec(plan, LEFT, spec[LEFT], &fault) != 0 ||
	    plan_read_spec(plan, RIGHT, spec[RIGHT], &fault) != 0)
		run_usage(&cmd_tunnel, fault.text);
}

static int
join_main(int argc, char **argv)
{
	struct opt *all = join_rows();
	const char *spec[2];
	struct config c;
	int n, status;

	log_set_name("adit");
	memset(&c, 0, sizeof(c));
	c.control_name = "tunnel";
	plan_init(&c.plan);
	opt_presets(all, &c);
	c.plan.tunnel.idle_ms = PLAN_UNSET;
	c.plan.native = true;
	status = run_args(&cmd_tunnel, all, &c, argc, argv, spec, 2, &n);
	if (status < 0 && n != 2)
		run_usage(&cmd_tunnel, "two ends are expected, LEFT and "
		    "RIGHT");
	if (status < 0) {
		join_read_specs(&c.plan, spec);
		status = run_tunnel("adit", &c);
	}
	free(all);
	return status;
}

const struct cmd cmd_tunnel = {
	"tunnel", join_main, "join any two ends", join_help,
	join_own_rows, NULL
};
