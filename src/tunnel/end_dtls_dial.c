/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * `dtls`: dials a DTLS server, an association and a socket for each flow.  This
 * file decides which association a flow uses; dtls_call.c runs it.
 *
 * NOTES.  The datagrams of a flow are queued until its association is up, and
 * then sent in order.  When the handshake fails the leg fails, at the earliest
 * DTLS_DIAL_FAIL_MS after it was opened, so that a server that refuses does not
 * get a handshake for each datagram.  When a name has two addresses and the
 * first does not reply within DTLS_DIAL_SECOND_MS, the second is tried in
 * parallel.
 *
 * Nothing comes from a server that has lost its state or has moved to a
 * different address, nor through a NAT that has lost the mapping.  So when the
 * silence is too long (dtls_silence.h), or our address has changed, the name is
 * looked up again and a new association is begun beside the old one, which
 * stays in use; at most DTLS_DIAL_TRIES flows do that at the same time.  When
 * the new one is up it is used for sending.  The old one is still received
 * from, until DTLS_DIAL_HEARD_MS after the first data on the new one, at most
 * for DTLS_DIAL_OLD_MS.  If that endpoint of a group does not reply, the next
 * attempt takes a different one.  For a device, which looks for silence itself
 * and tries a second flow, silence changes nothing here.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/ends.h"

#include "net/route.h"
#include "tunnel/bind.h"
#include "tunnel/dtls_call.h"
#include "tunnel/dtls_silence.h"
#include "tunnel/queue.h"
#include "tunnel/target.h"
#include "tunnel/turns.h"

enum {
	DTLS_DIAL_FAIL_MS = 1000,	/* least, from opening to failure */
	DTLS_DIAL_SECOND_MS = 1500,	/* until the second address is tried */
	DTLS_DIAL_ASK_MS = 600,	/* for the answer to a heartbeat */
	DTLS_DIAL_TRIES = 32,	/* associations that are being replaced */
	DTLS_DIAL_TRY_MS = 5000,	/* longest handshake of a replacement:
				 * the next one says hello more often */
	DTLS_DIAL_OLD_MS = 5000,	/* the old one is read, */
	DTLS_DIAL_HEARD_MS = 1000,	/* and after the new one was heard */
};

struct dtls_dial {
	struct calls calls;
	struct target target;
	bool resolve_once;
	struct addr known;	/* the server's address; family 0: to be looked
				 * up */
	struct list legs;	/* struct dtls_dial_leg, the open ones */
	struct queue_pool queues;
	struct log_limit fail_limit;
	struct sleeper sleeper;
	struct route_watch route;
	struct turns turns;	/* of legs that get a new association */
};

/*
 * A leg.  Its states, by its members ("up": its handshake is done):
 *
 *	state			call		next		timer or lookup
 *	looking up		NULL		NULL		lookup
 *	handshake		not up		NULL		second, if the
 *								name has two
 *	handshake with both	not up		not up		-
 *	up			up		NULL		silence, if a
 *								wait runs
 *	up, in line		up		NULL		silence
 *	up, looking up again	up		NULL		silence, lookup
 *	up, being replaced	up		not up		silence
 *	failed			NULL		NULL		end
 *
 * A datagram from the server leads back to "up" from the three states after it.
 * When `next` is up it becomes `call`, and `call`, if that was up, `old`, which
 * is read until old_timer is due.  When `call` fails before it is up `next`
 * becomes `call`, or without one the leg fails.
 */
