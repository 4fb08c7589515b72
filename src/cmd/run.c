/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What command lines have in common: presets, arguments, keys that must not be
 * seen in them, and faults.
 */

#include "compat.h"

#include <string.h>

#include "base/log.h"
#include "cmd/run.h"

#include "base/fault.h"
#include "base/text.h"

const char *cmd_prefix = "adit ";

const char *const run_levels[] = {
	"fatal", "error", "warn", "info", "debug", "trace", "crit=fatal", NULL
};

const char *const run_facilities[] = { "daemon", NULL };

void
run_presets(struct config *c, const struct end_ops *left,
    const struct end_ops *right)
{
	memset(c, 0, sizeof(*c));
	plan_init(&c->plan);
	if (left != NULL)
		plan_set_kind(&c->plan, LEFT, left);
	if (right != NULL)
		plan_set_kind(&c->plan, RIGHT, right);
}

/* Overwrites the keys in an argument: after "psk=" up to a comma. */
static void
args_wipe_keys(char *arg)
{
	char *key = arg;

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
		    strcmp(argv[i], "--psk") == 0;
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
		exit(1);
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
