/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * When adit ping sends, and when it has sent enough.
 */

#ifndef CMD_PING_PACE_H
#define CMD_PING_PACE_H

#include "cmd/ping_state.h"

/* Starts to send, at the rate or in windows; may be called again after all
 * counters were reset. */
void ping_pace_begin(struct ping *);

/* With --flood: fills the windows.  Calls ping_pace_finish() after the last
 * datagram. */
void ping_pace_flood(struct ping *);

/* Stops sending, and stops the loop when all replies have come, or after
 * wait_ms. */
void ping_pace_finish(struct ping *, uint64_t wait_ms);

/* Stops the loop if sending has ended and every reply has come. */
void ping_pace_look(struct ping *);

/* Number of datagrams that our own system refused to send. */
uint64_t ping_pace_not_sent(const struct ping *);

/* Microseconds from pace_us until the n-th datagram after it is due, at the
 * rate of the command line. */
uint64_t ping_pace_after_us(const struct ping *, uint64_t n);

#endif
