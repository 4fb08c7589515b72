/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Which connection of a pool each conversation in a device uses, so that its
 * packets stay in order.
 *
 * NOTES.  While the connection that was used last is little loaded, it takes
 * all packets.  Else each conversation (wire/ip_flow.h) keeps the connection
 * that it has, as TCP takes packets out of order for lost, and a new one gets
 * that with the least load.  So a voice call has a connection without a
 * download, and what waits for a connection delays only its own conversations.
 * A conversation that paused may change: what it sent has arrived, or its
 * connection is stuck.
 */

#ifndef TUNNEL_POOL_FLOWS_H
#define TUNNEL_POOL_FLOWS_H

#include "tunnel/pool.h"

enum {
	POOL_FLOWS = 128,	/* conversations that are told apart */
	POOL_FLOW_PAUSE_MS = 200,	/* after which one may change */
	POOL_FLOWS_MS = 1000,	/* without much load, and all on one
				 * connection, they are told apart no longer */
};

/* The conversations of a leg. */
struct pool_flows {
	uint64_t loaded_ms;	/* when a connection was loaded last */
	struct pool_flow {
		struct pool_conn *conn;	/* NULL: none */
		uint64_t used_ms;	/* when it was given a packet last */
	} flow[POOL_FLOWS];
};

/* The leg of a device tells conversations apart from now on; that of this
 * packet uses the present connection.  False: there is no memory. */
bool pool_flows_begin(struct pool_leg *, const uint8_t *data, size_t len);

/* All may use the same connection again; harmless when they do. */
void pool_flows_end(struct pool_leg *);

/* The conversation of a packet. */
struct pool_flow *pool_flows_find(const struct pool_leg *, const uint8_t *data,
    size_t len);

/* Do all conversations that have not paused use that connection? */
bool pool_flows_share(const struct pool_leg *, const struct pool_conn *,
    uint64_t now_ms);

/* A connection leaves the leg. */
void pool_flows_forget(struct pool_leg *, const struct pool_conn *);

#endif
