/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Totals of a tunnel: counters that never go back, also when the tunnel is
 * replaced by a new one of the same name.
 */

#include "compat.h"

#include "tunnel/totals.h"

#include "tunnel/tunnel.h"

void
totals_add(struct totals *sum, struct tunnel *t)
{
	unsigned i;

	tunnel_count(t);
	for (i = LEFT; i <= RIGHT; i++) {
		sum->datagrams[i] += t->passed[i];
		sum->bytes[i] += t->bytes[i];
	}
	for (i = 0; i < LOST_CAUSES; i++)
		sum->lost[i] += t->lost[i];
	sum->flows += t->last_number;
	sum->refused += t->refused;
	sum->marked += t->marked;
	sum->black_holes += t->black_holes;
}
