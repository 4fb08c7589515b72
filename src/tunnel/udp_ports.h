/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The UDP ports that an end listens on: a socket for each address.
 *
 * NOTES.  A datagram is answered from the address that it was sent to.  On the
 * wildcard address the system reports which one that is; where it does not,
 * each address of the machine has a socket.  These follow the addresses: when
 * one goes its socket is closed, and what is sent by it is lost.
 */

#ifndef TUNNEL_UDP_PORTS_H
#define TUNNEL_UDP_PORTS_H

#include "net/route.h"
#include "net/udp.h"
#include "tunnel/bind_later.h"
#include "tunnel/bound.h"
#include "tunnel/tunnel.h"

enum {
	UDP_PORTS_MAX = 64,	/* sockets of an end */
	UDP_PORTS_LOOK_MS = 60000,	/* between looks at the addresses of the
				 * machine, if the system reports no changes */
	UDP_PORTS_SOON_MS = 2000,	/* before the next look where one has
				 * no socket; it doubles */
};

struct udp_ports;
struct udp_port;

/* Takes n datagrams that a socket received, at most UDP_BATCH; may change
 * them.  They are borrowed, like any of the loop's arena. */
typedef void udp_ports_fn(struct udp_port *, struct udp_msg *,
    unsigned n);

/* One socket. */
struct udp_port {
	struct end *end;	/* whose it is */
	struct udp_ports *listener;	/* that it is one of */
	struct udp udp;
	struct bound bound;
	struct watch watch;
	struct addr at;		/* its address */
	uint8_t family;		/* of that: 4 or 6 */
	uint8_t number;		/* among those of its end */
	unsigned users;		/* who has it to send by, set by its end: flows
				 * outlive its address */
	bool open;		/* else the address has gone */
	bool own;		/* it has an address of the machine, as it has
				 * no wildcard address */
};

/* All of an end.  Zeroed it has none, and may be closed. */
struct udp_ports {
	struct udp_port *socket[UDP_PORTS_MAX];
	unsigned n;		/* how many of them there are */
	struct addr wild[2];	/* wildcard addresses, in place of which all of
				 * the machine have a socket */
	unsigned n_wild;	/* of these */
	struct route_watch route;	/* for changes of the addresses, */
	struct timer look;	/* or the next look at them */
	unsigned pause_ms;	/* before that, if */
	bool lacking;		/* one of them has no socket */
	struct log_limit limit;	/* of addresses that have no socket */
	udp_ports_fn *fn;	/* takes what they receive */
	struct udp_options options;	/* of all of them */
	struct bind_later later;	/* when they are opened */
	bool several;		/* one for each address, not the first only */
	bool any_source;	/* set by the end before it opens them: a
				 * wildcard address does not answer from the
				 * one that was asked */
	struct leg *leg;	/* whose the sockets' losses are, set by the
				 * end at any time; NULL: the end's own */
};

/* Which addresses of a name are listened on. */
enum listener_which {
	UDP_PORTS_FIRST,		/* the first that works */
	UDP_PORTS_ALL,		/* each */
};

/* Listens on the addresses of a host; without a name on every address of this
 * machine, IPv4 and IPv6.  It is no fault that one of several is of a family
 * which the machine lacks.  The sockets' options are those of the settings.
 * The listener must stay where it is until it is closed.  0, and then they are
 * open, or will be once the machine has the address (bind_later.h); or -1 and
 * the fault. */
int udp_ports_open(struct udp_ports *, struct end *, const struct settings *,
    const struct hostport *at, enum listener_which, udp_ports_fn *fn,
    struct fault *);

/* Sends what the queue has, and counts what the sockets lost. */
void udp_ports_flush(struct udp_ports *, struct udp_queue *);

/* Closes the sockets, last first; harmless when there are none.  What is
 * queued for them must have been flushed, or the queue is not used again. */
void udp_ports_close(struct udp_ports *);

#endif
