/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A command of the binary.  main() searches the table of them for the name of
 * the program, then for the first argument.
 */

#ifndef CMD_CMD_H
#define CMD_CMD_H

#include <stdio.h>

struct opt;

struct cmd {
	const char *name;		/* as typed, or as a link is named */
	/* argv[0] is the command's name; returns the exit status. */
	int (*main)(int argc, char **argv);
	const char *brief;		/* one line for `adit help`; NULL: it
					 * is not for users */
	void (*help)(FILE *);	/* what --help prints; at most a screen */
	/* For completion: */
	const struct opt *rows;		/* its options; NULL: it has none */
	const char *const *words;	/* what the first argument may be, NULL
					 * at the end; NULL: anything */
};

/* What is typed before a command's name: "adit ", or "" when the binary was
 * run by a link with the name of the command. */
extern const char *cmd_prefix;

/* The commands of this build, NULL at the end (made by configure). */
extern const struct cmd *const cmd_list[];

/* The command of that name, of n bytes; NULL: there is none. */
const struct cmd *command_find(const char *name, size_t n);

/* Runs the command that argv[0] names; returns its exit status: 2, after a line
 * on stderr, if there is no such command. */
int command_run(int argc, char **argv);

extern const struct cmd cmd_tunnel;
extern const struct cmd cmd_uotp_server;
extern const struct cmd cmd_uotp_client;
extern const struct cmd cmd_uott;
extern const struct cmd cmd_udptun;
extern const struct cmd cmd_udptunnel;
extern const struct cmd cmd_dtlspipe;
extern const struct cmd cmd_run;
extern const struct cmd cmd_check;
extern const struct cmd cmd_convert;
extern const struct cmd cmd_complete;
extern const struct cmd cmd_doctor;
extern const struct cmd cmd_status;
extern const struct cmd cmd_ctl;
extern const struct cmd cmd_gencert;
extern const struct cmd cmd_genpsk;
extern const struct cmd cmd_echo;
extern const struct cmd cmd_ping;
extern const struct cmd cmd_service;
extern const struct cmd cmd_help;

#endif
