/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * adit run: runs the tunnels of a configuration file.
 */

#include "compat.h"

#include "cmd/cmd.h"
#include "cmd/run.h"

#include "base/alloc.h"
#include "base/fault.h"
#include "base/log.h"
#include "daemon/secret.h"
#include "daemon/setup.h"

/* A command line. */
struct run_file {
	struct config config;	/* first; its plan is not used */
	const char *path;	/* of the file; NULL: the system's */
};

static const struct opt rows[] = {
	{ .name = "config", .letter = 'c', .type = OPT_TEXT,
	  .at = offsetof(struct run_file, path), .arg = "FILE",
	  .help = "configuration file, not the system's" },
	RUN_LOG_ROWS,
	RUN_DAEMON_ROWS,
	RUN_HELP_ROWS,
	{ .name = NULL }
};

static void
file_help(FILE *out)
{
	fputs("usage: adit run [OPTIONS]\n"
	    "Runs all tunnels of a configuration file, adit.conf(5).  Options "
	    "other than\n--config replace keys of its section [daemon].\n",
	    out);
	opt_help(rows, out);
}

/* The log is open: writes what is wrong with tunnels that do not run. */
static int
file_opened(void *arg, struct fault *f)
{
	const struct setup *s = arg;
	size_t i;

	(void)f;
	for (i = 0; i < s->conf.faults.n; i++)
		log_error("%s", s->conf.faults.at[i].text);
	setup_warn(s);
	return 0;
}

/* In a helper process. */
static void
file_wipe(void *arg)
{
	setup_wipe(arg);
}

/* Reads the secrets of all tunnels. */
static void
file_read_secrets(struct setup *s)
{
	struct secrets secrets = { NULL };
	struct setup_tunnel *t;
	struct fault f;

	for (t = s->tunnels; t < s->tunnels + s->n_tunnels; t++)
		if (!t->faulty && secrets_read(&secrets, &t->plan, &f) != 0)
			setup_refuse(s, t, &f);
	secrets_free(&secrets);
}

/* Makes a list of the tunnels without faults, *n of them; the caller frees
 * it. */
static struct member *
file_members(const struct setup *s, size_t *n)
{
	struct member *members = xcalloc(s->n_tunnels + 1, sizeof(*members));
	const struct setup_tunnel *t;

	*n = 0;
	for (t = s->tunnels; t < s->tunnels + s->n_tunnels; t++) {
		if (t->faulty)
			continue;
		members[*n].name = s->n_tunnels > 1 ? t->section->name : NULL;
		members[(*n)++].plan = &t->plan;
	}
	return members;
}

/* Runs what the file sets; returns the exit status. */
static int
file_run(struct setup *s, struct config *c)
{
	struct process p = {
		.settings = c->process, .name = "adit", .arg = s,
		.opened = file_opened, .wipe = file_wipe,
	};
	struct fault f;
	int result;

	file_read_secrets(s);
	p.members = file_members(s, &p.n_members);
	if (s->process_faulty || p.n_members == 0 ||
	    (c->process.strict && s->conf.faults.n > 0)) {
		run_print_faults("adit run", &s->conf.faults);
		free(p.members);
		return 2;
	}
	result = process_run(&p, &f);
	free(p.members);
	if (result == 0)
		return 0;
	/* A setting may be of the file, where none has dashes. */
	c->dashes = "";
	run_fault(c, &f);
}

static int
file_main(int argc, char **argv)
{
	struct setup s = { .n_tunnels = 0 };
	struct opt_error error;
	struct run_file line;
	int n, status;
	char *path;

	log_set_name("adit");
	memset(&line, 0, sizeof(line));
	status = run_args(&cmd_run, rows, &line.config, argc, argv, NULL, 0,
	    &n);
	if (status >= 0)
		return status;
	path = run_config_path(line.path);
	(void)setup_read(&s, path);
	free(path);
	/* Once more: the command line replaces what the file has set. */
	line.config.process = s.process;
	if (opt_args(rows, &line, argc, argv, NULL, 0, &n, &error) != OPT_DONE)
		run_usage(&cmd_run, error.text);
	status = file_run(&s, &line.config);
	setup_free(&s);
	plan_free(&line.config.plan);
	return status;
}

const struct cmd cmd_run = {
	"run", file_main, "run the tunnels of a configuration file", file_help
};