struct dtls_dial_leg {
	struct leg leg;
	struct list link;	/* in the end's legs */
	struct aim aim;
	struct lookup lookup;
	struct queue waiting;	/* datagrams until the association is up */
	struct call *call;	/* the association, or NULL */
	struct call *next;	/* the one that may replace it, or NULL */
	struct call *old;	/* the one that it has replaced, or NULL */
	struct timer old_timer;	/* when that ends */
	bool heard, old_heard;	/* data came on `call` or `old` since the
				 * replacement */
	struct turn turn;	/* to try a replacement, */
	bool moved;		/* since our address has changed */
	struct addr second;	/* address of the name to try second; family 0:
				 * none, or it was tried */
	struct timer second_timer;	/* when `second` is tried */
	struct dtls_silence silence;
	struct timer silence_timer;	/* due no later than silence is; see
				 * dtls_dial_watch_silence() */
	struct timer ask_timer;	/* when the heartbeat must be answered, */
	uint64_t asked_ms;	/* and when it was sent */
	struct timer end_timer;	/* when leg_failed() is due */
	uint64_t began_ms;	/* when it was opened */
	char why[HOST_TEXT + 16 + DTLS_WHY_TEXT];	/* why it failed */
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

/* When a handshake that begins at began_ms times out. */
static uint64_t
dtls_dial_late_ms(const struct dtls_dial_leg *l, uint64_t began_ms)
{
	return began_ms + (uint64_t)dtls_dial_of(l)->calls.shared.timeout_ms;
}

/* Begins an association with the first of n addresses for which the system
 * gives a socket.  NULL: there is none, and l->why has the reason. */
static struct call *
dtls_dial_call(struct dtls_dial_leg *l, const struct addr *to, unsigned n,
    uint64_t late_ms)
{
	return call_new(&dtls_dial_of(l)->calls, &l->leg, to, n, late_ms,
	    l->why, sizeof(l->why));
}

/* Is the leg's association up? */
static bool
dtls_dial_is_up(const struct dtls_dial_leg *l)
{
	return l->call != NULL && l->call->up;
}

/* Frees the association that was to replace the leg's, if there is one, and
 * tries no other. */
static void
dtls_dial_free_next(struct dtls_dial_leg *l)
{
	resolve_cancel(&l->lookup);
	if (l->next != NULL)
		call_free(l->next);
	l->next = NULL;
	l->moved = false;
	turn_end(&dtls_dial_of(l)->turns, &l->turn);
}

/* Frees the association that was replaced, if there is one. */
static void
dtls_dial_free_old(struct dtls_dial_leg *l)
{
	timer_stop(&l->old_timer);
	if (l->old != NULL)
		call_free(l->old);
	l->old = NULL;
}

/* Goes on with the association that was replaced, which still works while the
 * new one does not; false: there is none. */
static bool
dtls_dial_use_old(struct dtls_dial_leg *l)
{
	if (l->old == NULL)
		return false;
	log_debug("flow %lu: the new association is of no use",
	    (unsigned long)l->leg.flow->number);
	timer_stop(&l->old_timer);
	call_free(l->call);
	l->call = l->old;
	l->old = NULL;
	return true;
}

/* The association that was replaced has had its time. */
static void
dtls_dial_old_due(struct timer *t)
{
	struct dtls_dial_leg *l = LIST_ITEM(t, struct dtls_dial_leg,
	    old_timer);

	if (l->heard || !l->old_heard || !dtls_dial_use_old(l))
		dtls_dial_free_old(l);
}

/* The next association, which is up, replaces the leg's, which is read on. */
static void
dtls_dial_replace(struct dtls_dial_leg *l)
{
	log_info("flow %lu: %s; it has a new association",
	    (unsigned long)l->leg.flow->number, l->moved ?
	    "our address has changed" : "nothing came back");
	timer_stop(&l->ask_timer);
	dtls_dial_free_old(l);
	l->old = l->call;
	l->call = l->next;
	l->next = NULL;
	l->heard = l->old_heard = l->moved = false;
	timer_set(&l->old_timer, dtls_dial_loop(l),
	    dtls_dial_now(l) + DTLS_DIAL_OLD_MS, dtls_dial_old_due);
	turn_end(&dtls_dial_of(l)->turns, &l->turn);
	dtls_silence_replaced(&l->silence);
}

/* Replaces the leg's association by the next one.  False: there is none. */
static bool
dtls_dial_use_next(struct dtls_dial_leg *l)
{
	if (l->next == NULL)
		return false;
	call_free(l->call);
	l->call = l->next;
	l->next = NULL;
	return true;
}

/*
 * Failure
 */

static void
dtls_dial_end_due(struct timer *t)
{
	struct dtls_dial_leg *l = LIST_ITEM(t, struct dtls_dial_leg,
	    end_timer);

	leg_failed(&l->leg, l->why);
}

/* The leg fails for the reason in l->why: now, or DTLS_DIAL_FAIL_MS after it
 * was opened. */
static void
dtls_dial_fail(struct dtls_dial_leg *l)
{
	struct dtls_dial *e = dtls_dial_of(l);
	uint64_t now_ms = dtls_dial_now(l);

	log_limited(&e->fail_limit, now_ms, LEVEL_WARN, "%s: flow %lu: %s",
	    l->leg.end->name, (unsigned long)l->leg.flow->number, l->why);
	target_failed(&e->target, &l->aim);
	if (l->call != NULL)
		call_free(l->call);
	l->call = NULL;
	timer_stop(&l->second_timer);
	if (now_ms >= l->began_ms + DTLS_DIAL_FAIL_MS)
		leg_failed(&l->leg, l->why);
	else
		timer_set(&l->end_timer, dtls_dial_loop(l),
		    l->began_ms + DTLS_DIAL_FAIL_MS, dtls_dial_end_due);
}

/*
 * Addresses
 */

/* Tries the second address of the name, in parallel with the first. */
static void
dtls_dial_try_second(struct dtls_dial_leg *l)
{
	struct addr to = l->second;

	l->second.family = 0;
	if (to.family != 0 && l->next == NULL)
		l->next = dtls_dial_call(l, &to, 1, l->call->late_ms);
}

/* Tries the second address if the first has not replied. */
static void
dtls_dial_second_due(struct timer *t)
{
	struct dtls_dial_leg *l = LIST_ITEM(t, struct dtls_dial_leg,
	    second_timer);

	if (!l->call->up && !l->call->heard)
		dtls_dial_try_second(l);
}

/* Of n addresses, the one to try second: the first whose family is not that of
 * `first`, else the last that differs from it.  NULL: none. */
static const struct addr *
dtls_dial_choose_second(const struct addr *first, const struct addr *addr,
    unsigned n)
{
	const struct addr *second = NULL;
	unsigned i;

	for (i = 0; i < n; i++) {
		if (addr[i].family != first->family)
			return &addr[i];
		if (!addr_same(&addr[i], first))
			second = &addr[i];
	}
	return second;
}

/* Of n addresses (at least 1), the one for all flows (resolve-once): the first
 * IPv4 address, else the first. */
static const struct addr *
dtls_dial_choose_known(const struct addr *addr, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (addr[i].family == 4)
			return &addr[i];
	return addr;
}

/* Begins the leg's association with the first of n addresses, and sets the
 * timer for the second. */
static void
dtls_dial_begin(struct dtls_dial_leg *l, const struct addr *addr, unsigned n)
{
	const struct addr *second;

	l->call = dtls_dial_call(l, addr, n,
	    dtls_dial_late_ms(l, l->began_ms));
	if (l->call == NULL) {
		dtls_dial_fail(l);
		return;
	}
	second = dtls_dial_choose_second(&l->call->to, addr, n);
	if (second == NULL)
		return;
	l->second = *second;
	timer_set(&l->second_timer, dtls_dial_loop(l),
	    dtls_dial_now(l) + DTLS_DIAL_SECOND_MS, dtls_dial_second_due);
}

/* The association that was to replace the leg's cannot be made: with a group,
 * the next attempt takes a different endpoint. */
static void
dtls_dial_next_failed(struct dtls_dial_leg *l)
{
	dtls_dial_free_next(l);
	if (!dtls_dial_is_up(l))
		return;
	dtls_silence_failed(&l->silence);
	target_leave(&dtls_dial_of(l)->target, &l->aim);
}

/* Tries to replace the leg's association, with the first of n addresses for
 * which the system gives a socket. */
static void
dtls_dial_try(struct dtls_dial_leg *l, const struct addr *to, unsigned n)
{
	uint64_t now_ms = dtls_dial_now(l);
	uint64_t late_ms = dtls_dial_late_ms(l, now_ms);

	if (late_ms > now_ms + DTLS_DIAL_TRY_MS)
		late_ms = now_ms + DTLS_DIAL_TRY_MS;
	l->next = dtls_dial_call(l, to, n, late_ms);
	if (l->next == NULL)
		dtls_dial_next_failed(l);
}

/* The leg's name was looked up: for its association, or for a new one. */
static void
dtls_dial_resolved(struct lookup *lookup, const struct addr *addr, unsigned n,
    const char *why)
{
	struct dtls_dial_leg *l = LIST_ITEM(lookup, struct dtls_dial_leg,
	    lookup);
	struct dtls_dial *e = dtls_dial_of(l);

	if (l->call != NULL) {
		if (n > 0)
			dtls_dial_try(l, addr, n);
		else
			dtls_dial_next_failed(l);
		return;
	}
	if (n == 0) {
		strlcpy(l->why, why, sizeof(l->why));
		dtls_dial_fail(l);
		return;
	}
	if (e->resolve_once) {
		e->known = *dtls_dial_choose_known(addr, n);
		addr = &e->known;
		n = 1;
	}
	dtls_dial_begin(l, addr, n);
}

/* Looks up the leg's name. */
static void
dtls_dial_look_up(struct dtls_dial_leg *l)
{
	resolve_start(l->leg.end->tunnel->resolver, &l->lookup,
	    l->aim.at.host, l->aim.at.port, LOOKUP_CONNECT,
	    dtls_dial_of(l)->calls.shared.timeout_ms, dtls_dial_resolved);
}

/*
 * Silence
 */

/* Its turn: goes on from our new address if that has changed and the server
 * knows the association by its identifier, else tries a new one. */
static void
dtls_dial_turn(struct turn *t)
{
	struct dtls_dial_leg *l = LIST_ITEM(t, struct dtls_dial_leg, turn);
	struct dtls_dial *e = dtls_dial_of(l);

	if (!dtls_dial_is_up(l) || call_follow(l->call))
		dtls_dial_free_next(l);
	else if (e->known.family != 0)
		dtls_dial_try(l, &e->known, 1);
	else
		dtls_dial_look_up(l);
}

/* Our address has changed: what still comes to the old one does not keep the
 * leg from leaving it. */
static void
dtls_dial_leave(struct dtls_dial_leg *l)
{
	l->moved = true;
	dtls_silence_restart(&l->silence, dtls_dial_now(l));
	turn_ask(&dtls_dial_of(l)->turns, &l->turn);
}

static void dtls_dial_silence_due(struct timer *);

/* Sets the timer to when the wait reaches its limit.  A timer that is due
 * sooner stays as it is, and is set again when it fires: so it is not set for
 * each datagram. */
static void
dtls_dial_watch_silence(struct dtls_dial_leg *l)
{
	uint64_t due_ms = dtls_silence_due_ms(&l->silence);

	if (due_ms != UINT64_MAX && (!timer_is_set(&l->silence_timer) ||
	    l->silence_timer.due_ms > due_ms))
		timer_set(&l->silence_timer, dtls_dial_loop(l), due_ms,
		    dtls_dial_silence_due);
}

/* The heartbeat was to be answered by now. */
static void
dtls_dial_ask_due(struct timer *t)
{
	struct dtls_dial_leg *l = LIST_ITEM(t, struct dtls_dial_leg,
	    ask_timer);

	if (!dtls_dial_is_up(l) || l->call->beat_ms < l->asked_ms)
		turn_ask(&dtls_dial_of(l)->turns, &l->turn);
}

/* The silence is too long: asks the server by a heartbeat if it has agreed to
 * answer, else tries to replace the association at once. */
static void
dtls_dial_suspect(struct dtls_dial_leg *l)
{
	l->asked_ms = dtls_dial_now(l);
	if (!dtls_dial_is_up(l) || !call_ask(l->call))
		turn_ask(&dtls_dial_of(l)->turns, &l->turn);
	else
		timer_set(&l->ask_timer, dtls_dial_loop(l),
		    l->asked_ms + DTLS_DIAL_ASK_MS, dtls_dial_ask_due);
}

static void
dtls_dial_silence_due(struct timer *t)
{
	struct dtls_dial_leg *l = LIST_ITEM(t, struct dtls_dial_leg,
	    silence_timer);
	uint64_t limit_ms = l->silence.limit_ms;

	if (dtls_silence_expire(&l->silence, dtls_dial_now(l))) {
		log_debug("flow %lu: nothing came back for %llu ms",
		    (unsigned long)l->leg.flow->number,
		    (unsigned long long)limit_ms);
		dtls_dial_suspect(l);
	}
	dtls_dial_watch_silence(l);
}

/* A datagram was received: the association works, and is not replaced. */
static void
dtls_dial_heard(struct dtls_dial_leg *l)
{
	dtls_silence_answered(&l->silence, dtls_dial_now(l));
	timer_stop(&l->ask_timer);
	if (!l->moved)
		dtls_dial_free_next(l);
	if (l->heard)
		return;
	l->heard = true;
	if (l->old != NULL)
		timer_set(&l->old_timer, dtls_dial_loop(l),
		    dtls_dial_now(l) + DTLS_DIAL_HEARD_MS, dtls_dial_old_due);
}

static void dtls_dial_no_route(struct call *);

/* Our addresses or routes have changed: what came from an address that is not
 * used any more gets no answers. */
static void
dtls_dial_rerouted(struct route_watch *w)
{
	struct dtls_dial *e = LIST_ITEM(w, struct dtls_dial, route);
	struct dtls_dial_leg *l;
	struct list *at, *next;

	for (at = e->legs.next; at != &e->legs; at = next) {
		next = at->next;
		l = LIST_ITEM(at, struct dtls_dial_leg, link);
		if (l->call == NULL ||
		    !route_moved(w, &l->call->from, &l->call->to))
			continue;
		if (!l->call->up) {
			dtls_dial_no_route(l->call);
			continue;
		}
		if (l->next != NULL &&
		    route_moved(w, &l->next->from, &l->next->to))
			dtls_dial_free_next(l);
		dtls_dial_leave(l);
	}
}

/* The machine was suspended: servers may have dropped our associations. */
static void
dtls_dial_slept(struct sleeper *s, uint64_t slept_ms)
{
	struct dtls_dial *e = LIST_ITEM(s, struct dtls_dial, sleeper);
	struct dtls_dial_leg *l;
	struct list *at;

	if (slept_ms < DTLS_SILENCE_MS)
		return;
	for (at = e->legs.next; at != &e->legs; at = at->next) {
		l = LIST_ITEM(at, struct dtls_dial_leg, link);
		dtls_silence_hurry(&l->silence);
		dtls_dial_watch_silence(l);
	}
}

/*
 * Reports from associations
 */

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

/* The handshake of `call` or `next` is done: the leg uses that one. */
static void
dtls_dial_up(struct call *c)
{
	struct dtls_dial_leg *l = dtls_dial_leg_of(c->leg);

	if (c == l->call)
		dtls_dial_free_next(l);
	else if (l->call->up)
		dtls_dial_replace(l);
	else
		(void)dtls_dial_use_next(l);
	target_answered(&dtls_dial_of(l)->target, &l->aim);
	flow_up(&l->leg);
	dtls_dial_send_waiting(l);
}

/* Datagrams were received. */
static void
dtls_dial_data(struct call *c, struct dgram *d, unsigned n)
{
	struct dtls_dial_leg *l = dtls_dial_leg_of(c->leg);

	if (c == l->old)
		l->old_heard = true;
	else
		dtls_dial_heard(l);
	flow_pass(c->leg, d, n);
}

/* The server or the engine has closed an association. */
static void
dtls_dial_closed(struct call *c, const char *why)
{
	struct dtls_dial_leg *l = dtls_dial_leg_of(c->leg);
	char at[HOST_TEXT + 16];

	if (c == l->next) {
		dtls_dial_next_failed(l);
	} else if (c == l->old) {
		dtls_dial_free_old(l);
	} else if (c->up) {
		if (l->heard || !dtls_dial_use_old(l))
			leg_failed(&l->leg, why);
	} else if (!dtls_dial_use_next(l)) {
		snprintf(l->why, sizeof(l->why), "%s: %s",
		    hostport_text(&l->aim.at, at), why);
		dtls_dial_fail(l);
	}
}

/* The handshake has timed out. */
static void
dtls_dial_late(struct call *c)
{
	struct dtls_dial_leg *l = dtls_dial_leg_of(c->leg);
	char at[HOST_TEXT + 16];

	if (c == l->next) {
		dtls_dial_next_failed(l);
		return;
	}
	if (dtls_dial_use_next(l))
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
	dtls_dial_fail(l);
}

/* An association cannot send from our address, which has changed: tries a new
 * one; before the handshake is done, with the same address of the server and
 * the same time-out. */
static void
dtls_dial_no_route(struct call *c)
{
	struct dtls_dial_leg *l = dtls_dial_leg_of(c->leg);
	struct addr to = c->to;
	uint64_t late_ms = c->late_ms;

	if (c == l->old) {
		dtls_dial_free_old(l);
		return;
	}
	if (c->up) {
		dtls_dial_leave(l);
		return;
	}
	call_free(c);		/* only compared from here on */
	if (c == l->next) {
		l->next = dtls_dial_call(l, &to, 1, late_ms);
		if (l->next == NULL)
			dtls_dial_next_failed(l);
		return;
	}
	l->call = dtls_dial_call(l, &to, 1, late_ms);
	if (l->call == NULL) {
		l->call = l->next;
		l->next = NULL;
	}
	if (l->call == NULL)
		dtls_dial_fail(l);
}

/* ICMP: nothing listens there.  A forger may say so too: the second address is
 * tried now, or the limit of silence gets short. */
static void
dtls_dial_refused(struct call *c)
{
	struct dtls_dial_leg *l = dtls_dial_leg_of(c->leg);

	if (!c->up) {
		if (c == l->call)
			dtls_dial_try_second(l);
	} else if (c == l->call && l->silence.waiting) {
		dtls_silence_hurry(&l->silence);
		dtls_dial_watch_silence(l);
	}
}

static const struct call_ops dtls_dial_ops = {
	.up = dtls_dial_up,
	.data = dtls_dial_data,
	.closed = dtls_dial_closed,
	.late = dtls_dial_late,
	.no_route = dtls_dial_no_route,
	.refused = dtls_dial_refused,
};

/*
 * The end
 */

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

