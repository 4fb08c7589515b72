/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Dials the connections of a dialling pool, and replaces those that are lost or
 * silent.
 *
 * NOTES.  tunnel/pool_places.h has the states of a connection.
 */

#include "compat.h"

#include "tunnel/pool_dial.h"

#include "tunnel/pool_mss.h"
#include "tunnel/pool_rest.h"

enum {
	POOL_RETIRED_MS = 5000,	/* a silent one is read for so long, */
	POOL_MOVED_MS = 500,	/* one from an address left since, so long */
};

/* The retired connection was read for long enough. */
static void
dialled_read_out(struct timer *t)
{
	struct dialled *c = LIST_ITEM(t, struct dialled, try.timer);

	dialled_stop(c);
	dialler_leg_fill(c->leg, NULL);
}

/* Takes a silent connection out of its flow, which has better ones. */
static void
dialled_retire(struct dialled *c)
{
	struct loop *loop = dialler_loop(dialler_of(c));

	pool_conn_retire(&c->conn);
	c->retired = true;
	c->leg->n_up--;
	timer_set(&c->try.timer, loop, loop_now(loop) +
	    (c->moved ? POOL_MOVED_MS : POOL_RETIRED_MS), dialled_read_out);
}

/* Retires all that are silent, if others take datagrams. */
static void
dialler_leg_retire(struct dialler_leg *l)
{
	struct dialled *c;
	int64_t i;

	if (!dialler_leg_is_served(l))
		return;
	for (i = 0; i < dialler_of_leg(l)->size + POOL_EXTRA; i++) {
		c = &l->conn[i];
		if (framed_is_up(&c->conn.framed) && !c->retired &&
		    c->conn.health == POOL_SILENT)
			dialled_retire(c);
	}
}

/* Gives up the handshakes of a flow whose MSS is wrong, as is known now;
 * returns whether there were any. */
static bool
dialler_leg_leave_wrong(struct dialler_leg *l)
{
	struct dialled *c;
	bool left = false;
	int64_t i;

	for (i = 0; i < dialler_of_leg(l)->size + POOL_EXTRA; i++) {
		c = &l->conn[i];
		if ((!c->setting_up && !c->stalled) || pool_mss_is_right(c))
			continue;
		dialled_stop(c);
		left = true;
	}
	return left;
}

/* A lower MSS helps, which is new: dials those with a higher one anew. */
static void
dialler_leave_wrong(struct dialler *e)
{
	struct dialler_leg *l;
	struct list *at;

	for (at = e->legs.next; at != &e->legs; at = at->next) {
		l = LIST_ITEM(at, struct dialler_leg, link);
		if (dialler_leg_leave_wrong(l))
			dialler_leg_fill(l, NULL);
	}
}

/* One that had stalled is up: those that were dialled beside it are not
 * needed. */
static void
dialled_stalled_is_up(struct dialled *c)
{
	dialled_end_stall(c);
	(void)dialler_leg_leave_wrong(c->leg);
	dialler_leg_trim(c->leg);
}

/* A connection was dialled beside those that a flow has: takes out one. */
static void
dialler_leg_retire_one(struct dialler_leg *l, const struct dialled *fresh)
{
	struct dialled *c;

	if (dialler_leg_count(l) <= dialler_of_leg(l)->size)
		return;
	c = pool_mss_one_too_many(fresh);
	if (c != NULL)
		dialled_retire(c);
}

/* A flow's endpoint is unreachable: dials a different one of the group; false
 * if all of them have failed recently.  The back-off grows as with a single
 * endpoint, so a large group that is down is not tried all at once. */
static bool
dialler_fail_over(struct dialler_leg *l)
{
	struct dialler *e = dialler_of_leg(l);
	struct aim aim = l->aim;
	int64_t i, n = dialler_leg_want(l);

	target_failed(&e->target, &l->aim);
	if (!target_choose(&e->target, &aim))
		return false;
	/* Handshakes under way point to the host in l->aim: stop them before
	 * that changes. */
	dialler_leg_stop(l);
	for (i = 0; i < n; i++)
		dialled_retry(&l->conn[i]);
	l->aim = aim;
	dialler_dial_next(e);
	return true;
}

/* The attempt failed: logs why, and fails over; false if the endpoint stays. */
static bool
dialled_leave_endpoint(struct dialled *c, const char *why)
{
	struct dialler *e = dialler_of(c);

	/* One that began before others succeeded is no news. */
	if (c->try.began_ms >= e->up_ms)
		redial_log_failure(&e->redial, why, "");
	return !dialler_leg_is_served(c->leg) && dialler_fail_over(c->leg);
}

