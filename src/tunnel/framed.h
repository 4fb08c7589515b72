/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Framed connections: streams that carry datagrams as frames, and the legs
 * whose datagrams are queued for them.
 *
 * NOTES.  A framed connection is a stream, an incomplete received frame, and
 * the time by which that frame must be complete.  A format (wire/frame.h)
 * parses and writes frames.  How legs share connections is decided above: the
 * pool has many connections for one leg (tunnel/pool.h), uott has many legs on
 * one connection (tunnel/uott_mux.h).  udp2tcp has one connection for each
 * leg: a pool of one where it dials, a mux without tags where it accepts.
 *
 * A datagram that finds no room is queued in its leg.  A burst may be queued
 * for a long time, and so may datagrams for a connection that is being set up.
 * A standing queue, which does not drain by itself, is cut to a short delay
 * (the idea of CoDel, RFC 8289).
 */

#ifndef TUNNEL_FRAMED_H
#define TUNNEL_FRAMED_H

#include "net/stream.h"
#include "net/tcp.h"
#include "tunnel/credentials.h"
#include "tunnel/fair.h"
#include "tunnel/part.h"
#include "tunnel/queue.h"
#include "tunnel/tunnel.h"
#include "wire/frame.h"

enum {
	FRAMED_WHOLE_MS = 30000,	/* from a frame's first byte to last */
	FRAMED_LOOK_MS = 25,	/* interval of the expiry of queues */
};

/* Why a connection is closed whose framed_is_trusted() is false. */
#define FRAMED_UNTRUSTED "nothing vouches for its certificate any more"

struct framed;

/* Callbacks of the owner of framed connections.  Each of them may close the
 * connection. */
struct framed_ops {
	/* The connection is up (TLS: the handshake is done). */
	void (*up)(struct framed *);
	/* Reads the bytes before the first frame; returns how many of the n
	 * bytes it used.  Called with all bytes that are received, so that it
	 * returns 0 once it is done.  NULL: frames come at once. */
	size_t (*prelude)(struct framed *, const uint8_t *, size_t n);
	/* n datagrams (1 to DGRAM_BATCH) with the same tag were received; they
	 * are borrowed until the flush. */
	void (*pass)(struct framed *, uint16_t tag, struct dgram *,
	    unsigned n);
	/* The stream may have room again. */
	void (*drained)(struct framed *);
	/* The connection ended, and is closed; why is the reason in words,
	 * valid during the call; clean: the peer closed it in good order. */
	void (*down)(struct framed *, const char *why, bool clean);
};

/* What the framed connections of an end share; the end's struct begins with
 * it. */
struct framed_end {
	struct end end;
	struct stream_env env;
	const struct frame_format *format;
	const struct framed_ops *ops;
	struct queue_pool queues;	/* memory of its legs' queues */
	struct ip_flow_key flow_key;	/* of conversations in a device */
	struct fairs fairs;	/* those of them that are fair */
	struct parts parts;	/* incomplete frames of its connections */
	struct credentials *credentials;	/* for new connections; NULL:
				 * plain TCP */
	struct credentials *fresh;	/* loaded by framed_prepare(), for
				 * framed_renew(); else NULL */
	struct tcp_options options;	/* of its sockets */
	int64_t unsent_ms;	/* longest delay in a queue, not connected */
};

/*
 * A connection; the owner's struct begins with it.
 *
 *	state		stream.env	stream.up	part.len	late
 *	closed (zeroed)	NULL		-		0		-
 *	being set up	set		no		0		-
 *	up		set		yes		0		-
 *	inside a frame	set		yes		> 0		set
 */
struct framed {
	struct stream stream;
	struct framed_end *end;
	struct credentials *credentials;	/* that the stream uses, while
				 * it is open; NULL: plain TCP */
	struct part part;	/* incomplete frame, in end->parts */
	bool heard;		/* data came; valid until it is opened again */
	struct timer late;	/* end of the time for that frame */
};

