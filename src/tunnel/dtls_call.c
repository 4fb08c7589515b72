/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * One association of a `dtls` end: look-up, sockets, handshake, data and its
 * end.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/dtls_call.h"

#include "tunnel/udp_legs.h"

enum { CALL_REOPEN_MS = 1000 };	/* between two new sockets of a call */

static struct loop *
call_loop(const struct call *c)
{
	return c->calls->shared.end.tunnel->loop;
}

static unsigned long
call_number(const struct call *c)
{
	return c->leg->flow->number;
}

static void call_due(struct timer *);

/* Queues what the engine has to say, and sets the timer to when it is to be
 * called next. */
static void
call_tend(struct call *c)
{
	struct calls *e = c->calls;
	uint64_t late_ms = c->up ? UINT64_MAX : c->late_ms;

	if (dtls_leg_output(&e->shared, &c->dtls, &c->udp, &c->to, NULL) &&
	    list_empty(&c->link))
		list_add(&e->dirty, &c->link);
	dtls_leg_time(&e->shared, &c->dtls, &c->timer,
	    c->moved || c->to_tell ? 0 : late_ms, call_due);
}

/*
 * Sockets.
 */

static void call_readable(struct watch *, unsigned events);

/* Opens a socket to the server: connected or, with an address of ours, bound
 * to that.  0, or -1 and errno, and *step names the call that failed. */
static int
call_open(struct call *c, const struct addr *at, const struct addr *to,
    const char **step)
{
	struct calls *e = c->calls;
	int error;

	if (udp_open(&c->udp, at, at == NULL ? to : NULL, &e->shared.options,
	    step) != 0)
		return -1;
	*step = "watch";
	if (watch_start(&c->watch, call_loop(c), c->udp.fd, READABLE,
	    call_readable) != 0) {
		error = errno;
		udp_close(&c->udp);
		errno = error;
		return -1;
	}
	memset(&c->told, 0, sizeof(c->told));
	c->to = *to;
	udp_local(&c->udp, &c->from);
	c->from.port = 0;
	c->opened_ms = loop_now(call_loop(c));
	return 0;
}

/* Gives an association that is up a new socket, if the system gives one; with
 * only_moved, when that has another address. Did it? */
static bool
call_reopen(struct call *c, bool only_moved)
{
	struct calls *e = c->calls;
	struct addr to = c->to, from = c->from;
	struct udp_losses told = c->told;
	char text[ADDR_TEXT];
	struct udp old;
	const char *step;
	bool again;

	udp_forget(&e->shared.queue, &c->udp);
	watch_stop(&c->watch);
	old = c->udp;
	again = call_open(c, NULL, &to, &step) == 0;
	if (again && (!only_moved || !addr_same(&from, &c->from))) {
		udp_legs_count(&e->shared.end, c->leg, &told, &old.lost);
		udp_close(&old);
		log_limited(&e->move_limit, loop_now(call_loop(c)),
		    LEVEL_INFO, "flow %lu: goes on from %s", call_number(c),
		    addr_ip_text(&c->from, text));
		return true;
	}
	if (again) {
		watch_stop(&c->watch);
		udp_close(&c->udp);
	}
	c->udp = old;
	c->told = told;
	c->from = from;
	c->opened_ms = loop_now(call_loop(c));
	(void)watch_start(&c->watch, call_loop(c), old.fd, READABLE,
	    call_readable);
	return false;
}

bool
call_follow(struct call *c)
{
	return c->up && dtls_has_cid(&c->dtls) && call_reopen(c, true);
}

/* Nothing has come so far: takes answers from anywhere, by a new socket on the
 * same port.  False: there is none, and no socket at all. */
static bool
call_widen(struct call *c)
{
	struct calls *e = c->calls;
	struct addr at, to = c->to;
	const char *step;

	udp_local(&c->udp, &at);
	udp_forget(&e->shared.queue, &c->udp);
	udp_legs_count(&e->shared.end, c->leg, &c->told, &c->udp.lost);
	watch_stop(&c->watch);
	udp_close(&c->udp);
	return call_open(c, &at, &to, &step) == 0;
}

/* It is up, and that is where the server's authentic record came from: that is
 * where it stays. */
static void
call_settle(struct call *c, const struct addr *peer)
{
	char text[ADDR_TEXT];

	if (udp_connect(&c->udp, peer) != 0)
		return;
	if (!addr_same(&c->to, peer))
		log_debug("flow %lu: the server answers from %s",
		    call_number(c), addr_text(peer, text));
	c->to = *peer;
}

/*
 * Time.
 */

/* The system does not send from our old address any more. */
static void
call_move(struct call *c)
{
	c->opened_ms = loop_now(call_loop(c));
	if (c->up && dtls_has_cid(&c->dtls))
		(void)call_reopen(c, false);
	else
		c->calls->ops->stray(c);
	if (!c->dead)
		call_tend(c);
}

/* The engine's time has come, or the handshake's is over. */
static void
call_due(struct timer *t)
{
	struct call *c = LIST_ITEM(t, struct call, timer);
	uint64_t now_ms = loop_now(call_loop(c));

	if (c->moved) {
		c->moved = false;
		call_move(c);
	} else if (c->to_tell) {
		c->to_tell = false;
		c->calls->ops->refused(c);
		if (!c->dead)
			call_tend(c);
	} else if (!c->up && now_ms >= c->late_ms) {
		c->calls->ops->late(c);
	} else if (!c->up && !c->heard && c->udp.connected &&
	    !call_widen(c)) {
		c->calls->ops->stray(c);
	} else {
		dtls_tick(&c->dtls, now_ms);
		call_tend(c);
	}
}

