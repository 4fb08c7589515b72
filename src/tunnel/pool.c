/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * One leg on several framed connections: selects one for each datagram.
 */

#include "compat.h"

#include "tunnel/pool.h"
#include "tunnel/pool_flows.h"
#include "tunnel/pool_look.h"

enum {
	POOL_LITTLE = 32 * 1024,	/* unacknowledged bytes that add no
					 * noticeable delay */
	POOL_FOLLOW_MS = 400,	/* a connection heard so much later than the
				 * current one takes its place */
};

static struct pool_conn *
pool_conn_of(struct framed *framed)
{
	return (struct pool_conn *)framed;
}

static struct pool *
pool_of(const struct pool_conn *c)
{
	return (struct pool *)c->framed.end;
}

static struct loop *
pool_leg_loop(const struct pool_leg *l)
{
	return l->framed.leg.end->tunnel->loop;
}

/*
 * Selecting a connection
 */

/* Bytes written to a connection and not acknowledged, 0 where the system does
 * not report them.  The system is asked at most once a turn; pool_put() adds to
 * it. */
static size_t
pool_load(struct pool_conn *c)
{
	unsigned long turn = loop_turns(c->framed.end->end.tunnel->loop);
	long unsent;

	if (c->load_turn != turn) {
		c->load_turn = turn;
		unsent = sock_unsent(c->framed.stream.fd);
		c->load = unsent < 0 ? 0 : (size_t)unsent;
	}
	return c->load;
}

/* Finds out whether few bytes are unacknowledged on a connection.  c->load
 * counts what was put since the system was asked, without what TLS adds, and no
 * acknowledgement; so it is seldom less than what is, and the system is asked
 * once in POOL_LITTLE bytes. */
static bool
pool_find_light(struct pool_conn *c)
{
	return c->load <= POOL_LITTLE || pool_load(c) <= POOL_LITTLE;
}

/* The connection used last, or the one that the peer used last where that has
 * left the other: it was heard long after it, and either nothing is on the way
 * on the old one, or the peer has made it since. */
static struct pool_conn *
pool_current(struct pool_leg *l)
{
	struct pool_conn *c = l->current, *s = l->spoke;
	uint64_t heard_ms;

	if (c == s || s == NULL || s->health != POOL_LIVES)
		return c;
	if (c == NULL)
		return s;
	heard_ms = pool_conn_heard_ms(c);
	if (l->spoke_ms < heard_ms + POOL_FOLLOW_MS)
		return c;
	if (s->joined_ms > heard_ms || (pool_load(c) == 0 &&
	    stream_unsent(&c->framed.stream) == 0))
		return s;
	return c;
}

/* Of the connections of that health or better the one with the least load, the
 * next one among equals; NULL: there is none. */
static struct pool_conn *
pool_least(const struct pool_leg *l, enum pool_health health)
{
	struct pool_conn *c, *best = NULL;
	const struct list *at, *begin;

	begin = at = l->current != NULL ? &l->current->link : &l->conns;
	do {
		at = at->next;
		if (at == &l->conns)
			continue;
		c = LIST_ITEM(at, struct pool_conn, link);
		if (c->health <= health && (best == NULL ||
		    pool_load(c) < pool_load(best)))
			best = c;
	} while (at != begin);
	return best;
}

/* The same for a packet of a device, where conversations are told apart. */
static struct pool_conn *
pool_pick_flow(struct pool_leg *l, size_t n, const uint8_t *data, size_t len,
    enum pool_health health)
{
	struct pool_flow *flow = pool_flows_find(l, data, len);
	uint64_t now_ms = loop_now(pool_leg_loop(l));
	struct pool_conn *c = flow->conn;

	if (c == NULL || c->health > health ||
	    now_ms - flow->used_ms > POOL_FLOW_PAUSE_MS)
		c = pool_least(l, health);
	if (c == NULL || stream_make_room(&c->framed.stream, n) == 0)
		return NULL;
	flow->conn = c;
	flow->used_ms = now_ms;
	if (!pool_find_light(c))
		l->flows->loaded_ms = now_ms;
	else if (now_ms - l->flows->loaded_ms > POOL_FLOWS_MS) {
		if (pool_flows_share(l, c, now_ms))
			pool_flows_end(l);
		else
			l->flows->loaded_ms = now_ms;
	}
	return c;
}

/* Are there conversations in its datagrams that can be told apart from now on,
 * and connections to choose from? */
static bool
pool_has_flows(const struct pool_leg *l)
{
	return l->n > 1 && leg_other(&l->framed.leg)->end->ops->device;
}

/* Selects the connection for a frame of n bytes; NULL: none has room.  The one
 * used last is kept while its load is small, so that datagrams stay in order
 * and share TLS records.  Beyond POOL_LITTLE it is the one with the least load
 * among those with room for the frame, round robin among equals.  If none has
 * that, it is one with some room, which puts the rest into its overflow
 * buffer (net/stream_out.h).  Doubted connections take no datagram while there
 * are living ones, late and silent ones take none at all.  Packets of a device
 * keep the connection of their conversation (tunnel/pool_flows.h). */
