/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What makes a program a daemon: background, pid file, other user, chroot,
 * syslog, readiness, signals.
 */

#ifndef NET_DAEMON_H
#define NET_DAEMON_H

#include "base/fault.h"
#include "net/loop.h"

struct daemon_settings {
	bool background;	/* -d */
	const char *pidfile;	/* NULL: none */
	const char *user, *group;	/* NULL: stay */
	const char *chroot;	/* NULL: stay */
	const char *syslog;	/* facility; NULL: no syslog */
	const char *name;	/* in the lines of syslog; NULL: "adit" */
	bool logs_to_file;	/* or else background means syslog */
};

/* Before sockets are opened: checks that user, group, folder and facility
 * exist, and with background detaches: the starting process waits until
 * daemon_ready() or the end, and exits with 0 or the daemon's status.  0, or -1
 * and the fault; the words for a setting begin with its name. */
int daemon_start(const struct daemon_settings *, struct fault *);

/* In a helper process: becomes the user and group that daemon_start() was
 * given, so that it has no more rights than the daemon will have.  0, or -1
 * and the fault. */
int daemon_confine(struct fault *);

/* After sockets, keys and devices are open: pid file, chroot, group, user.
 * keep_net_admin: CAP_NET_ADMIN is kept (for marks).  0, or -1 and the fault,
 * and then the rights may be anything from all to none: do not go on. */
int daemon_drop(const struct daemon_settings *, bool keep_net_admin,
    struct fault *);

/* Tells the starting process and systemd (READY=1) that we listen. */
void daemon_ready(void);

/* Tells systemd (STOPPING=1). */
void daemon_stopping(void);

/* First SIGINT or SIGTERM: on_stop(arg) in the loop; second: exit at once with
 * status 1.  SIGHUP: on_reload(arg); SIGUSR1: on_dump(arg). Any may be NULL. */
struct daemon_hooks {
	void (*on_stop)(void *);
	void (*on_reload)(void *);
	void (*on_dump)(void *);
	void *arg;
};
void daemon_signals(struct loop *, const struct daemon_hooks *);

/* Removes the pid file. */
void daemon_end(const struct daemon_settings *);

#endif