/* The same, or retries later. */
static void
dialled_failed(struct dialled *c, const char *why)
{
	dialled_end_stall(c);
	if (dialled_leave_endpoint(c, why))
		return;
	dialled_retry(c);
	dialled_end_setup(c);
}

/* The same for one that had stalled, beside which others are dialled. */
static void
dialled_stalled_failed(struct dialled *c, const char *why)
{
	dialled_end_stall(c);
	if (!dialled_leave_endpoint(c, why))
		dialler_leg_fill(c->leg, NULL);
}

/* The handshake timed out. */
static void
dialled_late(struct timer *t)
{
	static const char why[] = "connected, but no TLS handshake in time; is "
	    "it a uotp server, with TLS, or does it need a longer timeout?";
	struct dialled *c = LIST_ITEM(t, struct dialled, try.timer);

	pool_conn_close(&c->conn);
	if (c->stalled)
		dialled_stalled_failed(c, why);
	else
		dialled_failed(c, why);
}

/* The handshake is slow: dials beside it where a lower MSS may help. */
static void
dialled_slow(struct timer *t)
{
	struct dialled *c = LIST_ITEM(t, struct dialled, try.timer);
	struct dialler *e = dialler_of(c);
	uint64_t end_ms = c->try.began_ms + (uint64_t)e->redial.timeout_ms;

	timer_set(t, dialler_loop(e), end_ms, dialled_late);
	if (!pool_mss_handshake_stalls(c) || !dialled_stall(c))
		return;
	dialled_end_setup(c);
	dialler_leg_fill(c->leg, NULL);
}

/* Where the connections of a flow go that take datagrams; NULL: it has none.
 * The name may have addresses of several servers, and those do not share a
 * session. */
static const struct addr *
dialler_leg_peer(const struct dialler_leg *l)
{
	const struct pool_conn *c;
	const struct list *at;

	for (at = l->pool.conns.next; at != &l->pool.conns; at = at->next) {
		c = LIST_ITEM(at, struct pool_conn, link);
		if (c->health < POOL_LATE)
			return &c->framed.stream.peer;
	}
	return NULL;
}

/* Is that address not the one where the flow's connections go? */
static bool
dialled_is_astray(const struct dialled *c, const struct addr *to)
{
	const struct addr *peer = dialler_leg_peer(c->leg);

	return peer != NULL && !addr_same(peer, to);
}

/* Connecting is done; fd is FD_NONE when it failed. */
static void
dialled_connected(struct tcp_dial *d, fd_t fd, const struct addr *to,
    const char *why)
{
	struct dialled *c = LIST_ITEM(d, struct dialled, try.dial);
	struct dialler *e = dialler_of(c);
	struct loop *loop = dialler_loop(e);
	uint64_t slow_ms, end_ms;

	if (fd == FD_NONE) {
		dialled_failed(c, why);
		return;
	}
	redial_keep(&e->redial, d->addr, d->n_addr);
	if (dialled_is_astray(c, to)) {
		sock_close(fd);
		dialled_stop(c);
		dialler_leg_fill(c->leg, NULL);
		return;
	}
	e->pool.framed.env.name = *e->name != '\0' ? e->name :
	    c->leg->aim.at.host;
	if (pool_conn_open(&c->conn, &e->pool, fd, to) != 0) {
		dialled_failed(c, sock_strerror(errno));
		return;
	}
	c->conn.framed.stream.long_enough = redial_long_enough(&c->try);
	slow_ms = loop_now(loop) + MSS_STALL_MS;
	end_ms = c->try.began_ms + (uint64_t)e->redial.timeout_ms;
	timer_set(&c->try.timer, loop, slow_ms < end_ms ? slow_ms : end_ms,
	    dialled_slow);
}

/* Dials. */
static void
dialled_start(struct dialled *c)
{
	struct dialler *e = dialler_of(c);

	c->moved = false;
	c->setting_up = true;
	e->n_setting_up++;
	redial_dial(&e->redial, &c->try, &c->leg->aim.at,
	    dialler_leg_peer(c->leg), dialled_connected);
}

