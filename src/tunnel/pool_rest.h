/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Which lost connections of a dialling pool are replaced, and when.
 *
 * NOTES.  Middleboxes cut connections that carry nothing, often after a few
 * seconds, and each handshake costs both sides more than many datagrams.  So:
 *
 *	what was lost			what replaces it
 *	a connection in use, or any	one, after a back-off
 *	  soon after that one
 *	any, of an idle flow		nothing: the next datagram has one
 *					dialled, and then the spare ones come
 *	  the last one, under a TUN	one, after a back-off
 *	  device or with keepalive=
 *	an idle one of a flow that	the spare ones come back together, once
 *	  has traffic on others		refill_ms is over
 *
 * Spare ones that were cut come back only while there is traffic, and at once
 * where one connection does not do for it.  Where all were cut again and none
 * of them was used, refill_ms grows.  Where some are cut at once, as by a
 * server that allows fewer, tired_ms has to pass first, which grows as well.
 */

#ifndef TUNNEL_POOL_REST_H
#define TUNNEL_POOL_REST_H

#include "tunnel/pool_places.h"

/* A flow begins, without connections. */
void pool_rest_begin(struct dialler_leg *);

/* A flow ends. */
void pool_rest_end(struct dialler_leg *);

/* A connection that was up was lost, and is closed.  True: its flow can do
 * without it for now. */
bool pool_rest_lost(struct dialled *);

/* A connection is up: plans the spare ones. */
void pool_rest_up(struct dialler_leg *);

/* A datagram of a flow was given to its connections, or queued, and not all
 * spare connections were started. */
void pool_rest_wake(struct dialler_leg *);

#endif
