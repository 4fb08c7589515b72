/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Opens the sockets that an end listens on, at once or when the machine has the
 * address.
 *
 * NOTES.  At boot an interface may get its address late, or a name may not be
 * known yet.  An end that may wait starts nevertheless.  Linux lets a socket
 * have an address that the machine lacks, so that it is open before the
 * process drops its rights; elsewhere, and for a name, the socket is opened
 * later.  The machine reports new addresses (net/route.h); names, and systems
 * that report nothing, are asked again with a back-off.
 */

#ifndef TUNNEL_BIND_LATER_H
#define TUNNEL_BIND_LATER_H

#include "net/passed.h"
#include "net/route.h"
#include "tunnel/tunnel.h"

struct bind_later;

/* How sockets are opened. */
struct bind_how {
	bool lacking;		/* also where the machine lacks the address
				 * (sock_opt_freebind()) */
	const fd_t *passed;	/* these, which were passed, one for each
				 * address; taken over.  NULL: new ones */
};

/* Opens the sockets at n addresses.  0; or -1 and errno, *step is the call that
 * failed, and none is open, those that were passed included. */
typedef int bind_open_fn(struct bind_later *, const struct addr *, unsigned n,
    const struct bind_how *, const char **step);

enum bind_state {
	BIND_DONE,		/* nothing is awaited */
	BIND_LACKING,		/* open, at an address that the machine lacks */
	BIND_WAITING,		/* not open */
};

/* Of an end.  Zeroed: done. */
struct bind_later {
	enum bind_state state;
	struct end *end;
	struct hostport at;	/* where to listen; host "": everywhere */
	bind_open_fn *open;
	bool stream;		/* the sockets are TCP, else UDP */
	struct lookup lookup;
	struct timer timer;	/* of the next attempt */
	struct route_watch routes;
	struct addr addr;	/* BIND_LACKING: the address */
	int64_t pause_ms;	/* before the next attempt */
	int error;		/* of the newest attempt, an errno, or 0 */
};

/* Finds the addresses, which may block, and opens the sockets or waits as the
 * settings say; sockets that the supervisor has passed for these addresses, or
 * for a tunnel of that name, are taken in their place.  The caller has set open
 * and stream.  0, or -1 and the fault. */
int bind_later_start(struct bind_later *, struct end *,
    const struct settings *, const struct hostport *at, struct fault *);

/* Waits no more; harmless when it does not. */
void bind_later_stop(struct bind_later *);

#endif
