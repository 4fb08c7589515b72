/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A command of the binary: a row of the table that main() searches, first for
 * the name of the program and then for its first argument.
 */

#ifndef CMD_CMD_H
#define CMD_CMD_H

#include <stdio.h>

struct cmd {
	const char *name;		/* as typed, and as a link's name */
	/* argv[0] is the name; returns the exit status. */
	int (*main)(int argc, char **argv);
	const char *brief;		/* one line for `adit help` */
	void (*help)(FILE *);	/* what --help prints; at most a screen */
};

/* What a user types before a command's name: "adit ", or "" when the binary
 * was called by a link with the name of the command. */
extern const char *cmd_prefix;

/* The commands of this build, NULL at the end (made by configure). */
extern const struct cmd *const cmd_list[];

extern const struct cmd cmd_tunnel;
extern const struct cmd cmd_uotp_server;
extern const struct cmd cmd_uotp_client;
extern const struct cmd cmd_uott;
extern const struct cmd cmd_udptun;
extern const struct cmd cmd_udptunnel;
extern const struct cmd cmd_dtlspipe;
extern const struct cmd cmd_gencert;
extern const struct cmd cmd_genpsk;
extern const struct cmd cmd_echo;
extern const struct cmd cmd_ping;
extern const struct cmd cmd_help;

#endif
