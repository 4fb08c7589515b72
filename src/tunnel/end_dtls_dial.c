/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * `dtls`: dials a DTLS server, an association and a socket for each flow.  Here
 * is which association a flow has; dtls_call.c makes it.
 *
 * NOTES.  A flow's datagrams wait until its association is up, and then go out
 * in order.  When it cannot be made the flow ends, at the earliest
 * DIAL_FAIL_MS after it began, so that a server which refuses is not asked
 * anew for each datagram.  When a name has two addresses and the first does
 * not answer soon the second is tried beside it.
 *
 * A server that has lost its state, or is to be found at another address, says
 * nothing.  So when datagrams were sent for DIAL_SILENCE_MS and nothing came
 * back, the name is looked up again and another association is made beside the
 * old one, which takes its place once it is up; if that endpoint of a group
 * does not answer, then with another one.  As some traffic goes one way only,
 * the patience doubles each time that this did not help.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/ends.h"

#include "tunnel/bind.h"
#include "tunnel/dtls_call.h"
#include "tunnel/queue.h"
#include "tunnel/target.h"

enum {
	DIAL_FAIL_MS = 1000,	/* least time of a flow that fails */
	DIAL_OTHER_MS = 1500,	/* until another address is tried as well */
	DIAL_SILENCE_MS = 10000,	/* without an answer, for a flow that
					 * had some */
	DIAL_QUIET_MS = 180000,	/* for datagrams that come one by one, such as
				 * keep-alives, which nobody answers */
	DIAL_ONE_WAY_MS = 60000,	/* for one that had none */
	DIAL_HURRY_MS = 2000,	/* when ICMP says that nobody is there, or
				 * after the machine slept */
	DIAL_PATIENCE_MS = 600000,	/* longest that it may become */
};

struct dial {
	struct calls calls;
	struct target target;
	bool resolve_once;
	struct addr known;	/* family 0 while it must be looked up */
	struct queue_pool queues;
	struct log_limit fail_limit;
	struct sleeper sleeper;
};

/* A leg. */
struct dial_leg {
	struct leg leg;
	struct aim aim;
	struct lookup lookup;
	struct queue waiting;	/* until the association is up */
	struct call *call;	/* NULL while the name is looked up, and after
				 * it has failed */
	struct call *next;	/* to take its place, or NULL */
	struct addr other;	/* another of its name's; family 0: none, or it
				 * was tried */
	struct timer timer;	/* looks for silence; or ends a flow that has
				 * failed */
	uint64_t began_ms;	/* when it was opened */
	bool asked;		/* something was sent since something came: */
	uint64_t asked_ms;	/* when, or when that was acted upon last */
	bool asks;		/* something else was sent since asked_ms */
	uint64_t unheard_ms;	/* when the first was that had no answer; 0:
				 * none */
	uint64_t patience_ms;	/* how long it may stay unanswered */
	bool failed;		/* there will be no association */
	char why[HOST_TEXT + 16 + DTLS_WHY_TEXT];	/* why it failed */
};

static struct dial *
dial_of(const struct dial_leg *l)
{
	return (struct dial *)l->leg.end;
}

static struct loop *
dial_loop(const struct dial_leg *l)
{
	return l->leg.end->tunnel->loop;
}

/* When the handshake of an association that begins now must be over. */
static uint64_t
dial_late_ms(const struct dial_leg *l, uint64_t began_ms)
{
	return began_ms + (uint64_t)dial_of(l)->calls.shared.timeout_ms;
}

/* Begins an association with the first of these addresses that a socket can be
 * had for; NULL and l->why when there is none. */
static struct call *
dial_call(struct dial_leg *l, const struct addr *to, unsigned n,
    uint64_t late_ms)
{
	return call_new(&dial_of(l)->calls, &l->leg, to, n, late_ms, l->why,
	    sizeof(l->why));
}

/* Has the flow been up, so that only another association is at stake? */
static bool
dial_is_up(const struct dial_leg *l)
{
	return l->call != NULL && l->call->up;
}

static void dial_look(struct timer *);