static struct pool_conn *
pool_pick(struct pool_leg *l, size_t n, const uint8_t *data, size_t len)
{
	struct pool_conn *c = pool_current(l), *best = NULL, *any = NULL;
	enum pool_health health = POOL_LIVES;
	struct list *at, *begin;
	size_t room;

	if (c == NULL || c->health != POOL_LIVES)
		health = pool_leg_health(l);
	if (health >= POOL_LATE)
		return NULL;
	if (l->flows != NULL)
		return pool_pick_flow(l, n, data, len, health);
	if (c != NULL && c->health == health &&
	    (stream_unsent(&c->framed.stream) > 0 || pool_find_light(c)) &&
	    stream_make_room(&c->framed.stream, n) >= n)
		return c;
	if (pool_has_flows(l) && pool_flows_begin(l, data, len))
		return pool_pick_flow(l, n, data, len, health);
	/* Once around the ring, head included, from behind the current one. */
	begin = at = c != NULL ? &c->link : &l->conns;
	do {
		at = at->next;
		if (at == &l->conns)
			continue;
		c = LIST_ITEM(at, struct pool_conn, link);
		if (c->health > health)
			continue;
		room = stream_room(&c->framed.stream);
		if (room >= n && (best == NULL ||
		    pool_load(c) < pool_load(best)))
			best = c;
		if (room > 0 && any == NULL)
			any = c;
	} while (at != begin);
	return best != NULL ? best : any;
}

/* Puts a datagram on a connection; false when none has room. */
static bool
pool_put(struct pool_leg *l, const uint8_t *data, size_t len)
{
	const struct framed_end *e =
	    (const struct framed_end *)l->framed.leg.end;
	size_t n = e->format->head + len;
	struct pool_conn *c = pool_pick(l, n, data, len);

	if (c == NULL)
		return false;
	l->current = c;
	c->load += n;
	pool_look_given(c);
	framed_put(&c->framed, &l->framed, 0, data, len);
	return true;
}

/*
 * The queue
 */

/* When one of the connections last accepted bytes; 0 without connections. */
static uint64_t
pool_moved_ms(const struct pool_leg *l)
{
	const struct list *at;
	const struct pool_conn *c;
	uint64_t moved_ms = 0;

	for (at = l->conns.next; at != &l->conns; at = at->next) {
		c = LIST_ITEM(at, struct pool_conn, link);
		if (c->framed.stream.moved_ms > moved_ms)
			moved_ms = c->framed.stream.moved_ms;
	}
	return moved_ms;
}

/* Drops datagrams that were queued for too long. */
static void
pool_expire(struct pool_leg *l)
{
	if (framed_leg_count(&l->framed) > 0)
		framed_leg_expire(&l->framed, pool_leg_health(l) < POOL_LATE,
		    pool_moved_ms(l));
}

/* Flow control: lets the other leg stop reading while datagrams are queued
 * although there are connections that take some, and resume afterwards. */
static void
pool_hold(struct pool_leg *l)
{
	framed_leg_hold(&l->framed, framed_leg_count(&l->framed) > 0 &&
	    pool_leg_health(l) < POOL_LATE);
}

static void pool_leg_drain(struct pool_leg *);

/* Expires the queue, every FRAMED_LOOK_MS while it is not empty. */
static void
pool_age(struct timer *t)
{
	struct pool_leg *l = LIST_ITEM(t, struct pool_leg, age);
	struct loop *loop = pool_leg_loop(l);

	/* The connection of a conversation may have failed since. */
	if (l->flows != NULL)
		pool_leg_drain(l);
	else
		pool_expire(l);
	if (framed_leg_count(&l->framed) > 0)
		timer_set(&l->age, loop, loop_now(loop) + FRAMED_LOOK_MS,
		    pool_age);
	pool_hold(l);
}

/* Puts what waits on connections that have room. */
static void
pool_leg_drain(struct pool_leg *l)
{
	const uint8_t *data;
	size_t len;

	pool_expire(l);
	while ((data = framed_leg_first(&l->framed, &len)) != NULL) {
		if (pool_put(l, data, len))
			framed_leg_pop(&l->framed);
		else if (l->flows == NULL || !framed_leg_pass_over(&l->framed))
			break;
	}
	framed_leg_return(&l->framed);
	if (framed_leg_count(&l->framed) == 0)
		timer_stop(&l->age);
	pool_hold(l);
}

