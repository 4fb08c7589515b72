/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A session of the uotp pool: one leg whose datagrams are sent as frames on
 * any of several framed connections (tunnel/framed.h).
 *
 * NOTES.  On each connection the dialling side first sends the 16 bytes of the
 * session's identifier; then both sides send frames.  pool.c is common to both
 * sides: it selects the connection for each datagram, and queues datagrams
 * when no connection of the leg has room.  end_pool_listen.c accepts and
 * identifies connections, end_pool_dial.c dials and redials them.  pool_look.c
 * finds out which connections live.
 */

#ifndef TUNNEL_POOL_H
#define TUNNEL_POOL_H

#include "tunnel/framed.h"

enum { POOL_ID = 16 };		/* bytes of a session identifier */

/* What is known of a connection that carries frames, best first; pool_look.c
 * has what leads from one to the other. */
enum pool_health {
	POOL_LIVES,		/* nothing speaks against it */
	POOL_DOUBTED,		/* other connections of its leg were lost, and
				 * it was not heard since */
	POOL_LATE,		/* what it was given is not acknowledged */
	POOL_SILENT,		/* for so long that it is replaced */
};

struct pool_conn;
struct pool_flows;
struct pool_leg;

/* What the connections of an end share; both ends' structs begin with it. */
struct pool {
	struct framed_end framed;
	struct log_limit limit;	/* of warnings of the dialling side */
	/* Reads the bytes before the frames of a connection without a leg;
	 * returns how many of n it used.  May close the connection.  NULL:
	 * such a connection receives nothing. */
	size_t (*prelude)(struct pool_conn *, const uint8_t *, size_t n);
	/* The connection is up: it may join a leg. */
	void (*conn_up)(struct pool_conn *);
	/* The connection ended; it is closed and has left its leg. */
	void (*conn_down)(struct pool_conn *, const char *why, bool clean);
	/* Its health has changed.  May close it.  NULL: not needed. */
	void (*conn_changed)(struct pool_conn *);
	/* The peer has acknowledged something since the last look.  May not
	 * close the connection.  NULL: not needed. */
	void (*conn_moves)(struct pool_conn *);
	/* Has it an MSS that is tried (redial_is_tried())?  NULL: no. */
	bool (*conn_is_tried)(const struct pool_conn *);
	/* A connection of the leg lives again; pool_start() sets it. */
	void (*leg_lives)(struct pool_leg *);
	unsigned n_up;		/* connections that carry frames */
	struct list looked;	/* connections that are looked at, */
	struct timer look;	/* and when that is due */
};

/* A leg; both ends' legs begin with it. */
struct pool_leg {
	struct framed_leg framed;
	struct list conns;	/* struct pool_conn that carry frames */
	unsigned n;		/* how many */
	struct pool_conn *current;	/* the last one used, or NULL */
	struct pool_conn *spoke;	/* the last one that bytes came on, */
	uint64_t spoke_ms;	/* and when; NULL: that was closed */
	struct pool_flows *flows;	/* connections of conversations
				 * (tunnel/pool_flows.h); NULL: they are not
				 * told apart */
	struct timer age;	/* next expiry of the queue */
};

/* A connection; both ends' structs begin with it. */
struct pool_conn {
	struct framed framed;
	struct pool_leg *leg;	/* NULL: none yet */
	struct list link;	/* in leg->conns while it carries frames */
	size_t load;		/* bytes not acknowledged when the system was
				 * asked, and those written since */
	unsigned long load_turn;	/* turn of the loop that asked */
	struct list look;	/* in pool->looked, or in none */
	enum pool_health health;
	bool given;		/* it was given a datagram */
	bool asked;		/* by keep-alive, at short intervals */
	bool unheard;		/* nothing came on it since it was silent,
				 * though its leg's peer would speak */
	bool condemned;		/* it stays silent, whatever comes */
	bool idle;		/* in conn_down(): it ended while it was idle
				 * (pool_look_is_idle()) */
	uint64_t joined_ms;	/* when it joined its leg */
	uint64_t since_ms;	/* nothing was acknowledged since */
	uint64_t heard_ms;	/* something was, as seen by a look */
	uint64_t doubt_ms;	/* doubted since */
	uint64_t acked;		/* bytes that were acknowledged by then */
};

/* Initialises the common part; the caller has set its functions and
 * framed.unsent_ms.  0, or -1 and the fault, and nothing is held then. */
int pool_start(struct pool *, const struct settings *,
    const struct frame_format *, bool listening, bool tls, struct fault *);

/* Releases it; all connections and legs are closed. */
void pool_stop(struct pool *);

/* Initialises a zeroed leg. */
void pool_leg_open(struct pool_leg *);

/* Drops the queue, counted as lost; the caller has closed its connections. */
void pool_leg_close(struct pool_leg *);

/* end_ops.send. */
void pool_send(struct leg *, struct dgram *, unsigned n);

/* Initialises a zeroed connection with a socket, which it takes over.  0, or
 * -1 and errno: then the socket was closed. */
int pool_conn_open(struct pool_conn *, struct pool *, fd_t fd,
    const struct addr *peer);

/* Adds a connection to a leg and sends what the leg has queued. */
void pool_conn_join(struct pool_conn *, struct pool_leg *);

/* Has it more to send than one connection takes without delay? */
bool pool_leg_is_loaded(const struct pool_leg *);

/* Takes a connection out of its leg: it is given no more, but what comes on it
 * still goes to the leg until it is closed.  Harmless when that was done. */
void pool_conn_retire(struct pool_conn *);

/* end_ops.tell and tell_leg of accepting ends; a part of those of dialling
 * ones. */
void pool_tell(const struct end *, struct facts *);
void pool_tell_leg(const struct leg *, struct facts *);

/* Closes a connection, without conn_down(); harmless when it is closed.  Its
 * memory is the caller's. */
void pool_conn_close(struct pool_conn *);

#endif
