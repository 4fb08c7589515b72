/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Shares of a limited number, of flows or of connections: how many each holder
 * has, and may have.
 *
 * NOTES.  A holder is whatever is not to take all: a source address, or a
 * verified name.  While at most half of the number is taken there is no limit
 * for a holder, since a whole office may be one address.
 *
 * Holders are kept by a hash of 64 bits under a secret seed.  Two that have the
 * same, which nobody can bring about, would be counted as one.
 */

#ifndef TUNNEL_SHARE_H
#define TUNNEL_SHARE_H

#include "base/nets.h"
#include "base/table.h"

struct share_holder;

/* Zeroed is ready to be freed, share_init() for use. */
struct share {
	struct table holders;	/* struct share_holder by hash */
	unsigned max;		/* the limited number */
	unsigned most;		/* that a holder may have */
};

/* Begins without holders: one may have so many percent (1 to 100) of max, and
 * one at least.  seed: TABLE_SEED random bytes.  Ends the program when there is
 * no memory. */
void share_init(struct share *, int64_t max, int64_t percent,
    const uint8_t *seed);

/* Changes the number, and what a holder may have; those that have more keep
 * it. */
void share_limit(struct share *, int64_t max, int64_t percent);

/* Frees; nobody holds anything. */
void share_free(struct share *);

/* Is one more too many for a holder, where `taken` are taken by all together?
 * The holder is known by its name of n bytes. */
bool share_is_used_up(const struct share *, const void *name, size_t n,
    unsigned taken);

/* A holder takes one; for share_give().  NULL: no memory, it is not counted. */
struct share_holder *share_take(struct share *, const void *name, size_t n);

/* And gives it back; NULL: nothing was counted. */
void share_give(struct share *, struct share_holder *);

/* Writes the name of the source that an address belongs to, ADDR_SITE bytes;
 * false: it belongs to none that is limited, since many may be behind it: it is
 * a loopback address, or a proxy's.  proxies: NULL: there are none. */
bool share_source(const struct addr *, const struct nets *proxies,
    uint8_t name[ADDR_SITE]);

#endif
