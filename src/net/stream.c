/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Bytes over one connection: its states, its TLS handshake and its input.
 *
 * NOTES.  The states of a stream:
 *
 *	state		env	tls	up	what ends it
 *	closed		NULL	NULL	false	stream_open()
 *	connected	set	NULL	false	the next flush calls up()
 *	handshake	set	set	false	the engine shows TLS_UP: up()
 *	up		set	any	true	only what closes it
 *
 * In any state an error, end of file, or the end of the engine closes the
 * stream and calls down(); stream_close() closes it without that.  After a
 * fatal alert of ours the socket remains half-closed for a while
 * (net/linger.h).  stream_out.c has the states of the output.
 */

#include "compat.h"

#include <string.h>

#include "net/stream.h"

#include "base/log.h"
#include "net/dgram.h"
#include "net/tcp.h"
#include "wire/tls_verify.h"

enum {
	STREAM_IN = 128 * 1024,		/* bytes read in one call, */
	STREAM_FLIGHT = 4096,		/* and during the handshake */
	STREAM_HANDSHAKES = 4,		/* handshake budget of a turn: steps, */
	STREAM_HANDSHAKES_US = 20000,	/* and their time, after which no
					 * step begins */
	STREAM_READS = 4,		/* calls for each stream and turn */
	STREAM_SMALL = 4096,		/* pieces up to this are copied */
};

/* Frees the buffers of an environment; it has no streams any more. */
static void
stream_env_free(struct stream_env *env)
{
	struct loop *loop = env->loop;

	reuse_free(&env->spares);
	loop_free_later(loop, env->in);
	loop_free_later(loop, env->record);
	loop_free_later(loop, env->idle);
	env->in = env->record = NULL;
	env->idle = NULL;
}

/* Allocates the buffers of an environment; false when there is no memory. */
static bool
stream_env_fill(struct stream_env *env)
{
	env->in = malloc(STREAM_IN);
	env->record = malloc(TLS_IN_SIZE);
	env->idle = malloc(sizeof(*env->idle));
	return env->in != NULL && env->record != NULL && env->idle != NULL;
}

/* Counts the time of a step of the handshake, if one is under way. */
static void
stream_shaken(struct stream *s)
{
	struct stream_env *env = s->env;

	if (env->shaking != s)
		return;
	env->handshakes_us += clock_mono_us() - env->shaking_us;
	env->shaking = NULL;
}

/* Closes without calling the owner. */
static void
stream_release(struct stream *s)
{
	struct stream_env *env = s->env;
	struct loop *loop = env->loop;

	stream_shaken(s);
	watch_stop(&s->watch);
	list_remove(&s->link);
	if (s->fd != FD_NONE)
		sock_close(s->fd);
	s->fd = FD_NONE;
	if (s->tls != NULL) {
		clock_floor_forget(&s->tls->judged);
		/* Datagrams may still be borrowed from its buffers.  What was
		 * gathered counts as sent in the engine. */
		if (!s->up && (s->broken != 0 || s->sealed))
			tls_wipe_unsent(&s->tls->tls);
		else
			tls_wipe(&s->tls->tls);
		free(s->tls->verify);
		loop_free_later(loop, s->tls->in);
		loop_free_later(loop, s->tls);
		s->tls = NULL;
	}
	if (s->out != NULL)
		stream_out_drop(s);
	free(s->over);
	s->over = NULL;
	s->sealed = false;
	s->up = false;
	s->env = NULL;
	if (--env->n_streams == 0)
		stream_env_free(env);
}

/* Closes and calls down(). */
static void
stream_end(struct stream *s, const char *why, bool clean)
{
	const struct stream_ops *ops = s->env->ops;

	stream_release(s);
	ops->down(s, why, clean);
}

/* Has the TLS engine closed or failed?  Its alert may not be sent yet. */
static bool
stream_is_over(const struct stream *s)
{
	return s->tls != NULL && (tls_state(&s->tls->tls) & TLS_CLOSED ||
	    tls_error(&s->tls->tls) != 0);
}

/* Sends to a stream that is closed next, as much as the socket takes: nothing
 * urgent waits behind that any more. */
static void
stream_send_last(struct stream *s)
{
	if (s->ahead.stopped)
		s->blocked = false;
	s->brief = false;
	stream_out_send(s);
}

