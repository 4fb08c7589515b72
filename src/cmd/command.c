/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Finds a command by its name, and runs it.
 */

#include "compat.h"

#include "cmd/cmd.h"

#include "base/nearest.h"

const struct cmd *
command_find(const char *name, size_t n)
{
	unsigned i;

	for (i = 0; cmd_list[i] != NULL; i++)
		if (strlen(cmd_list[i]->name) == n &&
		    strncmp(cmd_list[i]->name, name, n) == 0)
			return cmd_list[i];
	return NULL;
}

/* Says that there is no such command, and which was probably meant. */
static void
tell_unknown(const char *name)
{
	struct nearest guess;
	unsigned i;

	nearest_begin(&guess, name, strlen(name));
	for (i = 0; cmd_list[i] != NULL; i++)
		nearest_try(&guess, cmd_list[i]->name);
	if (guess.best != NULL)
		fprintf(stderr, "adit: \"%s\": no such command; did you mean "
		    "%s?\n", name, guess.best);
	else
		fprintf(stderr, "adit: \"%s\": no such command; `adit help` "
		    "lists them\n", name);
}

int
command_run(int argc, char **argv)
{
	const struct cmd *cmd = command_find(argv[0], strlen(argv[0]));

	if (cmd != NULL)
		return cmd->main(argc, argv);
	tell_unknown(argv[0]);
	return 2;
}
