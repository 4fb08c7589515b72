/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * `dtls`: dials a DTLS server, an association and a socket for each flow.  This
 * file makes the first association of a flow; dtls_call.c runs it, and
 * dtls_renewal.c replaces it.
 *
 * NOTES.  The datagrams of a flow are queued until its association is up, and
 * then sent in order.  When the handshake fails the leg fails, at the earliest
 * DTLS_DIAL_FAIL_MS after it was opened, so that a server that refuses does not
 * get a handshake for each datagram.  When a name has two addresses, the second
 * may be tried in parallel (dtls_address.h).
 *
 * A server finds a handshake without connection IDs by the client's address.
 * When a NAT has changed that, our server says that it does not know the
 * handshake.  Since that may be forged, a second one is begun in parallel.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/ends.h"

#include "tunnel/bind.h"
#include "tunnel/dtls_renewal.h"
#include "tunnel/queue.h"

enum {
	DTLS_DIAL_FAIL_MS = 1000,	/* least, from opening to failure */
	DTLS_DIAL_WHY = HOST_TEXT + 16 + DTLS_WHY_TEXT,	/* bytes of a cause */
};

struct dtls_dial {
	struct calls calls;
	struct dtls_addresses addresses;
	struct renewals renewals;
	struct list legs;	/* struct dtls_dial_leg, the open ones */
	unsigned n_up;		/* how many of them are up */
	struct queue_pool queues;
	struct log_limit fail_limit;
	struct sleeper sleeper;
	struct route_watch route;
};

/* The failure of a leg that is to be reported. */
struct dtls_failure {
	struct dtls_dial_leg *leg;
	struct timer timer;	/* when leg_failed() is due */
	char why[DTLS_DIAL_WHY];
};

/*
 * A leg.  Its states, by its members:
 *
 *	state			first	second	renewal.call	timer or lookup
 *	looking up		NULL	NULL	NULL		lookup
 *	handshake		set	NULL	NULL		second, if the
 *								name has two
 *	two handshakes		set	set	NULL		-
 *	up			NULL	NULL	set		the renewal's
 *	failed			NULL	NULL	NULL		failure
 *
 * When `first` or `second` is up it becomes renewal.call, and the other ends.
 * When `first` fails `second` becomes `first`, or without one the leg fails.
 */
struct dtls_dial_leg {
	struct leg leg;
	struct list link;	/* in the end's legs */
	struct renewal renewal;	/* of the association that is up */
	struct queue waiting;	/* datagrams until there is one */
	struct call_owner owner;	/* of the two below */
	struct call *first;	/* the handshake, or NULL */
	struct call *second;	/* the one with the second address of the name,
				 * or beside one that the server does not know
				 * any more; or NULL */
	bool answered;		/* the server had answered that one */
	struct dtls_failure *failure;	/* NULL: it has not failed */
	uint64_t began_ms;	/* when it was opened */
};

static struct dtls_dial *
dtls_dial_of_end(struct end *end)
{
	return LIST_ITEM(end, struct dtls_dial, calls.shared.end);
}

static struct dtls_dial *
dtls_dial_of(const struct dtls_dial_leg *l)
{
	return dtls_dial_of_end(l->leg.end);
}

static struct dtls_dial_leg *
dtls_dial_leg_of(struct leg *leg)
{
	return LIST_ITEM(leg, struct dtls_dial_leg, leg);
}

static struct dtls_dial_leg *
dtls_dial_leg_of_call(const struct call *c)
{
	return LIST_ITEM(c->owner, struct dtls_dial_leg, owner);
}

static struct loop *
dtls_dial_loop(const struct dtls_dial_leg *l)
{
	return l->leg.end->tunnel->loop;
}

static uint64_t
dtls_dial_now(const struct dtls_dial_leg *l)
{
	return loop_now(dtls_dial_loop(l));
}

/*
 * Failure
 */

static void
dtls_dial_end_due(struct timer *t)
{
	struct dtls_failure *failure = LIST_ITEM(t, struct dtls_failure, timer);

	leg_failed(&failure->leg->leg, failure->why);
}

