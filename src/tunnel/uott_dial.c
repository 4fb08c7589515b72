/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Dials the connection of a uott end, and replaces it when it is lost or
 * silent.
 *
 * NOTES.  tunnel/uott_dial.h has the states of a connection.
 */

#include "compat.h"

#include "tunnel/uott_dial.h"

#include <string.h>

#include "tunnel/stall.h"

enum {
	CALL_OLD_MS = 5000,	/* after that a replaced connection is
				 * half-closed or, with TLS, closed */
	CALL_REPLY_MS = 500,	/* for replies on a replaced connection */
	CALL_END_MS = 30000,	/* for the server to close it, too */
	CALL_RAISE_MS = 15000,	/* between attempts with a higher MSS */
	CALL_IDLE_MS = 3000,	/* without a datagram: idle */
};

static struct caller_conn *
caller_conn_of(struct mux_conn *conn)
{
	return (struct caller_conn *)conn;
}

static struct caller *
caller_of_conn(const struct caller_conn *k)
{
	return caller_of(&k->mux);
}

/*
 * Connecting
 */

/* The end of a log line about the next attempt: its condition, or "". */
static const char *
caller_when(const struct caller *e)
{
	return list_empty(&e->legs) ? " when there is a flow" : "";
}

static void call_conn_dial(struct caller_conn *);
static void call_conn_redial(struct timer *);
static void caller_swap(struct caller *);
static bool call_conn_is_tried(const struct caller_conn *);
static void call_conn_stop(struct caller_conn *);

/* Schedules a new attempt, if there are flows. */
static void
call_conn_retry(struct caller_conn *k)
{
	struct caller *e = caller_of_conn(k);

	k->setting_up = false;
	if (!list_empty(&e->legs))
		redial_again(&e->redial, &k->try, call_conn_redial);
}

/* The attempt failed: selects a different endpoint for the next one, if there
 * is a group. */
static void
call_conn_failed(struct caller_conn *k, const char *why)
{
	struct caller *e = caller_of_conn(k);
	bool other;		/* a different one is there to be tried */

	if (k->raises) {
		call_conn_stop(k);
		return;
	}
	timer_stop(&k->try.timer);
	redial_log_failure(&e->redial, why, caller_when(e));
	target_failed(&e->target, &k->aim);
	other = target_choose(&e->target, &k->aim);
	k->setting_up = false;
	if (framed_is_up(&e->conn->mux.framed)) {
		call_conn_retry(k);
	} else if (k == e->conn && !other && call_conn_is_tried(e->beside)) {
		caller_swap(e);
	} else if (k == e->conn) {
		call_conn_stop(e->beside);
		call_conn_retry(k);
	} else if (!call_conn_is_tried(e->conn)) {
		call_conn_retry(e->conn);
	}
}

/* The handshake timed out. */
static void
call_conn_late(struct timer *t)
{
	struct caller_conn *k = LIST_ITEM(t, struct caller_conn, try.timer);

	mux_conn_close(&k->mux);
	call_conn_failed(k, "connected, but no TLS handshake in time; does the "
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
		call_conn_stop(e->beside);
		e->beside->aim = k->aim;
		redial_reset(&e->redial, &e->beside->try);
		call_conn_dial(e->beside);
	} else {
		call_conn_stop(k);
		if (!k->raises)
			call_conn_dial(k);
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
		call_conn_failed(k, why);
		return;
	}
	e->mux.framed.env.name = *e->name != '\0' ? e->name : k->aim.at.host;
	if (mux_conn_open(&k->mux, fd, to) != 0) {
		call_conn_failed(k, sock_strerror(errno));
		return;
	}
	k->mux.framed.stream.long_enough = redial_long_enough(&k->try);
	slow_ms = loop_now(caller_loop(e)) + MSS_STALL_MS;
	end_ms = k->try.began_ms + (uint64_t)e->redial.timeout_ms;
	timer_set(&k->try.timer, caller_loop(e),
	    slow_ms < end_ms ? slow_ms : end_ms, call_conn_slow);
}

/* Dials. */
static void
call_conn_dial(struct caller_conn *k)
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
		call_conn_dial(k);
}

/* Closes it, or ends the attempt to make it. */
static void
call_conn_stop(struct caller_conn *k)
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
		call_conn_stop(k);
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

/* A connection that is up is replaced. */
static void
call_conn_retire(struct caller_conn *k)
{
	struct loop *loop = caller_loop(caller_of_conn(k));

	k->old_ms = k->due_ms = loop_now(loop);
	timer_set(&k->try.timer, loop, k->old_ms + UOTT_LOOK_MS,
	    call_conn_look_old);
}

