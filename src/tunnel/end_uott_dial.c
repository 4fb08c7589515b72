/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * `uott`: the dialling side of uott, one connection for all flows, each with a
 * tag of its own.
 *
 * NOTES.  The end connects at its start, so that a mistake shows at once, and
 * keeps the connection.  When the connection is lost or cannot be made, it is
 * dialled again (tunnel/redial.h) while there are flows, else with the next
 * flow.  Flows survive that: a new connection needs no set-up for them, since
 * each frame has its tag.
 *
 * The tag of an ended flow is in quarantine for a while (tunnel/uott_tags.h).
 * When no tag is free, the least recently used one is taken: either that of a
 * flow, which ends, or one in quarantine.
 */

#include "compat.h"

#include "tunnel/ends.h"

#include "tunnel/bind.h"
#include "tunnel/uott_mux.h"
#include "tunnel/redial.h"
#include "tunnel/target.h"
#include "tunnel/uott_tags.h"

enum {
	CALL_REST_MS = 120000,	/* shortest quarantine of a tag; the idle time
				 * if that is longer: the peer's is unknown */
};

/*
 * An end, with the states of its connection:
 *
 *	state		setting_up	try.timer	conn
 *	not connected	no		-		closed
 *	connecting	yes		-		closed
 *	handshake	yes		its end		open
 *	up		no		-		open
 *	back-off	no		next attempt	closed
 *
 * "Not connected" lasts until there is a flow.
 */
struct caller {
	struct mux mux;
	struct mux_conn conn;	/* the only one */
	struct target target;
	struct aim aim;		/* endpoint that is used now */
	char name[HOST_TEXT];	/* expected in the certificate; "": the host
				 * that is dialled */
	struct tls_resume resume;	/* the server's newest TLS session */
	struct redial redial;
	struct redial_try try;
	bool setting_up;	/* an attempt is under way */
	struct uott_tags tags;	/* owners: struct call_leg */
	struct list legs;	/* struct call_leg, least recently used first */
	struct log_limit lost_limit, tags_limit;
	struct sleeper sleeper;
	struct route_watch route;
};

/* A leg. */
struct call_leg {
	struct mux_leg mux;
	struct list link;	/* in caller->legs */
};

static struct caller *
caller_of(const struct mux_conn *c)
{
	return (struct caller *)c->mux;
}

static struct loop *
caller_loop(const struct caller *e)
{
	return e->mux.framed.end.tunnel->loop;
}

/*
 * Connecting
 */

/* The end of a log line about the next attempt: its condition, or "". */
static const char *
caller_when(const struct caller *e)
{
	return list_empty(&e->legs) ? " when there is a flow" : "";
}

static void caller_redial(struct timer *);

/* Schedules a new attempt, if there are flows. */
static void
caller_retry(struct caller *e)
{
	e->setting_up = false;
	if (!list_empty(&e->legs))
		redial_again(&e->redial, &e->try, caller_redial);
}

/* The attempt failed: selects a different endpoint for the next one, if there
 * is a group. */
static void
caller_failed(struct caller *e, const char *why)
{
	timer_stop(&e->try.timer);
	redial_log_failure(&e->redial, why, caller_when(e));
	target_failed(&e->target, &e->aim);
	(void)target_choose(&e->target, &e->aim);
	caller_retry(e);
}

/* The handshake timed out. */
static void
caller_late(struct timer *t)
{
	struct caller *e = LIST_ITEM(t, struct caller, try.timer);

	mux_conn_close(&e->conn);
	caller_failed(e, "connected, but no TLS handshake in time; does the "
	    "other end have the key tls?");
}

/* Connecting is done; fd is FD_NONE when it failed. */
static void
caller_connected(struct tcp_dial *d, fd_t fd, const struct addr *to,
    const char *why)
{
	struct caller *e = LIST_ITEM(d, struct caller, try.dial);

	redial_keep(&e->redial, d->addr, d->n_addr);
	if (fd == FD_NONE) {
		caller_failed(e, why);
		return;
	}
	e->mux.framed.env.name = *e->name != '\0' ? e->name : e->aim.at.host;
	if (mux_conn_open(&e->conn, fd, to) != 0) {
		caller_failed(e, sock_strerror(errno));
		return;
	}
	timer_set(&e->try.timer, caller_loop(e), e->try.began_ms +
	    (uint64_t)e->redial.timeout_ms, caller_late);
}

/* Dials. */
static void
caller_dial(struct caller *e)
{
	e->setting_up = true;
	redial_dial(&e->redial, &e->try, &e->aim.at, caller_connected);
}

/* The back-off is over: dials, if there is still a flow. */
static void
caller_redial(struct timer *t)
{
	struct caller *e = LIST_ITEM(t, struct caller, try.timer);

	if (!list_empty(&e->legs))
		caller_dial(e);
}

/* A flow has traffic: without a connection, the next attempt begins at most
 * REDIAL_HURRY_MS after the one before, or now if that has passed. */
