/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Framed connections: streams that carry datagrams as frames, and the legs
 * whose datagrams wait for them.
 *
 * NOTES.  A framed connection is a stream, the part of a frame that has come,
 * and the time by which that frame must be whole.  A format (wire/frame.h)
 * says what frames look like.  Who has which connections is not known here:
 * the pool has many of them for one leg (tunnel/pool.h), uott has many legs
 * for one of them (tunnel/uott_mux.h), udp2tcp has one of them for each leg
 * and is a pool of one where it dials, and a mux without tags where it
 * accepts.
 *
 * A datagram that finds no room waits in the queue of its leg.  A burst, or
 * what waits for a connection that is being made, may take its time; a queue
 * that stays long does not get shorter by itself and is cut (as RFC 8289 does).
 */

#ifndef TUNNEL_FRAMED_H
#define TUNNEL_FRAMED_H

#include "net/stream.h"
#include "net/tcp.h"
#include "tunnel/credentials.h"
#include "tunnel/part.h"
#include "tunnel/queue.h"
#include "tunnel/tunnel.h"
#include "wire/frame.h"

enum {
	FRAMED_WHOLE_MS = 30000,	/* a frame's first to last byte */
	FRAMED_LOOK_MS = 25,	/* between two looks at what waits */
};

struct framed;

/* What the owner of framed connections does.  Each of these may close the
 * connection. */
struct framed_ops {
	/* The connection is there (TLS: the handshake is done). */
	void (*up)(struct framed *);
	/* Takes the bytes before the first frame; returns how many of the n
	 * bytes those are.  Is asked whenever bytes come; NULL: there are
	 * none. */
	size_t (*prelude)(struct framed *, const uint8_t *, size_t n);
	/* n datagrams (1 to DGRAM_BATCH) of the same tag came, borrowed until
	 * the flush. */
	void (*pass)(struct framed *, uint16_t tag, struct dgram *,
	    unsigned n);
	/* The stream may have room again. */
	void (*drained)(struct framed *);
	/* The connection ended, and is closed; why, in words, is good during
	 * the call; clean: the peer wished it. */
	void (*down)(struct framed *, const char *why, bool clean);
};

/* What the framed connections of an end share; the end's struct begins with
 * it. */
struct framed_end {
	struct end end;
	struct stream_env env;
	const struct frame_format *format;
	const struct framed_ops *ops;
	struct queue_pool queues;	/* of its legs */
	struct parts parts;		/* of its connections */
	struct credentials *credentials;	/* NULL: plain TCP */
	struct tcp_options options;
	int64_t unsent_ms;	/* age in a queue while not connected */
};

/* A connection; the owner's struct begins with it.  Zeroed: closed. */
struct framed {
	struct stream stream;
	struct framed_end *end;
	struct part part;	/* of the frame that began, in end->parts */
	struct timer late;	/* that frame must be whole by then */
};

/* A leg; the owner's struct begins with it.  Zeroed: ready. */
struct framed_leg {
	struct leg leg;		/* whose end is a struct framed_end */
	struct queue queue;	/* what waits for a connection */
	uint64_t above_ms;	/* since when the oldest waits too long, or 0 */
	bool held;		/* the other leg was asked to pause */
};

/*
 * Ends
 */

/* Readies what the connections share; unsent_ms is the caller's to set.  0, or
 * -1 and the fault when a file that the settings name is wrong; then nothing is
 * held. */
int framed_start(struct framed_end *, const struct settings *,
    const struct frame_format *, const struct framed_ops *, bool listening,
    bool tls, struct fault *);

/* Releases it; all connections are closed and all queues are empty. */
void framed_stop(struct framed_end *);

/*
 * Connections
 */

/* Takes over a socket; up() follows, never from within.  0, or -1 and errno:
 * then the socket was closed. */
int framed_open(struct framed *, struct framed_end *, fd_t fd,
    const struct addr *peer);

/* Is the stream there, and may frames be sent? */
bool framed_is_up(const struct framed *);

/* Does the frame that began look like TLS on a connection without TLS? */
bool framed_is_tls(const struct framed *);

/* Closes it, without down(); harmless when it is closed.  Its memory is the
 * owner's, until the end of the turn at least. */
void framed_close(struct framed *);

/* Puts a datagram of a leg on the stream, copied; stream_room() is not 0.
 * What cannot be sent is counted as lost. */
void framed_put(struct framed *, struct framed_leg *, uint16_t tag,
    const uint8_t *data, size_t len);

/*
 * Legs
 */

/* end_ops.room: the longest payload of the end's format. */
size_t framed_room(struct leg *);

/* Queues a datagram, copied, in the place of the oldest ones if need be; what
 * is dropped is counted as lost. */
void framed_leg_wait(struct framed_leg *, const uint8_t *data, size_t len);

/* Removes the oldest datagram that waits; there is one. */
void framed_leg_pop(struct framed_leg *);

/* Drops what has waited too long, counted as lost.  up: a connection is there;
 * then moved_ms is when one of the leg's connections last took bytes. */
void framed_leg_expire(struct framed_leg *, bool up, uint64_t moved_ms);

/* Drops all that waits, counted as lost. */
void framed_leg_clear(struct framed_leg *);

/* Asks the other leg to pause (true) or to go on, unless it was asked so. */
void framed_leg_hold(struct framed_leg *, bool on);

#endif
