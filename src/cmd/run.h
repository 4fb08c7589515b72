/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * From settings to a running tunnel; what all commands that run one share.
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

/* All that a command line sets. */
struct config {
	struct plan plan;
	struct daemon_settings daemon;
	int64_t log_level;		/* enum log_level */
	const char *logfile;		/* NULL: stderr */
	const char *poller;		/* NULL: the best */
	const struct opt *rows;		/* of the command line, for faults;
					 * NULL: no setting is a flag */
	const char *dashes;		/* before them */
	void (*opened)(const struct config *);	/* called when the log is
					 * open; NULL: nothing is */
	void (*ready)(const struct tunnel *);	/* likewise, when all runs */
};

/* The words for --verbosity; their index is an enum log_level. */
extern const char *const run_levels[];

/* The facility that --syslog means without a value. */
extern const char *const run_facilities[];

/* Rows into struct config that every such command has. */
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
	  .help = "write the process number there" }, \
	{ .name = "user", .type = OPT_TEXT, \
	  .at = offsetof(struct config, daemon.user), .arg = "NAME", \
	  .help = "become that user once all is open" }, \
	{ .name = "group", .type = OPT_TEXT, \
	  .at = offsetof(struct config, daemon.group), .arg = "NAME", \
	  .help = "and that group" }, \
	{ .name = "chroot", .type = OPT_TEXT, \
	  .at = offsetof(struct config, daemon.chroot), .arg = "DIR", \
	  .help = "see no files but those in DIR" }, \
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

/* Begins with an empty plan, or one of these ends with their presets; an end
 * may be NULL as long as it is not known. */
void run_presets(struct config *, const struct end_ops *left,
    const struct end_ops *right);

/* Replaces each argument in argv by a copy that the plan owns, and overwrites
 * keys in the command line, which other users can see: what follows "-psk",
 * and "psk=" in an option or a spec. */
void run_keep_args(struct config *, int argc, char **argv);

/* Reads a command line by these rows, after run_keep_args().  Returns -1 to go
 * on; an exit status when --help or --version was given and printed, and the
 * plan was freed; ends the program with a usage line when it is wrong. */
int run_args(const struct cmd *cmd, const struct opt *rows, struct config *,
    int argc, char **argv, const char **positional, int max, int *n);

/* Ends the program: the command line of cmd is wrong. */
NORETURN void run_usage(const struct cmd *cmd, const char *why);

/* Ends the program with the text of the fault.  If that begins with a setting
 * that is a flag of the command line, the dashes are put before it. */
NORETURN void run_fault(const struct config *, const struct fault *);

/* Overwrites a secret, so that neither `ps` nor a core shows it. */
void run_wipe(char *secret);

/* Finishes the plan, runs its tunnel until a signal ends that, and frees the
 * plan; the exit status. name begins log lines. */
int run_tunnel(const char *name, struct config *);

#endif