/* Ends a stream that is over.  After an alert of ours the socket lingers, so
 * that the peer receives it. */
static void
stream_end_tls(struct stream *s)
{
	struct stream_env *env = s->env;

	if (tls_error(&s->tls->tls) == 0) {
		s->got_close_notify = true;
		stream_end(s, "closed by the peer", true);
		return;
	}
	tls_why(&s->tls->tls, env->why, sizeof(env->why));
	if (env->judged != NULL)
		env->judged(s, tls_error(&s->tls->tls), s->tls->verify);
	stream_send_last(s);
	if (s->broken == 0 && !s->sealed &&
	    tls_alert_is_sent(&s->tls->tls)) {
		watch_stop(&s->watch);
		linger_start(&env->lingers, s->fd);
		s->fd = FD_NONE;
	}
	stream_end(s, env->why, false);
}

/* The clock was set, and the peer's certificate has expired. */
static void
stream_expired(struct clock_judged *j)
{
	struct stream_tls *t = LIST_ITEM(j, struct stream_tls, judged);

	stream_end(t->stream, "the certificate of the peer was accepted while "
	    "the clock was wrong, and has expired", false);
}

/* What was accepted by the floor of the clock will be judged again; what was
 * accepted by the clock shows that it is right. */
static void
stream_judge_clock(struct stream *s)
{
	struct clock_floor *floor = loop_clock_floor(s->env->loop);
	int64_t until_s = tls_until_s(&s->tls->tls);

	if (until_s == INT64_MAX)
		return;
	if (s->tls->by_floor)
		clock_floor_judged(floor, &s->tls->judged, until_s,
		    stream_expired);
	else if (!tls_is_resumed(&s->tls->tls))
		clock_floor_good(floor);
}

/* Completes the handshake and calls up(); false when the stream is closed
 * now. */
static bool
stream_tls_up(struct stream *s)
{
	char peer[ADDR_TEXT];

	log_debug("tls: %s handshake, %s (%s)",
	    tls_is_resumed(&s->tls->tls) ? "resumed" : "full",
	    tls_cipher_name(&s->tls->tls), addr_text(&s->peer, peer));
	if (s->env->judged != NULL)
		s->env->judged(s, 0, s->tls->verify);
	stream_judge_clock(s);
	tls_forget_verify(&s->tls->tls);
	free(s->tls->verify);
	s->tls->verify = NULL;
	s->up = true;
	s->env->ops->up(s);
	if (s->env == NULL)
		return false;
	stream_out_rest(s);
	if (s->gathers)
		stream_out_mark(s);
	return true;
}

/* Sends, then reports the result to the owner. */
static void
stream_flush(struct stream *s)
{
	if (!s->up && s->tls == NULL) {
		s->up = true;
		s->env->ops->up(s);
		if (s->env == NULL)
			return;
	}
	stream_out_send(s);
	if (s->broken != 0)
		stream_end(s, sock_strerror(s->broken), false);
	else if (stream_is_over(s))
		stream_end_tls(s);
	else if (stream_is_newly_up(s))
		(void)stream_tls_up(s);
}

/* Flushes the streams whose result could not be reported before. */
static void
stream_env_report(struct timer *t)
{
	struct stream_env *env = LIST_ITEM(t, struct stream_env, reporter);
	struct stream *s;

	while (!list_empty(&env->unreported)) {
		s = LIST_ITEM(env->unreported.next, struct stream, link);
		list_remove(&s->link);
		stream_flush(s);
	}
}

/* Sends what all streams have buffered.  Owners are called later, by a timer:
 * the caller of loop_flush() may be in the middle of work on a stream or a
 * flow, which a callback could close. */
static void
stream_env_flush(struct flusher *f)
{
	struct stream_env *env = LIST_ITEM(f, struct stream_env, flusher);
	struct stream *s;

	env->gathering = 0;
	while (!list_empty(&env->dirty)) {
		s = LIST_ITEM(env->dirty.next, struct stream, link);
		list_remove(&s->link);
		stream_out_send(s);
		if (s->broken == 0 && (s->tls == NULL ? s->up :
		    !stream_is_over(s) && !stream_is_newly_up(s)))
			continue;
		list_add(&env->unreported, &s->link);
		if (!timer_is_set(&env->reporter))
			timer_set(&env->reporter, env->loop,
			    loop_now(env->loop), stream_env_report);
	}
}