/* Logs that all connections of a flow are up again. */
static void
dialler_log_recovery(struct dialler_leg *l)
{
	const struct dialler *e = dialler_of_end(l->pool.framed.leg.end);
	unsigned long number = l->pool.framed.leg.flow->number;

	if (e->single)
		log_info("%s: flow %lu has a connection again",
		    e->pool.framed.end.name, number);
	else
		log_info("%s: flow %lu has all %lld connections again",
		    e->pool.framed.end.name, number, (long long)e->size);
	l->degraded = false;
}

/* Logs that a flow is usable, if this is its first connection. */
static void
dialled_log_first(const struct dialled *c)
{
	const struct stream *s = &c->conn.framed.stream;
	struct leg *leg = &c->leg->pool.framed.leg;
	char text[STREAM_TEXT], what[STREAM_TEXT + 16];

	if (leg->flow->up[RIGHT])
		return;
	snprintf(what, sizeof(what), "is up: %s", stream_text(s, text));
	flow_log_up(&leg->end->tunnel->flow_log, leg, what,
	    leg->flow->began_ms, &s->peer, stream_identity(s));
}

/* The keep-alive of a connection is due. */
static void
dialled_beat(struct timer *t)
{
	struct dialled *c = LIST_ITEM(t, struct dialled, try.timer);
	struct dialler *e = dialler_of(c);

	timer_set(t, dialler_loop(e), stream_beat(&c->conn.framed.stream,
	    e->beat_ms), dialled_beat);
}

/* The connection is up: sends the session's identifier and joins the leg. */
static void
dialled_up(struct pool_conn *conn)
{
	struct dialled *c = dialled_of(conn);
	struct dialler *e = dialler_of(c);
	struct dialler_leg *l = c->leg;
	bool again = e->single && l->pool.framed.leg.flow->up[RIGHT];
	char peer[ADDR_TEXT];
	bool proven;

	timer_stop(&c->try.timer);
	if (dialled_is_astray(c, &conn->framed.stream.peer)) {
		dialled_stop(c);
		dialler_leg_fill(l, NULL);
		return;
	}
	c->try.up_ms = loop_now(dialler_loop(e));
	if (!e->single && stream_put(&conn->framed.stream, l->id, sizeof(l->id),
	    NULL, 0) != 0) {
		pool_conn_close(conn);
		dialled_failed(c, "no memory");
		return;
	}
	target_answered(&e->target, &l->aim);
	if (e->redial.failing)
		log_info("%s: connected to %s again", e->pool.framed.end.name,
		    addr_text(&conn->framed.stream.peer, peer));
	e->redial.failing = false;
	e->redial.failures = 0;
	e->up_ms = c->try.up_ms;
	proven = redial_is_done(&e->redial, &c->try, &l->aim.at,
	    &conn->framed.stream);
	if (c->stalled)
		dialled_stalled_is_up(c);
	if (proven)
		dialler_leave_wrong(e);
	pool_mss_joins(c);
	pool_conn_join(conn, &l->pool);
	dialled_log_first(c);
	flow_up(&l->pool.framed.leg);
	if (c->try.mss != 0)
		flow_searches(&l->pool.framed.leg);
	l->n_up++;
	dialler_leg_retire(l);
	dialler_leg_retire_one(l, c);
	if (l->kept)
		dialler_leg_settle(l);
	if (l->n_up == e->size && l->degraded)
		dialler_log_recovery(l);
	dialled_end_setup(c);
	if (e->beat_ms > 0)
		timer_set(&c->try.timer, dialler_loop(e),
		    c->try.up_ms + e->beat_ms, dialled_beat);
	pool_rest_up(l);
	if (again)
		flow_up_again(&l->pool.framed.leg);
}

/* Logs the loss of a connection that was up; rests: its flow can do without
 * it. */
static void
dialled_log_loss(const struct dialled *c, const char *why, bool cut, bool rests)
{
	struct dialler *e = dialler_of(c);
	struct dialler_leg *l = c->leg;
	unsigned long number = l->pool.framed.leg.flow->number;
	uint64_t now_ms = loop_now(dialler_loop(e));
	const struct stream *s = &c->conn.framed.stream;
	char peer[ADDR_TEXT];

	if (rests && cut) {
		log_debug("%s: flow %lu: a connection was not needed: %s (%s)",
		    e->pool.framed.end.name, number, why,
		    addr_text(&s->peer, peer));
		return;
	}
	if (!l->degraded)
		log_limited(&e->pool.limit, now_ms, LEVEL_WARN,
		    "%s: flow %lu is losing connections: %s%s; %s",
		    e->pool.framed.end.name, number, why,
		    framed_hint(&c->conn.framed, now_ms - c->try.up_ms),
		    rests || e->single ? "the next datagram makes a new one" :
		    "making new ones");
	l->degraded = true;
}

