/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A connection of a dialling uott end: how it is made, replaced and ended.
 *
 * NOTES.  tunnel/uott_dial.h has its states.
 */

#include "compat.h"

#include "tunnel/uott_conn.h"

#include "tunnel/stall.h"

enum {
	CALL_OLD_MS = 5000,	/* after that a replaced connection is
				 * half-closed or, with TLS, closed */
	CALL_REPLY_MS = 500,	/* for replies on a replaced connection */
	CALL_END_MS = 30000,	/* for the server to close it, too */
};

static struct caller *
caller_of_conn(const struct caller_conn *k)
{
	return caller_of(&k->mux);
}

static void call_conn_redial(struct timer *);

const char *
uott_conn_when(const struct caller *e)
{
	return list_empty(&e->legs) ? " when there is a flow" : "";
}

void
uott_conn_retry(struct caller_conn *k)
{
	struct caller *e = caller_of_conn(k);

	k->setting_up = false;
	if (!list_empty(&e->legs))
		redial_again(&e->redial, &k->try, call_conn_redial);
}

void
uott_conn_failed(struct caller_conn *k, const char *why)
{
	struct caller *e = caller_of_conn(k);
	bool other;		/* a different one is there to be tried */

	if (k->raises) {
		uott_conn_stop(k);
		return;
	}
	timer_stop(&k->try.timer);
	redial_log_failure(&e->redial, why, uott_conn_when(e));
	target_failed(&e->target, &k->aim);
	other = target_choose(&e->target, &k->aim);
	k->setting_up = false;
	if (framed_is_up(&e->conn->mux.framed)) {
		uott_conn_retry(k);
	} else if (k == e->conn && !other && uott_conn_is_tried(e->beside)) {
		uott_conn_swap(e);
	} else if (k == e->conn) {
		uott_conn_stop(e->beside);
		uott_conn_retry(k);
	} else if (!uott_conn_is_tried(e->conn)) {
		uott_conn_retry(e->conn);
	}
}

/* The handshake timed out. */
static void
call_conn_late(struct timer *t)
{
	struct caller_conn *k = LIST_ITEM(t, struct caller_conn, try.timer);

	mux_conn_close(&k->mux);
	uott_conn_failed(k, "connected, but no TLS handshake in time; does the "
	    "other end have the key tls, or does it need a longer timeout?");
}

/* The handshake is slow: dials beside it where a lower MSS may help. */
static void
call_conn_slow(struct timer *t)
{
	struct caller_conn *k = LIST_ITEM(t, struct caller_conn, try.timer);
	struct caller *e = caller_of_conn(k);
	const struct stream *s = &k->mux.framed.stream;

	timer_set(t, caller_loop(e), k->try.began_ms +
	    (uint64_t)e->redial.timeout_ms, call_conn_late);
	if (!stall_is_of_handshake(s) || !redial_stalled(&e->redial, &k->try,
	    &k->aim.at, s, MSS_HANDSHAKE))
		return;
	if (k == e->conn) {
		uott_conn_stop(e->beside);
		e->beside->aim = k->aim;
		redial_reset(&e->redial, &e->beside->try);
		uott_conn_dial(e->beside);
	} else {
		uott_conn_stop(k);
		if (!k->raises)
			uott_conn_dial(k);
	}
}

/* Connecting is done; fd is FD_NONE when it failed. */
static void
call_conn_connected(struct tcp_dial *d, fd_t fd, const struct addr *to,
    const char *why)
{
	struct caller_conn *k = LIST_ITEM(d, struct caller_conn, try.dial);
	struct caller *e = caller_of_conn(k);
	uint64_t slow_ms, end_ms;

	redial_keep(&e->redial, d->addr, d->n_addr);
	if (fd == FD_NONE) {
		uott_conn_failed(k, why);
		return;
	}
	e->mux.framed.env.name = *e->name != '\0' ? e->name : k->aim.at.host;
	if (mux_conn_open(&k->mux, fd, to) != 0) {
		uott_conn_failed(k, sock_strerror(errno));
		return;
	}
	k->mux.framed.stream.long_enough = redial_long_enough(&k->try);
	slow_ms = loop_now(caller_loop(e)) + MSS_STALL_MS;
	end_ms = k->try.began_ms + (uint64_t)e->redial.timeout_ms;
	timer_set(&k->try.timer, caller_loop(e),
	    slow_ms < end_ms ? slow_ms : end_ms, call_conn_slow);
}