/* Passes n received bytes to the owner; false when the stream is closed
 * now. */
static bool
stream_deliver(struct stream *s, uint8_t *p, size_t n)
{
	struct loop *loop = s->env->loop;
	const struct stream_ops *ops = s->env->ops;
	struct dgram slot[2];

	if (n <= STREAM_SMALL) {
		/* The second one stays there for the owner: if the arena had to
		 * wrap for that, what is in the first would not be flushed
		 * before that is used again. */
		arena_take(loop_arena(loop), slot, 2);
		arena_give_back(loop_arena(loop), 1);
		memcpy(slot[0].data, p, n);
		ops->data(s, slot[0].data, n, slot[0].head);
	} else {
		ops->data(s, p, n, 0);
		loop_flush(loop);
	}
	return s->env != NULL;
}

/* Serves the engine after it was fed; false when the stream is closed now. */
static bool
stream_advance(struct stream *s)
{
	unsigned state;
	uint8_t *p;
	size_t n;

	/* The engine may have written a reply to a control record into the
	 * shared output buffer, which other streams would overwrite. */
	if (s->out == NULL && tls_out_used(&s->tls->tls) &&
	    !stream_out_take(s)) {
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
		} else if (stream_is_over(s)) {
			stream_end_tls(s);
			return false;
		} else {
			break;
		}
	}
	if (state & TLS_HAVE_RECORD) {
		if (s->up)
			stream_out_mark(s);
		else
			stream_flush(s);
	}
	return s->env != NULL;
}

/* Between records the engine uses the shared input buffer; with a partial
 * record it gets a buffer of its own.  False when the stream is closed now. */
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

/* Feeds n received bytes to the engine; false when the stream is closed
 * now. */
