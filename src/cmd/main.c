/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * main(): finds the command by the name of the program, or by the first
 * argument, and runs it.
 */

#include "compat.h"

#include <string.h>

#include "cmd/cmd.h"

#include "begin.h"
#include "output.h"

#include "base/log.h"

/* The command that a link to the binary is named after, or NULL. */
static const struct cmd *
main_find_link(const char *path)
{
	const char *name = path, *p;
	size_t n;

	for (p = path; *p != '\0'; p++)
		if (*p == '/' || *p == '\\')
			name = p + 1;
	n = strlen(name);
	if (n > 4 && strcmp(name + n - 4, ".exe") == 0)
		n -= 4;
	return command_find(name, n);
}

/* Writes the timestamp of a log line. */
static void
main_stamp_line(char stamp[20])
{
	clock_wall_text(clock_wall_s(), stamp);
}

int
main(int argc, char **argv)
{
	const struct cmd *cmd;
	const char *why;

	if (begin_process(&argc, &argv, &why) != 0) {
		fprintf(stderr, "adit: the arguments cannot be read: %s\n",
		    why);
		return 2;
	}
	output_fill_standard();
	log_set_clock(main_stamp_line);
	cmd = argc > 0 ? main_find_link(argv[0]) : NULL;
	if (cmd != NULL) {
		cmd_prefix = "";
		return cmd->main(argc, argv);
	}
	if (argc < 2) {
		cmd_help.help(stderr);
		return 2;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		puts("adit " ADIT_VERSION);
		return 0;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		cmd_help.help(stdout);
		return 0;
	}
	return command_run(argc - 1, argv + 1);
}