/* The flow's association cannot be made; l->why tells why.  The flow ends, if
 * not at once. */
static void
dial_fail(struct dial_leg *l)
{
	struct dial *e = dial_of(l);
	uint64_t now_ms = loop_now(dial_loop(l));

	log_limited(&e->fail_limit, now_ms, LEVEL_WARN, "%s: flow %lu: %s",
	    l->leg.end->name, (unsigned long)l->leg.flow->number, l->why);
	target_failed(&e->target, &l->aim);
	if (l->call != NULL)
		call_free(l->call);
	l->call = NULL;
	l->failed = true;
	if (now_ms >= l->began_ms + DIAL_FAIL_MS)
		flow_end(l->leg.flow, l->why);
	else
		timer_set(&l->timer, dial_loop(l),
		    l->began_ms + DIAL_FAIL_MS, dial_look);
}

/* Tries another address of the name beside the first. */
static void
dial_other(struct dial_leg *l)
{
	struct addr to = l->other;

	l->other.family = 0;
	if (to.family != 0 && l->next == NULL)
		l->next = dial_call(l, &to, 1, l->call->late_ms);
}

/* The first address has failed: goes on with the other one, if there is
 * any. */
static bool
dial_promote(struct dial_leg *l)
{
	if (l->next == NULL)
		return false;
	call_free(l->call);
	l->call = l->next;
	l->next = NULL;
	return true;
}

/* Chooses the address that is tried second: one of the other family, if there
 * is any. */
static void
dial_choose_other(struct dial_leg *l, const struct addr *addr, unsigned n)
{
	const struct addr *first = &l->call->to;
	unsigned i;

	for (i = 0; i < n; i++)
		if (!addr_same(&addr[i], first) && (l->other.family == 0 ||
		    l->other.family == first->family))
			l->other = addr[i];
	if (l->other.family != 0)
		timer_set(&l->timer, dial_loop(l),
		    loop_now(dial_loop(l)) + DIAL_OTHER_MS, dial_look);
}

/* The flow's name was looked up: for its association, or for another one. */
static void
dial_resolved(struct lookup *lookup, const struct addr *addr, unsigned n,
    const char *why)
{
	struct dial_leg *l = LIST_ITEM(lookup, struct dial_leg, lookup);
	struct dial *e = dial_of(l);
	uint64_t late_ms = dial_late_ms(l, loop_now(dial_loop(l)));
	unsigned i;

	if (l->call != NULL) {
		if (n > 0 && l->next == NULL)
			l->next = dial_call(l, addr, n, late_ms);
		return;
	}
	if (n == 0) {
		strlcpy(l->why, why, sizeof(l->why));
		dial_fail(l);
		return;
	}
	for (i = 0; i < n && addr[i].family != 4; i++)
		;
	if (e->resolve_once)
		e->known = addr[i < n ? i : 0];
	late_ms = dial_late_ms(l, l->began_ms);
	if (e->resolve_once)
		l->call = dial_call(l, &e->known, 1, late_ms);
	else
		l->call = dial_call(l, addr, n, late_ms);
	if (l->call == NULL)
		dial_fail(l);
	else if (!e->resolve_once)
		dial_choose_other(l, addr, n);
}

/* Nothing came back for too long: goes on from our new address if that has
 * changed, else makes another association. */
static void
dial_again(struct dial_leg *l)
{
	struct dial *e = dial_of(l);
	uint64_t now_ms = loop_now(dial_loop(l));

	l->asked_ms = now_ms;
	l->asks = false;
	if (l->next != NULL || l->lookup.resolver != NULL)
		return;
	if (call_follow(l->call))
		return;
	log_debug("flow %lu: nothing came back for %llu s",
	    (unsigned long)l->leg.flow->number,
	    (unsigned long long)(l->patience_ms / 1000));
	if (e->known.family != 0)
		l->next = dial_call(l, &e->known, 1,
		    dial_late_ms(l, now_ms));
	else
		resolve_start(l->leg.end->tunnel->resolver, &l->lookup,
		    l->aim.at.host, l->aim.at.port, LOOKUP_CONNECT,
		    e->calls.shared.timeout_ms, dial_resolved);
}

