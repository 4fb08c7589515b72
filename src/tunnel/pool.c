/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * One session of the uotp pool: chooses a connection for each datagram, and
 * takes frames from all of them.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/pool.h"

enum {
	POOL_LITTLE = 32 * 1024,	/* bytes on the way that keep nobody */
	POOL_DRAINING_MS = 100,	/* connections drain if one sent something
				 * so lately */
};

/*
 * Frames out
 */

/* Bytes that a connection was given and its peer has not acknowledged, as far
 * as the system tells; asked once a turn. */
static size_t
pool_load(struct pool_conn *c)
{
	unsigned long turn = loop_turns(c->pool->end.tunnel->loop);
	long unsent;

	if (c->load_turn != turn) {
		c->load_turn = turn;
		unsent = sock_unsent(c->stream.fd);
		c->load = unsent < 0 ? 0 : (size_t)unsent;
	}
	return c->load;
}

/* The connection that takes a frame of n bytes, or NULL.  It is the one used
 * last, so that datagrams keep their order and share records, until there is
 * more than a little on its way; then the one with the least on its way among
 * those that have room, in turn where several have as little. */
static struct pool_conn *
pool_pick(struct pool_leg *l, size_t n)
{
	struct pool_conn *c = l->current, *best = NULL, *any = NULL;
	struct list *at, *begin;
	size_t room;

	if (c != NULL && (stream_unsent(&c->stream) > 0 ||
	    pool_load(c) <= POOL_LITTLE) &&
	    stream_make_room(&c->stream, n) >= n)
		return c;
	begin = at = c != NULL ? &c->link : &l->conns;
	do {
		at = at->next;
		if (at == &l->conns)
			continue;
		c = LIST_ITEM(at, struct pool_conn, link);
		room = stream_room(&c->stream);
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
	uint8_t head[FRAME_UOTP_HEAD];
	struct pool_conn *c = pool_pick(l, len + sizeof(head));

	if (c == NULL)
		return false;
	l->current = c;
	c->load += len + sizeof(head);
	frame_uotp_put(head, len);
	if (stream_put(&c->stream, head, sizeof(head), data, len) != 0)
		flow_drop(&l->leg, LOST_NO_MEMORY, 1);
	return true;
}

/* Has none of the connections sent anything lately? */
static bool
pool_is_stalled(const struct pool_leg *l, uint64_t now_ms)
{
	const struct list *at;
	const struct pool_conn *c;

	for (at = l->conns.next; at != &l->conns; at = at->next) {
		c = LIST_ITEM(at, struct pool_conn, link);
		if (now_ms - c->stream.moved_ms <= POOL_DRAINING_MS)
			return false;
	}
	return true;
}

/* How long a datagram may wait in the queue, in milliseconds.  A burst, or
 * what waited for the first connection, may take its time; a queue that stays
 * long does not get shorter by itself (as RFC 8289 has it). */
static uint64_t
pool_patience(struct pool_leg *l, uint64_t now_ms)
{
	const struct pool *p = (const struct pool *)l->leg.end;

	if (list_empty(&l->conns)) {
		l->above_ms = 0;
		return (uint64_t)p->unsent_ms;
	}
	if (l->above_ms == 0 &&
	    now_ms - queue_since(&l->queue) > POOL_DRAIN_MS)
		l->above_ms = now_ms;
	if (l->above_ms == 0 || now_ms - l->above_ms < POOL_BURST_MS)
		return POOL_STALL_MS > p->unsent_ms ? POOL_STALL_MS :
		    (uint64_t)p->unsent_ms;
	return pool_is_stalled(l, now_ms) ? POOL_STALL_MS : POOL_DRAIN_MS;
}

/* Has the other leg stop reading while something waits for connections that
 * are there, and go on afterwards. */
static void
pool_hold(struct pool_leg *l)
{
	bool on = l->queue.count > 0 && !list_empty(&l->conns);

	if (on == l->holds)
		return;
	l->holds = on;
	flow_hold(&l->leg, on);
}

/* Drops what waited too long. */
static void
pool_expire(struct pool_leg *l)
{
	struct pool *p = (struct pool *)l->leg.end;
	uint64_t now_ms = loop_now(p->end.tunnel->loop), patience;

	if (l->queue.count == 0)
		return;
	patience = pool_patience(l, now_ms);
	if (now_ms > patience)
		flow_drop(&l->leg, LOST_QUEUE_OLD, queue_expire(&l->queue,
		    &p->queues, now_ms - patience));
	if (l->queue.count == 0)
		l->above_ms = 0;
}

/* Looks again and again as long as something waits. */
static void
pool_age(struct timer *t)
{
	struct pool_leg *l = LIST_ITEM(t, struct pool_leg, age);
	struct loop *loop = l->leg.end->tunnel->loop;

	pool_expire(l);
	if (l->queue.count > 0)
		timer_set(&l->age, loop, loop_now(loop) + POOL_DRAIN_MS,
		    pool_age);
	pool_hold(l);
}

/* Puts what waits on connections that have room. */
static void
pool_drain(struct pool_leg *l)
{
	struct pool *p = (struct pool *)l->leg.end;
	const uint8_t *data;
	size_t len;

	pool_expire(l);
	while ((data = queue_first(&l->queue, &len)) != NULL &&
	    pool_put(l, data, len))
		queue_pop(&l->queue, &p->queues);
	if (l->queue.count == 0) {
		timer_stop(&l->age);
		l->above_ms = 0;
	}
	pool_hold(l);
}

void
pool_send(struct leg *leg, struct dgram *d, unsigned n)
{
	struct pool_leg *l = (struct pool_leg *)leg;
	struct pool *p = (struct pool *)leg->end;
	struct loop *loop = leg->end->tunnel->loop;
	unsigned i, full;

	for (i = 0; i < n; i++) {
		if (l->queue.count == 0 && pool_put(l, d[i].data, d[i].len))
			continue;
		if (queue_put(&l->queue, &p->queues, d[i].data, d[i].len,
		    loop_now(loop), &full) != 0)
			flow_drop(leg, LOST_NO_MEMORY, 1);
		flow_drop(leg, LOST_QUEUE_FULL, full);
	}
	if (l->queue.count > 0 && !timer_is_set(&l->age))
		timer_set(&l->age, loop, loop_now(loop) + POOL_DRAIN_MS,
		    pool_age);
	pool_hold(l);
}

size_t
pool_room(struct leg *leg)
{
	(void)leg;
	return FRAME_UOTP_MAX;
}

/*
 * Frames in
 */

/* Closes a connection on our own account. */
static void
pool_conn_fail(struct pool_conn *c, const char *why)
{
	pool_conn_close(c);
	c->pool->conn_down(c, why, false);
}

/* The connection's frame took too long. */
static void
pool_frame_late(struct timer *t)
{
	pool_conn_fail(LIST_ITEM(t, struct pool_conn, frame),
	    "a frame that began was not whole in time");
}

/* Bytes that the frame will have which begins at p; those of a header when the
 * n bytes do not tell yet. */
static size_t
pool_need(const uint8_t *p, size_t n)
{
	size_t need = frame_uotp_need(p, n);

	return need == 0 ? FRAME_UOTP_HEAD : need;
}

/* Keeps n bytes of a frame that is not whole and will have that many; false
 * when the connection is closed now. */
static bool
pool_keep(struct pool_conn *c, const uint8_t *p, size_t n, size_t need)
{
	struct parts *parts = &c->pool->parts;
	struct loop *loop = c->pool->end.tunnel->loop;
	struct part *oldest;

	while ((oldest = part_in_the_way(parts, &c->part, n, need)) != NULL) {
		pool_conn_fail(LIST_ITEM(oldest, struct pool_conn, part),
		    "too many frames began and are not whole; its is the "
		    "oldest");
		if (c->stream.env == NULL)
			return false;
	}
	if (c->part.len == 0)
		timer_set(&c->frame, loop, loop_now(loop) + POOL_FRAME_MS,
		    pool_frame_late);
	if (part_add(parts, &c->part, p, n, need) == 0)
		return true;
	pool_conn_fail(c, "no memory");
	return false;
}

/* Forgets the frame that is whole now. */
static void
pool_keep_none(struct pool_conn *c)
{
	timer_stop(&c->frame);
	part_drop(&c->pool->parts, &c->part);
}

/* Goes on with the frame that began: takes at most n bytes, sets *ate to how
 * many, and passes the frame when it is whole.  False when the connection is
 * closed now. */
static bool
pool_continue(struct pool_conn *c, const uint8_t *p, size_t n, size_t *ate)
{
	struct loop *loop = c->pool->end.tunnel->loop;
	struct dgram d;
	size_t need;

	need = pool_need(c->part.bytes, c->part.len);
	*ate = need - c->part.len < n ? need - c->part.len : n;
	if (!pool_keep(c, p, *ate, need))
		return false;
	need = frame_uotp_need(c->part.bytes, c->part.len);
	if (need == 0 || c->part.len < need)
		return true;
	arena_take(loop_arena(loop), &d, 1);
	d.len = need - FRAME_UOTP_HEAD;
	memcpy(d.data, c->part.bytes + FRAME_UOTP_HEAD, d.len);
	pool_keep_none(c);
	flow_pass(&c->leg->leg, &d, 1);
	return c->stream.env != NULL;
}

/* Passes the whole frames of n bytes and keeps the rest. */
static void
pool_frames(struct pool_conn *c, const uint8_t *p, size_t n)
{
	struct dgram d[DGRAM_BATCH];
	const uint8_t *payload;
	unsigned count = 0;
	size_t len;
	int ate;

	while ((ate = frame_uotp_get(p, n, &payload, &len)) > 0) {
		d[count].data = (uint8_t *)(uintptr_t)payload;
		d[count].len = len;
		d[count].head = FRAME_UOTP_HEAD;
		d[count].tail = 0;
		p += ate;
		n -= (size_t)ate;
		if (++count == DGRAM_BATCH) {
			flow_pass(&c->leg->leg, d, count);
			if (c->stream.env == NULL)
				return;
			count = 0;
		}
	}
	if (count > 0) {
		flow_pass(&c->leg->leg, d, count);
		if (c->stream.env == NULL)
			return;
	}
	if (n > 0)
		(void)pool_keep(c, p, n, pool_need(p, n));
}

/* Bytes came on a connection. */
static void
pool_data(struct stream *s, uint8_t *p, size_t n, size_t head)
{
	struct pool_conn *c = LIST_ITEM(s, struct pool_conn, stream);
	size_t ate;

	(void)head;
	if (c->leg == NULL) {
		ate = c->pool->prelude(c, p, n);
		p += ate;
		n -= ate;
		if (s->env == NULL || c->leg == NULL)
			return;
	}
	while (c->part.len > 0 && n > 0) {
		if (!pool_continue(c, p, n, &ate))
			return;
		p += ate;
		n -= ate;
	}
	if (n > 0)
		pool_frames(c, p, n);
}

/*
 * Connections
 */

/* The connection is there. */
static void
pool_conn_up(struct stream *s)
{
	struct pool_conn *c = LIST_ITEM(s, struct pool_conn, stream);

	c->pool->conn_up(c);
}

/* The connection takes more again. */
static void
pool_conn_drained(struct stream *s)
{
	struct pool_conn *c = LIST_ITEM(s, struct pool_conn, stream);

	if (c->leg != NULL)
		pool_drain(c->leg);
}

/* Takes a connection out of its leg and frees what it kept. */
static void
pool_conn_leave(struct pool_conn *c)
{
	if (c->leg != NULL && c->leg->current == c)
		c->leg->current = NULL;
	list_remove(&c->link);
	pool_keep_none(c);
}

/* The connection ended by itself. */
static void
pool_conn_ended(struct stream *s, const char *why, bool clean)
{
	struct pool_conn *c = LIST_ITEM(s, struct pool_conn, stream);

	pool_conn_leave(c);
	c->pool->conn_down(c, why, clean);
}

static const struct stream_ops pool_stream_ops = {
	.up = pool_conn_up,
	.data = pool_data,
	.drained = pool_conn_drained,
	.down = pool_conn_ended,
};

int
pool_conn_open(struct pool_conn *c, struct pool *p, fd_t fd,
    const struct addr *peer)
{
	c->pool = p;
	list_init(&c->link);
	return stream_open(&c->stream, &p->env, fd, peer);
}

void
pool_conn_join(struct pool_conn *c, struct pool_leg *l)
{
	c->leg = l;
	list_add(&l->conns, &c->link);
	pool_drain(l);
}

void
pool_conn_close(struct pool_conn *c)
{
	if (c->pool == NULL)
		return;
	stream_close(&c->stream);
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
	struct pool *p = (struct pool *)l->leg.end;

	timer_stop(&l->age);
	flow_drop(&l->leg, LOST_FLOW_ENDED, queue_clear(&l->queue,
	    &p->queues));
}

int
pool_start(struct pool *p, const struct settings *s, bool listening, bool tls,
    struct fault *f)
{
	struct tunnel *t = p->end.tunnel;

	parts_init(&p->parts);
	p->options.receive_buffer = (int)s->receive_buffer;
	p->options.send_buffer = (int)s->send_buffer;
	p->options.mark_set = !listening && s->mark >= 0;
	p->options.mark = (uint32_t)s->mark;
	if (tls) {
		p->credentials = credentials_load(&p->end, s, listening, f);
		if (p->credentials == NULL)
			return -1;
	}
	stream_env_open(&p->env, t->loop, t->random, &pool_stream_ops);
	if (tls)
		p->env.tls = &p->credentials->setup;
	return 0;
}

void
pool_stop(struct pool *p)
{
	stream_env_close(&p->env);
	queue_pool_close(&p->queues);
	credentials_free(p->credentials);
	p->credentials = NULL;
}
