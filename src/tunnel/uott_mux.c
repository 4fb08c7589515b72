/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Many legs on one framed connection: finds the leg of received frames, and
 * schedules the queues of the legs.
 *
 * NOTES.  The scheduler is deficit round robin (Shreedhar and Varghese, 1995).
 * The leg at the head of the list may send MUX_QUANTUM bytes more and moves to
 * the end; what it did not use is added to its share of the next round, until
 * its queue is empty.
 */

#include "compat.h"

#include "tunnel/uott_mux.h"

enum {
	MUX_QUANTUM = 4096,	/* bytes that a leg may send in a round */
	MUX_TIMEOUT_MS = 20000,	/* for unacknowledged data of a listening end */
};

static struct mux_conn *
mux_conn_of(struct framed *framed)
{
	return (struct mux_conn *)framed;
}

static struct loop *
mux_loop(const struct mux_conn *c)
{
	return c->mux->framed.end.tunnel->loop;
}

/*
 * Queues
 */

/* Bytes that a leg counts against queue_max: its queue and, as queues use
 * memory in blocks, one block for that. */
static size_t
mux_counted_bytes(const struct mux_leg *l)
{
	return framed_leg_count(&l->framed) == 0 ? 0 :
	    QUEUE_BLOCK + framed_leg_bytes(&l->framed);
}

/* Called after each change of a leg's queue: corrects c->queued, where the leg
 * counted `before` bytes, and takes a leg with an empty queue off the list. */
static void
mux_update_queued(struct mux_leg *l, size_t before)
{
	struct mux_conn *c = l->conn;

	c->queued += mux_counted_bytes(l);
	c->queued -= before;
	if (framed_leg_count(&l->framed) > 0)
		return;
	list_remove(&l->waiting);
	if (list_empty(&c->waiting))
		timer_stop(&c->age);
	l->deficit = 0;
	framed_leg_hold(&l->framed, false);
}

/* Drops datagrams of a leg that were queued for too long. */
static void
mux_expire(struct mux_leg *l)
{
	const struct framed *c = &l->conn->framed;
	size_t before = mux_counted_bytes(l);

	framed_leg_expire(&l->framed, framed_is_up(c), c->stream.moved_ms);
	mux_update_queued(l, before);
}

/* Expires the queues, every FRAMED_LOOK_MS; mux_update_queued() stops the
 * timer when all are empty. */
static void
mux_age(struct timer *t)
{
	struct mux_conn *c = LIST_ITEM(t, struct mux_conn, age);
	struct loop *loop = mux_loop(c);
	struct list *at, *next;

	timer_set(t, loop, loop_now(loop) + FRAMED_LOOK_MS, mux_age);
	for (at = c->waiting.next; at != &c->waiting; at = next) {
		next = at->next;
		mux_expire(LIST_ITEM(at, struct mux_leg, waiting));
	}
}

/* Queues a datagram.  Over queue_max it first drops the oldest ones of this
 * leg, and the datagram itself if that is not enough. */
static void
mux_wait(struct mux_leg *l, const uint8_t *data, size_t len)
{
	struct mux_conn *c = l->conn;
	struct loop *loop = mux_loop(c);
	size_t before = mux_counted_bytes(l), most = c->mux->queue_max;
	size_t others = c->queued - before + QUEUE_BLOCK;

	while (framed_leg_count(&l->framed) > 0 &&
	    others + framed_leg_bytes(&l->framed) + len > most)
		framed_leg_overflow(&l->framed);
	if (others + len > most)
		flow_drop(&l->framed.leg, LOST_QUEUE_FULL, 1);
	else
		framed_leg_wait(&l->framed, data, len);
	if (framed_leg_count(&l->framed) > 0 && list_empty(&l->waiting)) {
		list_add(&c->waiting, &l->waiting);
		framed_leg_hold(&l->framed, framed_is_up(&c->framed));
	}
	mux_update_queued(l, before);
	if (!list_empty(&c->waiting) && !timer_is_set(&c->age))
		timer_set(&c->age, loop, loop_now(loop) + FRAMED_LOOK_MS,
		    mux_age);
}

/*
 * Frames out
 */

/* Puts a datagram on the stream; false: no room. */
static bool
mux_put(struct mux_leg *l, const uint8_t *data, size_t len)
{
	struct framed *c = &l->conn->framed;

	if (stream_make_room(&c->stream, l->conn->mux->framed.format->head +
	    len) == 0)
		return false;
	framed_put(c, &l->framed, l->tag, data, len);
	return true;
}

/* Sends the leg's share of a round from its queue. */
static void
mux_send_quantum(struct mux_leg *l)
{
	size_t before = mux_counted_bytes(l), len;
	const uint8_t *data;

	l->deficit += MUX_QUANTUM;
	while ((data = framed_leg_first(&l->framed, &len)) != NULL &&
	    len <= l->deficit && mux_put(l, data, len)) {
		l->deficit -= (uint32_t)len;
		framed_leg_pop(&l->framed);
	}
	mux_update_queued(l, before);
	if (framed_leg_count(&l->framed) > 0)
		framed_leg_hold(&l->framed, true);
}