/* Is there an attempt to make it, now or after a back-off? */
static bool
call_conn_is_tried(const struct caller_conn *k)
{
	return k->setting_up || (timer_is_set(&k->try.timer) &&
	    !framed_is_up(&k->mux.framed));
}

void
uott_dial_soon(struct caller *e)
{
	struct loop *loop = caller_loop(e);
	struct redial_try *try = &e->conn->try;
	uint64_t due_ms = try->began_ms + (try->pause_ms < REDIAL_HURRY_MS ?
	    try->pause_ms : REDIAL_HURRY_MS);

	if (e->conn->setting_up || framed_is_up(&e->conn->mux.framed))
		return;
	if (due_ms < loop_now(loop))
		due_ms = loop_now(loop);
	if (!timer_is_set(&try->timer) || try->timer.due_ms > due_ms)
		timer_set(&try->timer, loop, due_ms, call_conn_redial);
}

/*
 * Beside
 */

/* Lets all flows go on at the other connection. */
static void
caller_swap(struct caller *e)
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

/* Makes a second connection, which is to replace the one that is up; after a
 * back-off when that has been of no use itself.  silent: with a group, at a
 * different endpoint. */
static void
caller_dial_beside(struct caller *e, bool silent)
{
	struct caller_conn *k = e->beside;

	if (call_conn_is_tried(k))
		return;
	call_conn_stop(k);
	k->aim = e->conn->aim;
	if (silent)
		target_leave(&e->target, &k->aim);
	k->try.pause_ms = e->conn->try.pause_ms;
	if (e->of_use || !silent) {
		redial_reset(&e->redial, &k->try);
		call_conn_dial(k);
	} else {
		call_conn_retry(k);
	}
}

/* Nothing is acknowledged for too long. */
static void
caller_is_silent(struct caller *e, uint64_t now_ms)
{
	const struct stream *s = &e->conn->mux.framed.stream;

	(void)redial_stalled(&e->redial, &e->conn->try, &e->conn->aim.at, s,
	    stall_sign(s, e->look.since_ms, now_ms));
	e->beside->raises = false;
	caller_dial_beside(e, true);
}

/* The connection moves: makes one with a higher MSS where that may do. */
static void
caller_raise(struct caller *e, uint64_t now_ms)
{
	struct caller_conn *k = e->conn;

	redial_carried(&e->redial, &k->try, &k->aim.at,
	    stream_longest_acked(&k->mux.framed.stream));
	if (now_ms < e->raise_ms || call_conn_is_tried(e->beside) ||
	    framed_is_up(&e->beside->mux.framed) ||
	    redial_mss_is_right(&e->redial, &k->try, &k->aim.at, true))
		return;
	e->raise_ms = now_ms + CALL_RAISE_MS;
	caller_dial_beside(e, false);
	e->beside->raises = true;
}

/* Is what the connection was given acknowledged? */
static void
caller_look(struct timer *t)
{
	struct caller *e = LIST_ITEM(t, struct caller, look_timer);
	uint64_t now_ms = loop_now(caller_loop(e));
	enum uott_seen seen;

	if (!framed_is_up(&e->conn->mux.framed) || list_empty(&e->legs))
		return;
	seen = uott_look(&e->look, &e->conn->mux.framed.stream,
	    redial_is_tried(&e->conn->try, &e->conn->mux.framed.stream),
	    now_ms);
	if (seen == UOTT_SILENT) {
		caller_is_silent(e, now_ms);
	} else if (seen != UOTT_WAITING) {
		e->of_use = true;
		if (call_conn_is_tried(e->beside) && !e->beside->raises)
			call_conn_stop(e->beside);
		caller_raise(e, now_ms);
	}
	if (seen != UOTT_IDLE)
		timer_set(t, caller_loop(e), now_ms + UOTT_LOOK_MS,
		    caller_look);
}

void
uott_dial_watch(struct caller *e)
{
	struct loop *loop = caller_loop(e);

	if (timer_is_set(&e->look_timer) ||
	    !framed_is_up(&e->conn->mux.framed))
		return;
	uott_look_begin(&e->look, &e->conn->mux.framed.stream, loop_now(loop));
	timer_set(&e->look_timer, loop, loop_now(loop) + UOTT_LOOK_MS,
	    caller_look);
}

/*
 * Connections
 */

