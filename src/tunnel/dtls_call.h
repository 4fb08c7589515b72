/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * An association of the `dtls` end and its socket, from the first ClientHello
 * to close_notify.  end_dtls_dial.c begins it, and dtls_renewal.c decides when
 * it is replaced.
 *
 * NOTES.  The first ClientHello is sent on a connected socket, since only such
 * a socket reports ICMP errors.  A server on a wildcard address may reply from
 * a different address.  So when the ClientHello is retransmitted and nothing
 * has been received, the socket is replaced by one that is not connected.  The
 * first authentic datagram connects that to its source.  ICMP may be forged, or
 * may come from a server that is about to start: it is reported, and does not
 * end the association.
 *
 * What is on the way may have bound the port to a server that is dead: a
 * balancer, or a NAT or firewall whose state is wrong.  So each ClientHello is
 * sent from a port of its own, at the times at which they are sent anyway: what
 * is on the way may notice only later that the server is dead.  The first port
 * is read, too, as the path may only be slow; the first message of the server
 * decides which one is kept.
 * A second port needs a descriptor: at most CALL_FORMERS associations of an end
 * have one at the same time.
 *
 * An association that is up and has connection IDs survives a change of our
 * address: when the system refuses to send from the old one, or would now send
 * from a different one, the association gets a new socket.  The server learns
 * the new address from the next authentic record, so one is sent at once, and
 * up to CALL_ANNOUNCES times until something has come to the new address.
 */

#ifndef TUNNEL_DTLS_CALL_H
#define TUNNEL_DTLS_CALL_H

#include "base/list.h"
#include "tunnel/dtls_leg.h"
#include "tunnel/dues.h"

struct call;

enum {
	CALL_ASK_MAX = 1500,	/* bytes that call_ask_size() takes */
	CALL_FORMERS = 64,	/* associations with two ports, of an end */
};

/* Reports from an association to its owner, who may call_free() it from within
 * each of them. */
struct call_ops {
	/* The handshake is done. */
	void (*up)(struct call *);
	/* The first datagram was received.  NULL: nobody asks. */
	void (*heard)(struct call *);
	/* n datagrams were received, borrowed as for flow_pass(); only once it
	 * is up. */
	void (*data)(struct call *, struct dgram *, unsigned n);
	/* The server or the engine has closed it; the owner must free it. */
	void (*closed)(struct call *, const char *why);
	/* The handshake has timed out; the owner must free it. */
	void (*late)(struct call *);
	/* The server says that it does not know the handshake
	 * (dtls_is_forgotten()), which goes on; once. */
	void (*forgotten)(struct call *);
	/* The server cannot be reached from our old address, and the
	 * association cannot use a new one, or there is no new socket.  Unless
	 * it is up the owner must free it. */
	void (*no_route)(struct call *);
	/* ICMP: nothing listens on the server's port. */
	void (*refused)(struct call *);
	/* The server has answered call_ask_size().  NULL: nobody asks. */
	void (*answered)(struct call *, uint32_t number, uint16_t size);
};

/* What an association reports to; a member of the owner's struct. */
struct call_owner {
	const struct call_ops *ops;
	struct leg *leg;	/* that uses its associations */
};

/* State common to the associations of an end; the end's first member. */
struct calls {
	struct dtls_shared shared;
	uint64_t keepalive_ms;	/* silence before a heartbeat; 0: none */
	struct list dirty;	/* calls with datagrams in the queue */
	unsigned n_formers;	/* calls that have a former port */
	struct log_limit icmp_limit, move_limit;
};

/* The port that an association does not send from while it waits for the first
 * message of the server, and which is read, too. */
struct call_former {
	struct call *call;
	struct udp udp;
	struct watch watch;
};

/*
 * An association with its socket.  Its states, by its members:
 *
 *	state			up	heard	socket		CALL_ENGINE
 *	ClientHello sent	false	false	connected	engine, late_ms
 *	  and retransmitted	false	false	not connected,	engine, late_ms
 *						nor is former
 *	handshake		false	true	either		engine, late_ms
 *	up			true	true	connected	engine
 *	freed			any	any	closed		-
 *
 * One that is due now has precedence: call_move() with move_due, the report
 * refused() with refused_due.
 */
enum call_due {
	CALL_ENGINE,		/* the engine, or late_ms */
	CALL_BEAT,		/* next heartbeat, if the server agreed */
	CALL_ANNOUNCE,		/* our new address is announced again */
};

struct call {
	struct calls *calls;
	struct call_owner *owner;	/* set anew when it gets a new one */
	struct dtls dtls;	/* its handshake is released after it is up */
	struct udp udp;
	struct watch watch;
	struct call_former *former;	/* the other port; NULL: none */
	struct list link;	/* in calls->dirty */
	struct dues dues;	/* its times, by enum call_due */
	uint64_t beat_ms;	/* when a heartbeat came last; 0: never */
	uint64_t sent_ms;	/* when it began, was up, or data were sent
				 * last */
	uint64_t late_ms;	/* when the handshake times out */
	uint64_t opened_ms;	/* when the socket was opened, or a new one was
				 * last tried */
	uint64_t connect_ms;	/* not before is it connected, as that has
				 * failed */
	struct addr to, from;	/* the server; our address, port 0 */
	uint8_t announced;	/* how often a new one was */
	bool up;		/* the handshake is done */
	bool heard;		/* a datagram was received */
	bool refused;		/* ICMP: nothing listens there */
	bool refused_due;	/* call_ops.refused() is to be called */
	bool forgotten;		/* call_ops.forgotten() was called */
	bool move_due;		/* call_move(): our address has changed, as an
				 * error of the socket indicates */
	bool freed;		/* memory is freed after this turn */
};

/* Starts and stops the common state.  calls_start() returns as
 * dtls_leg_start(). */
int calls_start(struct calls *, const struct settings *, struct fault *);
void calls_stop(struct calls *);

/* Begins an association with the first of n addresses for which the
 * system gives a socket.  Its handshake times out at late_ms.  NULL: no socket
 * or no memory, and why (size bytes) has the reason. */
struct call *call_new(struct calls *, struct call_owner *,
    const struct addr *to, unsigned n, uint64_t late_ms, char *why,
    size_t size);

/* Closes and frees an association; sends close_notify if it is up. */
void call_free(struct call *);

/* Sends n datagrams; the association must be up. */
void call_send(struct call *, struct dgram *, unsigned n);

/* Moves an association that is up, with connection IDs, to a new socket if our
 * address has changed, and announces that to the server, also when there is
 * nothing to send.  True: it has moved. */
bool call_follow(struct call *);

/* Asks the server by a heartbeat whether it is there; beat_ms says when it has
 * answered.  False: it has not agreed to answer. */
bool call_ask(struct call *);

/* Asks the server by a heartbeat of size bytes (at most CALL_ASK_MAX), or of
 * DTLS_HEARTBEAT_LEAST where that is more, whether datagrams of that length
 * arrive; answered() has number and size.  False: it has not agreed to
 * answer. */
bool call_ask_size(struct call *, uint32_t number, uint16_t size);

#endif
