/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Which of our addresses is used towards a peer, and notice of changes of the
 * addresses and routes of this machine.
 *
 * NOTES.  The source address is found by connecting a UDP socket, which sends
 * nothing; that works on every system.  When to ask is told by the system
 * where it can (route_backend.h); where it cannot, or may not in a sandbox,
 * nobody is called, and dialling ends ask when a peer is silent.
 *
 * Changes come in groups: an address goes, a new one comes, then its routes.
 * So watchers are called ROUTE_SETTLE_MS after the first change, and no more
 * often than that.
 */

#ifndef NET_ROUTE_H
#define NET_ROUTE_H

#include "base/addr.h"
#include "net/loop.h"

enum { ROUTE_SETTLE_MS = 100 };	/* between a change and the call */

struct route_watch;

/* Called from the loop when addresses or routes may have changed.  May stop any
 * watcher. */
typedef void route_fn(struct route_watch *);

/* Of a dialling end; zeroed, with mark_set and mark. */
struct route_watch {
	struct list link;	/* among those of the loop */
	struct loop *loop;	/* NULL before it is started */
	route_fn *fn;
	const char *subject;	/* as that of a watch */
	bool mark_set;
	uint32_t mark;		/* Linux SO_MARK of the end's sockets */
	bool asked;		/* the members below are an answer: */
	unsigned long turn;	/* of this turn of the loop, */
	struct addr to;		/* for this peer */
	struct addr source;	/* family 0: there is no route */
};

/* Calls fn after each change of the machine's addresses or routes, where the
 * system reports these; does nothing else where it does not. */
void route_watch_start(struct route_watch *, struct loop *, route_fn *fn);

/* Does the system report them?  True only of a watch that was started. */
bool route_watch_is_told(const struct route_watch *);

/* Is that, its port apart, an address of this machine? */
bool route_is_ours(const struct addr *);

/* Stops these calls.  Harmless when it was not started. */
void route_watch_stop(struct route_watch *);

/* Finds our address (port 0) that a new socket to that peer would have.  It is
 * looked up once in a turn for the same peer.  0, or -1 when there is no
 * route. */
int route_source(struct route_watch *, const struct addr *to,
    struct addr *source);

/* Would a new socket to that peer have an address other than `from`, an address
 * of ours whose port is ignored?  False while there is no route, and when only
 * a temporary IPv6 address was followed by the next one of its prefix. */
bool route_moved(struct route_watch *, const struct addr *from,
    const struct addr *to);

/* The same for the address of a socket; false when it has none. */
bool route_socket_moved(struct route_watch *, fd_t fd,
    const struct addr *to);

#endif
