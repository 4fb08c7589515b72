/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * One association of a `dtls` end: its handshake, data, moves and end.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/dtls_call.h"

#include "tunnel/dtls_socket.h"
#include "tunnel/udp_legs.h"

enum {
	CALL_REOPEN_MS = 1000,	/* least, between two new sockets */
	CALL_ANNOUNCES = 4,	/* of a new address, at most */
	CALL_ANNOUNCE_MS = 200,	/* between the first two; doubles each time */
};

static void call_time(struct timer *);

/* It is due at due_ms, or UINT64_MAX: not any more. */
static void
call_set(struct call *c, enum call_due which, uint64_t due_ms)
{
	if (due_ms == UINT64_MAX)
		dues_stop(&c->dues, which);
	else if (dues_at(&c->dues, which) != due_ms)
		dues_set(&c->dues, call_loop(c), which, due_ms, call_time);
}

/* Queues what the engine has to send, and notes when it is due next. */
static void
call_output(struct call *c)
{
	struct calls *e = c->calls;

	if (dtls_leg_output(&e->shared, &c->dtls, &c->udp, &c->to, NULL) &&
	    list_empty(&c->link))
		list_add(&e->dirty, &c->link);
	call_set(c, CALL_ENGINE, c->move_due || c->refused_due ? 0 :
	    dtls_leg_deadline(&c->dtls, c->up, c->late_ms));
}

/*
 * The address of the server, and moves.
 */

/* Connects the socket to the source of the server's first authentic record; if
 * that fails a later record tries again. */
static void
call_connect(struct call *c, const struct addr *peer)
{
	uint64_t now_ms = loop_now(call_loop(c));
	bool other = !addr_same(&c->to, peer);
	char text[ADDR_TEXT];

	if (now_ms < c->connect_ms)
		return;
	if ((other && dtls_socket_mark(c, peer) != 0) ||
	    udp_connect(&c->udp, peer) != 0) {
		c->connect_ms = now_ms + CALL_REOPEN_MS;
		/* Meanwhile it sends to the first one. */
		if (other)
			(void)dtls_socket_mark(c, &c->to);
		return;
	}
	if (other)
		log_debug("flow %lu: the server replies from %s",
		    call_number(c), addr_text(peer, text));
	c->to = *peer;
}

/* Announces our new address to the server, and again later. */
static void
call_announce(struct call *c)
{
	uint64_t now_ms = loop_now(call_loop(c));

	dtls_announce(&c->dtls, now_ms);
	call_output(c);
	c->announced++;
	if (c->announced < CALL_ANNOUNCES)
		call_set(c, CALL_ANNOUNCE, now_ms +
		    ((uint64_t)CALL_ANNOUNCE_MS << c->announced));
}

/* Moves an association to a new socket, as dtls_socket_reopen() does. */
static bool
call_move_socket(struct call *c, bool only_moved)
{
	if (!c->up || !dtls_has_cid(&c->dtls) ||
	    !dtls_socket_reopen(c, only_moved))
		return false;
	c->announced = 0;
	call_announce(c);
	return true;
}

bool
call_follow(struct call *c)
{
	return call_move_socket(c, true);
}

/* The system no longer sends from our old address: replaces the socket if
 * connection IDs permit that, else reports no_route(). */
static void
call_move(struct call *c)
{
	c->opened_ms = loop_now(call_loop(c));
	if (c->up && dtls_has_cid(&c->dtls))
		(void)call_move_socket(c, false);
	else
		c->owner->ops->no_route(c);
	if (!c->freed)
		call_output(c);
}

/*
 * Time.
 */

/* The engine is due, the handshake has timed out, or a report is due that
 * call_count() has put off. */
static void
call_run_engine(struct call *c)
{
	uint64_t now_ms = loop_now(call_loop(c));

	if (c->move_due) {
		c->move_due = false;
		call_move(c);
	} else if (c->refused_due) {
		c->refused_due = false;
		c->owner->ops->refused(c);
		if (!c->freed)
			call_output(c);
	} else if (!c->up && now_ms >= c->late_ms) {
		c->owner->ops->late(c);
	} else if (!dtls_is_answered(&c->dtls) && !dtls_socket_change(c)) {
		c->owner->ops->no_route(c);
	} else {
		dtls_tick(&c->dtls, now_ms);
		call_output(c);
	}
}

bool
call_ask(struct call *c)
{
	if (!dtls_beat(&c->dtls))
		return false;
	call_output(c);
	return true;
}

bool
call_ask_size(struct call *c, uint32_t number, uint16_t size)
{
	uint8_t buffer[DTLS_HEAD + CALL_ASK_MAX + DTLS_TAIL];
	uint8_t *data = buffer + DTLS_HEAD;
	size_t len = size < DTLS_HEARTBEAT_LEAST ? DTLS_HEARTBEAT_LEAST : size;

	must(size <= CALL_ASK_MAX);
	if (dtls_ask_size(&c->dtls, &data, &len, number, size) != 0)
		return false;
	dtls_leg_put(&c->calls->shared, &c->udp, data, len, &c->to, NULL);
	if (list_empty(&c->link))
		list_add(&c->calls->dirty, &c->link);
	return true;
}

