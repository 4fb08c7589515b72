/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Which endpoints are reached over paths that drop long packets and do not
 * report it (black holes, RFC 2923 2.1), and the MSS of their connections.
 *
 * NOTES.  Where connections stall, the next one has a lower MSS: 1360 bytes,
 * then 1000, then 536.  A stall has other causes, too: the path or the peer is
 * gone.  So a lower MSS is kept for a limited time, after which one connection
 * tries the full one; and it is forgotten at once when a longer segment gets
 * through, or when the lowest MSS does not help either.
 */

#ifndef TUNNEL_MSS_H
#define TUNNEL_MSS_H

#include "base/addr.h"

enum {
	MSS_STALL_MS = 2000,	/* without an answer in a handshake: a stall */
	MSS_KEEP_MS = 600000,	/* a lower MSS is kept for so long; twice as
				 * long each time that the full one fails, */
	MSS_KEEP_MOST_MS = 2400000,	/* at most this; */
	MSS_DOUBT_MS = 60000,	/* and only so long when the path may have
				 * been gone as well */
	MSS_TRIAL_MS = 60000,	/* for the connection that tries the full MSS:
				 * no second one does so */
	MSS_STEPS = 4,		/* of the ladder, the full MSS included */
	MSS_HIGH = 1360,	/* the first lower one */
	MSS_LONG = 1400,	/* a segment of that is as good as a full one */
	MSS_ENDPOINTS = 16,	/* known at the same time */
};

/* What speaks for a black hole in a stall. */
enum mss_sign {
	MSS_UNSURE,		/* nothing: the path may be gone */
	MSS_SHORT_PASS,		/* short packets get through meanwhile */
	MSS_HANDSHAKE,		/* our part of a handshake does, and the
				 * peer's does not come */
};

/*
 * An endpoint.
 *
 *	state	new connections get	what ends it
 *	none	as the newest other	a stall: lowered
 *	lowered	its step		a stall with that: next step, after the
 *					last one excused.  A longer segment gets
 *					through: none.  due_ms: tried, by the
 *					next connection
 *	tried	its step		a longer segment: none.  A stall with
 *					the full MSS: lowered.  due_ms: the
 *					next connection tries as well
 *	excused	the full MSS		a handshake is done, anything gets
 *					through, or due_ms: none.  Where it is
 *					slow, only due_ms, and a stall that is
 *					of no handshake: lowered
 */
struct mss_endpoint {
	enum { MSS_NONE, MSS_LOWERED, MSS_TRIED, MSS_EXCUSED } state;
	struct hostport at;	/* where it is */
	unsigned step;		/* of the ladder of MSS, from 1 */
	enum mss_sign sign;	/* of the stall that led there */
	bool told;		/* it is known to help */
	bool slow;		/* handshakes take long there, with that step
				 * or a higher one: that is no sign */
	uint64_t keep_ms;	/* how long it is kept now */
	uint64_t due_ms;	/* the end of the state */
	uint64_t used_ms;	/* last asked for; the oldest one is replaced */
};

/* Of an end.  Zeroed, nothing is ever lowered. */
struct mss {
	bool on;		/* the user has set no MSS */
	struct mss_endpoint endpoint[MSS_ENDPOINTS];
};

/* The MSS for a connection that is dialled now; 0: the system's. */
int mss_choose(struct mss *, const struct hostport *, uint64_t now_ms);

/* Is a connection with that MSS well?  Not so if a new one would have a higher
 * one, or a lower one that is known to help. */
bool mss_is_right(const struct mss *, const struct hostport *, int mss,
    uint64_t now_ms);

/* A connection with that MSS stalls; len: the longest segment that may be the
 * cause, 0 if that is unknown.  Returns whether the next connection gets a
 * lower MSS. */
bool mss_stalled(struct mss *, const struct hostport *, int mss,
    enum mss_sign, size_t len, uint64_t now_ms);

/* The handshake of a connection with that MSS is done although it stalled: for
 * MSS_KEEP_MS, or as long as a lower MSS is kept, others that stall do not
 * lower it (further). */
void mss_was_slow(struct mss *, const struct hostport *, int mss,
    uint64_t now_ms);

/* How many MSS are higher: 0 for the full one, to MSS_STEPS - 1. */
unsigned mss_step(int mss);

/* The handshake of a connection with that MSS is done.  Returns whether it is
 * new that a lower MSS helps. */
bool mss_up(struct mss *, const struct hostport *, int mss);

/* A segment of that length got through on a connection with that MSS.  Returns
 * whether it is new that a lower MSS helps. */
bool mss_carried(struct mss *, const struct hostport *, int mss, size_t len);

#endif
