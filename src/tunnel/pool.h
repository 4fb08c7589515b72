/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A session of the uotp pool: one leg whose datagrams travel as frames on any
 * of several framed connections (tunnel/framed.h).
 *
 * NOTES.  On each connection the dialling side first sends the 16 bytes of the
 * session's identifier; then both send frames.  pool.c has what both sides
 * share: which connection takes a datagram, and the queue of a leg none of
 * whose connections has room.  Accepting and identifying is end_pool_listen.c,
 * dialling and dialling again is end_pool_dial.c.
 */

#ifndef TUNNEL_POOL_H
#define TUNNEL_POOL_H

#include "tunnel/framed.h"

enum { POOL_ID = 16 };		/* bytes of a session identifier */

struct pool_conn;

/* What the connections of an end share; both ends' structs begin with it. */
struct pool {
	struct framed_end framed;
	struct log_limit limit;
	/* Takes the bytes before the frames of a connection without a leg;
	 * returns how many of n it ate.  May close the connection. */
	size_t (*prelude)(struct pool_conn *, const uint8_t *, size_t n);
	/* The connection is there: it may join a leg. */
	void (*conn_up)(struct pool_conn *);
	/* The connection ended; it is closed and out of its leg. */
	void (*conn_down)(struct pool_conn *, const char *why, bool clean);
};

/* A leg; both ends' legs begin with it. */
struct pool_leg {
	struct framed_leg framed;
	struct list conns;	/* those that carry frames */
	struct pool_conn *current;	/* the last one used, or NULL */
	struct timer age;	/* drops what is too old */
};

/* A connection; both ends' structs begin with it. */
struct pool_conn {
	struct framed framed;
	struct pool_leg *leg;	/* NULL while it has none */
	struct list link;	/* in leg->conns while it carries frames */
	size_t load;		/* bytes given and not yet acknowledged, */
	unsigned long load_turn;	/* as of this turn of the loop */
};

/* Readies what the ends share; its functions and framed.unsent_ms are set.
 * 0, or -1 and the fault, and nothing is held then. */
int pool_start(struct pool *, const struct settings *,
    const struct frame_format *, bool listening, bool tls, struct fault *);

/* Makes a zeroed leg ready. */
void pool_leg_open(struct pool_leg *);

/* Forgets what is queued; its connections are closed. */
void pool_leg_close(struct pool_leg *);

/* end_ops.send. */
void pool_send(struct leg *, struct dgram *, unsigned n);

/* Lets a zeroed connection take over a socket; 0, or -1 and errno: then the
 * socket was closed. */
int pool_conn_open(struct pool_conn *, struct pool *, fd_t fd,
    const struct addr *peer);

/* Lets a connection carry the frames of a leg, and drains its queue. */
void pool_conn_join(struct pool_conn *, struct pool_leg *);

/* Closes a connection, without conn_down(); harmless when it is closed.  Its
 * memory is the caller's. */
void pool_conn_close(struct pool_conn *);

#endif