/* Have there been no answers for so long that a single datagram without one
 * matters? */
static bool
dial_is_quiet(const struct dial_leg *l)
{
	return l->patience_ms <= DIAL_HURRY_MS || l->asked_ms >=
	    l->unheard_ms + DIAL_QUIET_MS;
}

/* Looks whether what was sent was answered, or whether the first address was;
 * or a failed flow's time is over. */
static void
dial_look(struct timer *t)
{
	struct dial_leg *l = LIST_ITEM(t, struct dial_leg, timer);

	if (l->failed) {
		flow_end(l->leg.flow, l->why);
		return;
	}
	if (l->call != NULL && !l->call->up && !l->call->heard)
		dial_other(l);
	if (!l->asked)
		return;
	if (loop_now(dial_loop(l)) >= l->asked_ms + l->patience_ms) {
		/* Who has nothing more to say needs no server. */
		l->asked = l->asks || dial_is_quiet(l);
		if (!l->asked)
			return;
		dial_again(l);
	}
	timer_set(&l->timer, dial_loop(l), l->asked_ms + l->patience_ms,
	    dial_look);
}

/* Something is sent: notes when, if it is the first since something came. */
static void
dial_asked(struct dial_leg *l)
{
	uint64_t due_ms;

	if (l->asked) {
		l->asks = true;
		return;
	}
	l->asked = true;
	l->asks = false;
	l->asked_ms = loop_now(dial_loop(l));
	if (l->unheard_ms == 0)
		l->unheard_ms = l->asked_ms;
	due_ms = l->asked_ms + l->patience_ms;
	/* One that is due sooner looks how things are, and goes on. */
	if (!timer_is_set(&l->timer) || l->timer.due_ms > due_ms)
		timer_set(&l->timer, dial_loop(l), due_ms, dial_look);
}

/* ICMP says that nobody is there any more: looks soon. */
static void
dial_hurry(struct dial_leg *l)
{
	if (!l->asked || l->patience_ms <= DIAL_HURRY_MS)
		return;
	l->patience_ms = DIAL_HURRY_MS;
	timer_set(&l->timer, dial_loop(l), l->asked_ms + l->patience_ms,
	    dial_look);
}

/* Does without the association that was to take the first one's place. */
static void
dial_forget_next(struct dial_leg *l)
{
	if (l->next != NULL)
		call_free(l->next);
	l->next = NULL;
}

/* Something came: the association is alive. */
static void
dial_heard(struct dial_leg *l)
{
	l->asked = false;
	l->unheard_ms = 0;
	l->patience_ms = DIAL_SILENCE_MS;
	resolve_cancel(&l->lookup);
	dial_forget_next(l);
}

/* Another association takes the place of one that was up: if that does not
 * help either, the next one is made later. */
static void
dial_lose_patience(struct dial_leg *l)
{
	log_info("flow %lu: nothing came back; it has a new association",
	    (unsigned long)l->leg.flow->number);
	l->asked = false;
	l->patience_ms = l->patience_ms > DIAL_PATIENCE_MS / 2 ?
	    DIAL_PATIENCE_MS : l->patience_ms * 2;
}

static void dial_send(struct leg *, struct dgram *, unsigned n);

/* Sends what waited. */
static void
dial_send_waiting(struct dial_leg *l)
{
	struct dial *e = dial_of(l);
	const uint8_t *data;
	struct dgram d;
	size_t len;

	while ((data = queue_first(&l->waiting, &len)) != NULL) {
		d.data = (uint8_t *)(uintptr_t)data;
		d.len = len;
		d.head = d.tail = 0;	/* so that it is copied */
		dial_send(&l->leg, &d, 1);
		if (l->leg.flow->dead)
			return;
		queue_pop(&l->waiting, &e->queues);
	}
}

/*
 * What becomes of associations.
 */

/* The leg of an association. */
static struct dial_leg *
dial_leg_of(const struct call *c)
{
	return (struct dial_leg *)c->leg;
}

