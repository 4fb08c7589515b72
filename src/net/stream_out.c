/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The output of streams: stream_put() fills buffers, a flush sends them.
 *
 * NOTES.  The states of a stream's output, each with what ends it:
 *
 *	empty		no buffer; stream_put()
 *	gathering	a buffer has bytes; stream_out_send() at the flush, or
 *			when it is full
 *	over		a piece did not fit: its rest is in `over`, and there is
 *			no room; sends that make space for all of it
 *	sealed		the same with the rest of a flight of the handshake
 *	blocked		the socket takes no more, or has enough of a brief
 *			stream; WRITABLE
 *	broken		a send failed; down() after the flush
 *
 * A stream is often in `over` and `blocked` at once.
 */

#include "compat.h"

#include <string.h>

#include "net/stream_out.h"

#include "base/log.h"

enum {
	STREAM_PLAIN_OUT = 16 * 1024,	/* bytes buffered before a send */
	STREAM_OUTS = 32,		/* output buffers filled before all are
					 * sent; as many spare ones are kept */
	STREAM_GATHER = 2048,		/* bytes of a flight sent by one call */
};

/* Short records of a handshake that are sent by one call. */
struct flight {
	uint8_t bytes[STREAM_GATHER];
	size_t n;		/* of them that are used */
};

void
stream_out_mark(struct stream *s)
{
	if (list_empty(&s->link))
		list_add(&s->env->dirty, &s->link);
	loop_mark(s->env->loop, &s->env->flusher);
}

void
stream_out_drop(struct stream *s)
{
	reuse_give(&s->env->spares, s->out, STREAM_OUTS);
	s->out = NULL;
}

void
stream_out_rest(struct stream *s)
{
	if (s->out == NULL || !s->up || s->out_from != s->out_to)
		return;
	if (s->tls != NULL) {
		if (tls_out_used(&s->tls->tls))
			return;
		tls_move_out(&s->tls->tls, s->env->idle->bytes);
	}
	stream_out_drop(s);
}

/* Where output can be written, and how many bytes (*room). */
static uint8_t *
stream_out_space(struct stream *s, size_t *room)
{
	if (s->tls != NULL)
		return tls_put(&s->tls->tls, room);
	*room = STREAM_PLAIN_OUT - s->out_to;
	return s->out->bytes + s->out_to;
}

/* Copies as much as there is space for; returns how much. */
static size_t
stream_out_fill(struct stream *s, const uint8_t *p, size_t n)
{
	uint8_t *space;
	size_t room, done = 0;

	while (done < n) {
		space = stream_out_space(s, &room);
		if (room == 0)
			break;
		if (room > n - done)
			room = n - done;
		memcpy(space, p + done, room);
		if (s->tls != NULL)
			tls_put_done(&s->tls->tls, room);
		else
			s->out_to += room;
		done += room;
	}
	return done;
}

/* The next bytes for the socket; NULL when there are none. */
static const uint8_t *
stream_out_pending(struct stream *s, size_t *len)
{
	const uint8_t *p;

	if (s->tls != NULL) {
		p = tls_record_out(&s->tls->tls, len);
		if (p != NULL)
			return p;
		tls_push(&s->tls->tls);
		return tls_record_out(&s->tls->tls, len);
	}
	*len = s->out_to - s->out_from;
	return *len == 0 ? NULL : s->out->bytes + s->out_from;
}

/* Removes the first n of them, which were sent. */
static void
stream_out_sent(struct stream *s, size_t n)
{
	if (s->tls != NULL) {
		tls_record_out_done(&s->tls->tls, n);
		return;
	}
	s->out_from += n;
	if (s->out_from == s->out_to)
		s->out_from = s->out_to = 0;
}

/* Moves the overflow to the output buffer, as far as it fits. */
static void
stream_out_move_over(struct stream *s)
{
	s->over_from += stream_out_fill(s, s->over + s->over_from,
	    s->over_to - s->over_from);
	if (s->over_from == s->over_to) {
		free(s->over);
		s->over = NULL;
	}
}

/* Notes the longest write so far. */
static void
stream_out_longest(struct stream *s, size_t sent)
{
	s->longest = sent < s->long_enough ? sent : s->long_enough;
	s->longest_end = s->taken;
}

