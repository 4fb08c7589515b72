/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Lowers the MSS of a dialling pool's connections when they stall, and raises
 * it again.
 *
 * NOTES.  Signs that a silent connection is swallowed, and not cut off: its
 * siblings were heard since, or TCP acknowledges nothing new.  Connections are
 * replaced while their flow has traffic, one at a time.
 */

#include "compat.h"

#include "tunnel/pool_mss.h"

#include "tunnel/stall.h"

static struct redial *
dialled_redial(const struct dialled *c)
{
	return &dialler_of_end(c->leg->pool.framed.leg.end)->redial;
}

bool
pool_mss_handshake_stalls(struct dialled *c)
{
	const struct stream *s = &c->conn.framed.stream;

	return stall_is_of_handshake(s) && redial_stalled(dialled_redial(c),
	    &c->try, &c->leg->aim.at, s, MSS_HANDSHAKE);
}

/* Was any other connection of its flow heard well after its own silence
 * began?  They are asked then. */
static bool
dialled_has_living_sibling(const struct dialled *c)
{
	uint64_t since_ms = c->conn.since_ms + POOL_LATE_MS;
	const struct list *conns = &c->leg->pool.conns, *at;
	const struct pool_conn *other;

	for (at = conns->next; at != conns; at = at->next) {
		other = LIST_ITEM(at, struct pool_conn, link);
		if (other != &c->conn && pool_conn_heard_ms(other) >= since_ms)
			return true;
	}
	return false;
}

bool
pool_mss_stalls(struct dialled *c)
{
	const struct stream *s = &c->conn.framed.stream;
	struct redial *r = dialled_redial(c);
	enum mss_sign sign = stall_sign(s, c->conn.since_ms,
	    loop_now(r->end->tunnel->loop));

	if (dialled_has_living_sibling(c))
		sign = MSS_SHORT_PASS;
	return redial_stalled(r, &c->try, &c->leg->aim.at, s, sign);
}

bool
pool_mss_is_right(const struct dialled *c)
{
	const struct dialler *e =
	    dialler_of_end(c->leg->pool.framed.leg.end);

	return redial_mss_is_right(&e->redial, &c->try, &c->leg->aim.at,
	    e->single);
}

void
pool_mss_moves(struct pool_conn *conn)
{
	struct dialled *c = dialled_of(conn);
	struct pool_leg *l = conn->leg;
	struct list *at;

	redial_carried(dialled_redial(c), &c->try, &c->leg->aim.at,
	    stream_longest_acked(&conn->framed.stream));
	if (conn != l->current)
		return;
	for (at = l->conns.next; at != &l->conns; at = at->next) {
		c = dialled_of(LIST_ITEM(at, struct pool_conn, link));
		if (!pool_mss_is_right(c)) {
			dialler_leg_dial_beside(c->leg);
			return;
		}
	}
}

bool
pool_mss_is_tried(const struct pool_conn *conn)
{
	const struct dialled *c = (const struct dialled *)conn;

	return redial_is_tried(&c->try, &conn->framed.stream);
}

void
pool_mss_joins(struct dialled *c)
{
	struct pool_leg *l = &c->leg->pool;

	if (l->current == NULL ? c->try.mss != 0 :
	    dialled_of(l->current)->try.mss != c->try.mss)
		l->current = &c->conn;
}

struct dialled *
pool_mss_one_too_many(const struct dialled *fresh)
{
	const struct list *conns = &fresh->leg->pool.conns, *at;
	struct dialled *c, *one = NULL;

	for (at = conns->next; at != conns; at = at->next) {
		c = dialled_of(LIST_ITEM(at, struct pool_conn, link));
		if (c != fresh && (one == NULL || (pool_mss_is_right(one) &&
		    !pool_mss_is_right(c))))
			one = c;
	}
	return one;
}
