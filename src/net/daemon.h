/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What makes a program a daemon: background, pid file, change of user, chroot,
 * syslog, readiness, signals.
 */

#ifndef NET_DAEMON_H
#define NET_DAEMON_H

#include "base/fault.h"
#include "net/loop.h"

struct daemon_settings {
	bool background;	/* -d */
	const char *pidfile;	/* NULL: none */
	const char *user, *group;	/* NULL: no change */
	const char *chroot;	/* NULL: no change */
	const char *syslog;	/* facility; NULL: no syslog */
	const char *eventlog;	/* source of the event log; NULL: none */
	const char *name;	/* in the lines of syslog; NULL: "adit" */
	bool logs_to_file;	/* background does not imply syslog */
};

/* To be called before sockets are opened.  Checks that user, group, folder and
 * facility exist.  With background it detaches: the starting process waits
 * until daemon_ready() or the end of the daemon, and exits with 0 or the
 * daemon's status.  0, or -1 and the fault; its text begins with the name of
 * the setting. */
int daemon_start(const struct daemon_settings *, struct fault *);

/* In a helper process: changes to the user and group that daemon_start() found,
 * so that it has no more rights than the daemon will have, and no capability
 * unless it is root.  0, or -1 and the fault. */
int daemon_confine(struct fault *);

/* Does daemon_drop() give up rights of root, and keep the root directory? */
bool daemon_gives_up_rights(const struct daemon_settings *);

/* In a process that was forked for something else: forgets the descriptors of
 * the daemon, which it closes, and connects to syslogd again. */
void daemon_forget(void);

/* To be called after sockets, keys and devices are open: pid file, chroot,
 * group, user.  keep_net_admin: CAP_NET_ADMIN is kept (for marks).  0, or -1
 * and the fault: then rights may have been dropped in part, and the process
 * must end. */
int daemon_drop(const struct daemon_settings *, bool keep_net_admin,
    struct fault *);

/* Reports to the starting process and to systemd (READY=1) that the daemon
 * listens; from then on systemd's watchdog is served, if it wants that.  To be
 * called after daemon_signals(). */
void daemon_ready(void);

enum { DAEMON_STATUS = 200 };	/* bytes of a status, which is cut */

/* What systemd shows as the status, a line; reported with daemon_ready(), or at
 * once after that. */
void daemon_status(const char *text);

/* Report to systemd (notify-reload) that a reload begins, and that it is over,
 * whatever has come of it. */
void daemon_reloading(void);
void daemon_reloaded(void);

/* Reports the stop to systemd (STOPPING=1). */
void daemon_stopping(void);

/* Called in the loop: on_stop(arg) after the first SIGINT or SIGTERM (a second
 * one exits at once with status 1), or on_drain(arg) in its place after
 * SIGTERM, which is a supervisor's, while a user who waits sends SIGINT;
 * on_reload(arg) after SIGHUP, on_dump(arg) after SIGUSR1, on_again(arg) after
 * SIGUSR2.  Any may be NULL; without on_drain SIGTERM is like SIGINT. */
struct daemon_hooks {
	void (*on_stop)(void *);
	void (*on_reload)(void *);
	void (*on_dump)(void *);
	void (*on_again)(void *);
	void (*on_drain)(void *);
	void *arg;
};
void daemon_signals(struct loop *, const struct daemon_hooks *);

/* The last call before the loop is freed: stops the watchdog, removes the pid
 * file, or empties it where it cannot be removed. */
void daemon_end(const struct daemon_settings *);

#endif
