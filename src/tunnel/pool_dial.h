/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The connections of a dialling pool (end_pool_dial.c): which are dialled, and
 * when, and by what a silent one is replaced.
 *
 * NOTES.  The first connection of each flow is set up before all spare ones,
 * and an end sets up at most POOL_HANDSHAKES connections at a time.  While its
 * attempts fail they begin at a limited rate, so that an outage with many
 * flows causes no storm.  A connection that failed or was lost is dialled again
 * after a back-off (tunnel/redial.h) as long as its flow exists.
 *
 * A flow has one place more than it has connections.  When a connection is
 * silent (tunnel/pool_look.h), a new one is dialled beside it in that place.
 * As soon as a connection of the flow takes datagrams, the silent ones are
 * retired: they are read for POOL_RETIRED_MS, and closed.  The same place is
 * used when a handshake stalls, and to replace a connection by one with a
 * higher MSS (tunnel/pool_mss.h).
 */

#ifndef TUNNEL_POOL_DIAL_H
#define TUNNEL_POOL_DIAL_H

#include "tunnel/pool_look.h"
#include "tunnel/redial.h"
#include "tunnel/target.h"

struct dialler_leg;

/* An end. */
struct dialler {
	struct pool pool;
	struct target target;
	char name[HOST_TEXT];	/* expected in the certificate; "": the host
				 * that is dialled */
	struct tls_resume resume;	/* the server's newest TLS session */
	int64_t size;		/* connections for each flow */
	bool single;		/* udp2tcp: size is 1, no identifier is sent */
	uint64_t beat_ms;	/* TLS: silence before a record without data;
				 * 0: none is sent */
	struct redial redial;
	struct lookup lookup;	/* at start, with resolve-once */
	struct list legs;	/* struct dialler_leg */
	struct list firsts;	/* struct dialled, ready to dial: the first of
				 * a flow without a connection */
	struct list spares;	/* likewise, all others; dialled last */
	unsigned n_setting_up;	/* struct dialled being set up */
	uint64_t up_ms;		/* when an attempt last succeeded */
	struct timer pace;	/* until then none begins */
	struct sleeper sleeper;
	struct route_watch route;
};

/*
 * A connection of a leg, or the place for one.
 *
 *	state		link	setting_up	try.timer	conn
 *	not started	-	no		-		closed
 *	ready to dial	in list	no		-		closed
 *	connecting	-	yes		-		closed
 *	handshake	-	yes		its end		open
 *	stalled		-	no		its end		open
 *	up		-	no		keep-alive	open, in leg
 *	retired		-	no		its end		open, not in leg
 *	back-off	-	no		next attempt	closed
 *
 * A lost connection of udp2tcp is "not started" while nothing is queued.
 */
struct dialled {
	struct pool_conn conn;
	struct dialler_leg *leg;
	struct list link;	/* in dialler->firsts or spares */
	struct redial_try try;
	bool setting_up;	/* counted in dialler->n_setting_up */
	bool stalled;		/* its handshake stalls: a second connection is
				 * dialled, but this one may still be first */
	bool retired;		/* read until the timer, and given nothing */
	bool moved;		/* its address is no longer ours */
};

/* A leg. */
struct dialler_leg {
	struct pool_leg pool;
	struct list link;	/* in dialler->legs */
	uint8_t id[POOL_ID];
	struct aim aim;		/* endpoint of all its connections */
	struct dialled *conn;	/* array of dialler->size + 1 */
	struct dialled *first;	/* set up before its spare ones */
	int64_t n_up;		/* of these, carrying frames */
	struct timer spares_timer;	/* starts the spare ones */
	bool spares;		/* the spare ones were started */
	bool degraded;		/* a loss was logged; not all are up again */
};

/* An end, a connection and a leg of this kind. */
static inline struct dialler *
dialler_of_end(struct end *end)
{
	return (struct dialler *)end;
}

static inline struct dialled *
dialled_of(struct pool_conn *conn)
{
	return (struct dialled *)conn;
}

static inline struct dialler_leg *
dialler_leg_of(struct leg *leg)
{
	return (struct dialler_leg *)leg;
}

/* Initialises what this file uses of an end: its lists, and the functions of
 * its pool. */
void pool_dial_start(struct dialler *);

/* Ends it; all legs are closed. */
void pool_dial_end(struct dialler *);

/* Dials connections that are ready, up to the limits: firsts before spares. */
void pool_dial_next(struct dialler *);

/* Has a flow a connection that takes datagrams? */
bool pool_dial_is_served(const struct dialler_leg *);

/* Closes all connections of a flow, and dials those that it needs again.  A
 * single one (udp2tcp) is needed while something is queued; pool_dial_soon()
 * makes it for the next datagram. */
void pool_dial_anew(struct dialler_leg *);

/* Dials one connection more than a flow has, in the free place, unless one is
 * being dialled; an old one is retired when it is up. */
void pool_dial_beside(struct dialler_leg *);

/* A flow has traffic and no connection: lets one be dialled within
 * REDIAL_HURRY_MS, unless one is being set up or ready. */
void pool_dial_soon(struct dialler_leg *);

/* Closes all of a flow. */
void pool_dial_stop_all(struct dialler_leg *);

/* Our addresses or routes have changed: leaves the connections and attempts of
 * a flow whose address new ones would not have, and shortens the back-off of a
 * flow without a connection: its next attempt is REDIAL_HURRY_MS after its
 * newest one.  Returns how many were left. */
unsigned pool_dial_reroute(struct dialler_leg *);

#endif
