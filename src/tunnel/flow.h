/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A flow: one conversation through a tunnel (tunnel/tunnel.h), with a leg in
 * each of its two ends; and what ends call for it.
 *
 * NOTES.  LEFT calls flow_open(), by which RIGHT gets its leg.  Both pass on
 * the datagrams of their legs by flow_pass(), which calls send() of the other,
 * and count by flow_drop() what they lose.  A leg that cannot go on is reported
 * by leg_failed().
 *
 * Datagrams are borrowed: their bytes are good until the loop flushes
 * (net/dgram.h).  A flow may end inside any callback; its memory stays until
 * the end of the loop's turn, so that the caller can look at flow->dead.
 *
 * There may be very many flows, nearly all of them idle: a flow and its legs
 * are one piece of memory, and what few of them need is allocated for these.
 */

#ifndef TUNNEL_FLOW_H
#define TUNNEL_FLOW_H

#include "base/addr.h"
#include "base/list.h"
#include "net/dgram.h"
#include "net/loop.h"
#include "tunnel/losses.h"
#include "tunnel/settings.h"
#include "wire/black_hole.h"

struct end;
struct peer_known;
struct share_holder;
struct tunnel;

/* The peer that starts a flow. */
struct peer {
	struct addr addr;	/* its address; family 0 when there is none */
	const char *identity;	/* verified name, or ""; copied */
};

/* One end's part of a flow: the ops' own struct begins with it. */
struct leg {
	struct end *end;
	struct flow *flow;
};

/* The verified name of a flow that has one: peer.identity is its text. */
struct flow_name {
	struct share_holder *holder;	/* that it counts for; NULL: none */
	char text[1];		/* as long as it must be */
};

/* A conversation. */
struct flow {
	struct tunnel *tunnel;
	struct list link;	/* in tunnel->flows */
	struct timer time;	/* the next of its times; of flow_time.c */
	uint64_t over_ms;	/* the end of its life, UINT64_MAX: no limit */
	struct share_holder *source;	/* that it counts for; NULL: none */
	uint64_t seen_ms[2];	/* newest datagram from that side */
	uint64_t passed[2];	/* datagrams from that side */
	uint64_t bytes[2];	/* their payload */
	uint64_t lost;		/* datagrams, of all causes */
	struct black_hole *hole;	/* two, of what that side has sent; NULL
				 * before the first that is long */
	uint64_t began_ms;
	uint32_t number;	/* for logs: counts from 1 */
	uint16_t leg_at[2];	/* bytes to its legs, for flow_leg() */
	bool up[2];		/* flow_up() was called for that leg */
	bool opening;		/* RIGHT's open() runs */
	bool dead;		/* ended; freed after this turn */
	bool unlogged;		/* its beginning was logged at debug only */
	bool unused;		/* it must carry something to go on */
	struct peer peer;	/* who started it; identity is in a struct
				 * flow_name, but for an empty one */
	struct peer_known *known;	/* the same, with its other flows; NULL:
				 * none, or no memory */
	struct list by_peer;	/* in known->flows */
};

/* Its leg on that side. */
static inline struct leg *
flow_leg(const struct flow *f, enum side side)
{
	return (struct leg *)(void *)((char *)(uintptr_t)f + f->leg_at[side]);
}

/* Its name; NULL: it has none. */
static inline struct flow_name *
flow_name(const struct flow *f)
{
	return *f->peer.identity == '\0' ? NULL : LIST_ITEM(f->peer.identity,
	    struct flow_name, text);
}

/* LEFT: opens a flow that flow_admit_ask() admits, and its RIGHT leg.
 * Returns its LEFT leg (zeroed but for the base struct), or NULL
 * when the flow was refused, counted and logged.  A time limit begins here:
 * after the authentication of the peer where there is one, with the first
 * datagram at a local port. */
struct leg *flow_open(struct end *, const struct peer *);

/* The same for a flow that flow_admit_ask() has admitted before, or that needs
 * not be asked for. */
struct leg *flow_open_admitted(struct end *, const struct peer *);

/* The leg is connected.  Idle time counts from when both legs are. */
void flow_up(struct leg *);

/* Nothing gets through on the leg, but it goes on now with a new connection
 * that may be better. */
void flow_searches(struct leg *);

/* The leg, which was up before, is connected anew, and its peer knows the flow
 * only once a datagram is sent.  Afterwards flow->dead may be true. */
void flow_up_again(struct leg *);

/* Passes n datagrams of a leg to the other leg.  Afterwards flow->dead may be
 * true. */
void flow_pass(struct leg *from, struct dgram *, unsigned n);

/* From within send(): sends n replies to the other leg (ICMP), which count
 * neither as traffic nor against idle time. */
void flow_answer(struct leg *from, struct dgram *, unsigned n);

/* Counts, and logs within limits, that datagrams of more than `most` bytes to a
 * leg do not get through, or do not seem to.  mtu: what to set inside. */
void flow_tell_hole(const struct leg *to, size_t most, size_t mtu);

/* Counts n losses of a leg; every loss of a leg is counted here. */
void flow_drop(struct leg *, enum cause, unsigned long n);

/* Advice to the other end: stop (true) or resume reading. */
void flow_hold(struct leg *, bool);

/* Ends a flow: closes both legs, counts, logs; frees after this turn.
 * Harmless when it is dead already. */
void flow_end(struct flow *, const char *why);

/* The leg cannot go on: its carrier has gone, was refused or is silent for
 * good; why in words, for the log.  The middle decides what becomes of the
 * flow: for now it ends, and the leg was closed when this returns.  Harmless
 * when the flow is dead already. */
void leg_failed(struct leg *, const char *why);

/* The other leg of its flow. */
struct leg *leg_other(const struct leg *);

#endif