/* The leg, which has no association, fails for that reason: now, if there is
 * no memory to wait, or DTLS_DIAL_FAIL_MS after it was opened. */
static void
dtls_dial_fail(struct dtls_dial_leg *l, const char *why)
{
	struct dtls_dial *e = dtls_dial_of(l);
	uint64_t now_ms = dtls_dial_now(l);
	struct dtls_failure *failure = NULL;

	log_limited(&e->fail_limit, now_ms, LEVEL_WARN, "%s: flow %lu: %s",
	    l->leg.end->name, (unsigned long)l->leg.flow->number, why);
	dtls_address_failed(&l->renewal.address);
	dtls_address_stop(&l->renewal.address);
	if (now_ms < l->began_ms + DTLS_DIAL_FAIL_MS)
		failure = calloc(1, sizeof(*failure));
	if (failure == NULL) {
		leg_failed(&l->leg, why);
		return;
	}
	failure->leg = l;
	strlcpy(failure->why, why, sizeof(failure->why));
	timer_set(&failure->timer, dtls_dial_loop(l),
	    l->began_ms + DTLS_DIAL_FAIL_MS, dtls_dial_end_due);
	l->failure = failure;
}

/*
 * The handshake
 */

/* Begins an association with the first of n addresses for which the system
 * gives a socket.  NULL: there is none, and why has the reason. */
static struct call *
dtls_dial_call(struct dtls_dial_leg *l, const struct addr *to, unsigned n,
    uint64_t late_ms, char why[DTLS_DIAL_WHY])
{
	return call_new(&dtls_dial_of(l)->calls, &l->owner, to, n, late_ms,
	    why, DTLS_DIAL_WHY);
}

/* Tries the second address of the name, if it has one, in parallel with the
 * first. */
static void
dtls_dial_try_second(struct dtls_dial_leg *l)
{
	char why[DTLS_DIAL_WHY];
	struct addr to;

	if (dtls_address_take_second(&l->renewal.address, &to) &&
	    l->second == NULL)
		l->second = dtls_dial_call(l, &to, 1, l->first->late_ms, why);
}

/* Tries the second address if the first has not replied. */
static void
dtls_dial_second_due(struct dtls_address *a)
{
	struct dtls_dial_leg *l = LIST_ITEM(a, struct dtls_dial_leg,
	    renewal.address);

	if (l->first != NULL && !l->first->heard)
		dtls_dial_try_second(l);
}

/* The addresses were found: begins with the first of them. */
static void
dtls_dial_found(struct dtls_address *a, const struct addr *addr, unsigned n,
    const char *why)
{
	struct dtls_dial_leg *l = LIST_ITEM(a, struct dtls_dial_leg,
	    renewal.address);
	char no_call[DTLS_DIAL_WHY];

	if (n > 0) {
		l->first = dtls_dial_call(l, addr, n, l->began_ms +
		    (uint64_t)dtls_dial_of(l)->calls.shared.timeout_ms,
		    no_call);
		why = no_call;
	}
	if (l->first == NULL)
		dtls_dial_fail(l, why);
	else
		dtls_address_plan_second(a, &l->first->to, addr, n,
		    dtls_dial_second_due);
}

/* A handshake cannot be done, and its association is freed; the other one goes
 * on, if there is one.  False: there is none. */
static bool
dtls_dial_drop(struct dtls_dial_leg *l, struct call *c)
{
	call_free(c);		/* only compared from here on */
	if (c == l->first)
		l->first = l->second;
	l->second = NULL;
	return l->first != NULL;
}

static void dtls_dial_send(struct leg *, struct dgram *, unsigned n);

/* Sends the datagrams that were queued for the association. */
static void
dtls_dial_send_waiting(struct dtls_dial_leg *l)
{
	struct dtls_dial *e = dtls_dial_of(l);
	const uint8_t *data;
	struct dgram d;
	size_t len;

	while ((data = queue_first(&l->waiting, &len)) != NULL) {
		d.data = (uint8_t *)(uintptr_t)data;
		d.len = len;
		d.head = d.tail = 0;	/* so that dgram_room() copies it */
		dtls_dial_send(&l->leg, &d, 1);
		/* If that failed, close() has cleared the queue. */
		if (l->leg.flow->dead)
			return;
		queue_pop(&l->waiting, &e->queues);
	}
}

