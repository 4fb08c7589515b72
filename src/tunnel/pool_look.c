/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Finds out which connections of a pool live.
 *
 * NOTES.  The health of a connection (enum pool_health):
 *
 *	health	what ends it
 *	lives	what it was given is not acknowledged for POOL_LATE_MS and
 *		three round trips: late.  A connection of its leg is late or
 *		was lost, and this one was not heard since: doubted
 *	doubted	it is asked by TCP keep-alive at short intervals.  Bytes or an
 *		acknowledgement: lives.  None for POOL_ASKED_MS: silent
 *	late	an acknowledgement: lives.  None for POOL_SILENT_MS, or
 *		POOL_TRIED_MS with an MSS that is tried, and three round
 *		trips: silent
 *	silent	an acknowledgement: lives
 *
 * Progress is seen by bytes that the socket took less those that the system
 * still holds (sock_unsent()).  Where the system does not report that, bytes
 * that came are used, on legs whose peer spoke within the last minute: nothing
 * comes on a leg that only sends.
 */

#include "compat.h"

#include "tunnel/pool_look.h"

enum {
	POOL_ASK_IDLE_S = 1,	/* keep-alive of a connection in doubt */
	POOL_ASK_COUNT = 3,
	POOL_TALK_MS = 60000,	/* a peer that spoke so lately would answer */
};

static struct pool *
looked_pool(const struct pool_conn *c)
{
	return (struct pool *)c->framed.end;
}

static struct loop *
looked_loop(const struct pool_conn *c)
{
	return c->framed.end->end.tunnel->loop;
}

uint64_t
pool_conn_heard_ms(const struct pool_conn *c)
{
	return c->heard_ms > c->framed.stream.heard_ms ? c->heard_ms :
	    c->framed.stream.heard_ms;
}

enum pool_health
pool_leg_health(const struct pool_leg *l)
{
	enum pool_health best = POOL_SILENT;
	const struct list *at;
	const struct pool_conn *c;

	for (at = l->conns.next; at != &l->conns; at = at->next) {
		c = LIST_ITEM(at, struct pool_conn, link);
		if (c->health < best)
			best = c->health;
	}
	return best;
}

bool
pool_leg_only_takes(const struct pool_leg *l)
{
	const struct list *at;
	const struct pool_conn *c;
	bool takes = false;

	for (at = l->conns.next; at != &l->conns; at = at->next) {
		c = LIST_ITEM(at, struct pool_conn, link);
		if (c->health >= POOL_LATE)
			continue;
		if (!c->unheard)
			return false;
		takes = true;
	}
	return takes;
}

static void looks_due(struct timer *);

/* Has the timer look at a connection from now on. */
static void
conn_watch(struct pool_conn *c)
{
	struct pool *p = looked_pool(c);
	struct loop *loop = looked_loop(c);

	if (!list_empty(&c->look))
		return;
	c->since_ms = loop_now(loop);
	list_add(&p->looked, &c->look);
	if (!timer_is_set(&p->look))
		timer_set(&p->look, loop, c->since_ms + POOL_LOOK_MS,
		    looks_due);
}

/* Changes the health, and lets the end act on that.  The end may close it. */
static void
conn_set_health(struct pool_conn *c, enum pool_health health)
{
	struct pool *p = looked_pool(c);

	if (c->health == health || c->condemned)
		return;
	c->health = health;
	if (health == POOL_SILENT)
		c->unheard = c->leg->spoke_ms + POOL_TALK_MS > c->since_ms;
	if (health == POOL_LIVES && c->asked) {
		c->asked = false;
		tcp_set_options(c->framed.stream.fd, &c->framed.end->options);
	}
	if (p->conn_changed != NULL)
		p->conn_changed(c);
	if (health == POOL_LIVES)
		p->leg_lives(c->leg);
}

/* Bytes that the peer has acknowledged so far; those that it had by the last
 * look where the system does not report them. */
static uint64_t
conn_acked(const struct pool_conn *c)
{
	long unsent = sock_unsent(c->framed.stream.fd);

	return unsent < 0 ? c->acked : c->framed.stream.taken -
	    (uint64_t)unsent;
}

