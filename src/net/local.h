/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Local sockets: how other programs of this machine reach the process, by a
 * name.
 *
 * NOTES.  On POSIX the name is a path.  A lock file beside the socket shows
 * whether the process that made it lives: only its holder removes an old
 * socket.  The lock file stays, since a file that is removed can be locked by
 * two.  Who may connect is decided by the rights of the folder and of the
 * socket: the user that made them, and in root's folder the members of the
 * group "adit", if there is one.
 *
 * On Windows it is a named pipe (local_win32.c), which has an access list:
 * SYSTEM, administrators, and the account that made it.
 */

#ifndef NET_LOCAL_H
#define NET_LOCAL_H

#include "base/fault.h"
#include "sock.h"

enum {
	LOCAL_PATH = 1024,	/* bytes of a path, at most */
	LOCAL_USER = 192,	/* bytes of a user, as text: a SID is the
				 * longest */
	LOCAL_PATIENCE_S = 20,	/* that a client waits for a server */
};

/* A user at the other end of a connection. */
struct local_peer {
	bool may_command;	/* it may do what changes something: root may,
				 * and the user that we are */
	char user[LOCAL_USER];	/* a number or a SID; "unknown" */
};

struct local_relay;

/* A listening socket. */
struct local {
	fd_t fd;		/* readable when connections wait; FD_NONE: it
				 * is not open */
	int lock;		/* the lock file, open */
	int folder;		/* of the socket, open: the path changes its
				 * meaning after chroot() */
	const char *name;	/* of the socket in it, inside path */
	struct local_relay *relay;	/* what serves the pipe on Windows */
	char path[LOCAL_PATH];
};

/* Is unable to listen: a zeroed one must be given this first. */
void local_init(struct local *);

/* Writes the path of the socket of that name in the default folder: for root
 * adit in configure's runstatedir (/run, or /var/run), else adit in the folder
 * XDG_RUNTIME_DIR or .adit in the home; on Windows \\.\pipe\adit, and below it
 * for users their SID.  0; -1: there is no such folder, or the path is too
 * long. */
int local_path(char path[LOCAL_PATH], const char *name, bool root);

/* Listens on a path; make_folder: its folder is made, too, unless it is there.
 * 0, or -1 and the fault, and *taken: a living process has that socket. */
int local_listen(struct local *, const char *path, bool make_folder,
    bool *taken, struct fault *);

/* Accepts a connection, which does not block, and fills in its peer; FD_NONE
 * and errno, EAGAIN: there is none. */
fd_t local_accept(const struct local *, struct local_peer *);

/* Stops, and removes the socket if that is possible.  Harmless when it does not
 * listen. */
void local_close(struct local *);

/* Connects to the socket of a path.  The connection is only for the three
 * functions below.  FD_NONE and errno on failure: EPERM, its server is not to
 * be trusted. */
fd_t local_connect(const char *path);

/* Send and receive on it.  They block for LOCAL_PATIENCE_S at most, then errno
 * is EAGAIN.  Return the bytes, 0 at the end, or -1 and errno. */
ssize_t local_send(fd_t fd, const void *buf, size_t len);
ssize_t local_recv(fd_t fd, void *buf, size_t size);

/* Ends it; fd may be FD_NONE. */
void local_disconnect(fd_t fd);

/* Words for an errno of local_connect(), with what to do; never NULL. */
const char *local_strerror(int error);

/* Is the user of this program root?  On Windows an administrator (whose rights
 * are not held back), SYSTEM, or a service. */
bool local_is_root(void);

#endif
