/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Many flows on one stream: frames in and out, and the queues of the legs while
 * the stream has no room.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/uott_mux.h"

enum {
	MUX_TURN = 4096,	/* bytes of a leg's turn */
	MUX_DRAINING_MS = 100,	/* the stream drains if it sent something so
				 * lately */
	MUX_TLS_ALERT = 21,	/* what records of TLS begin with that a */
	MUX_TLS_HANDSHAKE = 22,	/* stranger to it would see first */
};

static struct loop *
mux_loop(const struct mux_conn *c)
{
	return c->mux->end.tunnel->loop;
}

/*
 * What waits
 */

/* What a waiting leg weighs: no leg costs less than a block of its own. */
static size_t
mux_weight(const struct mux_leg *l)
{
	return l->queue.count == 0 ? 0 : QUEUE_BLOCK + l->queue.bytes;
}

/* Asks the other leg to pause, or to go on. */
static void
mux_hold(struct mux_leg *l, bool on)
{
	if (l->held == on)
		return;
	l->held = on;
	flow_hold(&l->leg, on);
}

/* Notes that the leg's queue was changed, and what it weighed before. */
static void
mux_weigh(struct mux_leg *l, size_t before)
{
	struct mux_conn *c = l->conn;

	c->queued += mux_weight(l);
	c->queued -= before;
	if (l->queue.count > 0)
		return;
	list_remove(&l->waiting);
	if (list_empty(&c->waiting))
		timer_stop(&c->age);
	l->credit = 0;
	l->above_ms = 0;
	mux_hold(l, false);
}

/* How long a datagram may wait in the queue, in milliseconds.  A burst, or
 * what waited for the connection, may take its time; a queue that stays long
 * does not get shorter by itself (as RFC 8289 has it). */
static uint64_t
mux_patience(struct mux_leg *l, uint64_t now_ms)
{
	const struct mux_conn *c = l->conn;
	uint64_t unsent_ms = (uint64_t)c->mux->unsent_ms;

	if (!mux_conn_is_up(c)) {
		l->above_ms = 0;
		return unsent_ms;
	}
	if (l->above_ms == 0 &&
	    now_ms - queue_since(&l->queue) > MUX_DRAIN_MS)
		l->above_ms = now_ms;
	if (l->above_ms == 0 || now_ms - l->above_ms < MUX_BURST_MS)
		return unsent_ms > MUX_STALL_MS ? unsent_ms : MUX_STALL_MS;
	return now_ms - c->stream.moved_ms > MUX_DRAINING_MS ?
	    MUX_STALL_MS : MUX_DRAIN_MS;
}

/* Drops what waited too long. */
static void
mux_expire(struct mux_leg *l)
{
	uint64_t now_ms = loop_now(mux_loop(l->conn)), patience;
	size_t before = mux_weight(l);

	patience = mux_patience(l, now_ms);
	if (now_ms <= patience)
		return;
	flow_drop(&l->leg, LOST_QUEUE_OLD, queue_expire(&l->queue,
	    &l->conn->mux->queues, now_ms - patience));
	mux_weigh(l, before);
}

/* Looks again and again as long as something waits. */
static void
mux_age(struct timer *t)
{
	struct mux_conn *c = LIST_ITEM(t, struct mux_conn, age);
	struct loop *loop = mux_loop(c);
	struct list *at, *next;

	timer_set(t, loop, loop_now(loop) + MUX_DRAIN_MS, mux_age);
	for (at = c->waiting.next; at != &c->waiting; at = next) {
		next = at->next;
		mux_expire(LIST_ITEM(at, struct mux_leg, waiting));
	}
}

