/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What command lines have in common: arguments, keys that must not be seen in
 * them, presets, and faults.
 */

#include "compat.h"

#include <string.h>

#include "base/log.h"
#include "cmd/run.h"

#include "base/alloc.h"
#include "base/fault.h"
#include "base/text.h"
#include "daemon/faults.h"

enum { RUN_WORDS = 3 };		/* arguments of a preset, at most */

const char *cmd_prefix = "adit ";

int (*run_instead)(const char *name, struct config *);

bool
run_arg_is_token(const char *arg)
{
	return strncmp(arg, "--status-t", strlen("--status-t")) == 0;
}

/* Overwrites the keys in an argument: after "psk=" up to a comma, and the
 * token. */
static void
args_wipe_keys(char *arg)
{
	char *key = arg;

	if (run_arg_is_token(arg) && strchr(arg, '=') != NULL)
		run_wipe(strchr(arg, '=') + 1);
	while ((key = strstr(key, "psk=")) != NULL) {
		key += 4;
		if (key - arg == 4 || strchr(",-", key[-5]) == NULL)
			continue;
		for (; *key != '\0' && *key != ','; key++)
			*key = 'x';
	}
}

void
run_keep_args(struct config *c, int argc, char **argv)
{
	bool key = false;
	char *arg;
	int i;

	for (i = 0; i < argc; i++) {
		arg = argv[i];
		plan_keep_args(&c->plan, 1, &argv[i]);
		if (key)
			run_wipe(arg);
		else
			args_wipe_keys(arg);
		key = strcmp(argv[i], "-psk") == 0 ||
		    strcmp(argv[i], "--psk") == 0 ||
		    (run_arg_is_token(argv[i]) && strchr(argv[i], '=') == NULL);
	}
}

void
run_usage(const struct cmd *cmd, const char *why)
{
	die_usage("%s (`%s%s --help` tells more)", why, cmd_prefix,
	    cmd->name);
}

int
run_args(const struct cmd *cmd, const struct opt *rows, struct config *c,
    int argc, char **argv, const char **positional, int max, int *n)
{
	struct opt_error error;

	c->rows = rows;
	c->dashes = "--";
	run_keep_args(c, argc, argv);
	switch (opt_args(rows, c, argc, argv, positional, max, n, &error)) {
	case OPT_DONE:
		break;
	case OPT_DID_HELP:
		cmd->help(stdout);
		plan_free(&c->plan);
		return 0;
	case OPT_DID_VERSION:
		puts("adit " ADIT_VERSION);
		plan_free(&c->plan);
		return 0;
	case OPT_BAD:
		run_usage(cmd, error.text);
	}
	return -1;
}

void
run_finish(const struct cmd *cmd, const struct preset *p, struct config *c,
    const char *const *words, int n)
{
	struct fault f;

	if (p->finish(c, words, n, &f) == 0)
		return;
	if (f.kind == FAULT_SYSTEM || *f.file != '\0')
		run_fault(c, &f);
	run_usage(cmd, f.text);
}

int
run_preset(const struct cmd *cmd, const struct preset *p, struct config *c,
    int argc, char **argv, int max)
{
	const char *words[RUN_WORDS];
	int n, status;

	must(max <= RUN_WORDS);
	log_set_name(cmd->name);
	preset_begin(p, c);
	status = run_args(cmd, p->rows, c, argc, argv, words, max, &n);
	if (status >= 0)
		return status;
	run_finish(cmd, p, c, words, n);
	return run_tunnel(cmd->name, c);
}

char *
run_config_path(const char *config)
{
	char *path = config != NULL ? xstrdup(config) :
	    path_config("adit.conf");

	if (path == NULL)
		die_system("no path for the configuration file");
	return path;
}

void
run_print_faults(const char *name, const struct faults *faults)
{
	size_t i, n = faults->n + faults->more;

	for (i = 0; i < faults->n; i++)
		fprintf(stderr, "%s\n", faults->at[i].text);
	if (n > 0)
		fprintf(stderr, "%s: %lu problem%s%s\n", name,
		    (unsigned long)n, n == 1 ? "" : "s", faults->more > 0 ?
		    "; not all of them are shown" : "");
}

/* Is the setting one of the command line's flags? */
static bool
config_has_flag(const struct config *c, const char *setting)
{
	const struct opt *row;

	for (row = c->rows; row != NULL && row->name != NULL; row++)
		if (strcmp(row->name, setting) == 0)
			return true;
	return false;
}

void
run_fault(const struct config *c, const struct fault *f)
{
	const char *rest = text_after(f->text, f->setting);
	bool flag = *f->setting != '\0' && rest != NULL &&
	    strchr(" :=", *rest) != NULL && config_has_flag(c, f->setting);

	if (f->kind == FAULT_SYSTEM) {
		log_error("%s%s", flag ? c->dashes : "", f->text);
		die_status(1);
	}
	die_usage("%s%s", flag ? c->dashes : "", f->text);
}

void
run_wipe(char *secret)
{
	volatile char *p = secret;

	while (*p != '\0')
		*p++ = 'x';
}
