/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Decides when a DTLS server has been silent for too long.
 *
 *	event		no wait runs		a wait runs
 *	sent		a wait begins		more is set
 *	answered	the limit is short	no wait, the limit is short or
 *						as long as answers take
 *	limit reached	-			a new association and the next
 *						wait, or no wait
 *	replaced	unheard counts		no wait, unheard counts; from
 *			up, then the limit	its limit on the limit doubles
 *			doubles
 *	restart		-			the wait starts again
 *	hurry		shortest limit		shortest limit
 *	failed		a single datagram is enough for the next attempt
 */

#include "compat.h"

#include <string.h>

#include "tunnel/dtls_silence.h"

void
dtls_silence_init(struct dtls_silence *s)
{
	memset(s, 0, sizeof(*s));
	s->limit_ms = DTLS_SILENCE_ONE_WAY_MS;
	s->unheard = DTLS_SILENCE_UNHEARD;
}

bool
dtls_silence_sent(struct dtls_silence *s, uint64_t now_ms)
{
	if (s->waiting) {
		s->more = true;
		return false;
	}
	s->waiting = true;
	dtls_silence_restart(s, now_ms);
	if (s->oldest_ms == 0)
		s->oldest_ms = now_ms;
	return true;
}

/* Notes how long a reply took: the slowest of the latest ones counts. */
static void
silence_learn(struct dtls_silence *s, uint64_t took_ms)
{
	s->usual_ms -= s->usual_ms / 4;
	if (s->usual_ms < took_ms)
		s->usual_ms = took_ms;
	if (s->regular < DTLS_SILENCE_REGULAR)
		s->regular++;
}

void
dtls_silence_answered(struct dtls_silence *s, uint64_t now_ms)
{
	/* What was lost says nothing of how long answers take. */
	if (s->waiting && s->since_ms == s->oldest_ms)
		silence_learn(s, now_ms - s->since_ms);
	s->waiting = false;
	s->oldest_ms = 0;
	s->unheard = 0;
	s->limit_ms = 3 * s->usual_ms;
	if (s->limit_ms < DTLS_SILENCE_MS)
		s->limit_ms = DTLS_SILENCE_MS;
	else if (s->limit_ms > DTLS_SILENCE_SLOW_MS)
		s->limit_ms = DTLS_SILENCE_SLOW_MS;
}

uint64_t
dtls_silence_due_ms(const struct dtls_silence *s)
{
	return s->waiting ? s->since_ms + s->limit_ms : UINT64_MAX;
}

/* Is a single datagram without a reply enough for a new association? */
static bool
silence_has_sparse_traffic(const struct dtls_silence *s)
{
	return s->regular == DTLS_SILENCE_REGULAR ||
	    s->limit_ms <= DTLS_SILENCE_HURRY_MS ||
	    s->since_ms >= s->oldest_ms + DTLS_SILENCE_SPARSE_MS;
}

bool
dtls_silence_expire(struct dtls_silence *s, uint64_t now_ms)
{
	if (now_ms < dtls_silence_due_ms(s))
		return false;
	/* A client that has nothing more to send needs no server. */
	s->waiting = s->more || silence_has_sparse_traffic(s);
	s->regular = 0;
	if (!s->waiting)
		return false;
	dtls_silence_restart(s, now_ms);
	return true;
}

void
dtls_silence_restart(struct dtls_silence *s, uint64_t now_ms)
{
	s->since_ms = now_ms;
	s->more = false;
}

void
dtls_silence_replaced(struct dtls_silence *s)
{
	s->waiting = false;
	if (s->unheard < DTLS_SILENCE_UNHEARD)
		s->unheard++;
	else
		s->limit_ms = s->limit_ms > DTLS_SILENCE_MAX_MS / 2 ?
		    DTLS_SILENCE_MAX_MS : s->limit_ms * 2;
}

void
dtls_silence_failed(struct dtls_silence *s)
{
	s->regular = DTLS_SILENCE_REGULAR;
}

void
dtls_silence_hurry(struct dtls_silence *s)
{
	if (s->limit_ms > DTLS_SILENCE_HURRY_MS)
		s->limit_ms = DTLS_SILENCE_HURRY_MS;
}
