/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The peers of a tunnel: who has begun its flows, and what each of them has
 * sent and received.
 *
 * NOTES.  A peer is a verified name, wherever it comes from, or without one the
 * address of a host, whatever its ports.  It is known while it has a flow.
 * Nothing is done here for a datagram: flows count, and a peer is the sum of
 * those that it has and of those that have ended.
 *
 * Peers have numbers, which grow, so that a reader of pages goes on behind the
 * number that it has seen last.
 *
 * Peers are found by a hash of 64 bits under a secret seed.  Two that have the
 * same, which nobody can bring about, would be one.
 */

#ifndef TUNNEL_PEER_SET_H
#define TUNNEL_PEER_SET_H

#include "base/addr.h"
#include "base/list.h"
#include "base/table.h"

struct flow;
struct peer;
struct tunnel;

/* A peer that is known. */
struct peer_known {
	struct table_node node;
	uint64_t key;		/* hash of its name or address */
	struct list link;	/* in set->all */
	uint64_t number;	/* from 1 on, in the order in which they come */
	struct list flows;	/* struct flow, the newest last; never empty */
	uint64_t n;		/* how many */
	uint64_t since_ms;	/* when it came */
	uint64_t heard_ms;	/* newest datagram of a flow that has ended; 0:
				 * none */
	uint64_t passed[2], bytes[2], lost;	/* of flows that have ended, as
				 * in struct flow */
};

/* What a peer has sent and received so far. */
struct peer_sum {
	uint64_t passed[2], bytes[2];	/* as in struct flow */
	uint64_t lost;		/* datagrams, of all causes */
	uint64_t heard_ms;	/* when its newest datagram came; 0: never */
};

enum {
	PEER_MARKS = 16,	/* readers that are found again at once */
	PEER_NEAR = 64,		/* peers from a mark to where its reader is, at
				 * most, as pages have fewer */
};

/* Where a reader was. */
struct peer_mark {
	struct list *at;	/* in set->all; not NULL once that has begun */
	uint64_t used;		/* set->turn of the last use */
};

/* All of a tunnel.  Zeroed: it may be freed. */
struct peer_set {
	struct table table;	/* struct peer_known by key */
	struct list all;	/* the same, the oldest first */
	struct peer_mark marks[PEER_MARKS];	/* of those that read last */
	uint64_t turn;		/* grows with each search */
	uint64_t walked;	/* peers that searches have passed */
	uint64_t last;		/* the newest number */
};

/* Begins without peers.  Ends the program when there is no memory. */
void peer_set_start(struct tunnel *);

/* Frees; there are no flows. */
void peer_set_free(struct peer_set *);

/* A flow has begun: it belongs to its peer.  Without memory it belongs to
 * none. */
void peer_set_enter(struct flow *);

/* It ends. */
void peer_set_leave(struct flow *);

/* The first peer with a number above that, or NULL.  A reader that goes on
 * where it was finds it at once, unless more than PEER_MARKS read at the same
 * time. */
struct peer_known *peer_set_after(struct peer_set *, uint64_t number);

/* The peer whose verified name is the text, or else the one without a name
 * whose address is; NULL: there is none. */
struct peer_known *peer_set_find(const struct peer_set *, const char *text);

/* Adds up the flows of a peer. */
void peer_set_sum(const struct peer_known *, struct peer_sum *);

/* Who it is, as its newest flow has it. */
const struct peer *peer_set_who(const struct peer_known *);

#endif
