/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The process that runs tunnels, and its settings.
 */

#ifndef DAEMON_PROCESS_H
#define DAEMON_PROCESS_H

#include "compat.h"

#include "base/opt.h"
#include "daemon/drain.h"
#include "daemon/members.h"
#include "daemon/secret.h"
#include "daemon/web.h"
#include "net/clock_floor.h"
#include "net/daemon.h"
#include "net/passed.h"
#include "net/resolve.h"
#include "wire/random.h"

/* What is set for the process, and not for one of its tunnels. */
struct process_settings {
	struct daemon_settings daemon;
	int64_t log_level;	/* enum log_level */
	const char *logfile;	/* NULL: stderr */
	const char *poller;	/* NULL: the best */
	const char *control;	/* path of its control socket, or "none"; NULL:
				 * the default */
	bool strict;		/* no tunnel runs while one cannot */
	int64_t drain_ms;	/* that flows have to end after SIGTERM */
	struct web_settings web;	/* of the status */
};

/* The words for --verbosity; their index is an enum log_level. */
extern const char *const process_levels[];

/* The source that --eventlog means without a value. */
extern const char *const process_sources[];

/* The facility that --syslog means without a value. */
extern const char *const process_facilities[];

/* Option rows, into a struct that has a struct process_settings at `base`. */
#define PROCESS_AT(base, member) \
	((base) + offsetof(struct process_settings, member))

#define PROCESS_LOG_ROWS(base) \
	{ .name = OPT_WORDS("verbosity", "info", "LEVEL", \
	  HELP("what is logged")), .letter = 'v', .type = OPT_CHOICE, \
	  .at = PROCESS_AT(base, log_level), .of.choices = process_levels }, \
	{ .name = OPT_WORDS("logfile", OPT_NONE, "FILE", \
	  HELP("append the log to FILE, not to stderr")), .letter = 'l', \
	  .type = OPT_TEXT, .at = PROCESS_AT(base, logfile) }

#define PROCESS_DAEMON_ROWS(base) \
	{ .name = OPT_WORDS("daemon", OPT_NONE, OPT_NONE, \
	  HELP("run in the background")), .letter = 'd', .type = OPT_ON, \
	  .at = PROCESS_AT(base, daemon.background) }, \
	PROCESS_MORE_DAEMON_ROWS(base)

/* The same without -d. */
#define PROCESS_MORE_DAEMON_ROWS(base) \
	{ .name = OPT_WORDS("pidfile", OPT_NONE, "FILE", \
	  HELP("write the process ID to FILE")), .type = OPT_TEXT, \
	  .at = PROCESS_AT(base, daemon.pidfile) }, \
	{ .name = OPT_WORDS("user", OPT_NONE, "NAME", \
	  HELP("become that user when all is open")), .type = OPT_TEXT, \
	  .at = PROCESS_AT(base, daemon.user) }, \
	{ .name = OPT_WORDS("group", OPT_NONE, "NAME", \
	  HELP("become that group, not the user's")), .type = OPT_TEXT, \
	  .at = PROCESS_AT(base, daemon.group) }, \
	{ .name = OPT_WORDS("chroot", OPT_NONE, "DIR", \
	  HELP("change the root directory to DIR")), .type = OPT_TEXT, \
	  .at = PROCESS_AT(base, daemon.chroot) }, \
	{ .name = OPT_WORDS("syslog", OPT_NONE, "FACILITY", \
	  HELP("log to syslog (default facility: daemon)")), .type = OPT_WORD, \
	  .at = PROCESS_AT(base, daemon.syslog), \
	  .of.choices = process_facilities }, \
	{ .name = OPT_WORDS("eventlog", OPT_NONE, "SOURCE", \
	  HELP("log to Windows' event log (default source: Adit)")), \
	  .type = OPT_WORD, .at = PROCESS_AT(base, daemon.eventlog), \
	  .of.choices = process_sources }, \
	{ .name = OPT_WORDS("poller", OPT_NONE, "NAME", \
	  HELP("wait with epoll, kqueue, poll or select")), .type = OPT_TEXT, \
	  .at = PROCESS_AT(base, poller) }, \
	PROCESS_CONTROL_ROW(base)

#define PROCESS_CONTROL_ROW(base) \
	{ .name = OPT_WORDS("control", OPT_NONE, "PATH", \
	  HELP("control socket for `adit status`; none: none")), \
	  .type = OPT_TEXT, .at = PROCESS_AT(base, control) }

/* Where flows have time to end. */
#define PROCESS_DRAIN_ROW(base) \
	{ .name = OPT_WORDS("drain", "0", "SECONDS", \
	  HELP("time for flows to end at SIGTERM")), .type = OPT_MS, \
	  .at = PROCESS_AT(base, drain_ms), .of.range = { 0, 86400000 } }

#define PROCESS_WEB_ROWS(base) WEB_ROWS(PROCESS_AT(base, web))

/* The keys of the section [daemon]. */
extern const struct opt process_rows[];

/* A process; the caller fills in what is first, and zeroes the rest. */
struct process {
	struct process_settings settings;
	const char *name;	/* in log lines */
	const char *path;	/* of the configuration file, absolute; NULL:
				 * there is none, and a reload reads files of
				 * its tunnels only */
	const char *control_name;	/* of its control socket in the default
				 * folder; NULL: it has none by default */
	struct members members;
	struct secrets secrets;	/* that references have named */
	void *arg;		/* for the functions below */
	int (*opened)(void *, struct fault *);	/* the log is open: checks the
				 * plans, which were finished before or are
				 * now; 0, or -1 and the fault */
	void (*ready)(void *);	/* the tunnels run; NULL: nothing to do */
	void (*wipe)(void *);	/* in a helper process: wipes all keys but
				 * those of members; NULL: there are none */
	void (*overlay)(void *, struct process_settings *);	/* a reload
				 * has read these: puts those of the command
				 * line in their place; NULL: there are none */

	char *logfile;		/* that a reload has set, allocated; NULL */
	struct loop *loop;
	struct clock_floor clock_floor;	/* of the loop */
	struct passed passed;	/* sockets from the supervisor */
	struct drain drain;	/* of its tunnels, at the end */
	struct resolver *resolver;
	struct random random;
	struct control *control;	/* its control socket; NULL: none */
	struct hooks *hooks;	/* programs that are run */
	bool stopping;		/* they are waited for, at the end */
	struct web *web;	/* NULL: there is none */
	uint64_t began_ms;	/* when it was started, as loop_now() */
};

/* Runs the tunnels until a signal ends the process.  0, or -1 and the fault
 * when it could not start. */
int process_run(struct process *, struct fault *);

/* In a process that was forked for something else: wipes all keys. */
void process_wipe(struct process *);

#endif
