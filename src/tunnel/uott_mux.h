/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Many legs on one framed connection (tunnel/framed.h); each has a tag, which
 * is in its frames.
 *
 * NOTES.  uott_mux.c is common to both sides: it finds the leg of received
 * frames, and queues datagrams while the stream has no room.
 * end_uott_listen.c accepts connections, where a new tag begins a flow;
 * end_uott_dial.c assigns the tags, uott_dial.c dials.
 *
 * Each leg has a queue of its own, bounded in bytes and in age.  While any
 * queue of a connection is not empty, all new datagrams for that connection
 * are queued.  The queues are served by deficit round robin (Shreedhar and
 * Varghese, 1995), so that a flood in one flow delays the others by little.
 */

#ifndef TUNNEL_UOTT_MUX_H
#define TUNNEL_UOTT_MUX_H

#include "tunnel/framed.h"

struct mux_conn;
struct mux_leg;

/* What the connections of an end share; both ends' structs begin with it. */
struct mux {
	struct framed_end framed;
	size_t queue_max;	/* bytes queued for one connection, at most */
	/* Returns the leg of a tag for which n datagrams were received; NULL:
	 * there is none, and it has counted them as lost. */
	struct mux_leg *(*leg_of)(struct mux_conn *, uint16_t tag,
	    unsigned n);
	/* The connection is up. */
	void (*conn_up)(struct mux_conn *);
	/* The connection ended, and is closed. */
	void (*conn_down)(struct mux_conn *, const char *why, bool clean);
};

/* A leg; both ends' legs begin with it. */
struct mux_leg {
	struct framed_leg framed;
	struct mux_conn *conn;	/* connection of its frames */
	struct list waiting;	/* in conn->waiting while something is queued */
	uint32_t deficit;	/* bytes that it may send in this round; the
				 * deficit counter of the algorithm */
	uint16_t tag;		/* in its frames */
	bool told;		/* dialling: its flow was told that the
				 * connection is up */
};

/* A connection.  The accepting side's struct client begins with it; the
 * dialling end has just one, as a member. */
struct mux_conn {
	struct framed framed;
	struct mux *mux;	/* its end */
	struct list waiting;	/* struct mux_leg with datagrams queued, the
				 * next one to send first */
	size_t queued;		/* bytes that their queues count */
	struct timer age;	/* next expiry of these queues */
};

/* Do the settings of TLS of an end of that name make sense?  0, or -1 and the
 * fault. */
int mux_check(const char *name, const struct settings *, bool listening,
    struct fault *);

/* Initialises the common part; the caller has set its functions, queue_max and
 * framed.unsent_ms.  0, or -1 and the fault when the settings or a file that
 * they name are wrong, and nothing is held then. */
int mux_start(struct mux *, const struct settings *,
    const struct frame_format *, bool listening, struct fault *);

/* Initialises a zeroed leg with its connection and tag. */
void mux_leg_open(struct mux_leg *, struct mux_conn *, uint16_t tag);

/* Moves a leg, with its queue, to a connection of the same end. */
void mux_leg_move(struct mux_leg *, struct mux_conn *);

/* Drops its queue, counted as lost. */
void mux_leg_close(struct mux_leg *);

/* end_ops.send. */
void mux_send(struct leg *, struct dgram *, unsigned n);

/* Initialises a zeroed connection, so that legs can queue for it. */
void mux_conn_init(struct mux_conn *, struct mux *);

/* Takes over a socket; 0, or -1 and errno: then the socket was closed. */
int mux_conn_open(struct mux_conn *, fd_t fd, const struct addr *peer);

/* Closes it, without conn_down(); harmless when it is closed.  Its memory is
 * the caller's. */
void mux_conn_close(struct mux_conn *);

#endif
