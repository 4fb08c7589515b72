/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Sockets whose last bytes are sent and have to arrive before they are closed.
 *
 * NOTES.  Closing a socket that has unread input, or gets more of it, makes the
 * system reset the connection, and the peer may lose what was sent last (RFC
 * 9112 9.6).  So the sending side is closed first, and input is discarded until
 * the peer has closed its side or LINGER_MS have passed.
 */

#ifndef NET_LINGER_H
#define NET_LINGER_H

#include "base/list.h"
#include "net/loop.h"

enum {
	LINGER_MS = 1000,	/* longest time before a socket is closed */
	LINGER_MAX = 64,	/* sockets; for one more the oldest is closed */
};

/* Lingering sockets. */
struct lingers {
	struct loop *loop;
	struct list all;	/* struct lingering, the oldest first */
	unsigned n;		/* how many these are */
};

/* Begins without any. */
void lingers_init(struct lingers *, struct loop *);

/* Takes over a connected socket that is not watched: closes its sending side
 * now, and the socket later.  Without memory it is closed at once. */
void linger_start(struct lingers *, fd_t fd);

/* Closes all of them. */
void lingers_close(struct lingers *);

#endif