/* The handshake is done: the association becomes the flow's. */
static void
dial_up(struct call *c)
{
	struct dial_leg *l = dial_leg_of(c);

	if (c == l->call) {
		dial_forget_next(l);
	} else {
		if (l->call->up)
			dial_lose_patience(l);
		(void)dial_promote(l);
	}
	target_answered(&dial_of(l)->target, &l->aim);
	flow_up(&l->leg);
	dial_send_waiting(l);
}

/* Datagrams came. */
static void
dial_data(struct call *c, struct dgram *d, unsigned n)
{
	dial_heard(dial_leg_of(c));
	flow_pass(c->leg, d, n);
}

/* The association that was to take the first one's place cannot be made: with
 * a group, the next one is made with another endpoint. */
static void
dial_next_failed(struct dial_leg *l)
{
	dial_forget_next(l);
	if (dial_is_up(l))
		target_leave(&dial_of(l)->target, &l->aim);
}

/* The server, or the engine, has ended it. */
static void
dial_closed(struct call *c, const char *why)
{
	struct dial_leg *l = dial_leg_of(c);
	char at[HOST_TEXT + 16];

	if (c == l->next) {
		dial_next_failed(l);
	} else if (c->up) {
		flow_end(l->leg.flow, why);
	} else if (!dial_promote(l)) {
		snprintf(l->why, sizeof(l->why), "%s: %s",
		    hostport_text(&l->aim.at, at), why);
		dial_fail(l);
	}
}

/* The handshake takes too long. */
static void
dial_late(struct call *c)
{
	struct dial_leg *l = dial_leg_of(c);
	char at[HOST_TEXT + 16];

	if (c == l->next) {
		dial_next_failed(l);
		return;
	}
	if (dial_promote(l))
		return;
	hostport_text(&l->aim.at, at);
	if (c->heard)
		snprintf(l->why, sizeof(l->why), "%s answers, but does not "
		    "finish the handshake: is the key the same on both sides, "
		    "and the server not full?", at);
	else
		snprintf(l->why, sizeof(l->why), "no answer from %s: %s", at,
		    c->refused ? "nothing listens there (ICMP)" :
		    "is UDP blocked, or the key wrong?");
	dial_fail(l);
}

/* It cannot go on from our address, which has changed: another one is made. */
static void
dial_stray(struct call *c)
{
	struct dial_leg *l = dial_leg_of(c);
	struct addr to = c->to;
	uint64_t late_ms = c->late_ms;

	if (c->up) {
		dial_again(l);
	} else if (c == l->next) {
		call_free(c);
		l->next = dial_call(l, &to, 1, late_ms);
	} else {
		call_free(c);
		l->call = dial_call(l, &to, 1, late_ms);
		if (l->call == NULL && l->next != NULL) {
			l->call = l->next;
			l->next = NULL;
		}
		if (l->call == NULL)
			dial_fail(l);
	}
}

/* ICMP says that nobody is there. */
static void
dial_refused(struct call *c)
{
	struct dial_leg *l = dial_leg_of(c);

	if (c->up)
		dial_hurry(l);
	else if (c == l->call)
		dial_other(l);
}

static const struct call_ops dial_call_ops = {
	.up = dial_up,
	.data = dial_data,
	.closed = dial_closed,
	.late = dial_late,
	.stray = dial_stray,
	.refused = dial_refused,
};

/*
 * The end.
 */

/* Copies datagrams until there is an association to send them on. */
static void
dial_queue(struct dial_leg *l, const struct dgram *d, unsigned n)
{
	struct dial *e = dial_of(l);
	unsigned i, full;

	for (i = 0; i < n; i++) {
		if (d[i].len > DTLS_DATA_MAX) {
			flow_drop(&l->leg, LOST_TOO_BIG, 1);
			continue;
		}
		if (queue_put(&l->waiting, &e->queues, d[i].data, d[i].len,
		    loop_now(dial_loop(l)), &full) != 0)
			flow_drop(&l->leg, LOST_NO_MEMORY, 1);
		flow_drop(&l->leg, LOST_QUEUE_FULL, full);
	}
}

