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
#include "daemon/preset.h"
#include "daemon/process.h"
#include "tunnel/plan.h"

struct fault;
struct faults;
struct tunnel;

/* Everything that a command line sets. */
struct config {
	struct plan plan;		/* first: presets know no more */
	struct process_settings process;
	const char *control_name;	/* of its control socket in the default
					 * folder; NULL: none */
	const struct opt *rows;		/* of the command line, to name flags in
					 * faults; NULL: there are no flags */
	const char *dashes;		/* put before the name of a flag */
	void (*opened)(const struct config *);	/* called when the log is
					 * open; may be NULL */
	void (*ready)(const struct tunnel *);	/* called when the tunnel
					 * runs; may be NULL */
};

/* Option rows of struct config that all these commands have. */
#define RUN_PROCESS offsetof(struct config, process)
#define RUN_LOG_ROWS PROCESS_LOG_ROWS(RUN_PROCESS)
#define RUN_DAEMON_ROWS PROCESS_DAEMON_ROWS(RUN_PROCESS)
#define RUN_DRAIN_ROW PROCESS_DRAIN_ROW(RUN_PROCESS)
#define RUN_MORE_DAEMON_ROWS PROCESS_MORE_DAEMON_ROWS(RUN_PROCESS)
#define RUN_WEB_ROWS PROCESS_WEB_ROWS(RUN_PROCESS)

#define RUN_HELP_ROWS \
	{ .name = OPT_WORDS("help", OPT_NONE, OPT_NONE, HELP("show this")), \
	  .letter = 'h', .type = OPT_HELP }, \
	{ .name = OPT_WORDS("version", OPT_NONE, OPT_NONE, \
	  HELP("show the version")), .letter = 'V', .type = OPT_VERSION }

/* Replaces each argument in argv by a copy that the plan owns.  In the command
 * line itself, which other users can see, it overwrites keys: the argument
 * after "-psk", and the text after "psk=" in an option or a spec. */
void run_keep_args(struct config *, int argc, char **argv);

/* Is it the option of the token of the status, perhaps abbreviated? */
bool run_arg_is_token(const char *arg);

/* Reads a command line by these rows; calls run_keep_args() itself.  Returns -1
 * when the program is to run; after --help or --version, the exit status, with
 * the plan freed.  Ends the program with a usage message on an error. */
int run_args(const struct cmd *cmd, const struct opt *rows, struct config *,
    int argc, char **argv, const char **positional, int max, int *n);

/* Ends the program with a usage message: the command line of cmd is wrong. */
NORETURN void run_usage(const struct cmd *cmd, const char *why);

/* Reads a command line by a preset and runs its tunnel.  config: a line of the
 * preset, which it begins.  max: most arguments that are not options.  Returns
 * the exit status. */
int run_preset(const struct cmd *cmd, const struct preset *, struct config *,
    int argc, char **argv, int max);

/* Finishes a line of a preset; ends the program with a usage message, or as
 * run_fault() does, when its arguments are wrong. */
void run_finish(const struct cmd *cmd, const struct preset *,
    struct config *, const char *const *words, int n);

/* Ends the program with the text of the fault.  If the text begins with a
 * setting that is a flag of the command line, dashes are put before it. */
NORETURN void run_fault(const struct config *, const struct fault *);

/* Overwrites a secret, so that neither `ps` nor a core dump shows it. */
void run_wipe(char *secret);

/* The path of the configuration file: that of the option --config, or the
 * system's for NULL.  The caller frees it. */
char *run_config_path(const char *config);

/* Writes faults to stderr, a line each, and their number. */
void run_print_faults(const char *name, const struct faults *);

/* What run_tunnel() does in place of running it; NULL: it runs it. */
extern int (*run_instead)(const char *name, struct config *);

/* Finishes the plan, runs its tunnel until a signal ends it, and frees the
 * plan.  Log lines begin with name.  Returns the exit status. */
int run_tunnel(const char *name, struct config *);

#endif
