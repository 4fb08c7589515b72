/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Totals of a tunnel: counters that never go back, also when the tunnel is
 * replaced by a new one of the same name.
 */

#ifndef TUNNEL_TOTALS_H
#define TUNNEL_TOTALS_H

#include "tunnel/losses.h"

struct tunnel;

/* Zeroed: nothing was counted. */
struct totals {
	uint64_t flows;		/* that have begun */
	uint64_t datagrams[2], bytes[2];	/* from the side of that index
				 * (enum side): [LEFT] is up */
	uint64_t lost[LOST_CAUSES];	/* datagrams, by cause */
	uint64_t refused;	/* connections */
	uint64_t marked;	/* packets, so that their senders slow down */
	uint64_t black_holes;	/* paths that swallowed long packets */
};

/* Adds what a tunnel has counted so far. */
void totals_add(struct totals *, struct tunnel *);

#endif