/* Does that error say that our address, or the way, is another one now? */
static bool
call_is_astray(int error)
{
	return error == ENETUNREACH || error == EHOSTUNREACH ||
	    error == EADDRNOTAVAIL || error == ENETDOWN || error == EINVAL;
}

/* Counts what the socket lost, and looks why. */
static void
call_count(struct call *c)
{
	struct calls *e = c->calls;
	uint64_t now_ms = loop_now(call_loop(c));
	bool refused = c->udp.lost.refused != c->told.refused;
	bool failed = c->udp.lost.failed != c->told.failed;
	int error = c->udp.last_error;

	udp_legs_count(&e->shared.end, c->leg, &c->told, &c->udp.lost);
	if (!refused && !failed)
		return;
	log_limited(&e->icmp_limit, now_ms, LEVEL_WARN,
	    "%s: %s (flow %lu)%s", e->shared.end.name, sock_strerror(error),
	    call_number(c), c->up ? "" : "; trying on until the time-out");
	if (call_is_astray(error)) {
		if (now_ms - c->opened_ms < CALL_REOPEN_MS)
			return;
		c->moved = true;
		timer_set(&c->timer, call_loop(c), now_ms, call_due);
	} else if (refused) {
		/* The owner may begin another call, which sends: not here,
		 * where what was gathered is being sent. */
		c->refused = c->to_tell = true;
		timer_set(&c->timer, call_loop(c), now_ms, call_due);
	}
}

/*
 * Datagrams.
 */

/* The handshake is done. */
static void
call_up(struct call *c)
{
	char text[120];

	c->up = true;
	log_debug("flow %lu: %s", call_number(c),
	    dtls_leg_text(&c->dtls, text, sizeof(text)));
	c->calls->ops->up(c);
}

/* Passes on what was gathered. */
static void
call_pass(struct call *c, struct dtls_run *run)
{
	unsigned n = run->n;

	run->n = 0;
	if (n > 0 && !c->dead)
		c->calls->ops->data(c, run->d, n);
}

/* It is over. */
static void
call_close(struct call *c, struct dtls_run *run)
{
	char why[DTLS_WHY_TEXT];

	call_pass(c, run);
	if (c->dead)
		return;
	call_tend(c);
	c->calls->ops->closed(c, dtls_why(&c->dtls, why));
}

/* Reads a datagram. */
static void
call_read(struct call *c, const struct udp_msg *m, struct dtls_run *run)
{
	uint64_t now_ms = loop_now(call_loop(c));
	struct dtls_reading reading;
	enum dtls_event event;

	c->heard = true;
	dtls_leg_read(&reading, &m->d);
	while (!c->dead) {
		event = dtls_next(&c->dtls, &reading.input, now_ms);
		if (reading.input.newest && !c->udp.connected &&
		    dtls_is_up(&c->dtls))
			call_settle(c, &m->peer);
		switch (event) {
		case DTLS_END:
			if (c->up)
				dtls_leg_free_handshake(&c->dtls);
			if (reading.forged && c->up)
				flow_drop(c->leg, LOST_FORGED, 1);
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

/* Datagrams wait. */
static void
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
		for (j = 0; j < n && !c->dead; j++)
			call_read(c, &m[j], &run);
		call_pass(c, &run);
		if (c->dead)
			return;
		if (!c->udp.more &&
		    (n >= 0 || c->udp.last_error != ECONNREFUSED))
			break;
	}
	call_tend(c);
	call_count(c);
}

void
call_send(struct call *c, struct dgram *d, unsigned n)
{
	struct calls *e = c->calls;

	dtls_leg_send(&e->shared, c->leg, &c->dtls, &c->udp, d, n, &c->to,
	    NULL);
	/* Only now: making room may have flushed. */
	if (!c->dead && list_empty(&c->link))
		list_add(&e->dirty, &c->link);
}

/* Sends what was gathered. */
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
call_new(struct calls *e, struct leg *leg, const struct addr *to, unsigned n,
    uint64_t late_ms, char *why, size_t size)
{
	struct dtls_handshake *handshake = calloc(1, sizeof(*handshake));
	struct call *c = calloc(1, sizeof(*c));
	const char *step = "memory";
	unsigned i;

	if (c == NULL || handshake == NULL)
		goto fail;
	c->calls = e;
	c->leg = leg;
	list_init(&c->link);
	for (i = 0; i < n && call_open(c, NULL, &to[i], &step) != 0; i++)
		;
	if (i == n)
		goto fail;
	c->late_ms = late_ms;
	dtls_start(&c->dtls, handshake, &e->shared.setup, NULL,
	    loop_now(call_loop(c)));
	call_tend(c);
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

	must(!c->dead);
	c->dead = true;
	dtls_close(&c->dtls);
	(void)dtls_leg_output(&e->shared, &c->dtls, &c->udp, &c->to, NULL);
	list_remove(&c->link);
	timer_stop(&c->timer);
	udp_forget(&e->shared.queue, &c->udp);
	udp_legs_count(&e->shared.end, c->leg, &c->told, &c->udp.lost);
	watch_stop(&c->watch);
	udp_close(&c->udp);
	dtls_end(&c->dtls);
	loop_free_later(loop, handshake);
	loop_free_later(loop, c);
}

int
calls_start(struct calls *e, const struct settings *s,
    const struct call_ops *ops, struct fault *f)
{
	list_init(&e->dirty);
	e->ops = ops;
	e->shared.flusher.fn = calls_flush;
	return dtls_leg_start(&e->shared, s, false, f);
}

void
calls_stop(struct calls *e)
{
	dtls_leg_stop(&e->shared);
}
