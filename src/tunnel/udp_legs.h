/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What the ends on UDP sockets have in common: socket options, counting of
 * losses, and the source of a datagram as a key.
 */

#ifndef TUNNEL_UDP_LEGS_H
#define TUNNEL_UDP_LEGS_H

#include "net/udp.h"
#include "tunnel/tunnel.h"

enum {
	UDP_LEGS_RECEIVES = 4,	/* batches for each socket and turn */
};

/* Where a datagram came from, and our address that it was sent to.  Two that
 * source_set() has filled are the same if their bytes are. */
struct source {
	struct addr peer;	/* where it came from */
	struct addr local;	/* ours */
};

/* The socket options in the settings of an end. */
struct udp_options udp_legs_options(const struct settings *);

/* Counts what a socket has lost, as losses of the leg, or of the end where leg
 * is NULL; *lost becomes zero. */
void udp_legs_count(struct end *, struct leg *, struct udp_losses *lost);

/* The largest payload that goes to that peer in one packet, over a path of the
 * usual MTU (1500). */
size_t udp_legs_room(const struct addr *peer);

/* Fills a source with a peer and our address, each of which may be none. */
void source_set(struct source *, const struct addr *peer,
    const struct addr *local);

#endif
