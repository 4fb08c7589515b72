/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * `tls` and `tcp`: the dialling side of the uotp pool, several connections to
 * one server for each flow; and `udp2tcp`, which has one for each flow.
 *
 * NOTES.  A connection of udp2tcp carries one flow and sends no identifier.
 * Servers close it when it is idle, so a lost one is dialled again only when
 * there is something to send.  tunnel/pool_rest.h has how the others are
 * replaced.
 */

#include "compat.h"

#include "tunnel/ends.h"

#include "tunnel/facts.h"

#include "tunnel/bind.h"
#include "tunnel/pool_dial.h"
#include "tunnel/pool_rest.h"

/* Our addresses or routes have changed. */
static void
dialler_rerouted(struct route_watch *w)
{
	struct dialler *e = LIST_ITEM(w, struct dialler, route);
	unsigned left = 0;
	struct list *at;

	for (at = e->legs.next; at != &e->legs; at = at->next)
		left += pool_dial_reroute(LIST_ITEM(at, struct dialler_leg,
		    link));
	if (left > 0)
		log_info("%s: our address has changed; connecting again",
		    e->pool.framed.end.name);
}

/* Dials all connections that are needed again. */
static void
dialler_reconnect(struct end *end)
{
	struct dialler *e = dialler_of_end(end);
	struct list *at;

	for (at = e->legs.next; at != &e->legs; at = at->next)
		dialler_leg_dial_anew(LIST_ITEM(at, struct dialler_leg, link));
}

/* The machine was suspended: dials all connections that are needed again. */
static void
dialler_slept(struct sleeper *s, uint64_t slept_ms)
{
	struct dialler *e = LIST_ITEM(s, struct dialler, sleeper);

	if (redial_note_sleep(&e->redial, slept_ms))
		dialler_reconnect(&e->pool.framed.end);
}

/* The end_ops.tell_leg: as that of any pool, and when the next attempt is due
 * of a flow without a connection. */
static void
dialler_tell_leg(const struct leg *leg, struct facts *f)
{
	const struct dialler_leg *l = (const struct dialler_leg *)leg;
	const struct dialler *e = dialler_of_leg(l);
	uint64_t now_ms = loop_now(dialler_loop(e));
	const struct timer *t;
	int64_t i, left;

	pool_tell_leg(leg, f);
	for (i = 0; l->n_up == 0 && i < e->size + POOL_EXTRA; i++) {
		t = &l->conn[i].try.timer;
		/* The timer of a handshake is its end. */
		if (!timer_is_set(t) || l->conn[i].setting_up ||
		    l->conn[i].stalled || l->conn[i].retired)
			continue;
		left = t->due_ms > now_ms ? (int64_t)(t->due_ms - now_ms) : 0;
		if (f->retry_ms < 0 || left < f->retry_ms)
			f->retry_ms = left;
	}
}

static void
dialler_send(struct leg *leg, struct dgram *d, unsigned n)
{
	struct dialler_leg *l = dialler_leg_of(leg);

	pool_send(leg, d, n);
	if (!l->spares)
		pool_rest_wake(l);
	if (l->kept || (framed_leg_count(&l->pool.framed) > 0 &&
	    !dialler_leg_is_served(l)))
		dialler_leg_dial_soon(l);
}

static int
dialler_open(struct leg *leg)
{
	struct dialler *e = dialler_of_end(leg->end);
	struct dialler_leg *l = dialler_leg_of(leg);
	int64_t i;

	l->conn = calloc((size_t)e->size + POOL_EXTRA, sizeof(*l->conn));
	if (l->conn == NULL) {
		log_limited(&e->pool.limit, loop_now(leg->end->tunnel->loop),
		    LEVEL_WARN, "%s: no memory", e->pool.framed.end.name);
		return -1;
	}
	pool_leg_open(&l->pool);
	pool_rest_begin(l);
	random_bytes(leg->end->tunnel->random, l->id, sizeof(l->id));
	/* A version 4 UUID (RFC 9562 5.4), as the original sends. */
	l->id[6] = (uint8_t)((l->id[6] & 0x0f) | 0x40);
	l->id[8] = (uint8_t)((l->id[8] & 0x3f) | 0x80);
	for (i = 0; i < e->size + POOL_EXTRA; i++) {
		l->conn[i].leg = l;
		l->conn[i].conn.leg = &l->pool;
		redial_reset(&e->redial, &l->conn[i].try);
		list_init(&l->conn[i].link);
		list_init(&l->conn[i].conn.link);
		list_init(&l->conn[i].conn.look);
	}
	l->first = l->conn;
	(void)target_choose(&e->target, &l->aim);
	list_add(&e->legs, &l->link);
	list_add(&e->firsts, &l->conn[0].link);
	dialler_dial_next(e);
	return 0;
}

static void
dialler_close(struct leg *leg)
{
	struct dialler *e = dialler_of_end(leg->end);
	struct dialler_leg *l = dialler_leg_of(leg);

	dialler_leg_stop(l);
	list_remove(&l->link);
	pool_rest_end(l);
	pool_leg_close(&l->pool);
	loop_free_later(leg->end->tunnel->loop, l->conn);
	dialler_dial_next(e);
}