/* Doubts a connection, and asks its peer. */
static void
conn_doubt(struct pool_conn *c)
{
	c->acked = conn_acked(c);
	c->doubt_ms = loop_now(looked_loop(c));
	c->asked = true;
	(void)sock_opt_keepalive(c->framed.stream.fd, POOL_ASK_IDLE_S,
	    POOL_ASK_IDLE_S, POOL_ASK_COUNT);
	conn_watch(c);
	conn_set_health(c, POOL_DOUBTED);
}

/* Doubts the living connections of a leg that were not heard since then. */
static void
leg_doubt(struct pool_leg *l, uint64_t since_ms)
{
	struct list *at, *next;
	struct pool_conn *c;

	for (at = l->conns.next; at != &l->conns; at = next) {
		next = at->next;
		c = LIST_ITEM(at, struct pool_conn, link);
		if (c->health == POOL_LIVES &&
		    pool_conn_heard_ms(c) <= since_ms)
			conn_doubt(c);
	}
}

/* The longer of a time and three round trips. */
static uint64_t
three_trips(uint64_t at_least_ms, uint32_t rtt_ms)
{
	uint64_t three_ms = (uint64_t)rtt_ms * 3;

	return three_ms > at_least_ms ? three_ms : at_least_ms;
}

/* Without an acknowledgement for how long is it silent? */
static uint64_t
conn_silent_ms(const struct pool_conn *c)
{
	const struct pool *p = looked_pool(c);

	return p->conn_is_tried != NULL && p->conn_is_tried(c) ?
	    POOL_TRIED_MS : POOL_SILENT_MS;
}

/* Nothing was acknowledged for that long although it was given something. */
static void
conn_is_overdue(struct pool_conn *c, uint64_t age_ms, uint32_t rtt_ms)
{
	if (age_ms >= three_trips(conn_silent_ms(c), rtt_ms)) {
		conn_set_health(c, POOL_SILENT);
	} else if (c->health == POOL_LIVES &&
	    age_ms >= three_trips(POOL_LATE_MS, rtt_ms)) {
		conn_set_health(c, POOL_LATE);
		leg_doubt(c->leg, c->since_ms);
	}
}

/* Looks where the system reports nothing; false when that is over. */
static bool
conn_look_untold(struct pool_conn *c, uint64_t now_ms)
{
	uint64_t age_ms = now_ms - c->since_ms;

	if (c->framed.stream.heard_ms > c->since_ms) {
		conn_set_health(c, POOL_LIVES);
		return false;
	}
	if (c->given && c->leg->spoke_ms + POOL_TALK_MS > c->since_ms)
		conn_is_overdue(c, age_ms, 0);
	return age_ms < 2 * POOL_SILENT_MS;
}

/* Looks at a connection that nothing was heard of; false when that is over. */
static bool
conn_look_doubted(struct pool_conn *c, uint64_t now_ms)
{
	uint64_t doubt_ms = now_ms - c->doubt_ms;
	struct sock_tcp t;

	if (c->framed.stream.heard_ms > c->doubt_ms) {
		conn_set_health(c, POOL_LIVES);
	} else if (sock_tcp(c->framed.stream.fd, &t) == 0 &&
	    t.heard_ms != SOCK_TCP_NOT_TOLD) {
		if (t.heard_ms < doubt_ms) {
			c->heard_ms = now_ms - t.heard_ms;
			conn_set_health(c, POOL_LIVES);
		} else if (doubt_ms >= POOL_ASKED_MS) {
			conn_set_health(c, POOL_SILENT);
		}
	} else if (doubt_ms >= POOL_TOLD_MS) {
		conn_set_health(c, POOL_LIVES);
	}
	return true;
}

/* Looks at a connection; false when there is no more to see.  It may be
 * closed then. */