/* Queues a datagram, in the place of the leg's oldest ones if need be. */
static void
mux_wait(struct mux_leg *l, const uint8_t *data, size_t len)
{
	struct mux_conn *c = l->conn;
	struct mux *u = c->mux;
	struct loop *loop = mux_loop(c);
	size_t before = mux_weight(l);
	size_t others = c->queued - before + QUEUE_BLOCK;
	unsigned full = 0;

	while (l->queue.count > 0 &&
	    others + l->queue.bytes + len > u->queue_max) {
		queue_pop(&l->queue, &u->queues);
		flow_drop(&l->leg, LOST_QUEUE_FULL, 1);
	}
	if (others + len > u->queue_max)
		flow_drop(&l->leg, LOST_QUEUE_FULL, 1);
	else if (queue_put(&l->queue, &u->queues, data, len, loop_now(loop),
	    &full) != 0)
		flow_drop(&l->leg, LOST_NO_MEMORY, 1);
	flow_drop(&l->leg, LOST_QUEUE_FULL, full);
	if (l->queue.count > 0 && list_empty(&l->waiting)) {
		list_add(&c->waiting, &l->waiting);
		mux_hold(l, mux_conn_is_up(c));
	}
	mux_weigh(l, before);
	if (!list_empty(&c->waiting) && !timer_is_set(&c->age))
		timer_set(&c->age, loop, loop_now(loop) + MUX_DRAIN_MS,
		    mux_age);
}

/*
 * Frames out
 */

/* Puts a datagram on the stream; false when that has no room. */
static bool
mux_put(struct mux_leg *l, const uint8_t *data, size_t len)
{
	struct stream *s = &l->conn->stream;
	uint8_t head[FRAME_UOTT_HEAD];

	if (stream_make_room(s, len + sizeof(head)) == 0)
		return false;
	frame_uott_put(head, l->tag, len);
	if (stream_put(s, head, sizeof(head), data, len) != 0)
		flow_drop(&l->leg, LOST_NO_MEMORY, 1);
	return true;
}

/* A waiting leg's turn. */
static void
mux_turn(struct mux_leg *l)
{
	struct queue_pool *queues = &l->conn->mux->queues;
	size_t before = mux_weight(l), len;
	const uint8_t *data;

	l->credit += MUX_TURN;
	while ((data = queue_first(&l->queue, &len)) != NULL &&
	    len <= l->credit && mux_put(l, data, len)) {
		l->credit -= len;
		queue_pop(&l->queue, queues);
	}
	mux_weigh(l, before);
	if (l->queue.count > 0)
		mux_hold(l, true);
}

