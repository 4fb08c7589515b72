/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Were the datagrams of a DTLS client answered, or has the server lost its
 * state?  Decides when a new association is to be tried.
 *
 * NOTES.  A wait begins with the first datagram that is sent while none runs.
 * What is received ends it.  A wait that reaches its limit is acted upon if
 * more was sent in it: then a new association is tried, and the next wait
 * begins.  A single datagram is not enough, since many protocols end with one
 * that has no answer, unless nothing was answered for DTLS_SILENCE_SPARSE_MS:
 * then these are keep-alives.
 *
 * Some traffic goes one way only.  So the limit is longer until the first
 * answer, and doubles each time that a new association did not bring one.
 */

#ifndef TUNNEL_DTLS_SILENCE_H
#define TUNNEL_DTLS_SILENCE_H

#include "compat.h"

enum {
	DTLS_SILENCE_MS = 10000,	/* limit once something was answered */
	DTLS_SILENCE_ONE_WAY_MS = 60000,	/* limit before that */
	DTLS_SILENCE_HURRY_MS = 2000,	/* limit when ICMP says that nothing
				 * listens there, or after a suspension */
	DTLS_SILENCE_MAX_MS = 600000,	/* the limit doubles up to here */
	DTLS_SILENCE_SPARSE_MS = 180000,	/* without an answer: from then
				 * on a single datagram counts */
};

/* What was sent and not answered. */
struct dtls_silence {
	bool waiting;		/* a wait runs */
	bool more;		/* a second datagram was sent in this wait */
	uint64_t since_ms;	/* when this wait began */
	uint64_t oldest_ms;	/* when the oldest unanswered datagram was
				 * sent; 0: all were answered */
	uint64_t limit_ms;	/* how long a wait may be */
};

/* Begins: no wait runs. */
void dtls_silence_init(struct dtls_silence *);

/* Datagrams are sent.  True: a wait begins with them. */
bool dtls_silence_sent(struct dtls_silence *, uint64_t now_ms);

/* Something authentic was received: ends the wait. */
void dtls_silence_answered(struct dtls_silence *);

/* When dtls_silence_expire() is due; UINT64_MAX: no wait runs. */
uint64_t dtls_silence_due_ms(const struct dtls_silence *);

/* Ends a wait that has reached its limit.  True: a new association is to be
 * tried, and the next wait has begun. */
bool dtls_silence_expire(struct dtls_silence *, uint64_t now_ms);

/* A new association is being tried for a reason of its own: a wait that runs
 * begins anew. */
void dtls_silence_restart(struct dtls_silence *, uint64_t now_ms);

/* A new association has replaced the old one, which gave no answer: ends the
 * wait, and the next ones may be twice as long. */
void dtls_silence_replaced(struct dtls_silence *);

/* There is reason to believe that the server has lost its state: waits get
 * short. */
void dtls_silence_hurry(struct dtls_silence *);

#endif
