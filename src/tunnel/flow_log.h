/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The log lines of each flow: at its beginning, when its carriers are up, and
 * at its end.
 *
 * NOTES.  Of each kind a burst of 128 is written, then one a second, which is
 * as often as flows come in normal use.  In a flood of flows fewer are written,
 * which say how many were held back.
 *
 * A client that keeps connections begins a new flow each time that an unused
 * one ends, which may go on for months.  So of the flows of a source whose last
 * one was never used, one in an hour is written at level info.  The others are
 * at debug, but for those that are used.
 */

#ifndef TUNNEL_FLOW_LOG_H
#define TUNNEL_FLOW_LOG_H

#include "base/addr.h"
#include "base/log.h"

enum { FLOW_UNUSED = 16 };	/* sources of unused flows that are known */

struct flow;
struct leg;

/* One kind. */
struct flow_lines {
	uint64_t free_ms;	/* when the full burst is available again */
	struct log_limit limit;	/* of those beyond the burst */
};

/* A source whose last flow was never used. */
struct flow_unused {
	struct addr addr;	/* port 0; family 0: none */
	uint64_t told_ms;	/* when one of its flows was logged last */
	uint64_t until_ms;	/* it is forgotten then */
};

/* All, of a tunnel.  Zeroed is ready to use. */
struct flow_log {
	struct flow_lines began, up, ended;
	struct flow_unused unused[FLOW_UNUSED];
};

/* A flow has begun. */
void flow_log_began(struct flow_log *, struct flow *);

/* It is used: logs that it has begun, if that was not done. */
void flow_log_used(struct flow_log *, struct flow *);

/* It was never used, and ends. */
void flow_log_unused(struct flow_log *, const struct flow *);

/* A leg of it is usable for the first time: what says what is so, as in "is up:
 * TLS 1.2", and since_ms when that was begun.  The peer, and its verified name
 * or "".  The tunnel keeps the address of a RIGHT leg's. */
void flow_log_up(struct flow_log *, const struct leg *, const char *what,
    uint64_t since_ms, const struct addr *peer, const char *name);

/* It has ended; why in words.  If it was used, its beginning is logged, too. */
void flow_log_ended(struct flow_log *, struct flow *, const char *why);

/* The tunnel ends: says how many lines were held back that no later line has
 * counted. */
void flow_log_finish(const struct flow_log *);

#endif