/* Logs that a connection is up. */
static void
caller_log_up(struct caller *e, const struct caller_conn *k)
{
	const struct stream *s = &k->mux.framed.stream;
	const char *name = stream_identity(s);
	char peer[ADDR_TEXT], text[STREAM_TEXT];

	log_limited(&e->redial.limit, k->try.up_ms,
	    e->rested ? LEVEL_DEBUG : LEVEL_INFO,
	    "%s: connected to %s%s: %s, after %llu ms%s%s%s",
	    e->mux.framed.end.name, addr_text(&s->peer, peer),
	    k == e->beside || e->redial.failing ? " again" : "",
	    stream_text(s, text),
	    (unsigned long long)(k->try.up_ms - k->try.began_ms),
	    *name == '\0' ? "" : " (", name, *name == '\0' ? "" : ")");
}

/* A flow that was not told yet that its connection is up, or NULL.  Those that
 * were stand at the end of the list for the most part. */
static struct call_leg *
caller_untold_leg(const struct caller *e)
{
	const struct list *at;
	struct call_leg *l;

	for (at = e->legs.next; at != &e->legs; at = at->next) {
		l = LIST_ITEM(at, struct call_leg, link);
		if (l->told != e->told)
			return l;
	}
	return NULL;
}

/* Tells each flow that its connection is up; searches: that it has a lower MSS
 * than usual.  Then a flow may send, on which its leg moves to the end of the
 * list, and any flow may end or begin. */
static void
caller_tell_legs(struct caller *e, bool searches)
{
	struct call_leg *l;
	struct leg *leg;

	e->told++;
	while ((l = caller_untold_leg(e)) != NULL) {
		leg = &l->mux.framed.leg;
		l->told = e->told;
		list_remove(&l->link);
		list_add(&e->legs, &l->link);
		if (leg->flow->up[RIGHT])
			flow_up_again(leg);
		else
			flow_up(leg);
		if (searches && !leg->flow->dead)
			flow_searches(leg);
	}
}

/* A connection is up, and so are all flows. */
static void
caller_up(struct mux_conn *c)
{
	struct caller *e = caller_of(c);
	struct caller_conn *k = caller_conn_of(c);

	timer_stop(&k->try.timer);
	k->setting_up = false;
	k->try.up_ms = loop_now(caller_loop(e));
	target_answered(&e->target, &k->aim);
	caller_log_up(e, k);
	e->redial.failing = e->rested = false;
	(void)redial_is_done(&e->redial, &k->try, &k->aim.at,
	    &c->framed.stream);
	k->raises = false;
	if (k == e->beside)
		caller_swap(e);
	if (framed_is_up(&e->beside->mux.framed))
		call_conn_retire(e->beside);
	else
		call_conn_stop(e->beside);
	caller_tell_legs(e, k->try.mss != 0);
	uott_dial_watch(e);	/* what was queued is sent now */
}

/* Are all flows idle?  Without flows, is the connection? */
static bool
caller_is_idle(const struct caller *e)
{
	const struct flow *f;
	uint64_t seen_ms;

	if (list_empty(&e->legs))
		return loop_now(caller_loop(e)) - e->conn->try.up_ms >=
		    CALL_IDLE_MS;
	if (!list_empty(&e->conn->mux.waiting))
		return false;
	/* The one that was used last. */
	f = LIST_ITEM(e->legs.prev, struct call_leg, link)->mux.framed.leg.flow;
	seen_ms = f->seen_ms[LEFT] > f->seen_ms[RIGHT] ? f->seen_ms[LEFT] :
	    f->seen_ms[RIGHT];
	return loop_now(caller_loop(e)) - seen_ms >= CALL_IDLE_MS;
}

/* Logs that the connection ended; rests: it is not needed for now. */
static void
caller_log_loss(struct caller *e, const char *why, bool clean, bool rests)
{
	const struct caller_conn *k = e->conn;
	const struct stream *s = &k->mux.framed.stream;
	uint64_t now_ms = loop_now(caller_loop(e));
	char peer[ADDR_TEXT];

	e->rested = rests && stream_was_cut(s, clean) &&
	    !timer_is_set(&e->look_timer);
	if (e->rested) {
		log_debug("%s: the connection was idle: %s (%s)",
		    e->mux.framed.end.name, why, addr_text(&s->peer, peer));
		return;
	}
	e->redial.failing = true;
	e->redial.why[0] = '\0';
	log_limited(&e->lost_limit, now_ms, LEVEL_WARN,
	    "%s: connection lost: %s%s; making a new one%s",
	    e->mux.framed.end.name, why, framed_hint(&k->mux.framed,
	    now_ms - k->try.up_ms), rests && !e->warm ?
	    " with the next datagram" : caller_when(e));
}