/* Reports the answer that a datagram had. */
static void
call_take_size(struct call *c)
{
	uint32_t number;
	uint16_t size;

	if (dtls_take_size(&c->dtls, &number, &size) &&
	    c->owner->ops->answered != NULL)
		c->owner->ops->answered(c, number, size);
}

/* The keep-alive is due: sends a heartbeat if nothing was sent for so long, and
 * the server has agreed to answer. */
static void
call_beat(struct call *c)
{
	uint64_t now_ms = loop_now(call_loop(c));

	if (now_ms >= c->sent_ms + c->calls->keepalive_ms) {
		if (!dtls_beat(&c->dtls))
			return;
		call_output(c);
		c->sent_ms = now_ms;
	}
	call_set(c, CALL_BEAT, c->sent_ms + c->calls->keepalive_ms);
}

/* Something is due. */
static void
call_time(struct timer *t)
{
	struct call *c = LIST_ITEM(t, struct call, dues.timer);

	switch ((enum call_due)dues_take(&c->dues, call_loop(c))) {
	case CALL_ENGINE:
		call_run_engine(c);
		break;
	case CALL_BEAT:
		call_beat(c);
		break;
	case CALL_ANNOUNCE:
		call_announce(c);
		break;
	}
}

/* Does an error of a socket mean that our address or the route has changed? */
static bool
is_route_error(int error)
{
	return error == ENETUNREACH || error == EHOSTUNREACH ||
	    error == EADDRNOTAVAIL || error == ENETDOWN || error == EINVAL;
}

/* Counts what the socket has lost.  An error also makes a move or a report due,
 * which call_run_engine() does later: the caller is sending or reading. */
static void
call_count(struct call *c)
{
	struct calls *e = c->calls;
	uint64_t now_ms = loop_now(call_loop(c));
	bool refused = c->udp.lost.refused > 0;
	bool failed = c->udp.lost.failed > 0;
	int error = refused ? c->udp.last_refusal : c->udp.last_error;

	udp_legs_count(&e->shared.end, c->owner->leg, &c->udp.lost);
	if (!refused && !failed)
		return;
	log_limited(&e->icmp_limit, now_ms, LEVEL_WARN,
	    "%s: %s (flow %lu)%s", e->shared.end.name, sock_strerror(error),
	    call_number(c), c->up ? "" : "; retrying until the time-out");
	if (is_route_error(error)) {
		if (now_ms - c->opened_ms < CALL_REOPEN_MS)
			return;
		c->move_due = true;
		call_set(c, CALL_ENGINE, now_ms);
	} else if (refused) {
		/* Not now: the owner may begin a new call, which queues a
		 * datagram, and this may be calls_flush(). */
		c->refused = c->refused_due = true;
		call_set(c, CALL_ENGINE, now_ms);
	}
}

/*
 * Datagrams.
 */

/* The handshake is done: reports that. */
static void
call_up(struct call *c)
{
	char text[120];

	c->up = true;
	c->sent_ms = loop_now(call_loop(c));
	if (c->calls->keepalive_ms > 0)
		call_set(c, CALL_BEAT, c->sent_ms + c->calls->keepalive_ms);
	log_debug("flow %lu: %s", call_number(c),
	    dtls_leg_text(&c->dtls, text, sizeof(text)));
	c->owner->ops->up(c);
}

/* Passes on the run of datagrams. */
static void
call_pass(struct call *c, struct dtls_run *run)
{
	unsigned n = run->n;

	run->n = 0;
	if (n > 0 && !c->freed)
		c->owner->ops->data(c, run->d, n);
}

/* The server or the engine has closed the association: passes on the data
 * before that, queues an alert that is due, and reports closed(). */
static void
call_close(struct call *c, struct dtls_run *run)
{
	char why[DTLS_WHY_TEXT];

	call_pass(c, run);
	if (c->freed)
		return;
	call_output(c);
	c->owner->ops->closed(c, dtls_why(&c->dtls, why));
}

/* Reports once that the server does not know the handshake. */
static void
call_look_forgotten(struct call *c)
{
	if (c->forgotten || !dtls_is_forgotten(&c->dtls))
		return;
	c->forgotten = true;
	c->owner->ops->forgotten(c);
}

