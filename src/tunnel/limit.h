/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * How many flows an address may begin in a window of time, and how long each
 * may live.
 *
 * NOTES.  The estimate is dtlspipe's: two buckets aligned to absolute time,
 * previous * (1 - elapsed / window) + current; an event is allowed when that
 * plus 1 is not over the limit, and only allowed ones are counted.  A denied
 * address is served again as soon as its window allows.
 *
 * Absolute time is that of the wall clock when the limiter began, plus what a
 * steady clock has counted since: setting the clock moves no bucket.  Windows
 * are multiples since year 1, as those of dtlspipe, to within a second.
 *
 * The table is bounded: when it is full of addresses that still count, the one
 * used least recently is evicted.  A peer that can send from thousands of
 * addresses is not limited by such a rate anyway.  IPv6 counts by the whole
 * address, as in dtlspipe, so a host with a prefix of its own has many.
 */

#ifndef TUNNEL_LIMIT_H
#define TUNNEL_LIMIT_H

#include "base/addr.h"
#include "base/list.h"
#include "base/table.h"
#include "tunnel/settings.h"
#include "wire/random.h"

enum {
	LIMIT_ADDRESSES = 4096,	/* remembered at most */
	LIMIT_COUNT = 1 << 30,	/* a higher limit is this one */
};

/* A limiter; zeroed is ready to be freed, limit_init() for use. */
struct limit {
	struct rate rate;	/* count is at least 1 */
	uint64_t ahead_ms;	/* absolute time minus the steady clock */
	struct table entries;	/* struct limit_entry by address */
	struct list asked;	/* the same, by when they were asked for */
};

/* Begins with this rate.  seed: TABLE_SEED random bytes; now_ms: of the clock
 * of limit_ask(); wall_s: seconds since 1970.  Ends the program when there is
 * no memory. */
void limit_init(struct limit *, const struct rate *, const uint8_t *seed,
    uint64_t now_ms, int64_t wall_s);

/* May this address (its port does not matter) begin a flow at now_ms?  If so
 * it is counted.  Without an address (family 0), or memory to remember it, the
 * answer is yes. */
bool limit_ask(struct limit *, const struct addr *, uint64_t now_ms);

/* Would one more be over half of what this address may begin?  Nothing is
 * counted, nor remembered. */
bool limit_is_half(const struct limit *, const struct addr *,
    uint64_t now_ms);

/* Frees. */
void limit_free(struct limit *);

/* Draws a length of time, in ms. */
uint64_t span_draw(const struct span *, struct random *);

#endif
