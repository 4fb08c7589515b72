/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Many legs on one framed connection (tunnel/framed.h), each with a tag that
 * its frames bear.
 *
 * NOTES.  uott_mux.c has what both sides share: the leg of each run of frames,
 * and the queues of the legs while the stream has no room.  Accepting is
 * end_uott_listen.c, where a new tag begins a flow; dialling, and the choice
 * of tags, is end_uott_dial.c.
 *
 * While something waits nothing overtakes it: each leg has a queue of its own,
 * bounded in bytes and in age, and the legs that wait take turns of so many
 * bytes each (deficit round robin, Shreedhar and Varghese, 1995), so that a
 * flood in one flow delays the others by little.
 */

#ifndef TUNNEL_UOTT_MUX_H
#define TUNNEL_UOTT_MUX_H

#include "tunnel/framed.h"

struct mux_conn;
struct mux_leg;

/* What the connections of an end share; both ends' structs begin with it. */
struct mux {
	struct framed_end framed;
	size_t queue_max;	/* bytes that wait for one connection */
	/* The leg of a tag for which n datagrams came; NULL: there is none,
	 * and they have been counted as lost. */
	struct mux_leg *(*leg_of)(struct mux_conn *, uint16_t tag,
	    unsigned n);
	/* The connection carries frames now. */
	void (*conn_up)(struct mux_conn *);
	/* The connection ended, and is closed. */
	void (*conn_down)(struct mux_conn *, const char *why, bool clean);
};

/* A leg; both ends' legs begin with it. */
struct mux_leg {
	struct framed_leg framed;
	struct mux_conn *conn;	/* the one that carries it */
	uint16_t tag;
	struct list waiting;	/* in conn->waiting while something is queued */
	size_t credit;		/* bytes that it may still send in its turn */
};

/* A connection; both ends' structs have one as their first, or only, one. */
struct mux_conn {
	struct framed framed;
	struct mux *mux;
	struct list waiting;	/* struct mux_leg, whose turn is next first */
	size_t queued;		/* what these weigh, in bytes */
	struct timer age;	/* drops what is too old */
};

/* Readies what the ends share; its functions, queue_max and framed.unsent_ms
 * are set.  0, or -1 and the fault when the settings or a file that they name
 * are wrong, and nothing is held then. */
int mux_start(struct mux *, const struct settings *,
    const struct frame_format *, bool listening, struct fault *);

/* Makes a zeroed leg, and the tag that it has, ready. */
void mux_leg_open(struct mux_leg *, struct mux_conn *, uint16_t tag);

/* Forgets what it has queued. */
void mux_leg_close(struct mux_leg *);

/* end_ops.send. */
void mux_send(struct leg *, struct dgram *, unsigned n);

/* Makes a zeroed connection ready, so that legs can queue for it. */
void mux_conn_init(struct mux_conn *, struct mux *);

/* Lets it take over a socket; 0, or -1 and errno: then it was closed. */
int mux_conn_open(struct mux_conn *, fd_t fd, const struct addr *peer);

/* Closes it, without conn_down(); harmless when it is closed.  Its memory is
 * the caller's. */
void mux_conn_close(struct mux_conn *);

#endif
