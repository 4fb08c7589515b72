/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A queue of IP packets that is fair to the conversations in it and keeps their
 * delay short: FQ-CoDel (RFC 8290).
 *
 * NOTES.  A packet goes to one of FAIR_FLOWS queues by a hash of its addresses,
 * protocol and ports.  These are served by deficit round robin; one that was
 * empty is served before those that were not (RFC 8290 4.2), so a voice call
 * does not wait behind a download.  In each of them CoDel (wire/codel.h)
 * decides which packets are marked (wire/ip_ecn.h) or, where their senders take
 * no marks, dropped.
 *
 * Beyond the bound the queue with the most bytes loses its oldest packets.
 * What is no packet, such as a probe of ours, is a conversation of its own, and
 * is never marked.
 *
 * The memory of packets is a queue_pool's.  A struct fair is for a leg whose
 * carrier has no room; an end has at most FAIR_LEGS of them, and those that are
 * empty are reused.
 */

#ifndef TUNNEL_FAIR_H
#define TUNNEL_FAIR_H

#include "base/list.h"
#include "tunnel/queue.h"
#include "wire/codel.h"
#include "wire/ip_flow.h"

enum {
	FAIR_FLOWS = 128,	/* queues of conversations */
	FAIR_QUANTUM = 1514,	/* bytes that each may send in a round */
	FAIR_MAX = 4 * 1024 * 1024,	/* bytes of one leg, and so many of the
				 * pool at most as are left for others */
	FAIR_OVER = 16,		/* packets that are dropped at once beyond it */
	FAIR_LEGS = 256,
};

/* The queue of a conversation, or of some with the same hash. */
struct fair_flow {
	struct queue queue;
	struct codel codel;
	struct list link;	/* in fair->fresh or fair->old; or in none */
	int32_t credit;		/* bytes that it may send in this round */
	bool fresh;		/* passed over: it is from fair->fresh */
	bool judged;		/* CoDel was asked about its first packet */
};

/* Fair queues of an end. */
struct fairs {
	struct queue_pool *pool;	/* memory of the packets */
	const struct ip_flow_key *key;	/* of the hash */
	struct list idle;	/* struct fair that are empty: those that were
				 * given back, and then the one that has been
				 * for longest */
	unsigned n;		/* struct fair that there are */
};

/* A fair queue. */
struct fair {
	struct fairs *all;
	struct fair **owner;	/* where the leg keeps it */
	struct list link;	/* in all->idle while it is empty */
	struct list fresh;	/* struct fair_flow that were empty, */
	struct list old;	/* those that have had their turn, */
	struct list passed_over;	/* and those that cannot send now */
	struct fair_flow *next;	/* what fair_first() returned; or NULL */
	size_t bytes;		/* of the pool, that its packets take */
	unsigned count;		/* packets */
	unsigned marked;	/* packets since the caller set it to 0; */
	unsigned early;		/* the same of those that CoDel dropped, */
	unsigned over;		/* and of those dropped beyond the bound */
	struct fair_flow flow[FAIR_FLOWS];
};

/* Begins with none; pool and key are borrowed until fairs_close(). */
void fairs_open(struct fairs *, struct queue_pool *,
    const struct ip_flow_key *);

/* Frees those that are empty, which are all by now. */
void fairs_close(struct fairs *);

/* Gives a leg a fair queue in *owner, which becomes NULL again when it is
 * needed elsewhere while it is empty.  False: there are too many, or there is
 * no memory; *owner is NULL then. */
bool fair_take(struct fairs *, struct fair **owner);

/* Returns the fair queue of a leg, which is empty, if it has one. */
void fair_give_back(struct fair **owner);

/* Queues a copy of a packet; 0, or -1: there is no memory. */
int fair_put(struct fair *, const uint8_t *data, size_t len, uint64_t now_ms);

/* The next packet to be sent, after CoDel has dropped others, valid until the
 * next call; NULL: there is none. */
const uint8_t *fair_first(struct fair *, uint64_t now_ms, size_t *len);

/* Removes that packet: fair_first() was the last call, and returned one. */
void fair_pop(struct fair *);

/* Likewise, but leaves it, and fair_first() passes over its conversation until
 * fair_return(). */
void fair_pass_over(struct fair *);
void fair_return(struct fair *);

/* Since when the oldest packet is queued; there is one. */
uint64_t fair_since(const struct fair *);

/* Drops a few of the oldest packets of the queue with the most bytes, and
 * counts them as `over`; there is a packet. */
void fair_drop(struct fair *);

/* Drops the packets that were queued before since_ms; returns how many. */
unsigned fair_expire(struct fair *, uint64_t since_ms);

#endif