/* Puts what waits on the stream while that has room. */
static void
mux_drain(struct mux_conn *c)
{
	struct mux_leg *l;

	while (!list_empty(&c->waiting) && stream_room(&c->stream) > 0) {
		l = LIST_ITEM(c->waiting.next, struct mux_leg, waiting);
		mux_expire(l);
		if (l->queue.count == 0)
			continue;
		list_remove(&l->waiting);
		list_add(&c->waiting, &l->waiting);
		mux_turn(l);
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

size_t
mux_room(struct leg *leg)
{
	(void)leg;
	return FRAME_UOTT_MAX;
}

/*
 * Frames in
 */

/* Closes a connection on our own account. */
static void
mux_conn_fail(struct mux_conn *c, const char *why)
{
	mux_conn_close(c);
	c->mux->conn_down(c, why, false);
}

/* A frame took too long. */
static void
mux_late(struct timer *t)
{
	mux_conn_fail(LIST_ITEM(t, struct mux_conn, late),
	    "a frame that began was not whole in time");
}

/* What stands at p is no frame. */
static void
mux_corrupt(struct mux_conn *c, const uint8_t *p)
{
	if (c->mux->credentials == NULL &&
	    (*p == MUX_TLS_HANDSHAKE || *p == MUX_TLS_ALERT))
		mux_conn_fail(c, "TLS came where a uott frame should begin; "
		    "give both ends the key tls, or neither");
	else
		mux_conn_fail(c, "the stream is corrupt: a frame does not "
		    "begin with UOTT; is it uott at all?");
}

/* Bytes that the frame will have which begins at p; those of a header when the
 * n bytes do not tell yet. */
static size_t
mux_need(const uint8_t *p, size_t n)
{
	size_t need = frame_uott_need(p, n);

	return need == 0 ? FRAME_UOTT_HEAD : need;
}

/* Keeps n bytes of a frame that is not whole and will have that many; false
 * when the connection is closed now. */
static bool
mux_keep(struct mux_conn *c, const uint8_t *p, size_t n, size_t need)
{
	struct parts *parts = &c->mux->parts;
	struct loop *loop = mux_loop(c);
	struct part *oldest;

	while ((oldest = part_in_the_way(parts, &c->part, n, need)) != NULL) {
		mux_conn_fail(LIST_ITEM(oldest, struct mux_conn, part),
		    "too many frames began and are not whole; its is the "
		    "oldest");
		if (c->stream.env == NULL)
			return false;
	}
	if (c->part.len == 0)
		timer_set(&c->late, loop, loop_now(loop) + MUX_FRAME_MS,
		    mux_late);
	if (part_add(parts, &c->part, p, n, need) == 0)
		return true;
	mux_conn_fail(c, "no memory");
	return false;
}

/* Passes n datagrams of a tag; false when the connection is closed now. */
static bool
mux_pass(struct mux_conn *c, uint16_t tag, struct dgram *d, unsigned n)
{
	struct mux_leg *l = c->mux->leg_of(c, tag, n);

	if (l != NULL)
		flow_pass(&l->leg, d, n);
	return c->stream.env != NULL;
}

/* Goes on with the frame that began: takes at most n bytes, sets *ate to how
 * many, and passes the frame when it is whole.  False when the connection is
 * closed now. */
static bool
mux_continue(struct mux_conn *c, const uint8_t *p, size_t n, size_t *ate)
{
	const uint8_t *payload;
	struct dgram d;
	uint16_t tag;
	size_t need;
	int whole;

	need = mux_need(c->part.bytes, c->part.len);
	*ate = need - c->part.len < n ? need - c->part.len : n;
	if (!mux_keep(c, p, *ate, need))
		return false;
	whole = frame_uott_get(c->part.bytes, c->part.len, &tag, &payload,
	    &need);
	if (whole == 0)
		return true;
	if (whole < 0) {
		mux_corrupt(c, c->part.bytes);
		return false;
	}
	arena_take(loop_arena(mux_loop(c)), &d, 1);
	d.len = need;
	memcpy(d.data, payload, need);
	timer_stop(&c->late);
	part_drop(&c->mux->parts, &c->part);
	return mux_pass(c, tag, &d, 1);
}

/* Passes the whole frames of n bytes and keeps the rest. */
static void
mux_frames(struct mux_conn *c, const uint8_t *p, size_t n)
{
	struct dgram d[DGRAM_BATCH];
	const uint8_t *payload;
	unsigned count = 0;
	uint16_t tag, last = 0;
	size_t len;
	int ate;

	while ((ate = frame_uott_get(p, n, &tag, &payload, &len)) > 0) {
		if (count > 0 && (tag != last || count == DGRAM_BATCH)) {
			if (!mux_pass(c, last, d, count))
				return;
			count = 0;
		}
		last = tag;
		d[count].data = (uint8_t *)(uintptr_t)payload;
		d[count].len = len;
		d[count].head = FRAME_UOTT_HEAD;
		d[count++].tail = 0;
		p += ate;
		n -= (size_t)ate;
	}
	if (count > 0 && !mux_pass(c, last, d, count))
		return;
	if (ate < 0)
		mux_corrupt(c, p);
	else if (n > 0)
		(void)mux_keep(c, p, n, mux_need(p, n));
}

/* Bytes came on a connection. */
static void
mux_data(struct stream *s, uint8_t *p, size_t n, size_t head)
{
	struct mux_conn *c = LIST_ITEM(s, struct mux_conn, stream);
	size_t ate;

	(void)head;
	while (c->part.len > 0 && n > 0) {
		if (!mux_continue(c, p, n, &ate))
			return;
		p += ate;
		n -= ate;
	}
	if (n > 0)
		mux_frames(c, p, n);
}

/*
 * Connections
 */

/* The connection is there. */
static void
mux_conn_up(struct stream *s)
{
	struct mux_conn *c = LIST_ITEM(s, struct mux_conn, stream);

	c->mux->conn_up(c);
	mux_drain(c);
}

/* The connection takes more again. */
static void
mux_conn_drained(struct stream *s)
{
	mux_drain(LIST_ITEM(s, struct mux_conn, stream));
}

/* Forgets what the connection kept.  What waits for it goes on waiting, but
 * nobody is to pause for that: it may take long. */
static void
mux_conn_leave(struct mux_conn *c)
{
	struct list *at;

	timer_stop(&c->late);
	part_drop(&c->mux->parts, &c->part);
	for (at = c->waiting.next; at != &c->waiting; at = at->next)
		mux_hold(LIST_ITEM(at, struct mux_leg, waiting), false);
}

/* The connection ended by itself. */
static void
mux_conn_ended(struct stream *s, const char *why, bool clean)
{
	struct mux_conn *c = LIST_ITEM(s, struct mux_conn, stream);

	mux_conn_leave(c);
	c->mux->conn_down(c, why, clean);
}

static const struct stream_ops mux_stream_ops = {
	.up = mux_conn_up,
	.data = mux_data,
	.drained = mux_conn_drained,
	.down = mux_conn_ended,
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
	return stream_open(&c->stream, &c->mux->env, fd, peer);
}

bool
mux_conn_is_up(const struct mux_conn *c)
{
	return c->stream.env != NULL && c->stream.up;
}

void
mux_conn_close(struct mux_conn *c)
{
	if (c->stream.env == NULL)
		return;
	stream_close(&c->stream);
	mux_conn_leave(c);
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
mux_leg_close(struct mux_leg *l)
{
	size_t before = mux_weight(l);

	flow_drop(&l->leg, LOST_FLOW_ENDED, queue_clear(&l->queue,
	    &l->conn->mux->queues));
	mux_weigh(l, before);
}

/* Is something set that only counts with TLS, which is not set?  -1 and the
 * fault if so. */
static int
mux_check_tls(const struct end *end, const struct settings *s,
    struct fault *f)
{
	const char *key = s->cert != NULL ? "cert" : s->key != NULL ? "key" :
	    s->cafile != NULL ? "cafile" : s->tls_name != NULL ? "name" :
	    s->no_name_check ? "no-name-check" : NULL;

	if (key == NULL || s->tls)
		return 0;
	return fault_user(f, key, "%s: %s goes with tls, which is not set; "
	    "without it nothing is protected", end->name, key);
}

int
mux_start(struct mux *u, const struct settings *s, bool listening,
    struct fault *f)
{
	struct tunnel *t = u->end.tunnel;

	if (mux_check_tls(&u->end, s, f) != 0)
		return -1;
	parts_init(&u->parts);
	u->options.receive_buffer = (int)s->receive_buffer;
	u->options.send_buffer = (int)s->send_buffer;
	u->options.mark_set = !listening && s->mark >= 0;
	u->options.mark = (uint32_t)s->mark;
	if (s->tls) {
		u->credentials = credentials_load(&u->end, s, listening, f);
		if (u->credentials == NULL)
			return -1;
	}
	stream_env_open(&u->env, t->loop, t->random, &mux_stream_ops);
	if (s->tls)
		u->env.tls = &u->credentials->setup;
	return 0;
}

void
mux_stop(struct mux *u)
{
	stream_env_close(&u->env);
	queue_pool_close(&u->queues);
	credentials_free(u->credentials);
	u->credentials = NULL;
}