/* A connection ended. */
static void
caller_down(struct mux_conn *c, const char *why, bool clean)
{
	struct caller *e = caller_of(c);
	struct caller_conn *k = caller_conn_of(c);
	bool rests;

	timer_stop(&k->try.timer);
	if (k->setting_up) {
		call_conn_failed(k, why);
		return;
	}
	if (k == e->beside)
		return;
	if (loop_now(caller_loop(e)) - k->try.up_ms >= REDIAL_STEADY_MS)
		redial_reset(&e->redial, &k->try);
	rests = caller_is_idle(e);
	caller_log_loss(e, why, clean, rests);
	if (call_conn_is_tried(e->beside))
		caller_swap(e);
	else if (!rests || e->warm)
		call_conn_retry(k);
}

/* Makes a new connection at once if there are flows. */
static void
caller_dial_now(struct caller *e)
{
	redial_reset(&e->redial, &e->conn->try);
	if (!list_empty(&e->legs))
		call_conn_dial(e->conn);
}

/* Drops the connections, or the attempts to make them, and makes a new one if
 * there are flows. */
static void
caller_anew(struct caller *e)
{
	call_conn_stop(e->beside);
	call_conn_stop(e->conn);
	caller_dial_now(e);
}

void
uott_dial_anew(struct caller *e)
{
	if (!framed_is_up(&e->conn->mux.framed)) {
		caller_anew(e);
		return;
	}
	call_conn_stop(e->beside);
	e->beside->aim = e->conn->aim;
	caller_swap(e);
	call_conn_retire(e->beside);
	caller_dial_now(e);
}

/* The machine was suspended.  NATs and the peer have probably dropped our
 * connection, and we would notice only by a timeout: dials again. */
static void
caller_slept(struct sleeper *s, uint64_t slept_ms)
{
	struct caller *e = LIST_ITEM(s, struct caller, sleeper);

	if (slept_ms < REDIAL_SLEPT_MS)
		return;
	log_info("%s: the machine slept for %llu s; connecting again",
	    e->mux.framed.end.name, (unsigned long long)(slept_ms / 1000));
	uott_dial_anew(e);
}

/* Does it come from an address of ours that is not used any more? */
static bool
call_conn_moved(struct caller_conn *k, struct route_watch *w)
{
	const struct stream *s = &k->mux.framed.stream;

	return tcp_dial_moved(&k->try.dial, w) || (s->env != NULL &&
	    route_socket_moved(w, s->fd, &s->peer));
}

/* Our addresses or routes have changed.  A connection from an address that is
 * not used any more gets no answers; one that waits for its next attempt may
 * succeed now. */
static void
caller_rerouted(struct route_watch *w)
{
	struct caller *e = LIST_ITEM(w, struct caller, route);

	if (!framed_is_up(&e->conn->mux.framed)) {
		if (e->conn->setting_up && call_conn_moved(e->conn, w))
			caller_anew(e);
		else if (timer_is_set(&e->conn->try.timer))
			uott_dial_soon(e);
		return;
	}
	if (!call_conn_moved(e->conn, w))
		return;
	if (list_empty(&e->legs)) {
		caller_anew(e);
		return;
	}
	if (call_conn_is_tried(e->beside)) {
		if (e->beside->setting_up && !call_conn_moved(e->beside, w))
			return;
		call_conn_stop(e->beside);
	}
	log_info("%s: our address has changed; connecting again",
	    e->mux.framed.end.name);
	caller_dial_beside(e, false);
}

/*
 * The end
 */

void
uott_dial_start(struct caller *e, const struct settings *s)
{
	e->mux.conn_up = caller_up;
	e->mux.conn_down = caller_down;
	e->conn = &e->place[0];
	e->beside = &e->place[1];
	mux_conn_init(&e->place[0].mux, &e->mux);
	mux_conn_init(&e->place[1].mux, &e->mux);
	redial_init(&e->redial, &e->mux.framed.end, s, &e->mux.framed.options);
	redial_reset(&e->redial, &e->conn->try);
	e->warm = s->keepalive_ms > 0 ||
	    e->mux.framed.end.tunnel->end[LEFT]->ops->lasting;
	if (s->tls_name != NULL)
		strlcpy(e->name, s->tls_name, sizeof(e->name));
	e->mux.framed.env.resume = &e->resume;
	e->sleeper.fn = caller_slept;
	loop_watch_sleep(caller_loop(e), &e->sleeper);
	e->route.mark_set = s->mark >= 0;
	e->route.mark = (uint32_t)s->mark;
	route_watch_start(&e->route, caller_loop(e), caller_rerouted);
	(void)target_choose(&e->target, &e->conn->aim);
	call_conn_dial(e->conn);
}

void
uott_dial_stop(struct caller *e)
{
	loop_unwatch_sleep(&e->sleeper);
	route_watch_stop(&e->route);
	timer_stop(&e->look_timer);
	call_conn_stop(e->beside);
	call_conn_stop(e->conn);
}
