/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * An association of the `dtls` end with its socket, from the first hello to
 * the good-bye.  Whose it is, and what comes after it, is the business of
 * end_dtls_dial.c.
 *
 * NOTES.  The first hello is sent on a connected socket, since only such a
 * socket reports ICMP errors.  A server on a wildcard address may reply from a
 * different address.  So when the hello is due again and nothing has been
 * received, the socket is replaced by one that is not connected.  The first
 * authentic datagram connects that to its source.  ICMP may be forged, or may
 * come from a server that is about to start: it is reported, and does not end
 * the association.
 *
 * An association that is up follows our address: when the system refuses to
 * send from the old one, or would now send from a different one, it gets a new
 * socket, and with connection IDs it continues.
 */

#ifndef TUNNEL_DTLS_CALL_H
#define TUNNEL_DTLS_CALL_H

#include "base/list.h"
#include "tunnel/dtls_leg.h"

struct call;

/* What becomes of an association; each may call_free() it. */
struct call_ops {
	/* The handshake is done. */
	void (*up)(struct call *);
	/* n datagrams came, borrowed as for flow_pass(). */
	void (*data)(struct call *, struct dgram *, unsigned n);
	/* The server, or the engine, has ended it; it must be freed. */
	void (*closed)(struct call *, const char *why);
	/* The handshake took too long; it must be freed. */
	void (*late)(struct call *);
	/* It cannot go on from our address, which has changed, and if it is not
	 * up it must be freed. */
	void (*stray)(struct call *);
	/* ICMP says that nobody listens there. */
	void (*refused)(struct call *);
};

/* What all associations of an end have; the end begins with it. */
struct calls {
	struct dtls_shared shared;
	const struct call_ops *ops;
	struct list dirty;	/* calls with something in the queue */
	struct log_limit icmp_limit, move_limit;
};

/* An association with its socket. */
struct call {
	struct calls *calls;
	struct leg *leg;	/* whose it is */
	struct dtls dtls;	/* has the handshake, until after it is up */
	bool up;		/* the handshake is done */
	struct udp udp;
	struct watch watch;
	struct udp_losses told;
	struct list link;	/* in calls->dirty */
	struct timer timer;	/* what the engine wants, or late_ms */
	uint64_t late_ms;	/* the handshake must be over by then */
	uint64_t opened_ms;	/* when the socket was */
	struct addr to, from;	/* the server; our address, port 0 */
	bool heard;		/* something came back */
	bool refused;		/* ICMP says that nobody is there */
	bool to_tell;		/* the owner has not heard of it */
	bool moved;		/* our address has changed, it seems */
	bool dead;		/* freed after this turn */
};

/* Begins and ends what they share, as dtls_leg_start(). */
int calls_start(struct calls *, const struct settings *,
    const struct call_ops *, struct fault *);
void calls_stop(struct calls *);

/* Begins an association of a leg with the first of n addresses that a socket
 * can be had for, whose handshake must be over by late_ms.  NULL: there is
 * none, and why (size bytes) says so. */
struct call *call_new(struct calls *, struct leg *, const struct addr *to,
    unsigned n, uint64_t late_ms, char *why, size_t size);

/* Lets go of an association, which says good-bye if it is up. */
void call_free(struct call *);

/* Sends data, once it is up. */
void call_send(struct call *, struct dgram *, unsigned n);

/* Has our address changed, and did an association that is up go on
 * from there? */
bool call_follow(struct call *);

#endif