	if (!dtls_dial_is_up(l)) {
		dtls_dial_queue(l, d, n);
		return;
	}
	/* A device knows which of its packets ask, and looks itself. */
	if (!leg_other(leg)->end->ops->lasting &&
	    dtls_silence_sent(&l->silence, dtls_dial_now(l)))
		dtls_dial_watch_silence(l);
	call_send(l->call, d, n);
}

static size_t
dtls_dial_room(struct leg *leg)
{
	const struct call *c = dtls_dial_leg_of(leg)->call;

	return dtls_leg_room(c == NULL ? NULL : &c->dtls,
	    c == NULL ? NULL : &c->to);
}

static int
dtls_dial_open(struct leg *leg)
{
	struct dtls_dial_leg *l = dtls_dial_leg_of(leg);
	struct dtls_dial *e = dtls_dial_of(l);

	list_add(&e->legs, &l->link);
	turn_init(&l->turn);
	dtls_silence_init(&l->silence);
	l->began_ms = dtls_dial_now(l);
	(void)target_choose(&e->target, &l->aim);
	if (e->known.family == 0)
		dtls_dial_look_up(l);
	else
		dtls_dial_begin(l, &e->known, 1);
	return 0;
}

static int
dtls_dial_start(struct end *end, const struct settings *s, struct fault *f)
{
	struct dtls_dial *e = dtls_dial_of_end(end);

	list_init(&e->legs);
	if (target_init(&e->target, end, s, f) != 0)
		return -1;
	e->resolve_once = s->resolve_once;
	if (s->group == NULL && addr_parse_ip(&e->known, s->at.host) == 0)
		e->known.port = s->at.port;
	if (calls_start(&e->calls, s, &dtls_dial_ops, f) != 0)
		return -1;
	if (bind_check_mark(end, s, f) != 0) {
		calls_stop(&e->calls);
		return -1;
	}
	e->sleeper.fn = dtls_dial_slept;
	loop_watch_sleep(end->tunnel->loop, &e->sleeper);
	turns_init(&e->turns, end->tunnel->loop, DTLS_DIAL_TRIES,
	    dtls_dial_turn);
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
	timer_stop(&l->second_timer);
	timer_stop(&l->silence_timer);
	timer_stop(&l->ask_timer);
	timer_stop(&l->end_timer);
	flow_drop(leg, LOST_FLOW_ENDED, queue_clear(&l->waiting,
	    &dtls_dial_of(l)->queues));
	if (l->call != NULL)
		call_free(l->call);
	l->call = NULL;
	dtls_dial_free_next(l);
	dtls_dial_free_old(l);
}

static void
dtls_dial_stop(struct end *end)
{
	struct dtls_dial *e = dtls_dial_of_end(end);

	loop_unwatch_sleep(&e->sleeper);
	route_watch_stop(&e->route);
	turns_stop(&e->turns);
	queue_pool_close(&e->queues);
	calls_stop(&e->calls);
}

const struct end_ops end_dtls = {
	.name = "dtls",
	.brief = "a DTLS server; each flow has an association of its own",
	.side = RIGHT,
	.end_size = sizeof(struct dtls_dial),
	.leg_size = sizeof(struct dtls_dial_leg),
	.headroom = DTLS_HEAD,
	.tailroom = DTLS_TAIL,
	.options = settings_dtls,
	.start = dtls_dial_start,
	.open = dtls_dial_open,
	.send = dtls_dial_send,
	.room = dtls_dial_room,
	.close = dtls_dial_close,
	.stop = dtls_dial_stop,
};
