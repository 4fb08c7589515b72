/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Keeps the connection of a dialling uott end: what happens when it is up, when
 * it is lost, and when our addresses change.
 *
 * NOTES.  tunnel/uott_conn.h makes a connection, tunnel/uott_beside.h a second
 * one beside it.
 */

#include "compat.h"

#include "tunnel/uott_dial.h"

#include "tunnel/uott_beside.h"
#include "tunnel/uott_conn.h"

enum { CALL_IDLE_MS = 3000 };	/* without a datagram: idle */

static struct caller_conn *
caller_conn_of(struct mux_conn *conn)
{
	return (struct caller_conn *)conn;
}

/*
 * Up and down
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
		if (!l->mux.told)
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
	struct list *at;
	struct leg *leg;

	for (at = e->legs.next; at != &e->legs; at = at->next)
		LIST_ITEM(at, struct call_leg, link)->mux.told = false;
	while ((l = caller_untold_leg(e)) != NULL) {
		leg = &l->mux.framed.leg;
		l->mux.told = true;
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
		uott_conn_swap(e);
	if (framed_is_up(&e->beside->mux.framed))
		uott_conn_retire(e->beside);
	else
		uott_conn_stop(e->beside);
	caller_tell_legs(e, k->try.mss != 0);
	uott_beside_watch(e);	/* what was queued is sent now */
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
	    " with the next datagram" : uott_conn_when(e));
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
		uott_conn_failed(k, why);
		return;
	}
	if (k == e->beside)
		return;
	if (loop_now(caller_loop(e)) - k->try.up_ms >= REDIAL_STEADY_MS)
		redial_reset(&e->redial, &k->try);
	rests = caller_is_idle(e);
	caller_log_loss(e, why, clean, rests);
	if (uott_conn_is_tried(e->beside))
		uott_conn_swap(e);
	else if (!rests || e->warm)
		uott_conn_retry(k);
}

/*
 * Connecting again
 */

/* Makes a new connection at once if there are flows. */
static void
caller_dial_now(struct caller *e)
{
	redial_reset(&e->redial, &e->conn->try);
	if (!list_empty(&e->legs))
		uott_conn_dial(e->conn);
}

/* Drops the connections, or the attempts to make them, and makes a new one if
 * there are flows. */
static void
caller_anew(struct caller *e)
{
	uott_conn_stop(e->beside);
	uott_conn_stop(e->conn);
	caller_dial_now(e);
}

void
uott_dial_anew(struct caller *e)
{
	if (!framed_is_up(&e->conn->mux.framed)) {
		caller_anew(e);
		return;
	}
	uott_conn_stop(e->beside);
	e->beside->aim = e->conn->aim;
	uott_conn_swap(e);
	uott_conn_retire(e->beside);
	caller_dial_now(e);
}

/* The machine was suspended: dials again. */
static void
caller_slept(struct sleeper *s, uint64_t slept_ms)
{
	struct caller *e = LIST_ITEM(s, struct caller, sleeper);

	if (redial_note_sleep(&e->redial, slept_ms))
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
			uott_conn_dial_soon(e);
		return;
	}
	if (!call_conn_moved(e->conn, w))
		return;
	if (list_empty(&e->legs)) {
		caller_anew(e);
		return;
	}
	if (uott_conn_is_tried(e->beside)) {
		if (e->beside->setting_up && !call_conn_moved(e->beside, w))
			return;
		uott_conn_stop(e->beside);
	}
	log_info("%s: our address has changed; connecting again",
	    e->mux.framed.end.name);
	uott_beside_dial(e, false);
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
	uott_conn_dial(e->conn);
}

void
uott_dial_stop(struct caller *e)
{
	loop_unwatch_sleep(&e->sleeper);
	route_watch_stop(&e->route);
	timer_stop(&e->look_timer);
	uott_conn_stop(e->beside);
	uott_conn_stop(e->conn);
}
