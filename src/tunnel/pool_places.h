/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The places for connections of the flows of a dialling pool: which of them are
 * dialled, how many, and in which order.
 *
 * NOTES.  The first connection of each flow is set up before all spare ones,
 * and an end sets up at most POOL_HANDSHAKES connections at a time.  While its
 * attempts fail they begin at a limited rate, so that an outage with many
 * flows causes no storm.
 *
 * A flow has POOL_EXTRA places more than it has connections: one is for a
 * connection that is dialled beside them, one for the case that the handshake
 * of that stalls.
 *
 * A handshake that stalls may need a lower MSS, or its server is slow.  So it
 * goes on until its time-out, and others are dialled beside it: of these, one
 * that stalls in turn makes room for the next.  It does not count among the
 * POOL_HANDSHAKES; at most as many stall at once, and a quarter of them for
 * each MSS, so that all are tried even if many flows stall.
 */

#ifndef TUNNEL_POOL_PLACES_H
#define TUNNEL_POOL_PLACES_H

#include "tunnel/pool_look.h"
#include "tunnel/redial.h"
#include "tunnel/target.h"

enum { POOL_EXTRA = 2 };	/* places of a flow beyond its connections */

struct dialled;
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
	bool warm;		/* an idle flow has a connection, too: under a
				 * TUN device, or with keepalive= */
	uint64_t beat_ms;	/* TLS: silence before a record without data;
				 * 0: none is sent */
	struct redial redial;
	struct lookup lookup;	/* at start, with resolve-once */
	struct list legs;	/* struct dialler_leg */
	struct list firsts;	/* struct dialled, ready to dial: the first of
				 * a flow without a connection */
	struct list spares;	/* likewise, all others; dialled last */
	void (*dial)(struct dialled *);	/* begins an attempt; pool_dial_start()
				 * sets it */
	unsigned n_setting_up;	/* struct dialled being set up, */
	unsigned n_stalled;	/* and those that stalled */
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
 * A lost connection that is not needed is "not started".
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
	struct dialled *conn;	/* array of dialler->size + POOL_EXTRA */
	struct dialled *first;	/* set up before its spare ones */
	int64_t n_up;		/* of these, carrying frames */
	struct timer spares_timer;	/* starts the spare ones */
	bool spares;		/* the spare ones were started */
	bool thinned;		/* spare ones were cut and are to come back
				 * with traffic (pool_rest.h) */
	bool rests;		/* connections were cut that it can do without,
				 * and it has sent nothing since */
	uint64_t lost_ms;	/* when one in use was lost that was not young;
				 * 0: never */
	uint64_t refill_ms;	/* from a cut to the spare ones, */
	uint64_t refill_due_ms;	/* and when that is over */
	uint64_t refilled_ms;	/* when they came back last; UINT64_MAX: never,
				 * or those were cut in vain already */
	bool tired;		/* one of them was cut at once */
	uint64_t tired_ms;	/* from that to the next time, at least, */
	uint64_t tired_due_ms;	/* and when that is over */
	bool degraded;		/* a loss was logged; not all are up again */
	bool kept;		/* its connections only take: attempts go on */
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

static inline struct dialler *
dialler_of_leg(const struct dialler_leg *l)
{
	return dialler_of_end(l->pool.framed.leg.end);
}

static inline struct dialler *
dialler_of(const struct dialled *c)
{
	return dialler_of_leg(c->leg);
}

static inline struct loop *
dialler_loop(const struct dialler *e)
{
	return e->pool.framed.end.tunnel->loop;
}

/*
 * An end
 */

/* Dials connections that are ready, up to the limits: firsts before spares. */
void dialler_dial_next(struct dialler *);

/*
 * A flow
 */

/* Has it a connection that takes datagrams? */
bool dialler_leg_is_served(const struct dialler_leg *);

/* How many connections it should have now. */
int64_t dialler_leg_want(const struct dialler_leg *);

/* How many it has or will have, without those that are silent, stalled or
 * retired. */
int64_t dialler_leg_count(const struct dialler_leg *);

/* Is an attempt under way, or ready to begin? */
bool dialler_leg_is_dialled(const struct dialler_leg *);

/* Dials in free places as many as it has too few, one of them before those of
 * other flows where none takes datagrams; nothing while the flow needs none.
 * silent: the connection whose silence is the reason, or NULL; one
 * that was up for a short time only did not help, so there is a back-off, which
 * grows. */
void dialler_leg_fill(struct dialler_leg *, const struct dialled *silent);

/* Dials one connection more than it has, in the free place, unless one is being
 * dialled; an old one is retired when it is up. */
void dialler_leg_dial_beside(struct dialler_leg *);

/* It has traffic and no connection: lets one be dialled, unless one is being
 * set up or ready.  The attempt begins after the pause of the back-off, at most
 * REDIAL_HURRY_MS after the one before; now if that is over. */
void dialler_leg_dial_soon(struct dialler_leg *);

/* Lets the attempt whose back-off ends first begin by then, as the first one of
 * the flow.  False: none waits. */
bool dialler_leg_hurry(struct dialler_leg *, uint64_t due_ms);

/* If no place may be used: closes the connection that was retired first, or
 * else the stalled one that was dialled last, unless only one is stalled. */
void dialler_leg_make_place(struct dialler_leg *);

/* Gives up attempts that it no longer needs. */
void dialler_leg_trim(struct dialler_leg *);

/* The same now that a connection lives again, or is up; but where all of them
 * only take (pool_leg_only_takes()), attempts are kept. */
void dialler_leg_settle(struct dialler_leg *);

/* Closes all its connections. */
void dialler_leg_stop(struct dialler_leg *);

/* The same, and dials those that it needs again.  A single one (udp2tcp) is
 * needed while something is queued; dialler_leg_dial_soon() makes it for the
 * next datagram. */
void dialler_leg_dial_anew(struct dialler_leg *);

/*
 * A connection
 */

/* Closes it, or cancels the attempt to set it up. */
void dialled_stop(struct dialled *);

/* Its handshake stalls: counts it, unless too many do.  False: it stays among
 * those being set up. */
bool dialled_stall(struct dialled *);

/* It does not stall any more.  Harmless when it did not. */
void dialled_end_stall(struct dialled *);

/* It is up, or its attempt has failed: the next one of the end is set up. */
void dialled_end_setup(struct dialled *);

/* Schedules a new attempt, unless the flow needs no connection now;
 * dialler_leg_dial_soon() starts it with the next datagram then. */
void dialled_retry(struct dialled *);

#endif