static void
caller_dial_soon(struct caller *e)
{
	struct loop *loop = caller_loop(e);
	struct redial_try *try = &e->try;
	uint64_t due_ms = try->began_ms + (try->pause_ms < REDIAL_HURRY_MS ?
	    try->pause_ms : REDIAL_HURRY_MS);

	if (e->setting_up || framed_is_up(&e->conn.framed))
		return;
	if (due_ms < loop_now(loop))
		due_ms = loop_now(loop);
	if (!timer_is_set(&try->timer) || try->timer.due_ms > due_ms)
		timer_set(&try->timer, loop, due_ms, caller_redial);
}

/* The connection is up, and so are all flows. */
static void
caller_up(struct mux_conn *c)
{
	struct caller *e = caller_of(c);
	struct list *at, *next;
	char peer[ADDR_TEXT];

	timer_stop(&e->try.timer);
	e->setting_up = false;
	e->try.up_ms = loop_now(caller_loop(e));
	target_answered(&e->target, &e->aim);
	log_limited(&e->redial.limit, e->try.up_ms, LEVEL_INFO,
	    "%s: connected to %s%s", e->mux.framed.end.name,
	    addr_text(&c->framed.stream.peer, peer),
	    e->redial.failing ? " again" : "");
	e->redial.failing = false;
	for (at = e->legs.next; at != &e->legs; at = next) {
		next = at->next;
		flow_up(&LIST_ITEM(at, struct call_leg, link)->mux.framed.leg);
	}
}

/* The connection ended. */
static void
caller_down(struct mux_conn *c, const char *why, bool clean)
{
	struct caller *e = caller_of(c);
	uint64_t now_ms = loop_now(caller_loop(e));

	(void)clean;
	if (e->setting_up) {
		caller_failed(e, why);
		return;
	}
	if (now_ms - e->try.up_ms >= REDIAL_STEADY_MS)
		redial_reset(&e->redial, &e->try);
	e->redial.failing = true;
	e->redial.why[0] = '\0';
	log_limited(&e->lost_limit, now_ms, LEVEL_WARN,
	    "%s: connection lost: %s; making a new one%s",
	    e->mux.framed.end.name, why, caller_when(e));
	caller_retry(e);
}

/* Drops the connection, or the attempt to make one, and makes a new one if
 * there are flows. */
static void
caller_anew(struct caller *e)
{
	timer_stop(&e->try.timer);
	tcp_dial_stop(&e->try.dial);
	mux_conn_close(&e->conn);
	redial_reset(&e->redial, &e->try);
	e->setting_up = false;
	if (!list_empty(&e->legs))
		caller_dial(e);
}

/* The machine was suspended.  NATs and the peer have probably dropped our
 * connection, and we would notice only by a timeout: dials again. */
static void
caller_slept(struct sleeper *s, uint64_t slept_ms)
{
	struct caller *e = LIST_ITEM(s, struct caller, sleeper);

	if (slept_ms < REDIAL_SLEPT_MS)
		return;
	log_info("%s: the machine slept for %llu s; connecting again",
	    e->mux.framed.end.name, (unsigned long long)(slept_ms / 1000));
	caller_anew(e);
}

/* Our addresses or routes have changed.  A connection from an address that is
 * not used any more gets no answers; one that waits for its next attempt may
 * succeed now. */
static void
caller_rerouted(struct route_watch *w)
{
	struct caller *e = LIST_ITEM(w, struct caller, route);
	const struct stream *s = &e->conn.framed.stream;

	if (e->setting_up || framed_is_up(&e->conn.framed)) {
		if (!tcp_dial_moved(&e->try.dial, w) && (s->env == NULL ||
		    !route_socket_moved(w, s->fd, &s->peer)))
			return;
		log_info("%s: our address has changed; connecting again",
		    e->mux.framed.end.name);
	} else if (!timer_is_set(&e->try.timer)) {
		return;
	}
	caller_anew(e);
}

/*
 * Flows
 */

/* When a flow last had traffic, from either side. */
static uint64_t
call_last_used_ms(const struct flow *f)
{
	return f->seen_ms[LEFT] > f->seen_ms[RIGHT] ? f->seen_ms[LEFT] :
	    f->seen_ms[RIGHT];
}

/* Moves a leg that is used now to the end of the list. */
static void
caller_mark_used(struct caller *e, struct call_leg *l)
{
	if (e->legs.prev == &l->link)
		return;
	list_remove(&l->link);
	list_add(&e->legs, &l->link);
}

