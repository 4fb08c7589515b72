/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Looks whether the connection of a dialling uott end is of use, and makes a
 * second one beside it where that may be better.
 */

#include "compat.h"

#include "tunnel/uott_beside.h"

#include "tunnel/stall.h"
#include "tunnel/uott_conn.h"

enum { CALL_RAISE_MS = 15000 };	/* between attempts with a higher MSS */

void
uott_beside_dial(struct caller *e, bool silent)
{
	struct caller_conn *k = e->beside;

	if (uott_conn_is_tried(k))
		return;
	uott_conn_stop(k);
	k->aim = e->conn->aim;
	if (silent)
		target_leave(&e->target, &k->aim);
	k->try.pause_ms = e->conn->try.pause_ms;
	if (e->of_use || !silent) {
		redial_reset(&e->redial, &k->try);
		uott_conn_dial(k);
	} else {
		uott_conn_retry(k);
	}
}

/* Nothing is acknowledged for too long. */
static void
caller_is_silent(struct caller *e, uint64_t now_ms)
{
	const struct stream *s = &e->conn->mux.framed.stream;

	if (uott_conn_is_tried(e->beside) && !e->beside->raises) {
		if (e->of_use)
			uott_conn_hurry(e->beside);
		return;
	}
	(void)redial_stalled(&e->redial, &e->conn->try, &e->conn->aim.at, s,
	    stall_sign(s, e->look.since_ms, now_ms));
	e->beside->raises = false;
	uott_beside_dial(e, true);
}

/* The connection moves: makes one with a higher MSS where that may do. */
static void
caller_raise(struct caller *e, uint64_t now_ms)
{
	struct caller_conn *k = e->conn;

	redial_carried(&e->redial, &k->try, &k->aim.at,
	    stream_longest_acked(&k->mux.framed.stream));
	if (now_ms < e->raise_ms || uott_conn_is_tried(e->beside) ||
	    framed_is_up(&e->beside->mux.framed) ||
	    redial_mss_is_right(&e->redial, &k->try, &k->aim.at, true))
		return;
	e->raise_ms = now_ms + CALL_RAISE_MS;
	uott_beside_dial(e, false);
	e->beside->raises = true;
}

/* The connection is acknowledged: gives up the attempt beside it, unless
 * nothing came on it yet since it was silent.  Returns whether that goes on. */
static bool
caller_settle(struct caller *e)
{
	if (!uott_conn_is_tried(e->beside) || e->beside->raises)
		return false;
	if (uott_look_is_unheard(&e->look, &e->conn->mux.framed.stream)) {
		uott_conn_hurry(e->beside);
		return true;
	}
	uott_conn_stop(e->beside);
	return false;
}

/* Is what the connection was given acknowledged? */
static void
caller_look(struct timer *t)
{
	struct caller *e = LIST_ITEM(t, struct caller, look_timer);
	uint64_t now_ms = loop_now(caller_loop(e));
	enum uott_seen seen;
	bool kept = false;

	if (!framed_is_up(&e->conn->mux.framed) || list_empty(&e->legs))
		return;
	seen = uott_look(&e->look, &e->conn->mux.framed.stream,
	    redial_is_tried(&e->conn->try, &e->conn->mux.framed.stream),
	    now_ms);
	if (seen == UOTT_SILENT) {
		caller_is_silent(e, now_ms);
	} else if (seen != UOTT_WAITING) {
		e->of_use = true;
		kept = caller_settle(e);
		caller_raise(e, now_ms);
	}
	if (seen != UOTT_IDLE || kept)
		timer_set(t, caller_loop(e), now_ms + UOTT_LOOK_MS,
		    caller_look);
}

void
uott_beside_watch(struct caller *e)
{
	struct loop *loop = caller_loop(e);

	if (timer_is_set(&e->look_timer) ||
	    !framed_is_up(&e->conn->mux.framed))
		return;
	uott_look_begin(&e->look, &e->conn->mux.framed.stream, loop_now(loop));
	timer_set(&e->look_timer, loop, loop_now(loop) + UOTT_LOOK_MS,
	    caller_look);
}