/* Serves the queues, one leg after the next, while the stream has room. */
static void
mux_drain(struct mux_conn *c)
{
	struct mux_leg *l;

	while (!list_empty(&c->waiting) &&
	    stream_room(&c->framed.stream) > 0) {
		l = LIST_ITEM(c->waiting.next, struct mux_leg, waiting);
		mux_expire(l);
		if (framed_leg_count(&l->framed) == 0)
			continue;
		list_remove(&l->waiting);
		list_add(&c->waiting, &l->waiting);
		mux_send_quantum(l);
	}
}

void
mux_send(struct leg *leg, struct dgram *d, unsigned n)
{
	struct mux_leg *l = (struct mux_leg *)leg;
	unsigned i;

	for (i = 0; i < n; i++)
		if (!list_empty(&l->conn->waiting) ||
		    !mux_put(l, d[i].data, d[i].len))
			mux_wait(l, d[i].data, d[i].len);
}

/*
 * Connections
 */

static void
mux_conn_up(struct framed *framed)
{
	struct mux_conn *c = mux_conn_of(framed);

	c->mux->conn_up(c);
	mux_drain(c);
}

static void
mux_conn_pass(struct framed *framed, uint16_t tag, struct dgram *d, unsigned n)
{
	struct mux_conn *c = mux_conn_of(framed);
	struct mux_leg *l = c->mux->leg_of(c, tag, n);

	if (l != NULL)
		flow_pass(&l->framed.leg, d, n);
}

static void
mux_conn_drained(struct framed *framed)
{
	mux_drain(mux_conn_of(framed));
}

/* Lets all legs that were held resume.  Their datagrams stay queued for the
 * next connection; that may take long, and a held leg would read nothing. */
static void
mux_conn_release(struct mux_conn *c)
{
	struct list *at;

	for (at = c->waiting.next; at != &c->waiting; at = at->next)
		framed_leg_hold(&LIST_ITEM(at, struct mux_leg,
		    waiting)->framed, false);
}

static void
mux_conn_down(struct framed *framed, const char *why, bool clean)
{
	struct mux_conn *c = mux_conn_of(framed);

	mux_conn_release(c);
	c->mux->conn_down(c, why, clean);
}

static const struct framed_ops mux_framed_ops = {
	.up = mux_conn_up,
	.pass = mux_conn_pass,
	.drained = mux_conn_drained,
	.down = mux_conn_down,
};

void
mux_conn_init(struct mux_conn *c, struct mux *u)
{
	c->mux = u;
	list_init(&c->waiting);
}

int
mux_conn_open(struct mux_conn *c, fd_t fd, const struct addr *peer)
{
	return framed_open(&c->framed, &c->mux->framed, fd, peer);
}

void
mux_conn_close(struct mux_conn *c)
{
	framed_close(&c->framed);
	mux_conn_release(c);
}

/*
 * Legs and ends
 */

void
mux_leg_open(struct mux_leg *l, struct mux_conn *c, uint16_t tag)
{
	l->conn = c;
	l->tag = tag;
	list_init(&l->waiting);
}

void
mux_leg_move(struct mux_leg *l, struct mux_conn *to)
{
	struct mux_conn *from = l->conn;
	struct loop *loop = mux_loop(to);
	size_t bytes = mux_counted_bytes(l);

	list_remove(&l->waiting);
	from->queued -= bytes;
	if (list_empty(&from->waiting))
		timer_stop(&from->age);
	l->conn = to;
	l->deficit = 0;
	if (bytes == 0)
		return;
	to->queued += bytes;
	list_add(&to->waiting, &l->waiting);
	if (!timer_is_set(&to->age))
		timer_set(&to->age, loop, loop_now(loop) + FRAMED_LOOK_MS,
		    mux_age);
}

void
mux_leg_close(struct mux_leg *l)
{
	size_t before = mux_counted_bytes(l);

	framed_leg_clear(&l->framed);
	mux_update_queued(l, before);
}

int
mux_check(const char *name, const struct settings *s, bool listening,
    struct fault *f)
{
	/* Those that have an effect with TLS only. */
	const char *key = s->cert != NULL ? "cert" : s->key != NULL ? "key" :
	    s->cafile != NULL ? "cafile" : s->tls_name != NULL ? "name" :
	    s->no_name_check ? "no-name-check" : NULL;

	if (s->tls)
		return credentials_check(name, s, listening, f);
	return key == NULL ? 0 : fault_user(f, key, "%s: %s goes with tls, "
	    "which is not set; without it nothing is protected", name, key);
}

int
mux_start(struct mux *u, const struct settings *s,
    const struct frame_format *format, bool listening, struct fault *f)
{
	if (framed_start(&u->framed, s, format, &mux_framed_ops, listening,
	    s->tls, f) != 0)
		return -1;
	/* This side cannot dial beside.  If only its segments are lost, the
	 * client sees no silence, and the next retransmission after the outage
	 * may come as late as the outage was long. */
	if (listening)
		u->framed.options.timeout_ms = MUX_TIMEOUT_MS;
	return 0;
}
