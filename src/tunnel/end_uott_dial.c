/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * `uott`: the dialling side of uott, one connection for all flows, each with a
 * tag of its own.
 *
 * NOTES.  tunnel/uott_dial.h makes and keeps the connection.
 *
 * The tag of an ended flow is in quarantine for a while (tunnel/uott_tags.h).
 * When no tag is free, the least recently used one is taken: either that of a
 * flow, which ends, or one in quarantine.
 */

#include "compat.h"

#include "tunnel/ends.h"

#include "tunnel/facts.h"
#include "tunnel/bind.h"
#include "tunnel/uott_beside.h"
#include "tunnel/uott_conn.h"
#include "tunnel/uott_dial.h"

enum {
	CALL_REST_MS = 120000,	/* shortest quarantine of a tag; the idle time
				 * if that is longer: the peer's is unknown */
};

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
	struct caller *e = caller_of_end(leg->end);
	struct call_leg *l = call_leg_of(leg);
	int tag = caller_take_tag(e, l);

	if (tag < 0) {
		log_limited(&e->tags_limit, loop_now(caller_loop(e)),
		    LEVEL_WARN, "%s: no memory", e->mux.framed.end.name);
		return -1;
	}
	mux_leg_open(&l->mux, &e->conn->mux, (uint16_t)tag);
	list_add(&e->legs, &l->link);
	l->mux.told = true;
	log_debug("flow %lu: tag %d", (unsigned long)leg->flow->number, tag);
	if (framed_is_up(&e->conn->mux.framed))
		flow_up(leg);
	else
		uott_conn_dial_soon(e);
	return 0;
}

static void
caller_send(struct leg *leg, struct dgram *d, unsigned n)
{
	struct caller *e = caller_of_end(leg->end);

	caller_mark_used(e, call_leg_of(leg));
	uott_conn_dial_soon(e);
	uott_beside_watch(e);
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
	struct caller *e = caller_of_end(leg->end);
	struct call_leg *l = call_leg_of(leg);

	mux_leg_close(&l->mux);
	list_remove(&l->link);
	uott_tags_release(&e->tags, l->mux.tag, loop_now(caller_loop(e)));
}

/*
 * The end
 */

static int
caller_check(const char *name, const struct settings *s, struct fault *f)
{
	return mux_check(name, s, false, f) != 0 ? -1 :
	    redial_check_tls(name, s, f);
}

static int
caller_start(struct end *end, const struct settings *s, struct fault *f)
{
	struct caller *e = caller_of_end(end);
	int64_t idle_ms = end->tunnel->settings.idle_ms;

	target_init(&e->target, end, s);
	e->mux.framed.unsent_ms = s->timeout_ms;
	e->mux.queue_max = QUEUE_POOL_MAX;
	e->mux.leg_of = caller_leg_of;
	list_init(&e->legs);
	uott_tags_init(&e->tags, idle_ms > CALL_REST_MS ? (uint64_t)idle_ms :
	    CALL_REST_MS);
	if (bind_check_mark(end, s, f) != 0 ||
	    mux_start(&e->mux, s, &frame_uott, false, f) != 0)
		return -1;
	uott_dial_start(e, s);
	return 0;
}

static void
caller_stop(struct end *end)
{
	struct caller *e = caller_of_end(end);

	uott_dial_stop(e);
	uott_tags_free(&e->tags);
	framed_stop(&e->mux.framed);
	tls_resume_forget(&e->resume);
}

static int
caller_prepare(struct end *end, const struct settings *s, struct fault *f)
{
	return framed_prepare(&caller_of_end(end)->mux.framed, s, f);
}

static void
caller_renew(struct end *end, const struct settings *s)
{
	struct caller *e = caller_of_end(end);

	(void)framed_renew(&e->mux.framed, s);
	if (s == NULL)
		return;
	e->mux.framed.unsent_ms = s->timeout_ms;
	redial_renew(&e->redial, s);
}

/* end_ops.tell: all flows have the same connection. */
static void
caller_tell(const struct end *end, struct facts *f)
{
	const struct caller *e = (const struct caller *)end;
	const struct caller_conn *c = e->conn;
	uint64_t now_ms = loop_now(caller_loop(e));

	f->connections = framed_is_up(&c->mux.framed);
	facts_add_stream(f, &c->mux.framed.stream);
	facts_add_chain(f, e->mux.framed.credentials);
	/* The timer of a handshake is its end. */
	if (f->connections == 0 && !c->setting_up &&
	    timer_is_set(&c->try.timer))
		f->retry_ms = c->try.timer.due_ms > now_ms ?
		    (int64_t)(c->try.timer.due_ms - now_ms) : 0;
}

/* end_ops.reconnect */
static void
caller_reconnect(struct end *end)
{
	uott_dial_anew(caller_of_end(end));
}

const struct end_ops end_uott = {
	.name = "uott",
	.brief = HELP("one TCP connection for all flows, each with a tag"),
	.side = RIGHT,
	.end_size = sizeof(struct caller),
	.leg_size = sizeof(struct call_leg),
	.options = settings_uott,
	.check = caller_check,
	.start = caller_start,
	.prepare = caller_prepare,
	.renew = caller_renew,
	.open = caller_open,
	.send = caller_send,
	.room = framed_room,
	.tell = caller_tell,
	.reconnect = caller_reconnect,
	.close = caller_close,
	.stop = caller_stop,
};
