/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What becomes of the connections of a dialling pool (end_pool_dial.c): their
 * attempts, and by what those are replaced that are lost, silent or slow.
 *
 * NOTES.  A connection that failed or was lost is dialled again after a
 * back-off (tunnel/redial.h) as long as its flow exists.
 *
 * When a connection is silent (tunnel/pool_look.h), a new one is dialled beside
 * it in the place that a flow has in addition (tunnel/pool_places.h).  As soon
 * as a connection of the flow takes datagrams, the silent ones are retired:
 * they are read for POOL_RETIRED_MS, and closed.  The same place is used when a
 * handshake stalls, and to replace a connection by one with a higher MSS
 * (tunnel/pool_mss.h).
 */

#ifndef TUNNEL_POOL_DIAL_H
#define TUNNEL_POOL_DIAL_H

#include "tunnel/pool_places.h"

/* Initialises what this file uses of an end: its lists, and the functions of
 * its pool. */
void pool_dial_start(struct dialler *);

/* Ends it; all legs are closed. */
void pool_dial_end(struct dialler *);

/* Our addresses or routes have changed: leaves the connections and attempts of
 * a flow whose address new ones would not have, and shortens the back-off of a
 * flow without a connection: its next attempt is REDIAL_HURRY_MS after its
 * newest one.  Returns how many were left. */
unsigned pool_dial_reroute(struct dialler_leg *);

#endif
