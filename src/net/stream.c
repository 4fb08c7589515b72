/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

#include "compat.h"

#include <string.h>

#include "net/stream.h"

#include "base/log.h"
#include "net/dgram.h"
#include "net/tcp.h"

enum {
	STREAM_IN = 128 * 1024,		/* bytes read in one call */
	STREAM_HANDSHAKES = 4,		/* steps of handshakes in a turn */
	STREAM_READS = 4,		/* calls for each stream and turn */
	STREAM_PLAIN_OUT = 16 * 1024,	/* gathered before a send */
	STREAM_SMALL = 4096,		/* pieces up to this are moved aside */
	STREAM_OUTS = 32,		/* output buffers that are filled before
					 * some are sent; as many are kept */
};

/* The engine of a TLS stream with its input. */
struct stream_tls {
	struct tls tls;
	struct tls_verify *verify;	/* until the handshake is over */
	uint8_t *in;		/* its own; NULL: the one that all share */
};

/* An output buffer. */
struct stream_out {
	struct stream_out *next;	/* of the spares */
	uint8_t bytes[TLS_OUT_SIZE];
};

/* Gives it back. */
static void
stream_drop_out(struct stream *s)
{
	struct stream_env *env = s->env;

	if (env->n_spares < STREAM_OUTS) {
		s->out->next = env->spares;
		env->spares = s->out;
		env->n_spares++;
	} else {
		free(s->out);
	}
	s->out = NULL;
}

/* Gives it back if there is nothing in it. */
static void
stream_rest_out(struct stream *s)
{
	if (s->out == NULL || !s->up || s->out_from != s->out_to)
		return;
	if (s->tls != NULL) {
		if (tls_out_used(&s->tls->tls))
			return;
		tls_move_out(&s->tls->tls, s->env->idle->bytes);
	}
	stream_drop_out(s);
}

/* Frees what the streams of an environment shared. */
static void
stream_env_free(struct stream_env *env)
{
	struct loop *loop = env->loop;
	struct stream_out *out;

	while ((out = env->spares) != NULL) {
		env->spares = out->next;
		free(out);
	}
	env->n_spares = 0;
	loop_free_later(loop, env->in);
	loop_free_later(loop, env->record);
	loop_free_later(loop, env->idle);
	env->in = env->record = NULL;
	env->idle = NULL;
}

/* Allocates what they share; false when there is no memory. */
static bool
stream_env_fill(struct stream_env *env)
{
	env->in = malloc(STREAM_IN);
	env->record = malloc(TLS_IN_SIZE);
	env->idle = malloc(sizeof(*env->idle));
	return env->in != NULL && env->record != NULL && env->idle != NULL;
}

/* Closes without a word to the owner. */
static void
stream_release(struct stream *s)
{
	struct stream_env *env = s->env;
	struct loop *loop = env->loop;

	watch_stop(&s->watch);
	list_remove(&s->link);
	sock_close(s->fd);
	s->fd = FD_NONE;
	if (s->tls != NULL) {
		/* Datagrams may still be borrowed from its buffers. */
		tls_wipe(&s->tls->tls);
		free(s->tls->verify);
		loop_free_later(loop, s->tls->in);
		loop_free_later(loop, s->tls);
		s->tls = NULL;
	}
	if (s->out != NULL)
		stream_drop_out(s);
	free(s->over);
	s->over = NULL;
	s->up = false;
	s->env = NULL;
	if (--env->n_streams == 0)
		stream_env_free(env);
}

/* Closes and tells the owner. */
static void
stream_end(struct stream *s, const char *why, bool clean)
{
	const struct stream_ops *ops = s->env->ops;

	stream_release(s);
	ops->down(s, why, clean);
}