/* A handshake is done: the leg uses that association. */
static void
dtls_dial_up(struct call *c)
{
	struct dtls_dial_leg *l = dtls_dial_leg_of_call(c);
	struct call *other = c == l->first ? l->second : l->first;

	if (other != NULL)
		call_free(other);
	l->first = l->second = NULL;
	dtls_address_stop(&l->renewal.address);
	dtls_dial_of(l)->n_up++;
	renewal_begin(&l->renewal, c);
	dtls_address_answered(&l->renewal.address);
	dtls_leg_make_spare(&dtls_dial_of(l)->calls.shared);
	dtls_leg_log_up(&l->leg, &c->dtls, l->began_ms, &c->to, "");
	flow_up(&l->leg);
	dtls_dial_send_waiting(l);
}

/* The server or the engine has ended a handshake. */
static void
dtls_dial_closed(struct call *c, const char *why)
{
	struct dtls_dial_leg *l = dtls_dial_leg_of_call(c);
	char at[HOST_TEXT + 16], text[DTLS_DIAL_WHY];

	snprintf(text, sizeof(text), "%s: %s",
	    dtls_address_text(&l->renewal.address, at), why);
	if (!dtls_dial_drop(l, c))
		dtls_dial_fail(l, text);
}

/* A handshake has timed out. */
static void
dtls_dial_late(struct call *c)
{
	struct dtls_dial_leg *l = dtls_dial_leg_of_call(c);
	bool heard = c->heard || l->answered, refused = c->refused;
	char at[HOST_TEXT + 16], why[DTLS_DIAL_WHY];

	if (dtls_dial_drop(l, c))
		return;
	dtls_address_text(&l->renewal.address, at);
	if (heard)
		snprintf(why, sizeof(why), "%s answers, but does not "
		    "finish the handshake: is the key the same on both sides, "
		    "and the server not full?", at);
	else
		snprintf(why, sizeof(why), "no answer from %s: %s", at,
		    refused ? "nothing listens there (ICMP)" :
		    "is UDP blocked, or the key wrong?");
	dtls_dial_fail(l, why);
}

/* The server does not know a handshake any more, or somebody says so: begins a
 * second one with it in parallel, in place of one without an answer.  There are
 * no more than these two. */
static void
dtls_dial_forgotten(struct call *c)
{
	struct dtls_dial_leg *l = dtls_dial_leg_of_call(c);
	struct call *other = c == l->first ? l->second : l->first;
	char why[DTLS_DIAL_WHY];

	if (other != NULL && other->heard)
		return;
	if (other != NULL)
		call_free(other);
	l->answered = true;
	l->first = c;
	l->second = dtls_dial_call(l, &c->to, 1, c->late_ms, why);
}

/* A handshake cannot send from our address, which has changed: begins again,
 * with the same address of the server and the same time-out. */
static void
dtls_dial_no_route(struct call *c)
{
	struct dtls_dial_leg *l = dtls_dial_leg_of_call(c);
	char why[DTLS_DIAL_WHY];
	struct call *again = dtls_dial_call(l, &c->to, 1, c->late_ms, why);

	if (again == NULL) {
		if (!dtls_dial_drop(l, c))
			dtls_dial_fail(l, why);
		return;
	}
	call_free(c);		/* only compared from here on */
	if (c == l->first)
		l->first = again;
	else
		l->second = again;
}

/* ICMP: nothing listens there.  A forger may say so too: the second address is
 * tried now. */
static void
dtls_dial_refused(struct call *c)
{
	struct dtls_dial_leg *l = dtls_dial_leg_of_call(c);

	if (c == l->first)
		dtls_dial_try_second(l);
}

