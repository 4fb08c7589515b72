/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The two log lines of each flow, at its beginning and at its end.
 *
 * NOTES.  Of each kind a burst of 128 is written, then one a second, which is
 * as often as flows come in normal use.  In a flood of flows fewer are written,
 * which say how many were held back.
 */

#ifndef TUNNEL_FLOW_LOG_H
#define TUNNEL_FLOW_LOG_H

#include "base/log.h"

struct flow;

/* One of the two kinds. */
struct flow_lines {
	uint64_t free_ms;	/* when the full burst is available again */
	struct log_limit limit;	/* of those beyond the burst */
};

/* Both, of a tunnel.  Zeroed is ready to use. */
struct flow_log {
	struct flow_lines began, ended;
};

/* A flow has begun. */
void flow_log_began(struct flow_log *, const struct flow *);

/* It has ended; why in words. */
void flow_log_ended(struct flow_log *, const struct flow *, const char *why);

/* The tunnel ends: says how many lines were held back that no later line has
 * counted. */
void flow_log_finish(const struct flow_log *);

#endif