/* Ends a stream whose TLS engine has come to its end. */
static void
stream_end_tls(struct stream *s)
{
	struct stream_env *env = s->env;
	const uint8_t *last;
	size_t len;
	int reads;

	if (tls_error(&s->tls->tls) == 0) {
		s->said_bye = true;
		stream_end(s, "closed by the peer", true);
		return;
	}
	/* The alert that tells the peer why.  Unread bytes would make the
	 * system reset the connection and the peer lose the alert. */
	last = tls_record_out(&s->tls->tls, &len);
	if (last != NULL && sock_send(s->fd, last, len) > 0) {
		(void)sock_shutdown(s->fd);
		for (reads = 0; reads < STREAM_READS; reads++)
			if (sock_recv(s->fd, env->in, STREAM_IN) <= 0)
				break;
	}
	tls_why(&s->tls->tls, env->why, sizeof(env->why));
	stream_end(s, env->why, false);
}

/* Has the stream flushed when the loop flushes. */
static void
stream_mark(struct stream *s)
{
	if (list_empty(&s->link))
		list_add(&s->env->dirty, &s->link);
	loop_mark(s->env->loop, &s->env->flusher);
}

/* Where bytes to be sent can be written, and how many. */
static uint8_t *
stream_space(struct stream *s, size_t *room)
{
	if (s->tls != NULL)
		return tls_put(&s->tls->tls, room);
	*room = STREAM_PLAIN_OUT - s->out_to;
	return s->out->bytes + s->out_to;
}

