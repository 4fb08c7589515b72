/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * adit convert: writes a command line as a section of a configuration file.
 */

#include "compat.h"

#include "cmd/cmd.h"
#include "cmd/run.h"

#include "base/alloc.h"
#include "base/fault.h"
#include "base/log.h"
#include "daemon/secret.h"
#include "tunnel/plan_print.h"
#include "tunnel/safe.h"

/* The environment variable that has the key of dtlspipe. */
#define CONVERT_ENV "DTLSPIPE_PSK"

static char *convert_env;	/* its value; NULL: it is not set */

static const struct opt rows[] = {
	RUN_HELP_ROWS,
	{ .name = NULL }
};

static void
convert_help(FILE *out)
{
	fputs("usage: adit convert COMMAND [ARGUMENT]...\n"
	    HELP("Writes the tunnel of a command line as a section of a "
	    "configuration file, with\nthe keys in it.  COMMAND: tunnel, "
	    "uotp-client, uotp-server, uott, dtlspipe,\nudptun or "
	    "udptunnel.\n"), out);
	opt_help(rows, out);
}

/* Is anything set for the process? */
static bool
process_is_set(const struct process_settings *s,
    const struct process_settings *presets)
{
	const struct opt *row;

	for (row = process_rows; row->name != NULL; row++)
		if (!opt_same(row, s, presets))
			return true;
	return false;
}

/* Does what run_tunnel() would do, in its place: writes the section. */
static int
convert_print(const char *name, struct config *c)
{
	struct process_settings presets = { .strict = false };
	struct fault f;

	if (plan_finish(&c->plan, &f) != 0)
		run_fault(c, &f);
	/* The old tools let everybody in. */
	c->plan.native = true;
	if (safe_check(&c->plan, &f) != 0)
		c->plan.tunnel.insecure = true;
	secrets_refer(&c->plan, CONVERT_ENV, convert_env);
	opt_presets(process_rows, &presets);
	if (process_is_set(&c->process, &presets)) {
		puts("[daemon]");
		opt_dump_set(process_rows, "", &c->process, &presets, stdout);
		putchar('\n');
	}
	printf("[tunnel %s]\n", name);
	plan_print_set(&c->plan, stdout);
	plan_free(&c->plan);
	return 0;
}

/* The command of that name, if it runs a tunnel; else NULL. */
static const struct cmd *
convert_find(const char *name)
{
	bool runs = strcmp(name, cmd_tunnel.name) == 0;
	unsigned i;

	for (i = 0; preset_list[i] != NULL; i++)
		runs |= strcmp(preset_list[i]->name, name) == 0;
	for (i = 0; runs && cmd_list[i] != NULL; i++)
		if (strcmp(cmd_list[i]->name, name) == 0)
			return cmd_list[i];
	return NULL;
}

static int
convert_main(int argc, char **argv)
{
	const struct cmd *cmd;
	struct config own;
	const char *name;
	int n, status;

	log_set_name("convert");
	/* Options after the command's name are that command's. */
	memset(&own, 0, sizeof(own));
	status = run_args(&cmd_convert, rows, &own, argc < 2 ? argc : 2, argv,
	    &name, 1, &n);
	if (status >= 0)
		return status;
	if (n != 1)
		run_usage(&cmd_convert, "the command line is missing");
	cmd = convert_find(argv[1]);
	if (cmd == NULL)
		die_usage("\"%.60s\": no such command that runs a tunnel; "
		    "there are tunnel, uotp-client, uotp-server, uott, "
		    "dtlspipe, udptun and udptunnel", argv[1]);
	convert_env = xstrdup(env_get(CONVERT_ENV));
	run_instead = convert_print;
	status = cmd->main(argc - 1, argv + 1);
	plan_free(&own.plan);
	if (convert_env != NULL)
		run_wipe(convert_env);
	free(convert_env);
	return status;
}

const struct cmd cmd_convert = {
	"convert", convert_main, "write a command line as a configuration file",
	convert_help,
	rows, NULL
};
