/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Framed connections: receiving frames, and sending frames.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/framed.h"

#include "tunnel/bind.h"
#include "tunnel/plan.h"
#include "wire/stream_look.h"

enum {
	FRAMED_HINT_MS = 3000,	/* a peer that does not understand us closes
				 * sooner */
	TLS_ALERT = 21,		/* first byte of the first TLS record that a */
	TLS_HANDSHAKE = 22,	/* peer without TLS would receive */
};

static struct loop *
framed_loop(const struct framed *c)
{
	return c->end->end.tunnel->loop;
}

/*
 * Sending frames
 */

void
framed_put(struct framed *c, struct framed_leg *l, uint16_t tag,
    const uint8_t *data, size_t len)
{
	const struct frame_format *format = c->end->format;
	uint8_t head[FRAME_HEAD_MAX];

	if (len > format->max) {
		flow_drop(&l->leg, LOST_TOO_BIG, 1);
		return;
	}
	format->put(head, tag, len);
	c->stream.brief = l->fair != NULL;
	if (stream_put(&c->stream, head, format->head, data, len) != 0)
		flow_drop(&l->leg, LOST_NO_MEMORY, 1);
}

size_t
framed_room(struct leg *leg)
{
	return ((const struct framed_end *)leg->end)->format->max;
}

/*
 * Receiving frames
 */

/* Closes a connection for a reason of ours. */
static void
framed_fail(struct framed *c, const char *why)
{
	framed_close(c);
	c->end->ops->down(c, why, false);
}

/* A frame was not complete in time. */
static void
framed_late(struct timer *t)
{
	framed_fail(LIST_ITEM(t, struct framed, late),
	    "a frame that began was not whole in time");
}

/* Fails a connection: the n bytes at p are not a valid frame. */
static void
framed_corrupt(struct framed *c, const uint8_t *p, size_t n)
{
	const char *why = stream_look(p, n);

	if (why == NULL && c->end->credentials == NULL &&
	    (*p == TLS_HANDSHAKE || *p == TLS_ALERT))
		why = stream_look_tls;
	framed_fail(c, why == NULL ? c->end->format->corrupt : why);
}

/* Length of the frame at p, or of its header while the n bytes are too few to
 * tell. */
static size_t
framed_need(const struct framed *c, const uint8_t *p, size_t n)
{
	size_t need = c->end->format->need(p, n);

	return need == 0 ? c->end->format->head : need;
}

/* Stores n more bytes of an incomplete frame of length `need`.  Over the limit
 * of the end it closes the connections with the oldest incomplete frames.
 * False: this connection is closed now. */
static bool
framed_store_part(struct framed *c, const uint8_t *p, size_t n, size_t need)
{
	struct parts *parts = &c->end->parts;
	struct loop *loop = framed_loop(c);
	struct part *oldest;

	while ((oldest = part_in_the_way(parts, &c->part, n, need)) != NULL) {
		framed_fail(LIST_ITEM(oldest, struct framed, part),
		    "too many frames began and are not whole; this one is the "
		    "oldest");
		if (c->stream.env == NULL)
			return false;
	}
	if (c->part.len == 0)
		timer_set(&c->late, loop, loop_now(loop) + FRAMED_WHOLE_MS,
		    framed_late);
	if (part_add(parts, &c->part, p, n, need) == 0)
		return true;
	framed_fail(c, "no memory");
	return false;
}

/* Drops the incomplete frame, if there is one. */
static void
framed_drop_part(struct framed *c)
{
	timer_stop(&c->late);
	part_drop(&c->end->parts, &c->part);
}

/* Passes n datagrams with a tag; false: the connection is closed now. */
static bool
framed_pass(struct framed *c, uint16_t tag, struct dgram *d, unsigned n)
{
	c->end->ops->pass(c, tag, d, n);
	return c->stream.env != NULL;
}

/* Adds at most n bytes to the incomplete frame, sets *used to how many, and
 * passes the frame when it is complete.  False: the connection was closed. */
