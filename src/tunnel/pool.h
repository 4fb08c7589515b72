/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A session of the uotp pool: one leg whose datagrams travel as frames on any
 * of several connections.
 *
 * NOTES.  On each connection the dialling side first sends the 16 bytes of the
 * session's identifier; then both send frames, a 2-byte length and a payload
 * (wire/frame.h).  pool.c has what both sides share: frames in, frames out,
 * and the queue of a leg none of whose connections has room.  Who accepts and
 * identifies is end_pool_listen.c, who dials and dials again is
 * end_pool_dial.c.
 */

#ifndef TUNNEL_POOL_H
#define TUNNEL_POOL_H

#include "net/stream.h"
#include "net/tcp.h"
#include "tunnel/credentials.h"
#include "tunnel/part.h"
#include "tunnel/queue.h"
#include "tunnel/tunnel.h"
#include "wire/frame.h"

enum {
	POOL_ID = 16,		/* bytes of a session identifier */
	POOL_FRAME_MS = 30000,	/* in which a frame that began is whole */
	POOL_DRAIN_MS = 25,	/* age in the queue while connections drain, */
	POOL_BURST_MS = 100,	/* once it was exceeded for so long */
	POOL_STALL_MS = 1000,	/* age in the queue while they are stalled */
};

struct pool_conn;

/* What the connections of an end share; both ends' structs begin with it. */
struct pool {
	struct end end;
	struct stream_env env;
	struct queue_pool queues;
	struct parts parts;	/* frames that began */
	struct credentials *credentials;	/* NULL: plain TCP */
	struct tcp_options options;
	int64_t unsent_ms;	/* age in the queue while none is connected */
	struct log_limit limit;
	/* Takes the bytes before the frames; returns how many of n it ate.
	 * NULL when there are none. May close the connection. */
	size_t (*prelude)(struct pool_conn *, const uint8_t *, size_t n);
	/* The connection carries frames now. */
	void (*conn_up)(struct pool_conn *);
	/* The connection ended; it is closed and out of its leg. */
	void (*conn_down)(struct pool_conn *, const char *why, bool clean);
};

/* A leg; both ends' legs begin with it. */
struct pool_leg {
	struct leg leg;
	struct list conns;	/* those that carry frames */
	struct pool_conn *current;	/* the last one used, or NULL */
	struct queue queue;
	struct timer age;	/* drops what is too old */
	uint64_t above_ms;	/* since when the oldest waits too long, or 0 */
	bool holds;		/* the other leg was told to stop reading */
};

/* A connection; both ends' structs begin with it. */
struct pool_conn {
	struct stream stream;
	struct pool *pool;
	struct pool_leg *leg;	/* NULL while it has none */
	struct list link;	/* in leg->conns while it carries frames */
	struct timer frame;	/* a frame must be whole by then */
	struct part part;	/* the frame that began, in pool->parts */
	size_t load;		/* bytes given and not yet acknowledged, */
	unsigned long load_turn;	/* as of this turn of the loop */
};

/* Readies what the ends share; 0, or -1 and the fault, and nothing is held
 * then. */
int pool_start(struct pool *, const struct settings *, bool listening,
    bool tls, struct fault *);

/* Lets it go; all connections are closed. */
void pool_stop(struct pool *);

/* Makes a zeroed leg ready. */
void pool_leg_open(struct pool_leg *);

/* Forgets what is queued; its connections are closed. */
void pool_leg_close(struct pool_leg *);

/* end_ops.send and end_ops.room. */
void pool_send(struct leg *, struct dgram *, unsigned n);
size_t pool_room(struct leg *);

/* Lets a zeroed connection take over a socket; 0, or -1 and errno. */
int pool_conn_open(struct pool_conn *, struct pool *, fd_t fd,
    const struct addr *peer);

/* Lets a connection carry the frames of a leg, and drains its queue. */
void pool_conn_join(struct pool_conn *, struct pool_leg *);

/* Closes a connection, without conn_down(). Its memory is the caller's. */
void pool_conn_close(struct pool_conn *);

#endif