static const struct call_ops dtls_dial_ops = {
	.up = dtls_dial_up,
	.closed = dtls_dial_closed,
	.late = dtls_dial_late,
	.forgotten = dtls_dial_forgotten,
	.no_route = dtls_dial_no_route,
	.refused = dtls_dial_refused,
};

/*
 * The end
 */

/* Begins a handshake again if its address is not the one that we have now. */
static void
dtls_dial_reroute(struct call *c, struct route_watch *w)
{
	if (c != NULL && route_moved(w, &c->from, &c->to))
		dtls_dial_no_route(c);
}

/* Our addresses or routes have changed. */
static void
dtls_dial_rerouted(struct route_watch *w)
{
	struct dtls_dial *e = LIST_ITEM(w, struct dtls_dial, route);
	struct dtls_dial_leg *l;
	struct call *second;
	struct list *at, *next;

	for (at = e->legs.next; at != &e->legs; at = next) {
		next = at->next;
		l = LIST_ITEM(at, struct dtls_dial_leg, link);
		if (l->renewal.call != NULL) {
			renewal_reroute(&l->renewal, w);
			continue;
		}
		/* While there is a second one, the end of the first is not
		 * that of the leg. */
		second = l->second;
		dtls_dial_reroute(l->first, w);
		dtls_dial_reroute(second, w);
	}
}

/* The machine was suspended. */
static void
dtls_dial_slept(struct sleeper *s, uint64_t slept_ms)
{
	struct dtls_dial *e = LIST_ITEM(s, struct dtls_dial, sleeper);
	struct list *at;

	if (slept_ms < DTLS_SILENCE_MS)
		return;
	for (at = e->legs.next; at != &e->legs; at = at->next)
		renewal_wake(&LIST_ITEM(at, struct dtls_dial_leg,
		    link)->renewal);
}

/* Queues copies of datagrams until the association is up. */
static void
dtls_dial_queue(struct dtls_dial_leg *l, const struct dgram *d, unsigned n)
{
	struct dtls_dial *e = dtls_dial_of(l);
	unsigned i, full;

	for (i = 0; i < n; i++) {
		if (d[i].len > DTLS_DATA_MAX) {
			flow_drop(&l->leg, LOST_TOO_BIG, 1);
			continue;
		}
		if (queue_put(&l->waiting, &e->queues, d[i].data, d[i].len,
		    dtls_dial_now(l), &full) != 0)
			flow_drop(&l->leg, LOST_NO_MEMORY, 1);
		flow_drop(&l->leg, LOST_QUEUE_FULL, full);
	}
}

static void
dtls_dial_send(struct leg *leg, struct dgram *d, unsigned n)
{
	struct dtls_dial_leg *l = dtls_dial_leg_of(leg);

	if (l->renewal.call == NULL)
		dtls_dial_queue(l, d, n);
	else
		renewal_send(&l->renewal, d, n);
}

/* end_ops.tell */
static void
dtls_dial_tell(const struct end *end, struct facts *f)
{
	f->connections = ((const struct dtls_dial *)(const void *)end)->n_up;
}

/* end_ops.tell_leg */
static void
dtls_dial_tell_leg(const struct leg *leg, struct facts *f)
{
	const struct call *c = ((const struct dtls_dial_leg *)(const void *)
	    leg)->renewal.call;

	if (c == NULL)
		return;
	dtls_leg_tell(&c->dtls, f);
	f->address = c->to;
}

/* end_ops.reconnect */
static void
dtls_dial_reconnect(struct end *end)
{
	struct dtls_dial *e = dtls_dial_of_end(end);
	struct dtls_dial_leg *l;
	struct list *at, *next;

	for (at = e->legs.next; at != &e->legs; at = next) {
		next = at->next;
		l = LIST_ITEM(at, struct dtls_dial_leg, link);
		if (l->renewal.call != NULL)
			renewal_anew(&l->renewal);
		else if (l->first != NULL)
			dtls_dial_no_route(l->first);
	}
}

static size_t
dtls_dial_room(struct leg *leg)
{
	const struct call *c = dtls_dial_leg_of(leg)->renewal.call;

	return dtls_leg_room(c == NULL ? NULL : &c->dtls,
	    c == NULL ? NULL : &c->to);
}

