/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * adit check: what is wrong with a configuration file, or what it sets.
 */

#include "compat.h"

#include "cmd/cmd.h"
#include "cmd/run.h"

#include "base/log.h"
#include "daemon/allowed.h"
#include "daemon/setup.h"

/* A command line. */
struct check {
	struct config config;	/* first; its plan is not used */
	const char *path;	/* of the file; NULL: the system's */
};

static const struct opt rows[] = {
	{ .name = OPT_WORDS("config", OPT_NONE, "FILE",
	  HELP("configuration file, not the system's")), .letter = 'c',
	  .type = OPT_TEXT, .at = offsetof(struct check, path) },
	RUN_HELP_ROWS,
	{ .name = NULL }
};

static void
check_help(FILE *out)
{
	fputs("usage: adit check [OPTIONS]\n"
	    HELP("Checks a configuration file, without rights and without "
	    "opening "
	    "anything: prints\nall that is wrong with it, or, if nothing is, "
	    "all that it sets.\n"), out);
	opt_help(rows, out);
}

/* Warns of what a reload cannot do. */
static void
check_rights(const struct setup *s)
{
	char text[300];

	if (allowed_missing(s, text, sizeof(text)) != NULL)
		log_warn("[daemon] %s: after the start a reload cannot%s",
		    s->process.daemon.chroot != NULL ? "chroot" : "user",
		    text);
}

static int
check_main(int argc, char **argv)
{
	struct setup s = { .n_tunnels = 0 };
	struct check line;
	int n, status;
	char *path;

	log_set_name("check");
	memset(&line, 0, sizeof(line));
	status = run_args(&cmd_check, rows, &line.config, argc, argv, NULL, 0,
	    &n);
	if (status >= 0)
		return status;
	path = run_config_path(line.path);
	status = 2;
	if (setup_read(&s, path) == 0) {
		setup_print(&s, stdout);
		status = 0;
	}
	setup_warn(&s);
	check_rights(&s);
	run_print_faults("adit check", &s.conf.faults);
	setup_free(&s);
	free(path);
	plan_free(&line.config.plan);
	return status;
}

const struct cmd cmd_check = {
	"check", check_main, "check a configuration file", check_help,
	rows, NULL
};
