/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Detects that a DTLS server has lost its state, since nothing is received any
 * more: decides when a new association is to be tried.
 *
 * NOTES.  A wait begins with the first datagram that is sent while none runs.
 * An authentic datagram from the server ends it.  When a wait reaches its limit
 * and a second datagram was sent in it, a new association is tried, and the
 * next wait begins.  A single datagram is not enough, since many protocols end
 * with one that has no reply.  It is enough when nothing was received for
 * DTLS_SILENCE_SPARSE_MS: the datagrams are keep-alives then.  It is also
 * enough after dtls_silence_hurry().
 *
 * Some traffic goes one way only.  So the limit is longer until the first
 * datagram is received, and doubles with each new association that replaced
 * one (dtls_silence_replaced()).
 */

#ifndef TUNNEL_DTLS_SILENCE_H
#define TUNNEL_DTLS_SILENCE_H

#include "compat.h"

enum {
	DTLS_SILENCE_MS = 10000,	/* limit once a datagram was received */
	DTLS_SILENCE_ONE_WAY_MS = 60000,	/* limit before that */
	DTLS_SILENCE_HURRY_MS = 2000,	/* limit when ICMP says that nothing
				 * listens there, or after a suspension */
	DTLS_SILENCE_MAX_MS = 600000,	/* the limit doubles up to here */
	DTLS_SILENCE_SPARSE_MS = 180000,	/* from this time without a
				 * reply on, a single datagram is enough */
};

/* Datagrams sent without a reply. */
struct dtls_silence {
	bool waiting;		/* a wait runs */
	bool more;		/* a second datagram was sent in this wait */
	uint64_t since_ms;	/* when this wait began */
	uint64_t oldest_ms;	/* when the oldest datagram without a reply was
				 * sent; 0: there is none */
	uint64_t limit_ms;	/* limit of a wait */
};

/* Begins: no wait runs. */
void dtls_silence_init(struct dtls_silence *);

/* Datagrams are sent.  True: they begin a wait. */
bool dtls_silence_sent(struct dtls_silence *, uint64_t now_ms);

/* Something authentic was received: ends the wait. */
void dtls_silence_answered(struct dtls_silence *);

/* When dtls_silence_expire() is due; UINT64_MAX: no wait runs. */
uint64_t dtls_silence_due_ms(const struct dtls_silence *);

/* Ends a wait that has reached its limit.  True: a new association is to be
 * tried, and the next wait has begun.  False: not due, or no wait runs now. */
bool dtls_silence_expire(struct dtls_silence *, uint64_t now_ms);

/* A new association is being tried for a different reason: restarts a wait that
 * runs. */
void dtls_silence_restart(struct dtls_silence *, uint64_t now_ms);

/* A new association has replaced the old one, which was silent: ends the wait,
 * and doubles the limit. */
void dtls_silence_replaced(struct dtls_silence *);

/* The server has probably lost its state: lowers the limit to
 * DTLS_SILENCE_HURRY_MS, until the next datagram is received or
 * dtls_silence_replaced(). */
void dtls_silence_hurry(struct dtls_silence *);

#endif