void
uott_conn_dial(struct caller_conn *k)
{
	k->setting_up = true;
	k->raises = false;
	redial_dial(&caller_of_conn(k)->redial, &k->try, &k->aim.at,
	    NULL, call_conn_connected);
}

/* The back-off is over: dials, if there is still a flow. */
static void
call_conn_redial(struct timer *t)
{
	struct caller_conn *k = LIST_ITEM(t, struct caller_conn, try.timer);

	if (!list_empty(&caller_of_conn(k)->legs))
		uott_conn_dial(k);
}

void
uott_conn_stop(struct caller_conn *k)
{
	timer_stop(&k->try.timer);
	tcp_dial_stop(&k->try.dial);
	mux_conn_close(&k->mux);
	k->setting_up = false;
}

/* Has the peer acknowledged all that it was given?  False where the system does
 * not tell. */
static bool
call_conn_is_acked(const struct caller_conn *k)
{
	const struct stream *s = &k->mux.framed.stream;

	return stream_unsent(s) == 0 && sock_unsent(s->fd) == 0;
}

/* An old connection: half-closes it, and at last closes it. */
static void
call_conn_look_old(struct timer *t)
{
	struct caller_conn *k = LIST_ITEM(t, struct caller_conn, try.timer);
	struct stream *s = &k->mux.framed.stream;
	struct loop *loop = caller_loop(caller_of_conn(k));
	uint64_t now_ms = loop_now(loop), old_ms = now_ms - k->old_ms;

	if (old_ms >= (s->tls != NULL ? CALL_OLD_MS : CALL_END_MS)) {
		uott_conn_stop(k);
		return;
	}
	if (!call_conn_is_acked(k))
		k->due_ms = now_ms;
	if (old_ms < CALL_OLD_MS && now_ms - k->due_ms < CALL_REPLY_MS) {
		timer_set(t, loop, now_ms + UOTT_LOOK_MS, call_conn_look_old);
		return;
	}
	stream_finish(s);
	timer_set(t, loop, k->old_ms + (s->tls != NULL ? CALL_OLD_MS :
	    CALL_END_MS), call_conn_look_old);
}

void
uott_conn_retire(struct caller_conn *k)
{
	struct loop *loop = caller_loop(caller_of_conn(k));

	k->old_ms = k->due_ms = loop_now(loop);
	timer_set(&k->try.timer, loop, k->old_ms + UOTT_LOOK_MS,
	    call_conn_look_old);
}

bool
uott_conn_is_tried(const struct caller_conn *k)
{
	return k->setting_up || (timer_is_set(&k->try.timer) &&
	    !framed_is_up(&k->mux.framed));
}

/* It has no attempt under way: lets the next one begin soon. */
static void
call_conn_dial_soon(struct caller_conn *k)
{
	struct loop *loop = caller_loop(caller_of_conn(k));
	struct redial_try *try = &k->try;
	uint64_t due_ms = try->began_ms + (try->pause_ms < REDIAL_HURRY_MS ?
	    try->pause_ms : REDIAL_HURRY_MS);

	if (due_ms < loop_now(loop))
		due_ms = loop_now(loop);
	if (!timer_is_set(&try->timer) || try->timer.due_ms > due_ms)
		timer_set(&try->timer, loop, due_ms, call_conn_redial);
}

void
uott_conn_dial_soon(struct caller *e)
{
	if (!e->conn->setting_up && !framed_is_up(&e->conn->mux.framed))
		call_conn_dial_soon(e->conn);
}

void
uott_conn_hurry(struct caller_conn *k)
{
	if (!k->setting_up && uott_conn_is_tried(k))
		call_conn_dial_soon(k);
}

void
uott_conn_swap(struct caller *e)
{
	struct caller_conn *was = e->conn;
	struct list *at;

	e->conn = e->beside;
	e->conn->raises = false;
	e->beside = was;
	e->of_use = false;
	timer_stop(&e->look_timer);
	for (at = e->legs.next; at != &e->legs; at = at->next)
		mux_leg_move(&LIST_ITEM(at, struct call_leg, link)->mux,
		    &e->conn->mux);
}