void
pool_send(struct leg *leg, struct dgram *d, unsigned n)
{
	struct pool_leg *l = (struct pool_leg *)leg;
	struct loop *loop = pool_leg_loop(l);
	unsigned i;

	for (i = 0; i < n; i++)
		if (framed_leg_count(&l->framed) > 0 ||
		    !pool_put(l, d[i].data, d[i].len))
			framed_leg_wait(&l->framed, d[i].data, d[i].len);
	/* What waits is for other connections, perhaps. */
	if (l->flows != NULL && framed_leg_count(&l->framed) > 0)
		pool_leg_drain(l);
	if (framed_leg_count(&l->framed) > 0 && !timer_is_set(&l->age))
		timer_set(&l->age, loop, loop_now(loop) + FRAMED_LOOK_MS,
		    pool_age);
	pool_hold(l);
}

/*
 * Connections
 */

static void
pool_conn_up(struct framed *framed)
{
	struct pool_conn *c = pool_conn_of(framed);

	pool_of(c)->conn_up(c);
}

static size_t
pool_conn_prelude(struct framed *framed, const uint8_t *p, size_t n)
{
	struct pool_conn *c = pool_conn_of(framed);

	return c->leg != NULL ? 0 : pool_of(c)->prelude(c, p, n);
}

static void
pool_conn_pass(struct framed *framed, uint16_t tag, struct dgram *d,
    unsigned n)
{
	struct pool_conn *c = pool_conn_of(framed);

	(void)tag;
	pool_look_heard(c);
	flow_pass(&c->leg->framed.leg, d, n);
}

static void
pool_conn_drained(struct framed *framed)
{
	struct pool_conn *c = pool_conn_of(framed);

	if (c->leg != NULL)
		pool_leg_drain(c->leg);
}

/* Removes a connection from its leg's list.  c->leg stays: the end looks for
 * it in conn_down(). */
static void
pool_conn_leave(struct pool_conn *c)
{
	pool_look_forget(c);
	if (list_empty(&c->link))
		return;
	list_remove(&c->link);
	pool_flows_forget(c->leg, c);
	c->leg->n--;
	pool_of(c)->n_up--;
	if (c->leg->current == c)
		c->leg->current = NULL;
	if (c->leg->spoke == c)
		c->leg->spoke = NULL;
}

static void
pool_conn_down(struct framed *framed, const char *why, bool clean)
{
	struct pool_conn *c = pool_conn_of(framed);
	bool member = !list_empty(&c->link);

	c->idle = member && pool_look_is_idle(c);
	pool_conn_leave(c);
	if (member && !clean && !c->idle)
		pool_look_lost(c->leg);
	pool_of(c)->conn_down(c, why, clean);
}

static const struct framed_ops pool_framed_ops = {
	.up = pool_conn_up,
	.prelude = pool_conn_prelude,
	.pass = pool_conn_pass,
	.drained = pool_conn_drained,
	.down = pool_conn_down,
};

int
pool_conn_open(struct pool_conn *c, struct pool *p, fd_t fd,
    const struct addr *peer)
{
	list_init(&c->link);
	list_init(&c->look);
	c->health = POOL_LIVES;
	c->asked = false;
	c->acked = 0;
	return framed_open(&c->framed, &p->framed, fd, peer);
}

void
pool_conn_join(struct pool_conn *c, struct pool_leg *l)
{
	c->leg = l;
	list_add(&l->conns, &c->link);
	l->n++;
	pool_of(c)->n_up++;
	pool_look_join(c);
	pool_leg_drain(l);
}

bool
pool_leg_is_loaded(const struct pool_leg *l)
{
	const struct pool_conn *c = l->current;
	long unsent;

	if (framed_leg_count(&l->framed) > 0)
		return true;
	if (c == NULL || c->load <= POOL_LITTLE)
		return false;
	unsent = sock_unsent(c->framed.stream.fd);
	/* Where the system does not say, what was put in this turn counts. */
	return unsent < 0 ? c->load_turn == loop_turns(pool_leg_loop(l)) :
	    unsent > POOL_LITTLE;
}

void
pool_conn_retire(struct pool_conn *c)
{
	pool_conn_leave(c);
}

void
pool_conn_close(struct pool_conn *c)
{
	if (c->framed.stream.env == NULL)
		return;
	framed_close(&c->framed);
	pool_conn_leave(c);
}

/*
 * Legs and ends
 */

void
pool_leg_open(struct pool_leg *l)
{
	list_init(&l->conns);
}

void
pool_leg_close(struct pool_leg *l)
{
	timer_stop(&l->age);
	pool_flows_end(l);
	framed_leg_clear(&l->framed);
}

int
pool_start(struct pool *p, const struct settings *s,
    const struct frame_format *format, bool listening, bool tls,
    struct fault *f)
{
	p->leg_lives = pool_leg_drain;
	pool_look_start(p);
	return framed_start(&p->framed, s, format, &pool_framed_ops, listening,
	    tls, f);
}

void
pool_stop(struct pool *p)
{
	pool_look_stop(p);
	framed_stop(&p->framed);
}
