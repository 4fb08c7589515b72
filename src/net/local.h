/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Local sockets: how other programs of this machine reach the process, by a
 * name in a folder.
 *
 * NOTES.  A lock file beside the socket shows whether the process that made it
 * lives: only its holder removes an old socket.  The lock file stays, since a
 * file that is removed can be locked by two.
 *
 * Who may connect is decided by the rights of the folder and of the socket: the
 * user that made them, and in root's folder the members of the group "adit", if
 * there is one.
 */

#ifndef NET_LOCAL_H
#define NET_LOCAL_H

#include "base/fault.h"
#include "sock.h"

enum {
	LOCAL_PATH = 1024,	/* bytes of a path, at most */
	LOCAL_PATIENCE_S = 20,	/* that a client waits for a server */
};

/* A listening socket. */
struct local {
	fd_t fd;		/* FD_NONE: it is not open */
	int lock;		/* the lock file, open */
	int folder;		/* of the socket, open: the path changes its
				 * meaning after chroot() */
	const char *name;	/* of the socket in it, inside path */
	char path[LOCAL_PATH];
};

/* Is unable to listen: a zeroed one must be given this first. */
void local_init(struct local *);

/* Writes the path of the socket of that name in the default folder: for root
 * /run/adit (or /var/run/adit), else adit in the folder XDG_RUNTIME_DIR or
 * .adit in the home.  0; -1: there is no such folder, or the path is too
 * long. */
int local_path(char path[LOCAL_PATH], const char *name, bool root);

/* Listens on a path; make_folder: its folder is made, too, unless it is there.
 * 0, or -1 and the fault, and *taken: a living process has that socket. */
int local_listen(struct local *, const char *path, bool make_folder,
    bool *taken, struct fault *);

/* Accepts a connection; FD_NONE and errno, EAGAIN: there is none.  *uid is the
 * user of the peer; -1: the system does not report it. */
fd_t local_accept(const struct local *, int64_t *uid);

/* May that user do what changes something?  Root may, and the user that we
 * are. */
bool local_may_command(int64_t uid);

/* Stops, and removes the socket if that is possible.  Harmless when it does not
 * listen. */
void local_close(struct local *);

/* Connects to the socket of a path.  The socket blocks, for LOCAL_PATIENCE_S at
 * most, then errno is EAGAIN.  FD_NONE and errno on failure. */
fd_t local_connect(const char *path);

/* Is the user of this program root? */
bool local_is_root(void);

#endif