/* Moves records of a handshake from the engine to a flight, as many as fit. */
static void
flight_gather(struct flight *f, struct stream *s)
{
	const uint8_t *p;
	size_t len;

	while ((p = stream_out_pending(s, &len)) != NULL &&
	    len <= sizeof(f->bytes) - f->n) {
		memcpy(f->bytes + f->n, p, len);
		f->n += len;
		stream_out_sent(s, len);
	}
}

/* Keeps the rest of a flight that the socket did not take. */
static void
stream_out_keep(struct stream *s, const uint8_t *p, size_t n)
{
	if (n == 0)
		return;
	s->over = malloc(n);
	if (s->over == NULL) {
		s->broken = ENOMEM;
		return;
	}
	memcpy(s->over, p, n);
	s->over_from = 0;
	s->over_to = n;
	s->sealed = true;
}

/* The next bytes for the socket, in a flight, in the overflow or in the
 * engine's buffer; NULL when there are none. */
static const uint8_t *
stream_out_next(struct stream *s, struct flight *f, size_t *len)
{
	f->n = 0;
	if (s->sealed) {
		*len = s->over_to - s->over_from;
		return s->over + s->over_from;
	}
	if (s->over != NULL)
		stream_out_move_over(s);
	if (s->tls != NULL && !s->up)
		flight_gather(f, s);
	*len = f->n;
	return f->n > 0 ? f->bytes : stream_out_pending(s, len);
}

/* Removes the first n of len bytes that stream_out_next() gave. */
static void
stream_out_done(struct stream *s, const struct flight *f, size_t len, size_t n)
{
	if (s->sealed) {
		s->over_from += n;
		if (s->over_from < s->over_to)
			return;
		free(s->over);
		s->over = NULL;
		s->sealed = false;
	} else if (f->n > 0) {
		stream_out_keep(s, f->bytes + n, len - n);
	} else {
		stream_out_sent(s, n);
	}
}

bool
stream_is_newly_up(const struct stream *s)
{
	return s->tls != NULL && !s->up && !s->sealed &&
	    tls_state(&s->tls->tls) & TLS_UP;
}

/* Sends the next bytes.  Long records of a handshake wait for what follows
 * them, so that a flight is one segment, and the peer wakes up once. */
static ssize_t
stream_out_write(struct stream *s, const struct flight *f, const uint8_t *p,
    size_t len)
{
	size_t more;

	s->gathers = s->tls != NULL && !s->up && !s->sealed && (f->n == 0 ||
	    stream_is_newly_up(s) || stream_out_pending(s, &more) != NULL);
	return s->gathers ? sock_send_more(s->fd, p, len) :
	    sock_send(s->fd, p, len);
}

/* Waits until the socket is WRITABLE. */
static void
stream_out_block(struct stream *s)
{
	s->blocked = true;
	watch_want(&s->watch, READABLE | WRITABLE);
}

/* There is no more to send now.  What ends the handshake goes on waiting: up()
 * is called next, and the first data follow in the same segment. */
static void
stream_out_end(struct stream *s)
{
	if (stream_is_newly_up(s))
		return;
	if (s->gathers)
		(void)sock_opt_nodelay(s->fd);
	s->gathers = false;
	if (s->finish)
		(void)sock_shutdown(s->fd);
	stream_out_rest(s);
}

void
stream_out_send(struct stream *s)
{
	struct flight flight;
	const uint8_t *p;
	ssize_t sent;
	size_t len;

	while (!s->blocked && s->broken == 0) {
		p = stream_out_next(s, &flight, &len);
		if (p == NULL) {
			stream_out_end(s);
			return;
		}
		sent = stream_out_write(s, &flight, p, len);
		if (sent >= 0) {
			s->moved_ms = loop_now(s->env->loop);
			s->taken += (size_t)sent;
			if (s->longest < s->long_enough &&
			    (size_t)sent > s->longest)
				stream_out_longest(s, (size_t)sent);
			stream_out_done(s, &flight, len, (size_t)sent);
			if (s->brief && ahead_sent(&s->ahead, s->fd,
			    (size_t)sent, s->moved_ms))
				stream_out_block(s);
		} else if (errno == EAGAIN) {
			if (!s->sealed)
				stream_out_keep(s, flight.bytes, flight.n);
			stream_out_block(s);
		} else {
			s->broken = errno;
		}
	}
}

