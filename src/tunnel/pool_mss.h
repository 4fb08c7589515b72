/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The MSS of the connections of a dialling pool: what their stalls and their
 * progress say of it (tunnel/mss.h).
 */

#ifndef TUNNEL_POOL_MSS_H
#define TUNNEL_POOL_MSS_H

#include "tunnel/pool_places.h"

/* A handshake is not done after MSS_STALL_MS.  Returns whether a connection
 * with a lower MSS may do better. */
bool pool_mss_handshake_stalls(struct dialled *);

/* A connection has become silent.  Returns whether the one that replaces it has
 * a lower MSS. */
bool pool_mss_stalls(struct dialled *);

/* Is the MSS of a connection right, as far as it can be changed? */
bool pool_mss_is_right(const struct dialled *);

/* Something was acknowledged (pool->conn_moves): replaces a connection of the
 * flow whose MSS is not right any more. */
void pool_mss_moves(struct pool_conn *);

/* Has it an MSS that is tried (pool->conn_is_tried)? */
bool pool_mss_is_tried(const struct pool_conn *);

/* A connection is about to join its flow: it is used next if it has a different
 * MSS than the one used last, as one of these does not work well. */
void pool_mss_joins(struct dialled *);

/* Returns the connection of its flow to be retired now that a new one is up,
 * first one with a wrong MSS; NULL: there is no other. */
struct dialled *pool_mss_one_too_many(const struct dialled *fresh);

#endif