static bool
conn_look(struct pool_conn *c, uint64_t now_ms)
{
	fd_t fd = c->framed.stream.fd;
	long unsent = sock_unsent(fd);
	uint64_t acked;
	struct sock_tcp t;

	if (unsent >= 0) {
		acked = c->framed.stream.taken - (uint64_t)unsent;
		if (acked > c->acked) {
			c->acked = acked;
			c->heard_ms = c->since_ms = now_ms;
			conn_set_health(c, POOL_LIVES);
			if (looked_pool(c)->conn_moves != NULL)
				looked_pool(c)->conn_moves(c);
			return unsent > 0;
		}
	}
	if (c->asked)
		return conn_look_doubted(c, now_ms);
	if (unsent < 0)
		return conn_look_untold(c, now_ms);
	if (unsent == 0 && c->health == POOL_LIVES)
		return stream_unsent(&c->framed.stream) > 0;
	if (now_ms - c->since_ms < POOL_LATE_MS)
		return true;
	if (sock_tcp(fd, &t) != 0) {
		conn_is_overdue(c, now_ms - c->since_ms, 0);
	} else if (t.on_way) {
		conn_is_overdue(c, now_ms - c->since_ms, t.rtt_ms);
	} else if (c->health != POOL_SILENT) {
		/* The peer takes no more. */
		if (t.heard_ms == SOCK_TCP_NOT_TOLD)
			c->since_ms = now_ms;
		else if (now_ms - t.heard_ms > c->since_ms)
			c->since_ms = now_ms - t.heard_ms;
		conn_set_health(c, POOL_LIVES);
	}
	return true;
}

/* Time for a look at all. */
static void
looks_due(struct timer *timer)
{
	struct pool *p = LIST_ITEM(timer, struct pool, look);
	struct loop *loop = p->framed.end.tunnel->loop;
	uint64_t now_ms = loop_now(loop);
	struct pool_conn *c;
	struct list todo;

	list_init(&todo);
	while (!list_empty(&p->looked)) {
		c = LIST_ITEM(p->looked.next, struct pool_conn, look);
		list_remove(&c->look);
		list_add(&todo, &c->look);
	}
	while (!list_empty(&todo)) {
		c = LIST_ITEM(todo.next, struct pool_conn, look);
		list_remove(&c->look);
		list_add(&p->looked, &c->look);
		if (!conn_look(c, now_ms))
			list_remove(&c->look);
	}
	if (!list_empty(&p->looked))
		timer_set(&p->look, loop, now_ms + POOL_LOOK_MS, looks_due);
}

void
pool_look_start(struct pool *p)
{
	list_init(&p->looked);
}

void
pool_look_stop(struct pool *p)
{
	timer_stop(&p->look);
}

void
pool_look_join(struct pool_conn *c)
{
	c->heard_ms = c->joined_ms = c->since_ms = loop_now(looked_loop(c));
	c->health = POOL_LIVES;
	c->given = c->condemned = c->unheard = false;
}

void
pool_look_given(struct pool_conn *c)
{
	if (!list_empty(&c->look))
		return;
	if (!c->given)
		c->acked = conn_acked(c);	/* the handshake's bytes */
	c->given = true;
	conn_watch(c);
}

void
pool_look_heard(struct pool_conn *c)
{
	struct pool *p = looked_pool(c);
	bool again = c->unheard;

	if (list_empty(&c->link))
		return;
	c->leg->spoke = c;
	c->leg->spoke_ms = c->framed.stream.heard_ms;
	c->unheard = false;
	if (c->health == POOL_DOUBTED)
		conn_set_health(c, POOL_LIVES);
	else if (again && c->health == POOL_LIVES && p->conn_changed != NULL)
		p->conn_changed(c);
}

void
pool_look_lost(struct pool_leg *l)
{
	uint64_t now_ms = loop_now(l->framed.leg.end->tunnel->loop);

	if (now_ms > POOL_FRESH_MS)
		leg_doubt(l, now_ms - POOL_FRESH_MS);
}

void
pool_look_condemn(struct pool_conn *c)
{
	conn_watch(c);
	conn_set_health(c, POOL_SILENT);
	c->condemned = true;
}

bool
pool_look_is_idle(const struct pool_conn *c)
{
	uint64_t used_ms = c->framed.stream.heard_ms;

	if (c->since_ms > used_ms)
		used_ms = c->since_ms;
	return list_empty(&c->look) && c->health == POOL_LIVES &&
	    loop_now(looked_loop(c)) - used_ms >= POOL_IDLE_MS;
}

void
pool_look_forget(struct pool_conn *c)
{
	list_remove(&c->look);
}
