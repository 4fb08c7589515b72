/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A named pipe whose clients the loop reaches by sockets: the poller of Windows
 * knows no pipes.
 *
 * NOTES.  One thread serves all clients, by a completion port.  The pipe has
 * RELAY_CLIENTS instances, all made at the start and used again and again, so
 * that nothing that a client does makes a handle, a thread or memory; one more
 * client waits for an instance.  A client gets its pair of sockets only when
 * its first bytes were read, since Windows tells the user of a client then.
 * One that sends nothing, or takes nothing of what is there for it, for
 * RELAY_PATIENCE_MS is ended; the time that an answer takes to be made is not
 * counted.
 */

#ifndef NET_LOCAL_RELAY_H
#define NET_LOCAL_RELAY_H

#include "net/local.h"

enum {
	RELAY_CLIENTS = 8,	/* at the same time */
	RELAY_PATIENCE_MS = 5000,
	RELAY_PART = 4096,	/* bytes that are moved at once, and the buffers
				 * of a pipe */
};

struct local_relay;

/* Makes the pipe of that name, which rejects clients of other machines, with an
 * access list in the words of SDDL, and begins to serve it.  access_xp: the
 * list where a pipe cannot reject them, before Vista.  NULL and *error, of
 * GetLastError(), on failure: ERROR_ACCESS_DENIED, a pipe of that name is
 * there. */
struct local_relay *local_relay_start(const char *name, const char *access,
    const char *access_xp, unsigned long *error);

/* A socket that is readable when clients may be waiting. */
fd_t local_relay_fd(const struct local_relay *);

/* The socket of the next client, and its peer; FD_NONE: none waits. */
fd_t local_relay_accept(struct local_relay *, struct local_peer *);

/* Ends all clients and the thread; NULL is harmless. */
void local_relay_stop(struct local_relay *);

#endif
