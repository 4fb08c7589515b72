/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The privileged process of a daemon that has given up its rights (OpenSSH
 * calls it a monitor), and what the daemon asks it for.
 *
 * NOTES.  The daemon forks it before it opens a socket.  They share a pair of
 * sockets; a request and a reply have a fixed size, and at most one descriptor
 * comes with each.  The daemon waits for the reply.  The privileged process
 * handles one request at a time, keeps nothing of it, and checks it against a
 * list that it has made itself of the configuration (net/allow.h):
 *
 *	file	is opened if the list has its path, byte for byte, and nobody
 *		but root can change a folder of that path (path_trusted.h);
 *		its descriptor is passed
 *	socket	the daemon makes it and passes it; it gets its address or its
 *		mark
 *	device	is opened and configured as the list says, and passed; its
 *		routes are set
 *	program	is run as root; the daemon reads its output
 *	reload	the configuration is read again, from files that only root can
 *		change; the list is replaced, and the files are passed to the
 *		daemon, so that it reads the same bytes
 *
 * It writes a line to the log for what it refuses.  It has no socket but the
 * pair and no file but the log, reads nothing from the network, and ends when
 * the pair is closed, whatever ended the daemon; then it removes the routes
 * that it has set, but for those of a kill switch, and the daemon's pid file.
 *
 * monitor_posix.c is the process, monitor_ask.c the daemon's side;
 * monitor_none.c is for systems where no descriptor can be passed.
 */

#ifndef NET_MONITOR_H
#define NET_MONITOR_H

#include "sock.h"

#include "base/file.h"
#include "net/allow.h"

struct hook_process;
struct loop;

enum { MONITOR_WHY = ALLOW_PATH };	/* holds why something failed */

/* What the privileged process does, by functions that know configurations. */
struct monitor_job {
	/* Reads the configuration by file_open() and fills an empty list;
	 * items of the old one (empty at first) may be kept.  0, or -1 and
	 * why; then the list may be filled in part. */
	int (*read)(void *arg, struct allow *list, const struct allow *old,
	    char why[MONITOR_WHY]);
	/* Wipes all secrets that the daemon had when it forked. */
	void (*wipe)(void *arg);
	void *arg;
	const char *pidfile;	/* of the daemon, removed at the end; NULL:
				 * none.  Borrowed */
};

/* A reply. */
struct monitor_reply {
	int32_t error;		/* errno; 0: it was done */
	bool more;		/* RELOAD: a file comes along, of the path
				 * `text`; other replies follow */
	struct file_stamp stamp;	/* LOOK */
	int32_t number;		/* HOOK: its number; HOOK_LOOK: its status, if
				 * `more` says that it has ended; TUN: what
				 * tun_open() has returned */
	struct tun tun;		/* TUN: all but its descriptor */
	char text[MONITOR_WHY];	/* why it failed */
};

/* Can there be a privileged process on this system? */
bool monitor_is_possible(void);

/* In the daemon: forks the privileged process and waits until it has read the
 * configuration.  From then on file_open() and file_look() ask it where this
 * process is refused.  0, or -1 and why: there is none. */
int monitor_start(const struct monitor_job *, char why[MONITOR_WHY]);

/* Is there one? */
bool monitor_is_there(void);

/* Lets the loop notice its end.  0, or -1 and errno. */
int monitor_attach(struct loop *);

/* Ends it, if there is one. */
void monitor_stop(void);

/* Have it read the configuration again.  Until monitor_reload_end() file_open()
 * returns the files that it has read, whoever may open these.  0, or -1 and
 * why: what is allowed is what was allowed before. */
int monitor_reload(char why[MONITOR_WHY]);
void monitor_reload_end(void);

/* Is the file one of those?  Then only root can change it. */
bool monitor_has_given(const char *path);

/* Opens a file for the log; a descriptor, or -1 and errno. */
int monitor_open_log(const char *path);

/* Give a socket its address, or a mark; 0, or -1 and errno. */
int monitor_bind(fd_t fd, enum allow_socket, const struct addr *at);
int monitor_mark(fd_t fd, uint32_t mark);

/* Opens a device of the configuration, as tun_open() does. */
enum tun_result monitor_tun(struct tun *, const struct tun_settings *,
    char why[TUN_WHY]);

/* Sets the MTU of a device that it has opened; 0, or -1 and errno. */
int monitor_mtu(const char *name, int mtu);

/* Sets or removes the routes of a device that it has opened; def4 and def6 are
 * for ALLOW_ROUTE_OPEN.  0, or -1 and why. */
int monitor_route(const char *name, enum allow_route, enum route_default def4,
    enum route_default def6, char why[ROUTE_SET_WHY]);

/* Does that for the server of a carrier, whose port is 0, with net/route_set.h;
 * 0, or -1 and errno. */
int monitor_server(enum allow_server, const struct addr *);

/* Runs a program of the configuration, as hook_backend_start() does: 0, or -1
 * and errno.  Variables other than ADIT_... are the privileged process's. */
int monitor_hook(struct hook_process *, char *const *argv,
    char *const *environment);

/* As hook_backend_ended() and hook_backend_kill(). */
bool monitor_hook_ended(const struct hook_process *, int *status);
void monitor_hook_stop(const struct hook_process *);

/* In the forked process: serves requests from a socket until that is closed,
 * and ends. */
NORETURN void monitor_run(int fd, const struct monitor_job *);

#endif
