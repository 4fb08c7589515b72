/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Finds the association of a `dtls-listen` end that a datagram belongs to, by
 * connection ID and by source address.
 *
 * NOTES.  A datagram belongs to the association with the connection ID of its
 * first record that has one, else to the association with its source address.
 *
 * An association moves to the source address of the newest authentic record
 * (RFC 9146 6).  If a different association has that address already, the one
 * that moved is found by its connection ID only.
 *
 * A datagram that came by IPv6 multicast names no address of ours
 * (sock_cmsg.c).  The association that it began is found for all that its
 * client sends to any of our addresses, and moves to that one likewise.
 *
 * A new handshake takes the source of the association that had it before.
 * Until the handshake is up or has failed, or that client moves to a different
 * address, the two are linked as `replaces` and `replaced_by`.
 */

#ifndef TUNNEL_DTLS_SOURCE_H
#define TUNNEL_DTLS_SOURCE_H

#include "base/table.h"
#include "tunnel/udp_legs.h"
#include "tunnel/udp_ports.h"
#include "wire/dtls.h"

/* Where an association is. */
struct dtls_place {
	struct source source;	/* its client; our address */
	uint32_t socket;	/* the number of the port below */
};

/* Of an association.  It is found by its connection ID, by its source, by both
 * or, while it is handshaking, by neither. */
struct dtls_source {
	struct dtls_source *replaces;	/* the one that had this source before;
					 * NULL: none */
	struct dtls_source *replaced_by;	/* the one whose `replaces` is
					 * this one, or NULL */
	struct udp_port *socket;	/* that its client sends to */
	struct dtls_place place;
	struct table_node source_node, cid_node;
	uint8_t cid[DTLS_CID];	/* its connection ID */
	bool by_source, by_cid;	/* it is in that table */
};

/* Of an end. */
struct dtls_sources {
	struct table sources;	/* struct dtls_source by its place */
	struct table cids;	/* struct dtls_source by connection ID */
	struct dtls_source *newest;	/* the one of the latest datagram, as
					 * the end sets it, or NULL */
};

/* Begins empty.  Ends the program when there is no memory. */
void dtls_sources_init(struct dtls_sources *, struct random *);

/* Frees the tables; all that were in them have ended. */
void dtls_sources_free(struct dtls_sources *);

/* The one that a datagram belongs to; NULL: none.  *type is that of its first
 * record, if it has one. */
struct dtls_source *dtls_sources_find(struct dtls_sources *,
    struct udp_port *, const struct udp_msg *, uint8_t *type);

/* The one at the source of a datagram; NULL: none. */
struct dtls_source *dtls_sources_find_address(struct dtls_sources *,
    struct udp_port *, const struct udp_msg *);

/* Is at the source of a datagram from now on: zeroed, or after
 * dtls_source_leave().  It is found by it, unless a different one is. */
void dtls_source_arrive(struct dtls_sources *, struct dtls_source *,
    struct udp_port *, const struct udp_msg *);

/* Draws a connection ID that is not in use, and is found by it. */
void dtls_source_draw_cid(struct dtls_sources *, struct dtls_source *,
    struct random *);

/* Is not found by a connection ID any more. */
void dtls_source_drop_cid(struct dtls_sources *, struct dtls_source *);

/* Moves to the source of a datagram, and is not replaced; from becomes its
 * client's address before.  False: it is there already. */
bool dtls_source_move(struct dtls_sources *, struct dtls_source *,
    struct udp_port *, const struct udp_msg *, struct addr *from);

/* Leaves its source to a new handshake, and is not replaced by an earlier
 * one. */
void dtls_source_leave(struct dtls_sources *, struct dtls_source *);

/* Takes its source back, unless a different one has it. */
void dtls_source_return(struct dtls_sources *, struct dtls_source *);

/* A new one has taken the source of an old one, and may replace it. */
void dtls_source_replace(struct dtls_source *old, struct dtls_source *);

/* Will not be replaced. */
void dtls_source_keep(struct dtls_source *);

/* Is not found any more, replaces none and is replaced by none. */
void dtls_source_end(struct dtls_sources *, struct dtls_source *);

#endif
