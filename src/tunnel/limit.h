/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The rate limit of new flows for each address, and the random time limit of a
 * flow.
 *
 * NOTES.  The rate limit is a sliding window like dtlspipe's, which estimates
 * the count from two buckets aligned to absolute time:
 *
 *	previous * (1 - elapsed / window) + current
 *
 * An event is allowed if this plus 1 is not over the limit.  Only allowed
 * events are counted, so a denied address does not prolong its denial.
 *
 * Absolute time is the wall clock's at limit_init(), plus the time that a
 * steady clock has counted since: setting the clock moves no bucket.  Buckets
 * begin at multiples of the window since year 1, as dtlspipe's do, to within a
 * second.
 *
 * The table is bounded: when it is full of addresses that still count, the
 * least recently used one is evicted.  A peer with thousands of addresses is
 * not limited by such a rate anyway.  IPv6 addresses count in full length, as
 * in dtlspipe, so a host with a prefix of its own has many.
 */

#ifndef TUNNEL_LIMIT_H
#define TUNNEL_LIMIT_H

#include "base/addr.h"
#include "base/list.h"
#include "base/table.h"
#include "tunnel/settings.h"
#include "wire/random.h"

enum {
	LIMIT_ADDRESSES = 4096,	/* addresses in the table, at most */
	LIMIT_COUNT = 1 << 30,	/* highest limit; higher ones are reduced */
};

/* A rate limiter.  Zeroed: may be freed; limit_init() makes it ready. */
struct limit {
	struct rate rate;	/* count is at least 1 */
	uint64_t ahead_ms;	/* absolute time minus the steady clock */
	struct table entries;	/* struct limit_entry by address */
	struct list by_use;	/* the same, least recently used first */
};

/* Initialises it with this rate.  seed: TABLE_SEED random bytes; now_ms: time
 * of the clock of limit_ask(); wall_s: seconds since 1970.  Ends the program
 * when there is no memory. */
void limit_init(struct limit *, const struct rate *, const uint8_t *seed,
    uint64_t now_ms, int64_t wall_s);

/* Counts a flow of this address (its port is ignored) at now_ms, if its rate
 * allows one; false: it does not.  True without counting if there is no
 * address (family 0), or no memory for it. */
bool limit_ask(struct limit *, const struct addr *, uint64_t now_ms);

/* Would one more flow exceed half of the limit of this address?  Changes
 * nothing. */
bool limit_is_half(const struct limit *, const struct addr *,
    uint64_t now_ms);

/* Frees its memory; harmless when it was not initialised. */
void limit_free(struct limit *);

/* Draws a random time from a range, in ms. */
uint64_t span_draw(const struct span *, struct random *);

#endif
