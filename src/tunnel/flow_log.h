/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The log lines of each flow: at its beginning, when its carriers are up, and
 * at its end.
 *
 * NOTES.  Of each kind a burst of 128 is written, then one a second, which is
 * as often as flows come in normal use.  In a flood of flows fewer are written,
 * which say how many were held back.
 */

#ifndef TUNNEL_FLOW_LOG_H
#define TUNNEL_FLOW_LOG_H

#include "base/log.h"

struct addr;
struct flow;
struct leg;

/* One kind. */
struct flow_lines {
	uint64_t free_ms;	/* when the full burst is available again */
	struct log_limit limit;	/* of those beyond the burst */
};

/* All, of a tunnel.  Zeroed is ready to use. */
struct flow_log {
	struct flow_lines began, up, ended;
};

/* A flow has begun. */
void flow_log_began(struct flow_log *, const struct flow *);

/* A leg of it is usable for the first time: what says what is so, as in "is up:
 * TLS 1.2", and since_ms when that was begun.  The peer, and its verified name
 * or "". */
void flow_log_up(struct flow_log *, const struct leg *, const char *what,
    uint64_t since_ms, const struct addr *peer, const char *name);

/* It has ended; why in words. */
void flow_log_ended(struct flow_log *, const struct flow *, const char *why);

/* The tunnel ends: says how many lines were held back that no later line has
 * counted. */
void flow_log_finish(const struct flow_log *);

#endif