/* Sends what all streams have buffered.  They stay in `dirty`, so that the next
 * flush reports the results. */
static void
stream_out_send_all(struct stream_env *env)
{
	struct list *at;

	env->gathering = 0;
	for (at = env->dirty.next; at != &env->dirty; at = at->next)
		stream_out_send(LIST_ITEM(at, struct stream, link));
}

bool
stream_out_take(struct stream *s)
{
	struct stream_env *env = s->env;

	if (s->out != NULL)
		return true;
	if (env->spares.n == 0 && env->gathering >= STREAM_OUTS)
		stream_out_send_all(env);
	env->gathering++;
	s->out = reuse_take(&env->spares);
	if (s->out == NULL)
		s->out = malloc(sizeof(*s->out));
	if (s->out == NULL)
		return false;
	if (s->tls != NULL && s->up)
		tls_move_out(&s->tls->tls, s->out->bytes);
	return true;
}

size_t
stream_room(const struct stream *s)
{
	size_t room;

	if (s->env == NULL || !s->up || s->blocked || s->over != NULL ||
	    s->broken != 0 || s->finish)
		return 0;
	if (s->tls == NULL)
		return STREAM_PLAIN_OUT - s->out_to;
	(void)tls_put(&s->tls->tls, &room);
	return room;
}

size_t
stream_make_room(struct stream *s, size_t n)
{
	size_t room = stream_room(s);

	if (room >= n || room == 0)
		return room;
	stream_out_mark(s);	/* the flush reports a failed send */
	stream_out_send(s);
	return stream_room(s);
}

int
stream_put(struct stream *s, const uint8_t *head, size_t head_len,
    const uint8_t *body, size_t body_len)
{
	uint8_t *over = NULL;
	size_t done;

	if (head_len + body_len > stream_room(s)) {
		over = malloc(head_len + body_len);
		if (over == NULL)
			return -1;
	}
	if (!stream_out_take(s)) {
		free(over);
		return -1;
	}
	done = stream_out_fill(s, head, head_len);
	if (done == head_len)
		done += stream_out_fill(s, body, body_len);
	if (done < head_len + body_len) {
		must(over != NULL);	/* it did not fit stream_room() */
		s->over = over;
		s->over_from = s->over_to = 0;
		if (done < head_len) {
			memcpy(over, head + done, head_len - done);
			s->over_to = head_len - done;
			done = head_len;
		}
		memcpy(over + s->over_to, body + (done - head_len),
		    body_len - (done - head_len));
		s->over_to += body_len - (done - head_len);
	} else {
		free(over);
	}
	stream_out_mark(s);
	if (stream_room(s) == 0 || (s->brief &&
	    stream_unsent(s) >= ahead_piece(&s->ahead)))
		stream_out_send(s);
	return 0;
}

uint64_t
stream_beat(struct stream *s, uint64_t pause_ms)
{
	uint64_t now_ms = loop_now(s->env->loop);

	if (now_ms < s->moved_ms + pause_ms)
		return s->moved_ms + pause_ms;
	if (s->moved_ms != s->beat_ms)
		s->beats = 0;
	/* What is buffered will be sent as soon as that is possible. */
	if (s->out == NULL && stream_room(s) > 0 && s->beats < TLS_BEATS_MAX &&
	    stream_out_take(s)) {
		tls_beat(&s->tls->tls);
		stream_out_mark(s);
		stream_out_send(s);
		s->beat_ms = s->moved_ms;
		s->beats++;
	}
	return now_ms + pause_ms;
}

size_t
stream_unsent(const struct stream *s)
{
	size_t n = 0;

	if (s->env == NULL)
		return 0;
	if (s->over != NULL)
		n += s->over_to - s->over_from;
	if (s->tls != NULL)
		n += TLS_DATA_MAX - (stream_room(s) > TLS_DATA_MAX ?
		    TLS_DATA_MAX : stream_room(s));
	else
		n += s->out_to - s->out_from;
	return n;
}

size_t
stream_longest_acked(const struct stream *s)
{
	long unsent = sock_unsent(s->fd);

	if (unsent < 0 || s->taken - (uint64_t)unsent < s->longest_end)
		return 0;
	return s->longest;
}