/* The connection ended. */
static void
dialled_down(struct pool_conn *conn, const char *why, bool clean)
{
	struct dialled *c = dialled_of(conn);
	struct dialler *e = dialler_of(c);
	struct dialler_leg *l = c->leg;
	uint64_t now_ms = loop_now(dialler_loop(e));
	bool rests;

	timer_stop(&c->try.timer);
	if (c->stalled) {
		dialled_stalled_failed(c, why);
		return;
	}
	if (c->retired) {
		c->retired = false;
		dialler_leg_fill(l, NULL);
		return;
	}
	if (c->setting_up) {
		dialled_failed(c, why);
		return;
	}
	if (now_ms - c->try.up_ms >= REDIAL_STEADY_MS)
		redial_reset(&e->redial, &c->try);
	l->n_up--;
	rests = pool_rest_lost(c);
	dialled_log_loss(c, why, stream_was_cut(&conn->framed.stream, clean),
	    rests);
	if (dialler_leg_count(l) < dialler_leg_want(l))
		dialled_retry(c);
}

/* Leaves a connection, or an attempt, whose address new ones would not have;
 * false when it stays. */
static bool
dialled_leave(struct dialled *c)
{
	struct dialler *e = dialler_of(c);
	const struct stream *s = &c->conn.framed.stream;

	if (c->retired || c->moved || (!tcp_dial_moved(&c->try.dial,
	    &e->route) && (s->env == NULL ||
	    !route_socket_moved(&e->route, s->fd, &s->peer))))
		return false;
	if (c->setting_up || c->stalled) {
		dialled_stop(c);
		dialler_leg_fill(c->leg, NULL);
	} else {
		c->moved = true;
		pool_look_condemn(&c->conn);
	}
	return true;
}

unsigned
pool_dial_reroute(struct dialler_leg *l)
{
	uint64_t began_ms = 0;	/* the newest attempt of all */
	unsigned left = 0;
	struct dialled *c;
	int64_t i;

	for (i = 0; i < dialler_of_leg(l)->size + POOL_EXTRA; i++) {
		c = &l->conn[i];
		left += dialled_leave(c);
		if (c->try.began_ms > began_ms)
			began_ms = c->try.began_ms;
	}
	if (dialler_leg_is_served(l) || dialler_leg_is_dialled(l))
		return left;
	/* Many changes have nothing to do with the server. */
	(void)dialler_leg_hurry(l, began_ms + REDIAL_HURRY_MS);
	return left;
}

/* What is known of a connection has changed. */
static void
dialled_changed(struct pool_conn *conn)
{
	struct dialled *c = dialled_of(conn);
	struct dialler *e = dialler_of(c);
	struct dialler_leg *l = c->leg;
	bool lowered;

	if (conn->health == POOL_LIVES)
		dialler_leg_settle(l);
	if (conn->health == POOL_LATE)
		(void)dialled_leave(c);
	if (conn->health != POOL_SILENT)
		return;
	if (!l->degraded && !c->moved)
		log_limited(&e->pool.limit, loop_now(dialler_loop(e)),
		    LEVEL_WARN, "%s: flow %lu: nothing comes back on a "
		    "connection; making a new one", e->pool.framed.end.name,
		    (unsigned long)l->pool.framed.leg.flow->number);
	l->degraded = true;
	lowered = !c->moved && pool_mss_stalls(c);
	dialler_leg_retire(l);
	/* Living ones are of no use for long datagrams. */
	if (lowered)
		dialler_leg_make_place(l);
	dialler_leg_fill(l, c->moved ? NULL : c);
}

void
pool_dial_start(struct dialler *e)
{
	e->dial = dialled_start;
	e->pool.conn_up = dialled_up;
	e->pool.conn_down = dialled_down;
	e->pool.conn_changed = dialled_changed;
	e->pool.conn_moves = pool_mss_moves;
	e->pool.conn_is_tried = pool_mss_is_tried;
	list_init(&e->legs);
	list_init(&e->firsts);
	list_init(&e->spares);
}

void
pool_dial_end(struct dialler *e)
{
	timer_stop(&e->pace);
}