/* The only look-up with resolve-once is done. */
static void
dialler_resolved(struct lookup *lookup, const struct addr *addr, unsigned n,
    const char *why)
{
	struct dialler *e = LIST_ITEM(lookup, struct dialler, lookup);

	if (n == 0)
		log_warn("%s: %s; it is looked up again when the first flow "
		    "needs it", e->pool.framed.end.name, why);
	redial_keep(&e->redial, addr, n);
}

/* The common part of start(). */
static int
dialler_start(struct end *end, const struct settings *s,
    const struct frame_format *format, bool tls, struct fault *f)
{
	struct dialler *e = dialler_of_end(end);

	target_init(&e->target, end, s);
	redial_init(&e->redial, end, s, &e->pool.framed.options);
	e->size = e->single ? 1 : s->pool;
	e->warm = s->keepalive_ms > 0 ||
	    end->tunnel->end[LEFT]->ops->lasting;
	e->beat_ms = tls ? (uint64_t)s->keepalive_ms : 0;
	e->pool.framed.unsent_ms = s->timeout_ms;
	pool_dial_start(e);
	if (s->tls_name != NULL)
		strlcpy(e->name, s->tls_name, sizeof(e->name));
	if (bind_check_mark(end, s, f) != 0 ||
	    pool_start(&e->pool, s, format, false, tls, f) != 0)
		return -1;
	e->sleeper.fn = dialler_slept;
	loop_watch_sleep(end->tunnel->loop, &e->sleeper);
	e->route.mark_set = s->mark >= 0;
	e->route.mark = (uint32_t)s->mark;
	route_watch_start(&e->route, end->tunnel->loop, dialler_rerouted);
	e->pool.framed.env.resume = &e->resume;
	if (s->resolve_once)
		resolve_start(end->tunnel->resolver, &e->lookup, s->at.host,
		    s->at.port, LOOKUP_CONNECT, s->timeout_ms,
		    dialler_resolved);
	return 0;
}

static int
dialler_start_tcp(struct end *end, const struct settings *s, struct fault *f)
{
	return dialler_start(end, s, &frame_uotp, false, f);
}

static int
dialler_start_udp2tcp(struct end *end, const struct settings *s,
    struct fault *f)
{
	dialler_of_end(end)->single = true;
	return dialler_start(end, s, &frame_udp2tcp, false, f);
}

static int
dialler_start_tls(struct end *end, const struct settings *s, struct fault *f)
{
	return dialler_start(end, s, &frame_uotp, true, f);
}

static void
dialler_stop(struct end *end)
{
	struct dialler *e = dialler_of_end(end);

	loop_unwatch_sleep(&e->sleeper);
	route_watch_stop(&e->route);
	pool_dial_end(e);
	resolve_cancel(&e->lookup);
	pool_stop(&e->pool);
	tls_resume_forget(&e->resume);
}

static int
dialler_prepare(struct end *end, const struct settings *s, struct fault *f)
{
	return framed_prepare(&dialler_of_end(end)->pool.framed, s, f);
}

static void
dialler_renew(struct end *end, const struct settings *s)
{
	struct dialler *e = dialler_of_end(end);

	(void)framed_renew(&e->pool.framed, s);
	if (s == NULL)
		return;
	e->pool.framed.unsent_ms = s->timeout_ms;
	redial_renew(&e->redial, s);
}

const struct end_ops end_tcp = {
	.name = "tcp",
	.brief = HELP("a pool of TCP connections for each flow"),
	.side = RIGHT,
	.end_size = sizeof(struct dialler),
	.leg_size = sizeof(struct dialler_leg),
	.options = settings_tcp,
	.start = dialler_start_tcp,
	.prepare = dialler_prepare,
	.renew = dialler_renew,
	.open = dialler_open,
	.send = dialler_send,
	.room = framed_room,
	.tell = pool_tell,
	.tell_leg = dialler_tell_leg,
	.reconnect = dialler_reconnect,
	.close = dialler_close,
	.stop = dialler_stop,
};

const struct end_ops end_tls = {
	.name = "tls",
	.brief = HELP("the same inside TLS"),
	.side = RIGHT,
	.end_size = sizeof(struct dialler),
	.leg_size = sizeof(struct dialler_leg),
	.options = settings_tls,
	.check = redial_check_tls,
	.start = dialler_start_tls,
	.prepare = dialler_prepare,
	.renew = dialler_renew,
	.open = dialler_open,
	.send = dialler_send,
	.room = framed_room,
	.tell = pool_tell,
	.tell_leg = dialler_tell_leg,
	.reconnect = dialler_reconnect,
	.close = dialler_close,
	.stop = dialler_stop,
};

const struct end_ops end_udp2tcp = {
	.name = "udp2tcp",
	.brief = HELP("a TCP connection for each flow, to mullvad's tcp2udp"),
	.side = RIGHT,
	.end_size = sizeof(struct dialler),
	.leg_size = sizeof(struct dialler_leg),
	.options = settings_udp2tcp,
	.start = dialler_start_udp2tcp,
	.prepare = dialler_prepare,
	.renew = dialler_renew,
	.open = dialler_open,
	.send = dialler_send,
	.room = framed_room,
	.tell = pool_tell,
	.tell_leg = dialler_tell_leg,
	.reconnect = dialler_reconnect,
	.close = dialler_close,
	.stop = dialler_stop,
};
