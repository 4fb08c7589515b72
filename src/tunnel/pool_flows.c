/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Which connection of a pool each conversation in a device uses.
 */

#include "compat.h"

#include <stdlib.h>

#include "tunnel/pool_flows.h"

struct pool_flow *
pool_flows_find(const struct pool_leg *l, const uint8_t *data, size_t len)
{
	const struct framed_end *e =
	    (const struct framed_end *)l->framed.leg.end;

	return &l->flows->flow[ip_flow(&e->flow_key, data, len) % POOL_FLOWS];
}

bool
pool_flows_begin(struct pool_leg *l, const uint8_t *data, size_t len)
{
	uint64_t now_ms = loop_now(l->framed.leg.end->tunnel->loop);
	struct pool_flow *flow;

	l->flows = calloc(1, sizeof(*l->flows));
	if (l->flows == NULL)
		return false;
	l->flows->loaded_ms = now_ms;
	flow = pool_flows_find(l, data, len);
	flow->conn = l->current;
	flow->used_ms = now_ms;
	return true;
}

void
pool_flows_end(struct pool_leg *l)
{
	free(l->flows);
	l->flows = NULL;
}

void
pool_flows_forget(struct pool_leg *l, const struct pool_conn *c)
{
	unsigned i;

	if (l->flows == NULL)
		return;
	for (i = 0; i < POOL_FLOWS; i++)
		if (l->flows->flow[i].conn == c)
			l->flows->flow[i].conn = NULL;
}

bool
pool_flows_share(const struct pool_leg *l, const struct pool_conn *c,
    uint64_t now_ms)
{
	const struct pool_flow *f;
	unsigned i;

	for (i = 0; i < POOL_FLOWS; i++) {
		f = &l->flows->flow[i];
		if (f->conn != NULL && f->conn != c &&
		    now_ms - f->used_ms <= POOL_FLOW_PAUSE_MS)
			return false;
	}
	return true;
}