static bool
framed_continue(struct framed *c, const uint8_t *p, size_t n, size_t *used)
{
	size_t need = framed_need(c, c->part.bytes, c->part.len);
	struct frame f;
	struct dgram d;
	int complete;

	*used = need - c->part.len < n ? need - c->part.len : n;
	if (!framed_store_part(c, p, *used, need))
		return false;
	complete = c->end->format->get(c->part.bytes, c->part.len, &f);
	if (complete == 0)
		return true;
	if (complete < 0) {
		framed_corrupt(c, c->part.bytes, c->part.len);
		return false;
	}
	arena_take(loop_arena(framed_loop(c)), &d, 1);
	d.len = f.len;
	memcpy(d.data, f.payload, f.len);
	framed_drop_part(c);
	return framed_pass(c, f.tag, &d, 1);
}

/* Passes the complete frames among n bytes, a batch for each run of one tag,
 * and stores the rest. */
static void
framed_frames(struct framed *c, const uint8_t *p, size_t n)
{
	const struct frame_format *format = c->end->format;
	struct dgram d[DGRAM_BATCH];
	unsigned count = 0;
	uint16_t tag = 0;
	struct frame f;
	int used;

	while ((used = format->get(p, n, &f)) > 0) {
		if (count > 0 && (f.tag != tag || count == DGRAM_BATCH)) {
			if (!framed_pass(c, tag, d, count))
				return;
			count = 0;
		}
		tag = f.tag;
		d[count].data = (uint8_t *)(uintptr_t)f.payload;
		d[count].len = f.len;
		d[count].head = format->head;
		d[count++].tail = 0;
		p += used;
		n -= (size_t)used;
	}
	if (count > 0 && !framed_pass(c, tag, d, count))
		return;
	if (used < 0)
		framed_corrupt(c, p, n);
	else if (n > 0)
		(void)framed_store_part(c, p, n, framed_need(c, p, n));
}

/* Looks at the first bytes of a connection, where a frame has no magic word.
 * Fails it if they are of a different protocol; returns whether they are
 * not. */
static bool
framed_check_first(struct framed *c, const uint8_t *p, size_t n)
{
	const char *why = c->end->format->corrupt != NULL ? NULL :
	    stream_look(p, n);

	if (why != NULL)
		framed_fail(c, why);
	return why == NULL;
}

/* Bytes were received. */
static void
framed_data(struct stream *s, uint8_t *p, size_t n, size_t head)
{
	struct framed *c = LIST_ITEM(s, struct framed, stream);
	bool first = !c->heard;
	size_t used = 0;

	(void)head;
	c->heard = true;
	if (c->end->ops->prelude != NULL) {
		used = c->end->ops->prelude(c, p, n);
		if (s->env == NULL)
			return;
		p += used;
		n -= used;
	}
	if (first && used == 0 && !framed_check_first(c, p, n))
		return;
	while (c->part.len > 0 && n > 0) {
		if (!framed_continue(c, p, n, &used))
			return;
		p += used;
		n -= used;
	}
	if (n > 0)
		framed_frames(c, p, n);
}

/*
 * Connections
 */

/* Releases what a closed connection had. */
static void
framed_drop(struct framed *c)
{
	framed_drop_part(c);
	credentials_free(c->credentials);
	c->credentials = NULL;
}

/* Uses these credentials for new connections, which it takes over; NULL: those
 * that it has. */
static void
framed_use(struct framed_end *e, struct credentials *fresh)
{
	if (fresh == NULL)
		return;
	credentials_free(e->credentials);
	e->credentials = fresh;
	e->env.tls = &fresh->setup;
	/* A session was made with credentials at an address that others may
	 * have now. */
	if (e->env.resume != NULL)
		tls_resume_forget(e->env.resume);
}

/* The stream is up. */
static void
framed_up(struct stream *s)
{
	struct framed *c = LIST_ITEM(s, struct framed, stream);

	/* The trust anchors may have changed during the handshake. */
	if (framed_is_trusted(c)) {
		c->end->ops->up(c);
		return;
	}
	framed_close(c);
	c->end->ops->down(c, FRAMED_UNTRUSTED, false);
}

/* The stream has room again. */
static void
framed_drained(struct stream *s)
{
	struct framed *c = LIST_ITEM(s, struct framed, stream);

	c->end->ops->drained(c);
}

