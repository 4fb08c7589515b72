/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Counts turns and datagrams of a loop, millisecond by millisecond.
 */

#include "compat.h"

#include "net/moderation.h"

/* Is a pause worth while, by the counts of a millisecond that is over? */
static bool
moderation_is_due(const struct moderation *m)
{
	unsigned turns = m->on ? MODERATION_TURNS_ON : MODERATION_TURNS;
	unsigned passed = m->on ? MODERATION_PASSED_ON : MODERATION_PASSED;

	return m->turns >= turns && m->passed >= passed &&
	    m->passed / MODERATION_BATCH < m->turns;
}

bool
moderation_turn(struct moderation *m, uint64_t now_ms)
{
	if (now_ms != m->ms) {
		/* Counts of an earlier one say nothing about now. */
		m->on = now_ms == m->ms + 1 && moderation_is_due(m);
		m->ms = now_ms;
		m->turns = m->passed = 0;
	}
	m->turns++;
	return m->on;
}
