/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The connection of a dialling uott end (end_uott_dial.c): how it is made, and
 * by what it is replaced.
 *
 * NOTES.  The end connects at its start, so that a mistake shows at once, and
 * keeps the connection.  When the connection is lost or cannot be made, it is
 * dialled again (tunnel/redial.h) while there are flows, else with the next
 * flow.  A connection that is lost while all flows are idle, as middleboxes cut
 * such ones, is dialled again with the next datagram; under a TUN device or
 * with keepalive= at once.  Flows survive that: a new connection needs no
 * set-up for them, since each frame has its tag.
 *
 * When nothing is acknowledged for too long (tunnel/uott_look.h), or our
 * address has changed, a second connection is dialled beside the first.  Once
 * it is up all flows go on there, with what waits in their queues, and the old
 * one is still read.  When all that it was given is acknowledged, and the
 * replies have had CALL_REPLY_MS, it is half-closed, and closed when the server
 * closes it.  A proxy that serves one client at a time, as the original does,
 * goes on with the new connection then; and the original does not survive a
 * reset, which is a system's answer to what arrives for a closed socket.  What
 * was given to a connection is never given to a second one.
 *
 * The second place also serves for a connection with a higher MSS
 * (tunnel/mss.h), and where a handshake stalls.  That may need a lower MSS, or
 * the server is slow: the first handshake goes on until its time-out, and those
 * in the second place, each with a lower MSS, last until they stall.
 */

#ifndef TUNNEL_UOTT_DIAL_H
#define TUNNEL_UOTT_DIAL_H

#include "tunnel/redial.h"
#include "tunnel/target.h"
#include "tunnel/uott_look.h"
#include "tunnel/uott_mux.h"
#include "tunnel/uott_tags.h"

/*
 * A connection, or the place for one.  Its states:
 *
 *	state		setting_up	try.timer	mux
 *	not connected	no		-		closed
 *	connecting	yes		-		closed
 *	handshake	yes		its end		open
 *	up		no		-		open
 *	old		no		next look	open
 *	back-off	no		next attempt	closed
 *
 * "Not connected" lasts until there is a flow that sends, or for the second one
 * until the first is silent.  Only the second one is old.
 */
struct caller_conn {
	struct mux_conn mux;
	struct redial_try try;
	struct aim aim;		/* endpoint that it goes to */
	bool setting_up;	/* an attempt is under way */
	bool raises;		/* it is to have a higher MSS than the one that
				 * is up, which is well */
	uint64_t old_ms;	/* when it was replaced */
	uint64_t due_ms;	/* old: last time that something was not yet
				 * acknowledged */
};

/* An end. */
struct caller {
	struct mux mux;
	struct caller_conn place[2];
	struct caller_conn *conn;	/* the one that flows send to */
	struct caller_conn *beside;	/* the other one, which is to replace
				 * it, or was replaced by it */
	struct target target;
	char name[HOST_TEXT];	/* expected in the certificate; "": the host
				 * that is dialled */
	struct tls_resume resume;	/* the server's newest TLS session */
	struct redial redial;
	struct uott_look look;
	struct timer look_timer;	/* while something is on its way */
	uint64_t raise_ms;	/* no higher MSS is tried before */
	bool warm;		/* idle flows have a connection, too */
	bool rested;		/* the last connection was cut while all flows
				 * were idle */
	bool of_use;		/* something was acknowledged since conn was
				 * up: the next one may follow at once */
	struct uott_tags tags;	/* owners: struct call_leg */
	struct list legs;	/* struct call_leg, least recently used first */
	struct log_limit lost_limit, tags_limit;
	struct sleeper sleeper;
	struct route_watch route;
};

/* A leg. */
struct call_leg {
	struct mux_leg mux;
	struct list link;	/* in caller->legs */
};

static inline struct caller *
caller_of_end(struct end *end)
{
	return (struct caller *)end;
}

static inline struct call_leg *
call_leg_of(struct leg *leg)
{
	return (struct call_leg *)leg;
}

static inline struct caller *
caller_of(const struct mux_conn *c)
{
	return (struct caller *)c->mux;
}

static inline struct loop *
caller_loop(const struct caller *e)
{
	return e->mux.framed.end.tunnel->loop;
}

/* Begins to connect.  The end has its target and its mux. */
void uott_dial_start(struct caller *, const struct settings *);

/* Closes the connections. */
void uott_dial_stop(struct caller *);

/* Connects anew at once; the connection that there is is read on. */
void uott_dial_anew(struct caller *);

#endif
