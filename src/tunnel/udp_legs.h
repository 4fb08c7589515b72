/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What the ends on UDP sockets have in common: socket options, counting of
 * losses, and the key of a source.
 */

#ifndef TUNNEL_UDP_LEGS_H
#define TUNNEL_UDP_LEGS_H

#include "net/udp.h"
#include "tunnel/tunnel.h"

enum {
	UDP_LEGS_RECEIVES = 4,	/* batches for each socket and turn */
	SOURCE_KEY = 2 * 24,	/* bytes of a source's key */
};

/* The socket options in the settings of an end. */
struct udp_options udp_legs_options(const struct settings *);

/* Counts what a socket has lost beyond *told, as losses of the leg, or of the
 * end where leg is NULL; *told becomes *now. */
void udp_legs_count(struct end *, struct leg *, struct udp_losses *told,
    const struct udp_losses *now);

/* The largest payload that goes to that peer in one packet, over a path of the
 * usual MTU (1500). */
size_t udp_legs_room(const struct addr *peer);

/* Writes a peer, and our address that it sent to, as bytes that can be
 * compared. */
void source_key(uint8_t key[SOURCE_KEY], const struct addr *peer,
    const struct addr *local);

#endif