/* Copies as much as there is space for; returns how much. */
static size_t
stream_fill(struct stream *s, const uint8_t *p, size_t n)
{
	uint8_t *space;
	size_t room, done = 0;

	while (done < n) {
		space = stream_space(s, &room);
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
stream_pending(struct stream *s, size_t *len)
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

/* Notes that the first n of them were sent. */
static void
stream_sent(struct stream *s, size_t n)
{
	if (s->tls != NULL) {
		tls_record_out_done(&s->tls->tls, n);
		return;
	}
	s->out_from += n;
	if (s->out_from == s->out_to)
		s->out_from = s->out_to = 0;
}

/* Moves what is left of a large piece into the buffer. */
static void
stream_move_over(struct stream *s)
{
	s->over_from += stream_fill(s, s->over + s->over_from,
	    s->over_to - s->over_from);
	if (s->over_from == s->over_to) {
		free(s->over);
		s->over = NULL;
	}
}

/* Sends until nothing is left, the socket takes no more, or it broke. */
static void
stream_send(struct stream *s)
{
	const uint8_t *p;
	ssize_t sent;
	size_t len;

	while (!s->blocked && s->broken == 0) {
		if (s->over != NULL)
			stream_move_over(s);
		p = stream_pending(s, &len);
		if (p == NULL) {
			stream_rest_out(s);
			return;
		}
		sent = sock_send(s->fd, p, len);
		if (sent >= 0) {
			s->moved_ms = loop_now(s->env->loop);
			stream_sent(s, (size_t)sent);
		} else if (errno == EAGAIN) {
			s->blocked = true;
			watch_want(&s->watch, READABLE | WRITABLE);
		} else {
			s->broken = errno;
		}
	}
}

/* Sends what was put on any stream; what becomes of it is told when the loop
 * flushes. */
static void
stream_env_send(struct stream_env *env)
{
	struct list *at;

	env->gathering = 0;
	for (at = env->dirty.next; at != &env->dirty; at = at->next)
		stream_send(LIST_ITEM(at, struct stream, link));
}

/* Gives the stream an output buffer of its own; false when there is no memory.
 * When many streams gather at the same time, what they have goes out first. */
static bool
stream_take_out(struct stream *s)
{
	struct stream_env *env = s->env;

	if (s->out != NULL)
		return true;
	if (env->spares == NULL && env->gathering >= STREAM_OUTS)
		stream_env_send(env);
	env->gathering++;
	s->out = env->spares;
	if (s->out != NULL) {
		env->spares = s->out->next;
		env->n_spares--;
	} else {
		s->out = malloc(sizeof(*s->out));
		if (s->out == NULL)
			return false;
	}
	if (s->tls != NULL && s->up)
		tls_move_out(&s->tls->tls, s->out->bytes);
	return true;
}

/* Has the handshake just ended?  It does so with what the peer says last or,
 * on a client that resumes a session, with what is sent to it. */
static bool
stream_is_newly_up(const struct stream *s)
{
	return s->tls != NULL && !s->up && tls_state(&s->tls->tls) & TLS_UP;
}

/* Notes the end of the handshake; false when the stream is closed now. */
static bool
stream_tls_up(struct stream *s)
{
	char peer[ADDR_TEXT];

	log_debug("tls: %s handshake, %s (%s)",
	    tls_is_resumed(&s->tls->tls) ? "resumed" : "full",
	    tls_cipher_name(&s->tls->tls), addr_text(&s->peer, peer));
	tls_forget_verify(&s->tls->tls);
	free(s->tls->verify);
	s->tls->verify = NULL;
	s->up = true;
	s->env->ops->up(s);
	if (s->env == NULL)
		return false;
	stream_rest_out(s);
	return true;
}

/* Sends, then tells the owner what became of it. */
static void
stream_flush(struct stream *s)
{
	if (!s->up && s->tls == NULL) {
		s->up = true;
		s->env->ops->up(s);
		if (s->env == NULL)
			return;
	}
	stream_send(s);
	if (s->broken != 0)
		stream_end(s, sock_strerror(s->broken), false);
	else if (s->tls != NULL && tls_state(&s->tls->tls) & TLS_CLOSED)
		stream_end_tls(s);
	else if (stream_is_newly_up(s))
		(void)stream_tls_up(s);
}

/* Tells the owners what became of their streams. */
static void
stream_env_tell(struct timer *t)
{
	struct stream_env *env = LIST_ITEM(t, struct stream_env, teller);
	struct stream *s;

	while (!list_empty(&env->told)) {
		s = LIST_ITEM(env->told.next, struct stream, link);
		list_remove(&s->link);
		stream_flush(s);
	}
}

/* Sends what every stream has.  Owners are told later: whoever has the loop
 * flushed may be in the middle of a stream's, or a flow's, business. */
static void
stream_env_flush(struct flusher *f)
{
	struct stream_env *env = LIST_ITEM(f, struct stream_env, flusher);
	struct stream *s;

	env->gathering = 0;
	while (!list_empty(&env->dirty)) {
		s = LIST_ITEM(env->dirty.next, struct stream, link);
		list_remove(&s->link);
		stream_send(s);
		if (s->broken == 0 && (s->tls == NULL ? s->up :
		    !(tls_state(&s->tls->tls) & TLS_CLOSED) &&
		    !stream_is_newly_up(s)))
			continue;
		list_add(&env->told, &s->link);
		if (!timer_is_set(&env->teller))
			timer_set(&env->teller, env->loop,
			    loop_now(env->loop), stream_env_tell);
	}
}

/* Shows the owner n bytes that came; false when the stream is closed now. */
static bool
stream_deliver(struct stream *s, uint8_t *p, size_t n)
{
	struct loop *loop = s->env->loop;
	const struct stream_ops *ops = s->env->ops;
	struct dgram slot;

	if (n <= STREAM_SMALL) {
		arena_take(loop_arena(loop), &slot, 1);
		memcpy(slot.data, p, n);
		ops->data(s, slot.data, n, slot.head);
	} else {
		ops->data(s, p, n, 0);
		loop_flush(loop);
	}
	return s->env != NULL;
}

/* Does whatever the engine wants after bytes came; false when the stream is
 * closed now. */
static bool
stream_advance(struct stream *s)
{
	unsigned state;
	uint8_t *p;
	size_t n;

	/* It may have an answer to a control record, in the buffer that all
	 * share. */
	if (s->out == NULL && tls_out_used(&s->tls->tls) &&
	    !stream_take_out(s)) {
		stream_end(s, "no memory", false);
		return false;
	}
	for (;;) {
		state = tls_state(&s->tls->tls);
		if (stream_is_newly_up(s)) {
			if (!stream_tls_up(s))
				return false;
		} else if (state & TLS_HAVE_DATA) {
			p = tls_data(&s->tls->tls, &n);
			if (!stream_deliver(s, p, n))
				return false;
			tls_data_done(&s->tls->tls, n);
		} else if (state & TLS_CLOSED) {
			stream_end_tls(s);
			return false;
		} else {
			break;
		}
	}
	if (state & TLS_HAVE_RECORD) {
		if (s->up) {
			stream_mark(s);
		} else {
			stream_send(s);
			if (stream_is_newly_up(s))
				return stream_tls_up(s);
		}
	}
	return true;
}

/* Lets an engine that waits for a record use the buffer that all share, and
 * gives one that has the beginning of a record a buffer of its own; false when
 * the stream is closed now. */
static bool
stream_settle(struct stream *s)
{
	struct stream_tls *t = s->tls;

	if (tls_in_used(&t->tls) == 0) {
		if (t->in != NULL)
			tls_move_in(&t->tls, s->env->record);
		free(t->in);
		t->in = NULL;
	} else if (t->in == NULL) {
		t->in = malloc(TLS_IN_SIZE);
		if (t->in == NULL) {
			stream_end(s, "no memory", false);
			return false;
		}
		tls_move_in(&t->tls, t->in);
	}
	return true;
}

/* Gives the engine n bytes that came; false when the stream is closed now. */
static bool
stream_feed(struct stream *s, const uint8_t *p, size_t n)
{
	uint8_t *space;
	size_t room;

	while (n > 0) {
		space = tls_record_in(&s->tls->tls, &room);
		if (space == NULL) {
			stream_end(s, "the peer sends control records faster "
			    "than it reads", false);
			return false;
		}
		if (room > n)
			room = n;
		memcpy(space, p, room);
		p += room;
		n -= room;
		tls_record_in_done(&s->tls->tls, room);
		if (!stream_advance(s))
			return false;
	}
	return stream_settle(s);
}

/* Reads once; returns whether there may be more now. */
static bool
stream_read(struct stream *s)
{
	struct stream_env *env = s->env;
	uint8_t *at = env->in;
	size_t room = STREAM_IN;
	ssize_t n;

	if (s->tls != NULL && !s->up) {
		/* While the engine speaks and listens in turn, take just what
		 * it has room for. */
		at = tls_record_in(&s->tls->tls, &room);
		if (at == NULL) {
			watch_want(&s->watch, WRITABLE);
			s->blocked = true;
			return false;
		}
	}
	n = sock_recv(s->fd, at, room);
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		stream_end(s, n == 0 ? "closed by the peer" :
		    sock_strerror(errno), n == 0);
		return false;
	}
	if (s->tls == NULL) {
		if (!stream_deliver(s, at, (size_t)n))
			return false;
	} else if (at != env->in) {
		tls_record_in_done(&s->tls->tls, (size_t)n);
		return stream_advance(s) && (!s->up || stream_settle(s));
	} else if (!stream_feed(s, at, (size_t)n)) {
		return false;
	}
	return (size_t)n == room;
}

/* Is it a handshake's turn?  Each step of one costs as much as thousands of
 * datagrams, so a turn of the loop takes a few of them only; the input of the
 * others stays where it is until the next. */
static bool
stream_may_shake(struct stream_env *env)
{
	if (env->turn != loop_turns(env->loop)) {
		env->turn = loop_turns(env->loop);
		env->handshakes = 0;
	}
	return env->handshakes++ < STREAM_HANDSHAKES;
}

/* The socket can be read or written. */
static void
stream_ready(struct watch *w, unsigned events)
{
	struct stream *s = LIST_ITEM(w, struct stream, watch);
	int reads;

	if (events & WRITABLE && s->blocked) {
		s->blocked = false;
		watch_want(&s->watch, READABLE);
		stream_flush(s);
		if (s->env == NULL)
			return;
		if (s->up && !s->blocked) {
			s->env->ops->drained(s);
			if (s->env == NULL)
				return;
		}
	}
	if (!(events & READABLE) ||
	    (s->tls != NULL && !s->up && !stream_may_shake(s->env)))
		return;
	for (reads = 0; reads < STREAM_READS; reads++)
		if (!stream_read(s))
			return;
}

void
stream_env_open(struct stream_env *env, struct loop *loop,
    struct random *random, const struct stream_ops *ops)
{
	env->loop = loop;
	env->random = random;
	env->ops = ops;
	env->flusher.fn = stream_env_flush;
	list_init(&env->dirty);
	list_init(&env->told);
}

void
stream_env_close(struct stream_env *env)
{
	if (env->loop == NULL)
		return;
	loop_unmark(env->loop, &env->flusher);
	timer_stop(&env->teller);
	env->loop = NULL;
}

/* Gives the stream a TLS engine; -1 when that fails. */
static int
stream_start_tls(struct stream *s)
{
	struct stream_env *env = s->env;
	struct tls_args args = { 0 };

	s->tls = calloc(1, sizeof(*s->tls));
	if (s->tls == NULL)
		return -1;
	s->tls->verify = malloc(sizeof(*s->tls->verify));
	s->tls->in = malloc(TLS_IN_SIZE);
	args.setup = env->tls;
	args.name = env->name;
	args.peer = &s->peer;
	args.resume = env->resume;
	args.now_s = clock_wall_s();
	args.random = env->random;
	args.verify = s->tls->verify;
	args.in = s->tls->in;
	if (args.verify != NULL && args.in != NULL && stream_take_out(s)) {
		args.out = s->out->bytes;
		if (tls_start(&s->tls->tls, &args) == 0)
			return 0;
	}
	errno = ENOMEM;
	return -1;
}

int
stream_open(struct stream *s, struct stream_env *env, fd_t fd,
    const struct addr *peer)
{
	int error;

	memset(s, 0, sizeof(*s));
	list_init(&s->link);
	s->env = env;
	s->fd = fd;
	s->peer = *peer;
	if (env->n_streams++ == 0 && !stream_env_fill(env)) {
		errno = ENOMEM;
		goto fail;
	}
	if (env->tls != NULL && stream_start_tls(s) != 0)
		goto fail;
	if (watch_start(&s->watch, env->loop, fd, READABLE,
	    stream_ready) != 0)
		goto fail;
	stream_mark(s);
	return 0;
fail:
	error = errno;
	stream_release(s);
	errno = error;
	return -1;
}

size_t
stream_room(const struct stream *s)
{
	size_t room;

	if (s->env == NULL || !s->up || s->blocked || s->over != NULL ||
	    s->broken != 0)
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
	stream_mark(s);		/* it may break, and that is told later */
	stream_send(s);
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
	if (!stream_take_out(s)) {
		free(over);
		return -1;
	}
	done = stream_fill(s, head, head_len);
	if (done == head_len)
		done += stream_fill(s, body, body_len);
	if (done < head_len + body_len) {
		must(over != NULL);	/* what has room needs none */
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
	stream_mark(s);
	if (stream_room(s) == 0)
		stream_send(s);
	return 0;
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

void
stream_close(struct stream *s)
{
	const uint8_t *p;
	size_t len;

	if (s->env == NULL)
		return;
	if (s->up && s->over == NULL && s->broken == 0)
		stream_send(s);
	if (s->tls != NULL && s->up && !s->blocked && s->broken == 0) {
		tls_close(&s->tls->tls);
		p = tls_record_out(&s->tls->tls, &len);
		if (p != NULL)
			(void)sock_send(s->fd, p, len);
	}
	stream_release(s);
}

const char *
stream_identity(const struct stream *s)
{
	return s->tls == NULL ? "" : tls_peer_identity(&s->tls->tls);
}
