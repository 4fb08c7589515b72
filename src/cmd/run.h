/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Runs a tunnel from its settings; shared by all commands that run one.
 */

#ifndef CMD_RUN_H
#define CMD_RUN_H

#include "compat.h"

#include "base/opt.h"
#include "cmd/cmd.h"
#include "net/daemon.h"
#include "tunnel/plan.h"

struct end_ops;
struct fault;
struct tunnel;

/* Everything that a command line sets. */
struct config {
	struct plan plan;
	struct daemon_settings daemon;
	int64_t log_level;		/* enum log_level */
	const char *logfile;		/* NULL: stderr */
	const char *poller;		/* NULL: the best */
	const struct opt *rows;		/* of the command line, to name flags in
					 * faults; NULL: there are no flags */
	const char *dashes;		/* put before the name of a flag */
	void (*opened)(const struct config *);	/* called when the log is
					 * open; may be NULL */
	void (*ready)(const struct tunnel *);	/* called when the tunnel
					 * runs; may be NULL */
};

/* The words for --verbosity; their index is an enum log_level. */
extern const char *const run_levels[];

/* The facility that --syslog means without a value. */
extern const char *const run_facilities[];

/* Option rows of struct config that all these commands have. */
#define RUN_LOG_ROWS \
	{ .name = "verbosity", .letter = 'v', .type = OPT_CHOICE, \
	  .at = offsetof(struct config, log_level), .preset = "info", \
	  .arg = "LEVEL", .help = "what is logged", \
	  .of.choices = run_levels }, \
	{ .name = "logfile", .letter = 'l', .type = OPT_TEXT, \
	  .at = offsetof(struct config, logfile), .arg = "FILE", \
	  .help = "append the log to FILE, not to stderr" }

#define RUN_DAEMON_ROWS \
	{ .name = "daemon", .letter = 'd', .type = OPT_ON, \
	  .at = offsetof(struct config, daemon.background), \
	  .help = "run in the background" }, \
	RUN_MORE_DAEMON_ROWS

/* The same without -d. */
#define RUN_MORE_DAEMON_ROWS \
	{ .name = "pidfile", .type = OPT_TEXT, \
	  .at = offsetof(struct config, daemon.pidfile), .arg = "FILE", \
	  .help = "write the process ID to FILE" }, \
	{ .name = "user", .type = OPT_TEXT, \
	  .at = offsetof(struct config, daemon.user), .arg = "NAME", \
	  .help = "become that user when all is open" }, \
	{ .name = "group", .type = OPT_TEXT, \
	  .at = offsetof(struct config, daemon.group), .arg = "NAME", \
	  .help = "become that group, not the user's" }, \
	{ .name = "chroot", .type = OPT_TEXT, \
	  .at = offsetof(struct config, daemon.chroot), .arg = "DIR", \
	  .help = "change the root directory to DIR" }, \
	{ .name = "syslog", .type = OPT_WORD, \
	  .at = offsetof(struct config, daemon.syslog), .arg = "FACILITY", \
	  .help = "log to syslog (default facility: daemon)", \
	  .of.choices = run_facilities }, \
	{ .name = "poller", .type = OPT_TEXT, \
	  .at = offsetof(struct config, poller), .arg = "NAME", \
	  .help = "wait with epoll, kqueue, poll or select" }

#define RUN_HELP_ROWS \
	{ .name = "help", .letter = 'h', .type = OPT_HELP, \
	  .help = "show this" }, \
	{ .name = "version", .letter = 'V', .type = OPT_VERSION, \
	  .help = "show the version" }

/* Sets all to 0, with an empty plan, and gives the plan these ends with their
 * presets.  An end that is not known yet is NULL. */
void run_presets(struct config *, const struct end_ops *left,
    const struct end_ops *right);

/* Replaces each argument in argv by a copy that the plan owns.  In the command
 * line itself, which other users can see, it overwrites keys: the argument
 * after "-psk", and the text after "psk=" in an option or a spec. */
void run_keep_args(struct config *, int argc, char **argv);

/* Reads a command line by these rows; calls run_keep_args() itself.  Returns -1
 * when the program is to run; after --help or --version, the exit status, with
 * the plan freed.  Ends the program with a usage message on an error. */
int run_args(const struct cmd *cmd, const struct opt *rows, struct config *,
    int argc, char **argv, const char **positional, int max, int *n);

/* Ends the program with a usage message: the command line of cmd is wrong. */
NORETURN void run_usage(const struct cmd *cmd, const char *why);

/* Ends the program with the text of the fault.  If the text begins with a
 * setting that is a flag of the command line, dashes are put before it. */
NORETURN void run_fault(const struct config *, const struct fault *);

/* Overwrites a secret, so that neither `ps` nor a core dump shows it. */
void run_wipe(char *secret);

/* Finishes the plan, runs its tunnel until a signal ends it, and frees the
 * plan.  Log lines begin with name.  Returns the exit status. */
int run_tunnel(const char *name, struct config *);

#endif