static bool
stream_feed(struct stream *s, const uint8_t *p, size_t n)
{
	uint8_t *space;
	size_t room;

	while (n > 0) {
		space = tls_record_in(&s->tls->tls, &room);
		if (space == NULL || s->sealed) {
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
	return !s->up || stream_settle(s);
}

/* Reads once; returns whether there may be more now. */
static bool
stream_read(struct stream *s)
{
	struct stream_env *env = s->env;
	size_t room = STREAM_IN;
	ssize_t n;

	if (s->tls != NULL && !s->up) {
		/* The engine takes no input while it has output, and gets none
		 * while that is not sent. */
		if (s->sealed ||
		    tls_record_in(&s->tls->tls, &room) == NULL) {
			watch_want(&s->watch, WRITABLE);
			s->blocked = true;
			return false;
		}
		room = STREAM_FLIGHT;
	}
	n = sock_recv(s->fd, env->in, room);
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0 && stream_is_over(s)) {
		/* Its reply to a close_notify was sent, which is not reported
		 * yet; what the end of the connection would say is wrong. */
		stream_end_tls(s);
		return false;
	}
	if (n <= 0) {
		s->broken = n < 0 ? errno : 0;
		stream_end(s, n < 0 ? sock_strerror(errno) :
		    s->tls != NULL && !s->up ? "closed by the peer within the "
		    "TLS handshake; perhaps it does not speak TLS" :
		    "closed by the peer", n == 0);
		return false;
	}
	s->heard_ms = loop_now(env->loop);
	if (s->tls == NULL ? !stream_deliver(s, env->in, (size_t)n) :
	    !stream_feed(s, env->in, (size_t)n))
		return false;
	return (size_t)n == room;
}

/* Reads a few times, while there may be more. */
static void
stream_read_some(struct stream *s)
{
	int reads;

	for (reads = 0; reads < STREAM_READS; reads++)
		if (!stream_read(s))
			return;
}

/* Takes a step of a handshake, unless this turn's budget is spent.  A step
 * costs as much as thousands of datagrams, with some keys ten times that, so a
 * turn of the loop handles only a few; the input of the others stays in their
 * sockets until the next turn.  The time of other work of the turn is not
 * counted. */
static void
stream_shake_hands(struct stream *s)
{
	struct stream_env *env = s->env;

	if (env->turn != loop_turns(env->loop)) {
		env->turn = loop_turns(env->loop);
		env->handshakes = 0;
		env->handshakes_us = 0;
	}
	if (env->handshakes >= STREAM_HANDSHAKES ||
	    env->handshakes_us >= STREAM_HANDSHAKES_US)
		return;
	env->handshakes++;
	env->shaking = s;
	env->shaking_us = clock_mono_us();
	stream_read_some(s);
	/* If it was closed, the environment may be gone. */
	if (s->env != NULL)
		stream_shaken(s);
}

/* The socket can be read or written. */
static void
stream_ready(struct watch *w, unsigned events)
{
	struct stream *s = LIST_ITEM(w, struct stream, watch);

	if (events & WRITABLE && s->blocked) {
		s->blocked = false;
		watch_want(&s->watch, READABLE);
		ahead_writable(&s->ahead, s->fd);
		stream_flush(s);
		if (s->env == NULL)
			return;
		if (s->up && !s->blocked) {
			s->env->ops->drained(s);
			if (s->env == NULL)
				return;
		}
	}
	if (!(events & READABLE))
		return;
	if (s->tls != NULL && !s->up)
		stream_shake_hands(s);
	else
		stream_read_some(s);
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
	list_init(&env->unreported);
	lingers_init(&env->lingers, loop);
}

void
stream_env_close(struct stream_env *env)
{
	if (env->loop == NULL)
		return;
	loop_unmark(env->loop, &env->flusher);
	timer_stop(&env->reporter);
	lingers_close(&env->lingers);
	env->loop = NULL;
}

/* Starts a TLS engine for the stream; 0, or -1 and errno. */
static int
stream_start_tls(struct stream *s)
{
	struct stream_env *env = s->env;
	struct tls_args args = { 0 };
	struct clock_floor *floor = env->tls->time_check == TLS_TIME_FLOOR ?
	    loop_clock_floor(env->loop) : NULL;

	s->tls = calloc(1, sizeof(*s->tls));
	if (s->tls == NULL)
		return -1;
	s->tls->stream = s;
	s->tls->by_floor = clock_floor_is_used(floor);
	s->tls->verify = malloc(sizeof(*s->tls->verify));
	s->tls->in = malloc(TLS_IN_SIZE);
	args.setup = env->tls;
	args.name = env->name;
	args.peer = &s->peer;
	/* A session would end sooner than its certificates. */
	args.resume = s->tls->by_floor ? NULL : env->resume;
	args.now_s = clock_floor_now_s(floor);
	args.random = env->random;
	args.verify = s->tls->verify;
	args.in = s->tls->in;
	if (args.verify != NULL && args.in != NULL && stream_out_take(s)) {
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
	s->opened_ms = loop_now(env->loop);
	if (env->n_streams++ == 0 && !stream_env_fill(env)) {
		errno = ENOMEM;
		goto fail;
	}
	if (env->tls != NULL && stream_start_tls(s) != 0)
		goto fail;
	if (watch_start(&s->watch, env->loop, fd, READABLE,
	    stream_ready) != 0)
		goto fail;
	stream_out_mark(s);
	return 0;
fail:
	error = errno;
	stream_release(s);
	errno = error;
	return -1;
}

void
stream_close(struct stream *s)
{
	const uint8_t *p;
	size_t len;

	if (s->env == NULL)
		return;
	if (s->up && s->broken == 0)
		stream_send_last(s);
	if (s->tls != NULL && s->up && !s->blocked && s->broken == 0) {
		tls_close(&s->tls->tls);
		p = tls_record_out(&s->tls->tls, &len);
		if (p != NULL)
			(void)sock_send(s->fd, p, len);
	}
	stream_release(s);
}

void
stream_finish(struct stream *s)
{
	if (s->env == NULL || !s->up || s->tls != NULL || s->finish)
		return;
	s->finish = true;
	stream_out_send(s);
}

const char *
stream_text(const struct stream *s, char buf[STREAM_TEXT])
{
	if (s->tls == NULL)
		strlcpy(buf, "TCP", STREAM_TEXT);
	else
		snprintf(buf, STREAM_TEXT, "TLS 1.2, %s, %s",
		    tls_cipher_name(&s->tls->tls),
		    tls_is_resumed(&s->tls->tls) ? "session resumed" :
		    "full handshake");
	return buf;
}

bool
stream_was_cut(const struct stream *s, bool clean)
{
	return clean || s->broken == ECONNRESET || s->broken == ECONNABORTED ||
	    s->broken == EPIPE;
}

const char *
stream_identity(const struct stream *s)
{
	return s->tls == NULL ? "" : tls_peer_identity(&s->tls->tls);
}