/* The stream ended, not by framed_close(). */
static void
framed_down(struct stream *s, const char *why, bool clean)
{
	struct framed *c = LIST_ITEM(s, struct framed, stream);

	framed_drop(c);
	c->end->ops->down(c, why, clean);
}

static const struct stream_ops framed_stream_ops = {
	.up = framed_up,
	.data = framed_data,
	.drained = framed_drained,
	.down = framed_down,
};

int
framed_open(struct framed *c, struct framed_end *e, fd_t fd,
    const struct addr *peer)
{
	c->end = e;
	c->heard = false;
	if (e->credentials != NULL)
		framed_use(e, credentials_renew_own(e->credentials, &e->end,
		    &e->end.tunnel->plan->end[e->end.side].settings));
	if (stream_open(&c->stream, &e->env, fd, peer) != 0)
		return -1;
	c->credentials = credentials_share(e->credentials);
	return 0;
}

bool
framed_is_trusted(const struct framed *c)
{
	const struct credentials *now = c->end->credentials;

	return c->credentials == NULL || !now->setup.server ||
	    c->credentials->trust == now->trust ||
	    now->trust->anchors == NULL || !c->stream.up ||
	    tls_peer_is_trusted(&c->stream.tls->tls, now->trust->anchors);
}

bool
framed_is_up(const struct framed *c)
{
	return c->stream.env != NULL && c->stream.up;
}

const char *
framed_hint(const struct framed *c, uint64_t up_ms)
{
	return c->heard || up_ms >= FRAMED_HINT_MS ? "" :
	    ", before it sent anything; does it use the same protocol, with "
	    "or without TLS as we do?";
}

void
framed_close(struct framed *c)
{
	if (c->stream.env == NULL)
		return;
	stream_close(&c->stream);
	framed_drop(c);
}

/*
 * Ends
 */

int
framed_start(struct framed_end *e, const struct settings *s,
    const struct frame_format *format, const struct framed_ops *ops,
    bool listening, bool tls, struct fault *f)
{
	struct tunnel *t = e->end.tunnel;

	e->format = format;
	e->ops = ops;
	parts_init(&e->parts);
	e->options.receive_buffer = (int)s->receive_buffer;
	e->options.send_buffer = (int)s->send_buffer;
	e->options.mss = (int)s->tcp_mss;
	e->options.mark_set = !listening && s->mark >= 0;
	e->options.mark = (uint32_t)s->mark;
	e->options.keepalive_s = (int)((s->keepalive_ms + 999) / 1000);
	if (bind_check_mss(&e->end, s, f) != 0)
		return -1;
	if (tls) {
		e->credentials = credentials_load(&e->end, s, listening,
		    NULL, f);
		if (e->credentials == NULL)
			return -1;
	}
	random_bytes(t->random, &e->flow_key, sizeof(e->flow_key));
	fairs_open(&e->fairs, &e->queues, &e->flow_key);
	stream_env_open(&e->env, t->loop, t->random, &framed_stream_ops);
	if (tls)
		e->env.tls = &e->credentials->setup;
	return 0;
}

int
framed_prepare(struct framed_end *e, const struct settings *s, struct fault *f)
{
	if (e->credentials == NULL)
		return 0;
	e->fresh = credentials_load(&e->end, s, e->credentials->setup.server,
	    e->credentials, f);
	return e->fresh == NULL ? -1 : 0;
}

bool
framed_renew(struct framed_end *e, const struct settings *s)
{
	const struct trust *was;
	struct credentials *fresh = e->fresh;

	e->fresh = NULL;
	if (s != NULL)
		e->options.keepalive_s =
		    (int)((s->keepalive_ms + 999) / 1000);
	if (s == NULL || fresh == e->credentials) {
		credentials_free(fresh);
		return false;
	}
	was = e->credentials->trust;
	if (fresh->print != e->credentials->print)
		log_info("%s: new connections use the certificate \"%s\"",
		    e->end.name, fresh->chain.subject);
	framed_use(e, fresh);
	return was != fresh->trust;
}

void
framed_stop(struct framed_end *e)
{
	stream_env_close(&e->env);
	fairs_close(&e->fairs);
	queue_pool_close(&e->queues);
	credentials_free(e->credentials);
	e->credentials = NULL;
}