static int
dtls_dial_open(struct leg *leg)
{
	struct dtls_dial_leg *l = dtls_dial_leg_of(leg);
	struct dtls_dial *e = dtls_dial_of(l);

	list_add(&e->legs, &l->link);
	l->owner.ops = &dtls_dial_ops;
	l->owner.leg = leg;
	l->began_ms = dtls_dial_now(l);
	renewal_init(&l->renewal, &e->renewals, &e->addresses, leg);
	dtls_address_find(&l->renewal.address, dtls_dial_found);
	return 0;
}

static int
dtls_dial_start(struct end *end, const struct settings *s, struct fault *f)
{
	struct dtls_dial *e = dtls_dial_of_end(end);

	list_init(&e->legs);
	dtls_addresses_init(&e->addresses, end, s);
	if (calls_start(&e->calls, s, f) != 0)
		return -1;
	if (bind_check_mark(end, s, f) != 0 || bind_check_df(end, s, f) != 0) {
		calls_stop(&e->calls);
		return -1;
	}
	e->sleeper.fn = dtls_dial_slept;
	loop_watch_sleep(end->tunnel->loop, &e->sleeper);
	renewals_init(&e->renewals, &e->calls);
	e->route.mark_set = s->mark >= 0;
	e->route.mark = (uint32_t)s->mark;
	route_watch_start(&e->route, end->tunnel->loop, dtls_dial_rerouted);
	return 0;
}

static void
dtls_dial_close(struct leg *leg)
{
	struct dtls_dial_leg *l = dtls_dial_leg_of(leg);

	list_remove(&l->link);
	dtls_dial_of(l)->n_up -= l->renewal.call != NULL;
	if (l->failure != NULL) {
		timer_stop(&l->failure->timer);
		loop_free_later(dtls_dial_loop(l), l->failure);
		l->failure = NULL;
	}
	flow_drop(leg, LOST_FLOW_ENDED, queue_clear(&l->waiting,
	    &dtls_dial_of(l)->queues));
	renewal_end(&l->renewal);
	if (l->first != NULL)
		call_free(l->first);
	if (l->second != NULL)
		call_free(l->second);
	l->first = l->second = NULL;
}

static void
dtls_dial_stop(struct end *end)
{
	struct dtls_dial *e = dtls_dial_of_end(end);

	loop_unwatch_sleep(&e->sleeper);
	route_watch_stop(&e->route);
	renewals_stop(&e->renewals);
	queue_pool_close(&e->queues);
	calls_stop(&e->calls);
}

static int
dtls_dial_prepare(struct end *end, const struct settings *s, struct fault *f)
{
	return dtls_leg_prepare(&dtls_dial_of_end(end)->calls.shared, s, f);
}

static void
dtls_dial_renew(struct end *end, const struct settings *s)
{
	struct dtls_dial *e = dtls_dial_of_end(end);

	dtls_leg_renew(&e->calls.shared, s);
	if (s != NULL)
		e->addresses.timeout_ms = s->timeout_ms;
}

const struct end_ops end_dtls = {
	.name = "dtls",
	.brief = HELP("a DTLS server; each flow has an association of its own"),
	.side = RIGHT,
	.end_size = sizeof(struct dtls_dial),
	.leg_size = sizeof(struct dtls_dial_leg),
	.headroom = DTLS_HEAD,
	.tailroom = DTLS_TAIL,
	.packets = true,
	.wide = true,
	.options = settings_dtls,
	.check = dtls_leg_check,
	.start = dtls_dial_start,
	.prepare = dtls_dial_prepare,
	.renew = dtls_dial_renew,
	.open = dtls_dial_open,
	.send = dtls_dial_send,
	.room = dtls_dial_room,
	.tell = dtls_dial_tell,
	.tell_leg = dtls_dial_tell_leg,
	.reconnect = dtls_dial_reconnect,
	.close = dtls_dial_close,
	.stop = dtls_dial_stop,
};
