/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Many flows on one stream, told apart by the tags of their frames.
 *
 * NOTES.  Both sides send frames: "UOTT", a tag, a length, a payload
 * (wire/frame.h).  uott_mux.c has what both share: frames in, runs of one tag
 * together, frames out, and the queues of the legs while the stream has no
 * room.  Who accepts is end_uott_listen.c, where a tag that is new begins a
 * flow; who dials and gives tags to flows is end_uott_dial.c.
 *
 * While something waits nothing overtakes it: each leg has a queue of its own,
 * bounded in bytes and in age, and the legs that wait take turns of so many
 * bytes each (deficit round robin, Shreedhar and Varghese, 1995), so that a
 * flood in one flow delays the others by little.
 */

#ifndef TUNNEL_UOTT_MUX_H
#define TUNNEL_UOTT_MUX_H

#include "net/stream.h"
#include "net/tcp.h"
#include "tunnel/credentials.h"
#include "tunnel/part.h"
#include "tunnel/queue.h"
#include "tunnel/tunnel.h"
#include "wire/frame.h"

enum {
	MUX_FRAME_MS = 30000,	/* in which a frame that began is whole */
	MUX_DRAIN_MS = 25,	/* age in the queue while the stream drains, */
	MUX_BURST_MS = 100,	/* once it was exceeded for so long */
	MUX_STALL_MS = 1000,	/* age in the queue while it is stalled */
};

struct mux_conn;
struct mux_leg;

/* What the connections of an end share; both ends' structs begin with it. */
struct mux {
	struct end end;
	struct stream_env env;
	struct queue_pool queues;
	struct parts parts;	/* frames that began */
	struct credentials *credentials;	/* NULL: plain TCP */
	struct tcp_options options;
	int64_t unsent_ms;	/* age in the queue while not connected */
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
	struct leg leg;
	struct mux_conn *conn;	/* the stream that carries it */
	uint16_t tag;
	struct queue queue;
	struct list waiting;	/* in conn->waiting while something is queued */
	size_t credit;		/* bytes that it may still send in its turn */
	uint64_t above_ms;	/* since when the oldest waits too long, or 0 */
	bool held;		/* the other leg was asked to pause */
};

/* A connection; both ends' structs have one as their first, or only, one. */
struct mux_conn {
	struct stream stream;
	struct mux *mux;
	struct list waiting;	/* struct mux_leg, whose turn is next first */
	size_t queued;		/* what these weigh, in bytes */
	struct timer age;	/* drops what is too old */
	struct part part;	/* the frame that began, in mux->parts */
	struct timer late;	/* it must be whole by then */
};

/* Readies what the ends share; 0, or -1 and the fault when the settings or a
 * file that they name are wrong, and nothing is held then. */
int mux_start(struct mux *, const struct settings *, bool listening,
    struct fault *);

/* Lets it go; all connections are closed. */
void mux_stop(struct mux *);

/* Makes a zeroed leg, and the tag that it has, ready. */
void mux_leg_open(struct mux_leg *, struct mux_conn *, uint16_t tag);

/* Forgets what it has queued. */
void mux_leg_close(struct mux_leg *);

/* end_ops.send and end_ops.room. */
void mux_send(struct leg *, struct dgram *, unsigned n);
size_t mux_room(struct leg *);

/* Makes a zeroed connection ready, so that legs can queue for it. */
void mux_conn_init(struct mux_conn *, struct mux *);

/* Lets it take over a socket; 0, or -1 and errno: then it was closed. */
int mux_conn_open(struct mux_conn *, fd_t fd, const struct addr *peer);

/* Does it carry frames? */
bool mux_conn_is_up(const struct mux_conn *);

/* Closes it, without conn_down(); harmless when it is closed.  Its memory is
 * the caller's. */
void mux_conn_close(struct mux_conn *);

#endif
