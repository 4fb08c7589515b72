/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A connection of a dialling uott end: how it is made, replaced and ended.
 */

#ifndef TUNNEL_UOTT_CONN_H
#define TUNNEL_UOTT_CONN_H

#include "tunnel/uott_dial.h"

/* The end of a log line about the next attempt: its condition, or "". */
const char *uott_conn_when(const struct caller *);

/* Dials it now. */
void uott_conn_dial(struct caller_conn *);

/* Schedules a new attempt, if there are flows. */
void uott_conn_retry(struct caller_conn *);

/* A flow has traffic: without a connection, the next attempt begins at most
 * REDIAL_HURRY_MS after the one before, or now if that has passed. */
void uott_conn_dial_soon(struct caller *);

/* While there is traffic, one that waits for its next attempt begins that at
 * most REDIAL_HURRY_MS after the one before.  Harmless when it does not. */
void uott_conn_hurry(struct caller_conn *);

/* Is there an attempt to make it, now or after a back-off? */
bool uott_conn_is_tried(const struct caller_conn *);

/* The attempt failed: selects a different endpoint for the next one, if there
 * is a group. */
void uott_conn_failed(struct caller_conn *, const char *why);

/* Lets all flows go on at the other connection. */
void uott_conn_swap(struct caller *);

/* One that is up is replaced: it is half-closed, and at last closed. */
void uott_conn_retire(struct caller_conn *);

/* Closes it, or ends the attempt to make it. */
void uott_conn_stop(struct caller_conn *);

#endif
