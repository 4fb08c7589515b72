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
#include "daemon/reload.h"
#include "daemon/secret.h"
#include "daemon/setup.h"

/* A command line. */
struct run_file {
	struct config config;	/* first; its plan is not used */
	const char *path;	/* of the file; NULL: the system's */
	int argc;		/* the arguments, kept by the plan */
	char **argv;
	struct setup setup;	/* what the file said at the start */
};

static const struct opt rows[] = {
	{ .name = OPT_WORDS("config", OPT_NONE, "FILE",
	  HELP("configuration file, not the system's")), .letter = 'c',
	  .type = OPT_TEXT, .at = offsetof(struct run_file, path) },
	RUN_LOG_ROWS,
	RUN_DAEMON_ROWS,
	RUN_DRAIN_ROW,
	RUN_WEB_ROWS,
	RUN_HELP_ROWS,
	{ .name = NULL }
};

static void
file_help(FILE *out)
{
	fputs("usage: adit run [OPTIONS]\n"
	    HELP("Runs all tunnels of a configuration file, adit.conf(5).  "
	    "Options "
	    "other than\n--config replace keys of its section [daemon].\n"),
	    out);
	opt_help(rows, out);
}

/* The log is open: writes what is wrong with tunnels that do not run. */
static int
file_opened(void *arg, struct fault *f)
{
	const struct setup *s = &((const struct run_file *)arg)->setup;
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
	setup_wipe(&((struct run_file *)arg)->setup);
}

/* Puts what the command line sets in the place of what the file does; 0, or -1
 * and the error. */
static int
file_set(struct run_file *line, struct process_settings *s,
    struct opt_error *error)
{
	struct run_file again = *line;
	int n;

	again.config.process = *s;
	if (opt_args(rows, &again, line->argc, line->argv, NULL, 0, &n,
	    error) != OPT_DONE)
		return -1;
	*s = again.config.process;
	return 0;
}

/* At a reload. */
static void
file_overlay(void *arg, struct process_settings *s)
{
	struct opt_error error;

	must(file_set(arg, s, &error) == 0);
}

/* Runs what the file of that path sets; returns the exit status. */
static int
file_run(struct run_file *line, const char *path)
{
	struct config *c = &line->config;
	struct setup *s = &line->setup;
	struct process p = {
		.settings = c->process, .name = "adit", .path = path,
		.control_name = "adit", .arg = line, .opened = file_opened,
		.wipe = file_wipe, .overlay = file_overlay,
		.members.patient = true,
	};
	struct fault f;

	reload_begin(&p, s);
	if (s->process_faulty || p.members.n == 0 ||
	    (c->process.strict && s->conf.faults.n > 0)) {
		run_print_faults("adit run", &s->conf.faults);
		members_free(&p.members);
		secrets_free(&p.secrets);
		return 2;
	}
	if (process_run(&p, &f) == 0)
		return 0;
	/* A setting may be of the file, where none has dashes. */
	c->dashes = "";
	run_fault(c, &f);
}

static int
file_main(int argc, char **argv)
{
	struct opt_error error;
	struct run_file line;
	int n, status;
	char *path, *whole;

	log_set_name("adit");
	memset(&line, 0, sizeof(line));
	status = run_args(&cmd_run, rows, &line.config, argc, argv, NULL, 0,
	    &n);
	if (status >= 0)
		return status;
	line.argc = argc;
	line.argv = argv;
	path = run_config_path(line.path);
	(void)setup_read(&line.setup, path);
	/* Once more: the command line replaces what the file has set. */
	line.config.process = line.setup.process;
	if (file_set(&line, &line.config.process, &error) != 0)
		run_usage(&cmd_run, error.text);
	/* A daemon changes its folder. */
	whole = path_absolute(path);
	status = file_run(&line, whole == NULL ? path : whole);
	free(whole);
	free(path);
	setup_free(&line.setup);
	plan_free(&line.config.plan);
	return status;
}

const struct cmd cmd_run = {
	"run", file_main, "run the tunnels of a configuration file", file_help,
	rows, NULL
};