static void
dial_send(struct leg *leg, struct dgram *d, unsigned n)
{
	struct dial_leg *l = (struct dial_leg *)leg;

	if (!dial_is_up(l)) {
		dial_queue(l, d, n);
		return;
	}
	dial_asked(l);
	call_send(l->call, d, n);
}

static size_t
dial_room(struct leg *leg)
{
	struct call *c = ((struct dial_leg *)leg)->call;

	return dtls_leg_room(c == NULL ? NULL : &c->dtls,
	    c == NULL ? NULL : &c->to);
}

static int
dial_open(struct leg *leg)
{
	struct dial *e = (struct dial *)leg->end;
	struct dial_leg *l = (struct dial_leg *)leg;

	l->began_ms = loop_now(dial_loop(l));
	l->patience_ms = DIAL_ONE_WAY_MS;
	(void)target_choose(&e->target, &l->aim);
	if (e->known.family == 0) {
		resolve_start(l->leg.end->tunnel->resolver, &l->lookup,
		    l->aim.at.host, l->aim.at.port, LOOKUP_CONNECT,
		    e->calls.shared.timeout_ms, dial_resolved);
		return 0;
	}
	l->call = dial_call(l, &e->known, 1, dial_late_ms(l, l->began_ms));
	if (l->call == NULL)
		dial_fail(l);
	return 0;
}

/* The machine was suspended: meanwhile servers have forgotten us. */
static void
dial_slept(struct sleeper *s, uint64_t slept_ms)
{
	struct dial *e = LIST_ITEM(s, struct dial, sleeper);
	struct list *flows = &e->calls.shared.end.tunnel->flows, *at;
	struct dial_leg *l;

	if (slept_ms < DIAL_SILENCE_MS)
		return;
	for (at = flows->next; at != flows; at = at->next) {
		l = (struct dial_leg *)LIST_ITEM(at, struct flow,
		    link)->leg[RIGHT];
		if (l->patience_ms > DIAL_HURRY_MS)
			l->patience_ms = DIAL_HURRY_MS;
	}
}

static int
dial_start(struct end *end, const struct settings *s, struct fault *f)
{
	struct dial *e = (struct dial *)end;

	if (target_init(&e->target, end, s, f) != 0)
		return -1;
	e->resolve_once = s->resolve_once;
	if (s->group == NULL && addr_parse_ip(&e->known, s->at.host) == 0)
		e->known.port = s->at.port;
	if (calls_start(&e->calls, s, &dial_call_ops, f) != 0)
		return -1;
	if (bind_check_mark(end, s, f) != 0) {
		calls_stop(&e->calls);
		return -1;
	}
	e->sleeper.fn = dial_slept;
	loop_watch_sleep(end->tunnel->loop, &e->sleeper);
	return 0;
}

static void
dial_close(struct leg *leg)
{
	struct dial *e = (struct dial *)leg->end;
	struct dial_leg *l = (struct dial_leg *)leg;

	resolve_cancel(&l->lookup);
	timer_stop(&l->timer);
	flow_drop(leg, LOST_FLOW_ENDED, queue_clear(&l->waiting, &e->queues));
	if (l->call != NULL)
		call_free(l->call);
	if (l->next != NULL)
		call_free(l->next);
	l->call = l->next = NULL;
}

static void
dial_stop(struct end *end)
{
	struct dial *e = (struct dial *)end;

	loop_unwatch_sleep(&e->sleeper);
	queue_pool_close(&e->queues);
	calls_stop(&e->calls);
}

const struct end_ops end_dtls = {
	.name = "dtls",
	.brief = "a DTLS server; each flow has an association of its own",
	.side = RIGHT,
	.end_size = sizeof(struct dial),
	.leg_size = sizeof(struct dial_leg),
	.headroom = DTLS_HEAD,
	.tailroom = DTLS_TAIL,
	.options = settings_dtls,
	.start = dial_start,
	.open = dial_open,
	.send = dial_send,
	.room = dial_room,
	.close = dial_close,
	.stop = dial_stop,
};
