/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The times of a flow, after which flow_end() is called: it is idle, it has
 * carried nothing for a minute, or it has lived as long as it may.
 *
 * NOTES.  Datagrams set no timer: flow_pass() notes the time in seen_ms, and
 * the timer of idleness looks there when it is due.
 */

#ifndef TUNNEL_FLOW_TIME_H
#define TUNNEL_FLOW_TIME_H

#include "tunnel/tunnel.h"

/* Begins all three for a new flow of a started tunnel. */
void flow_time_start(struct flow *);

/* A leg is up: idleness is counted from now on. */
void flow_time_up(struct flow *);

/* The tunnel's settings of idleness have changed: looks in this turn or the
 * next whether it is idle by the new ones. */
void flow_time_renew(struct flow *);

/* Stops all; harmless when they are stopped. */
void flow_time_stop(struct flow *);

#endif
