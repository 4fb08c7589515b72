/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Which connections of a pool live: what the system reports of those that were
 * given something, looked at by one timer of the end.
 *
 * NOTES.  The timer runs only while something is on its way, or a connection
 * is not known to live.  Nothing here asks the system when a datagram passes.
 */

#ifndef TUNNEL_POOL_LOOK_H
#define TUNNEL_POOL_LOOK_H

#include "tunnel/pool.h"

enum {
	POOL_LOOK_MS = 250,	/* between two looks */
	POOL_LATE_MS = 500,	/* without an acknowledgement: late, */
	POOL_SILENT_MS = 2000,	/* and silent; */
	POOL_TRIED_MS = 1000,	/* this with an MSS that is tried; all at least
				 * 3 round trips */
	POOL_ASKED_MS = 3000,	/* for the answer to a keep-alive probe */
	POOL_TOLD_MS = 6000,	/* until the system would have ended a
				 * connection that does not answer these */
	POOL_FRESH_MS = 500,	/* one that was heard since is not doubted */
	POOL_IDLE_MS = 3000,	/* without traffic: idle */
};

/* Readies a pool for looks. */
void pool_look_start(struct pool *);

/* Ends the looks; all connections are closed. */
void pool_look_stop(struct pool *);

/* A connection joins its leg: it was heard now. */
void pool_look_join(struct pool_conn *);

/* A connection was given a datagram. */
void pool_look_given(struct pool_conn *);

/* A datagram came on a connection of a leg. */
void pool_look_heard(struct pool_conn *);

/* A connection was lost, and its peer did not wish it: the others of its leg
 * are doubted.  It is out of the leg. */
void pool_look_lost(struct pool_leg *);

/* The caller knows that nothing gets through on a connection: silent, until it
 * is closed. */
void pool_look_condemn(struct pool_conn *);

/* Is a connection of a leg idle: for POOL_IDLE_MS nothing came on it, and all
 * that it was given had been acknowledged before? */
bool pool_look_is_idle(const struct pool_conn *);

/* Looks no more at a connection; harmless when that was not done. */
void pool_look_forget(struct pool_conn *);

/* When it was heard last: bytes or acknowledgements, as of the newest look. */
uint64_t pool_conn_heard_ms(const struct pool_conn *);

/* The best health of the connections of a leg; POOL_SILENT without any. */
enum pool_health pool_leg_health(const struct pool_leg *);

/* Do the connections of a leg take datagrams again after a silence, without
 * one that anything came on since?  The peer's first segment may be due much
 * later than ours was. */
bool pool_leg_only_takes(const struct pool_leg *);

#endif