/* Takes a tag for a new leg; -1: no memory. */
static int
caller_take_tag(struct caller *e, struct call_leg *l)
{
	uint64_t now_ms = loop_now(caller_loop(e)), since_ms;
	int tag = uott_tags_take(&e->tags, l, now_ms);
	struct mux_leg *oldest = NULL;

	if (tag >= 0)
		return tag;
	tag = uott_tags_oldest(&e->tags, &since_ms);
	if (!list_empty(&e->legs))
		oldest = &LIST_ITEM(e->legs.next, struct call_leg, link)->mux;
	if (oldest != NULL && (tag < 0 ||
	    call_last_used_ms(oldest->framed.leg.flow) < since_ms)) {
		tag = oldest->tag;
		leg_failed(&oldest->framed.leg, "its tag was needed: it was "
		    "the one used least recently");
	}
	if (tag >= 0) {
		/* leg_failed() has put a flow's tag into quarantine, too. */
		uott_tags_claim(&e->tags, (uint16_t)tag, l);
		log_limited(&e->tags_limit, now_ms, LEVEL_WARN, "%s: all "
		    "tags are taken or in quarantine; the one used least "
		    "recently was given to a new flow",
		    e->mux.framed.end.name);
	}
	return tag;
}

static int
caller_open(struct leg *leg)
{
	struct caller *e = (struct caller *)leg->end;
	struct call_leg *l = (struct call_leg *)leg;
	int tag = caller_take_tag(e, l);

	if (tag < 0) {
		log_limited(&e->tags_limit, loop_now(caller_loop(e)),
		    LEVEL_WARN, "%s: no memory", e->mux.framed.end.name);
		return -1;
	}
	mux_leg_open(&l->mux, &e->conn, (uint16_t)tag);
	list_add(&e->legs, &l->link);
	log_debug("flow %lu: tag %d", (unsigned long)leg->flow->number, tag);
	if (framed_is_up(&e->conn.framed))
		flow_up(leg);
	else
		caller_dial_soon(e);
	return 0;
}

static void
caller_send(struct leg *leg, struct dgram *d, unsigned n)
{
	struct caller *e = (struct caller *)leg->end;

	caller_mark_used(e, (struct call_leg *)leg);
	caller_dial_soon(e);
	mux_send(leg, d, n);
}

static struct mux_leg *
caller_leg_of(struct mux_conn *c, uint16_t tag, unsigned n)
{
	struct caller *e = caller_of(c);
	struct call_leg *l = uott_tags_find(&e->tags, tag,
	    loop_now(caller_loop(e)));

	if (l == NULL) {
		end_drop(&e->mux.framed.end, LOST_NO_FLOW, n);
		return NULL;
	}
	caller_mark_used(e, l);
	return &l->mux;
}

static void
caller_close(struct leg *leg)
{
	struct caller *e = (struct caller *)leg->end;
	struct call_leg *l = (struct call_leg *)leg;

	mux_leg_close(&l->mux);
	list_remove(&l->link);
	uott_tags_release(&e->tags, l->mux.tag, loop_now(caller_loop(e)));
}

/*
 * The end
 */

static int
caller_start(struct end *end, const struct settings *s, struct fault *f)
{
	struct caller *e = (struct caller *)end;
	int64_t idle_ms = end->tunnel->settings.idle_ms;

	if (target_init(&e->target, end, s, f) != 0 ||
	    redial_check_tls(end->name, s, f) != 0)
		return -1;
	redial_init(&e->redial, end, s, &e->mux.framed.options);
	redial_reset(&e->redial, &e->try);
	e->mux.framed.unsent_ms = s->timeout_ms;
	e->mux.queue_max = QUEUE_POOL_MAX;
	e->mux.leg_of = caller_leg_of;
	e->mux.conn_up = caller_up;
	e->mux.conn_down = caller_down;
	list_init(&e->legs);
	mux_conn_init(&e->conn, &e->mux);
	uott_tags_init(&e->tags, idle_ms > CALL_REST_MS ? (uint64_t)idle_ms :
	    CALL_REST_MS);
	if (s->tls_name != NULL)
		strlcpy(e->name, s->tls_name, sizeof(e->name));
	if (bind_check_mark(end, s, f) != 0 ||
	    mux_start(&e->mux, s, &frame_uott, false, f) != 0)
		return -1;
	e->mux.framed.env.resume = &e->resume;
	e->sleeper.fn = caller_slept;
	loop_watch_sleep(caller_loop(e), &e->sleeper);
	e->route.mark_set = s->mark >= 0;
	e->route.mark = (uint32_t)s->mark;
	route_watch_start(&e->route, caller_loop(e), caller_rerouted);
	(void)target_choose(&e->target, &e->aim);
	caller_dial(e);
	return 0;
}

static void
caller_stop(struct end *end)
{
	struct caller *e = (struct caller *)end;

	loop_unwatch_sleep(&e->sleeper);
	route_watch_stop(&e->route);
	timer_stop(&e->try.timer);
	tcp_dial_stop(&e->try.dial);
	mux_conn_close(&e->conn);
	uott_tags_free(&e->tags);
	framed_stop(&e->mux.framed);
	tls_resume_forget(&e->resume);
}

const struct end_ops end_uott = {
	.name = "uott",
	.brief = "one TCP connection for all flows, each with a tag",
	.side = RIGHT,
	.end_size = sizeof(struct caller),
	.leg_size = sizeof(struct call_leg),
	.options = settings_uott,
	.start = caller_start,
	.open = caller_open,
	.send = caller_send,
	.room = framed_room,
	.close = caller_close,
	.stop = caller_stop,
};