/* Reads a datagram; appends its data to the run. */
static void
call_read(struct call *c, const struct udp_msg *m, struct dtls_run *run)
{
	uint64_t now_ms = loop_now(call_loop(c));
	struct dtls_reading reading;
	enum dtls_event event;

	if (!c->heard && c->owner->ops->heard != NULL)
		c->owner->ops->heard(c);
	c->heard = true;
	dtls_leg_read(&reading, &m->d);
	while (!c->freed) {
		event = dtls_next(&c->dtls, &reading.input, now_ms);
		if (reading.input.newest && !c->udp.connected &&
		    dtls_is_up(&c->dtls))
			call_connect(c, &m->peer);
		switch (event) {
		case DTLS_END:
			if (dtls_is_answered(&c->dtls))
				dtls_socket_close_former(c);
			if (c->up)
				dtls_leg_free_handshake(&c->calls->shared,
				    &c->dtls);
			if (reading.input.beat)
				c->beat_ms = now_ms;
			if (reading.input.newest)
				dues_stop(&c->dues, CALL_ANNOUNCE);
			if (reading.forged && !reading.input.beat && c->up)
				flow_drop(c->owner->leg, LOST_FORGED, 1);
			call_look_forgotten(c);
			if (reading.input.beat && !c->freed)
				call_take_size(c);
			return;
		case DTLS_UP:
			call_up(c);
			break;
		case DTLS_DATA:
			dtls_leg_take(&c->calls->shared, run, &reading);
			if (run->n == DGRAM_BATCH)
				call_pass(c, run);
			break;
		case DTLS_CLOSED:
			call_close(c, run);
			return;
		}
	}
}

void
call_readable(struct watch *w, unsigned events)
{
	struct call *c = LIST_ITEM(w, struct call, watch);
	struct udp_msg m[UDP_BATCH];
	struct dtls_run run;
	int n, i, j;

	(void)events;
	run.n = 0;
	for (i = 0; i < UDP_LEGS_RECEIVES; i++) {
		n = udp_receive(&c->udp, loop_arena(call_loop(c)), m,
		    UDP_BATCH);
		for (j = 0; j < n && !c->freed; j++)
			call_read(c, &m[j], &run);
		call_pass(c, &run);
		if (c->freed)
			return;
		/* A pending ICMP error fails one read; datagrams may be
		 * waiting behind it. */
		if (!c->udp.more &&
		    (n >= 0 || c->udp.last_error != ECONNREFUSED))
			break;
	}
	call_output(c);
	call_count(c);
}

void
call_send(struct call *c, struct dgram *d, unsigned n)
{
	struct calls *e = c->calls;

	c->sent_ms = loop_now(call_loop(c));
	dtls_leg_send(&e->shared, c->owner->leg, &c->dtls, &c->udp, d, n,
	    &c->to, NULL);
	/* Not earlier: dgram_room() may have flushed, which empties it. */
	if (!c->freed && list_empty(&c->link))
		list_add(&e->dirty, &c->link);
}

/* Sends the queue, and counts what that lost. */
static void
calls_flush(struct flusher *f)
{
	struct calls *e = LIST_ITEM(f, struct calls, shared.flusher);
	struct call *c;

	udp_flush(&e->shared.queue);
	while (!list_empty(&e->dirty)) {
		c = LIST_ITEM(e->dirty.next, struct call, link);
		list_remove(&c->link);
		call_count(c);
	}
}

/*
 * Beginning and end.
 */

struct call *
call_new(struct calls *e, struct call_owner *owner, const struct addr *to,
    unsigned n, uint64_t late_ms, char *why, size_t size)
{
	struct dtls_handshake *handshake = dtls_leg_new_handshake(&e->shared,
	    sizeof(*handshake));
	struct call *c = calloc(1, sizeof(*c));
	const char *step = "memory";
	unsigned i;

	if (c == NULL || handshake == NULL)
		goto fail;
	c->calls = e;
	c->owner = owner;
	list_init(&c->link);
	for (i = 0; i < n && dtls_socket_open(c, &to[i], &step) != 0; i++)
		;
	if (i == n)
		goto fail;
	c->late_ms = late_ms;
	c->sent_ms = loop_now(call_loop(c));
	dtls_start(&c->dtls, handshake, &e->shared.setup, NULL,
	    loop_now(call_loop(c)));
	call_output(c);
	return c;
fail:
	snprintf(why, size, "no socket: %s: %s", step, sock_strerror(errno));
	free(handshake);
	free(c);
	return NULL;
}

void
call_free(struct call *c)
{
	struct dtls_handshake *handshake = c->dtls.handshake;
	struct calls *e = c->calls;
	struct loop *loop = call_loop(c);

	must(!c->freed);
	c->freed = true;
	dtls_close(&c->dtls);
	(void)dtls_leg_output(&e->shared, &c->dtls, &c->udp, &c->to, NULL);
	dtls_socket_close_former(c);
	list_remove(&c->link);
	dues_stop_all(&c->dues);
	udp_forget(&e->shared.queue, &c->udp);
	watch_stop(&c->watch);
	dtls_socket_close_udp(c, &c->udp);
	dtls_end(&c->dtls);
	loop_free_later(loop, handshake);
	loop_free_later(loop, c);
}

int
calls_start(struct calls *e, const struct settings *s, struct fault *f)
{
	list_init(&e->dirty);
	e->keepalive_ms = (uint64_t)s->keepalive_ms;
	e->shared.flusher.fn = calls_flush;
	return dtls_leg_start(&e->shared, s, false, f);
}

void
calls_stop(struct calls *e)
{
	dtls_leg_stop(&e->shared);
}
