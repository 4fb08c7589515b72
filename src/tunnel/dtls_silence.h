/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Detects that a DTLS client gets no replies: the path is dead, or the server
 * has lost its state.  Decides when a new association is to be tried.
 *
 * NOTES.  A wait begins with the first datagram that is sent while none runs.
 * Anything authentic that is received ends it.  When a wait reaches its limit
 * and replies were due, a new association is tried, and the next wait begins.
 * Replies were due if a second datagram was sent in the wait, or if all of the
 * last DTLS_SILENCE_REGULAR waits were answered.  Otherwise a single datagram
 * is not enough, since many protocols end with one that has no reply.  It is
 * enough when nothing was received for DTLS_SILENCE_SPARSE_MS: the datagrams
 * are keep-alives then.
 *
 * The limit is longer for a peer that is slow to answer.  Some traffic goes one
 * way only.  So the limit is much longer until the first answer, and doubles
 * with each new association that did not bring one, after the first few, any of
 * which may have met the next outage.
 */

#ifndef TUNNEL_DTLS_SILENCE_H
#define TUNNEL_DTLS_SILENCE_H

#include "compat.h"

enum {
	DTLS_SILENCE_MS = 4000,		/* limit once something was answered, */
	DTLS_SILENCE_SLOW_MS = 7000,	/* or three times as long as answers
					 * took, up to here */
	DTLS_SILENCE_ONE_WAY_MS = 60000,	/* limit before that */
	DTLS_SILENCE_HURRY_MS = 1000,	/* limit when ICMP says that nothing
				 * listens there, or after a suspension */
	DTLS_SILENCE_MAX_MS = 600000,	/* the limit doubles up to here */
	DTLS_SILENCE_SPARSE_MS = 180000,	/* without an answer: from then
				 * on a single datagram counts */
	DTLS_SILENCE_REGULAR = 3,	/* waits in a row that were answered:
				 * then a single datagram counts, too */
	DTLS_SILENCE_UNHEARD = 2,	/* new associations without an answer
				 * before the limit doubles */
};

/* Datagrams sent without a reply. */
struct dtls_silence {
	bool waiting;		/* a wait runs */
	bool more;		/* a second datagram was sent in this wait */
	uint8_t regular;	/* waits in a row that were answered, up to
				 * DTLS_SILENCE_REGULAR */
	uint8_t unheard;	/* associations in a row that brought no
				 * answer, up to DTLS_SILENCE_UNHEARD */
	uint64_t since_ms;	/* when this wait began */
	uint64_t oldest_ms;	/* when the oldest unanswered datagram was
				 * sent; 0: all were answered */
	uint64_t usual_ms;	/* how long the latest replies took */
	uint64_t limit_ms;	/* how long a wait may be */
};

/* Begins: no wait runs. */
void dtls_silence_init(struct dtls_silence *);

/* Datagrams are sent.  True: they begin a wait. */
bool dtls_silence_sent(struct dtls_silence *, uint64_t now_ms);

/* Something authentic was received: ends the wait. */
void dtls_silence_answered(struct dtls_silence *, uint64_t now_ms);

/* When dtls_silence_expire() is due; UINT64_MAX: no wait runs. */
uint64_t dtls_silence_due_ms(const struct dtls_silence *);

/* Ends a wait that has reached its limit.  True: a new association is to be
 * tried, and the next wait has begun.  False: not due, or no wait runs now. */
bool dtls_silence_expire(struct dtls_silence *, uint64_t now_ms);

/* A new association is being tried for a different reason: restarts a wait that
 * runs. */
void dtls_silence_restart(struct dtls_silence *, uint64_t now_ms);

/* A new association has replaced the old one, which gave no answer: ends the
 * wait, and the next ones may become longer. */
void dtls_silence_replaced(struct dtls_silence *);

/* A new association could not be made, so the path is dead, and no datagram is
 * answered: a single one is enough for the next attempt. */
void dtls_silence_failed(struct dtls_silence *);

/* The server has probably lost its state: lowers the limit to
 * DTLS_SILENCE_HURRY_MS, until the next datagram is received. */
void dtls_silence_hurry(struct dtls_silence *);

#endif
