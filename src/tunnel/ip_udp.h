/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What the files of `ip-udp` (end_ip_udp.c) share.
 */

#ifndef TUNNEL_IP_UDP_H
#define TUNNEL_IP_UDP_H

#include "net/udp.h"
#include "tunnel/ip_udp_hosts.h"
#include "tunnel/ip_udp_name.h"
#include "tunnel/udp_ports.h"
#include "wire/ip.h"
#include "wire/magic.h"

/* How the destination of packets is found. */
enum peers_kind {
	PEERS_FIXED,		/* to one host */
	PEERS_LEARNED,		/* to the peer that sent last */
	PEERS_MAP,		/* to the host of their destination */
};

/* The end `ip-udp`. */
struct peers {
	struct end end;
	struct leg *leg;	/* NULL while there is none */
	enum peers_kind kind;
	struct udp_ports listener;	/* one socket, or one for each family;
				 * its leg is that above */
	struct addr remote;	/* family 0: not yet known; or a map */
	struct addr local;	/* our address that packets to it come from */
	struct udp_port *out;	/* the socket for it; NULL: none yet */
	struct ip_udp_hosts *hosts;	/* of PEERS_MAP */
	struct ip_udp_name name;	/* of PEERS_FIXED: its look-ups */

	uint8_t magic[MAGIC_SIZE];	/* the prefix */
	size_t prefix;		/* bytes of it before each packet: all or 0 */
	bool no_ip6;		/* as in the settings */
	size_t mtu;		/* of the path */
	uint64_t heartbeat_ms;	/* 0: none */
	struct timer heartbeat;
	bool sent;		/* a packet was, since the last heartbeat */
	bool heard;		/* something came since the remote address was
				 * set */
	struct sleeper sleeper;
	struct ip_answers answers;	/* budget of ICMP replies */
	struct flusher flusher;
	struct udp_queue queue;
	struct log_limit learn_limit, heard_limit, prefix_limit, peer_limit;
};

static inline struct peers *
peers_of(struct end *end)
{
	return (struct peers *)end;
}

static inline struct loop *
peers_loop(const struct peers *e)
{
	return e->end.tunnel->loop;
}

/* The socket for addresses of that family, or NULL. */
static inline struct udp_port *
peers_socket_for(struct peers *e, uint8_t family)
{
	unsigned i;

	for (i = 0; i < e->listener.n; i++)
		if (e->listener.socket[i]->family == family)
			return e->listener.socket[i];
	return NULL;
}

/*
 * Packets (ip_udp_packets.c)
 */

/* end_ops.send and room. */
void ip_udp_packets_send(struct leg *, struct dgram *, unsigned n);
size_t ip_udp_packets_room(struct leg *);

/* Passes received datagrams on (udp_ports_open()). */
void ip_udp_packets_take(struct udp_port *, struct udp_msg *, unsigned n);

/* Sends the datagrams of this turn. */
void ip_udp_packets_flush(struct flusher *);

/*
 * The remote address (ip_udp_remote.c)
 */

/* Finds out where the one host is; 0, or -1 and the fault. */
int ip_udp_remote_start(struct peers *, const struct settings *,
    struct fault *);

/* The source of a valid datagram, which came in there, is the remote address
 * from now on. */
void ip_udp_remote_learn(struct peers *, struct udp_port *in,
    const struct addr *from);

/* The first datagram comes, or the first since the remote address was set. */
void ip_udp_remote_hear(struct peers *, const struct addr *from);

/* The machine was suspended: the address may have changed meanwhile. */
void ip_udp_remote_slept(struct sleeper *, uint64_t slept_ms);

#endif