/* A leg; the owner's struct begins with it.  Zeroed: ready for use. */
struct framed_leg {
	struct leg leg;		/* its end is a struct framed_end */
	struct queue queue;	/* datagrams that found no room; or they are */
	struct fair *fair;	/* here, if it is not NULL: packets of a
				 * device */
	uint32_t above_ms;	/* since when the delay of the queue has been
				 * too long, if it is, */
	bool above;		/* as this says */
	bool held;		/* the other leg was asked to stop reading */
};

/*
 * Ends
 */

/* Initialises what the connections share, but unsent_ms, which the caller sets.
 * 0, or -1 and the fault when a file that the settings name is wrong; then
 * nothing is held. */
int framed_start(struct framed_end *, const struct settings *,
    const struct frame_format *, const struct framed_ops *, bool listening,
    bool tls, struct fault *);

/* For end_ops.prepare(): loads the files that the settings name again.  0, or
 * -1 and the fault. */
int framed_prepare(struct framed_end *, const struct settings *,
    struct fault *);

/* For end_ops.renew(): new connections use what was loaded; or releases it, if
 * the settings are NULL.  Returns true if there are other trust anchors: then
 * the end closes its connections of which framed_is_trusted() is false. */
bool framed_renew(struct framed_end *, const struct settings *);

/* Releases it; the caller has closed all connections and legs. */
void framed_stop(struct framed_end *);

/*
 * Connections
 */

/* Opens a connection on a socket, which it takes over.  up() is called later,
 * never from within.  0, or -1 and errno: then the socket was closed. */
int framed_open(struct framed *, struct framed_end *, fd_t fd,
    const struct addr *peer);

/* Is the connection up, so that frames may be sent? */
bool framed_is_up(const struct framed *);

/* Is the peer still one that the end's trust anchors vouch for?  Where it shows
 * no certificate, and while it is not up, it is. */
bool framed_is_trusted(const struct framed *);

/* What to add to the cause of the end of a connection that we made, and that
 * was up for so long: a hint if the peer, by its silence, does not seem to use
 * our protocol; else "". */
const char *framed_hint(const struct framed *, uint64_t up_ms);

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

/* How many datagrams are queued, and their bytes, with a header for each. */
static inline unsigned
framed_leg_count(const struct framed_leg *l)
{
	return l->fair != NULL ? l->fair->count : l->queue.count;
}

static inline size_t
framed_leg_bytes(const struct framed_leg *l)
{
	return l->fair != NULL ? l->fair->bytes : l->queue.bytes;
}

/* Queues a copy of a datagram.  A full queue drops its oldest ones, counted as
 * lost. */
void framed_leg_wait(struct framed_leg *, const uint8_t *data, size_t len);

/* The datagram to be sent next, valid until the queue changes; NULL: the queue
 * is empty, as it may be after a fair one has dropped what was in it. */
const uint8_t *framed_leg_first(struct framed_leg *, size_t *len);

/* Removes that datagram from the queue. */
void framed_leg_pop(struct framed_leg *);

/* Goes on to a conversation of which packets can be sent, after none of the
 * datagram's could be; false: the queue is not a fair one.  Afterwards
 * framed_leg_return(). */
bool framed_leg_pass_over(struct framed_leg *);
void framed_leg_return(struct framed_leg *);

/* Drops the oldest datagram, or some of a fair queue, which is not empty;
 * counted as lost. */
void framed_leg_overflow(struct framed_leg *);

/* Drops datagrams that were queued for too long, counted as lost.  up: the leg
 * has a connection; then moved_ms is when one of its connections last accepted
 * bytes. */
void framed_leg_expire(struct framed_leg *, bool up, uint64_t moved_ms);

/* Drops all queued datagrams, counted as lost. */
void framed_leg_clear(struct framed_leg *);

/* Asks the other leg to stop (true) or resume reading, if that is new; it is
 * not asked to stop while the queue is a fair one. */
void framed_leg_hold(struct framed_leg *, bool on);

#endif
