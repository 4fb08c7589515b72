/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Decides when the association of a flow is replaced, and which one is used
 * meanwhile.
 */

#include "compat.h"

#include "tunnel/dtls_renewal.h"

static struct renewal *
renewal_of_call(const struct call *c)
{
	return LIST_ITEM(c->owner, struct renewal, owner);
}

static struct loop *
renewal_loop(const struct renewal *r)
{
	return r->owner.leg->end->tunnel->loop;
}

static uint64_t
renewal_now(const struct renewal *r)
{
	return loop_now(renewal_loop(r));
}

static unsigned long
renewal_number(const struct renewal *r)
{
	return r->owner.leg->flow->number;
}

static void renewal_time(struct timer *);

/* It is due at due_ms. */
static void
renewal_set(struct renewal *r, enum renewal_due which, uint64_t due_ms)
{
	dues_set(&r->dues, renewal_loop(r), which, due_ms, renewal_time);
}

/*
 * The old association, and the next one
 */

/* Frees the association that was to replace the leg's, if there is one, and
 * tries no other. */
static void
renewal_free_next(struct renewal *r)
{
	dtls_address_stop(&r->address);
	dues_stop(&r->dues, RENEWAL_NEXT);
	if (r->next != NULL)
		call_free(r->next);
	r->next = NULL;
	r->moved = r->again = false;
	turn_end(&r->end->turns, &r->turn);
}

/* Frees the association that was replaced, if there is one. */
static void
renewal_free_old(struct renewal *r)
{
	dues_stop(&r->dues, RENEWAL_OLD);
	if (r->old != NULL)
		call_free(r->old);
	r->old = NULL;
}

/* Goes on with the association that was replaced, which still works while the
 * new one does not; false: there is none. */
static bool
renewal_use_old(struct renewal *r)
{
	if (r->old == NULL)
		return false;
	log_debug("flow %lu: the new association is of no use",
	    renewal_number(r));
	dues_stop(&r->dues, RENEWAL_OLD);
	call_free(r->call);
	r->call = r->old;
	r->old = NULL;
	return true;
}

/* The association that was replaced has had its time. */
static void
renewal_old_due(struct renewal *r)
{
	if (r->heard || !r->old_heard || !renewal_use_old(r))
		renewal_free_old(r);
}

/* The next association, which is up, replaces the leg's, which is read on. */
static void
renewal_replace(struct renewal *r)
{
	log_info("flow %lu: %s; it has a new association", renewal_number(r),
	    r->moved ? "our address has changed" : "nothing came back");
	dues_stop(&r->dues, RENEWAL_ASKED);
	dues_stop(&r->dues, RENEWAL_NEXT);
	dtls_address_stop(&r->address);
	renewal_free_old(r);
	r->old = r->call;
	r->call = r->next;
	r->next = NULL;
	r->heard = r->old_heard = r->moved = r->again = false;
	r->failures = 0;
	renewal_set(r, RENEWAL_OLD, renewal_now(r) + RENEWAL_OLD_MS);
	turn_end(&r->end->turns, &r->turn);
	dtls_silence_replaced(&r->silence);
}

/* The association that was to replace the leg's cannot be made: with a group,
 * the next attempt takes a different endpoint, and with several addresses of a
 * name a different address. */
static void
renewal_next_failed(struct renewal *r)
{
	r->failures++;
	renewal_free_next(r);
	dtls_silence_failed(&r->silence);
	dtls_address_leave(&r->address);
}

/* Begins the next association with the first of n addresses for which the
 * system gives a socket; it may take until late_ms. */
static void
renewal_try(struct renewal *r, const struct addr *to, unsigned n,
    uint64_t late_ms)
{
	char why[DTLS_WHY_TEXT];

	r->next = call_new(r->end->calls, &r->owner, to, n, late_ms, why,
	    sizeof(why));
	if (r->next == NULL)
		renewal_next_failed(r);
}

/* Copies n addresses in the order in which they are tried: first that of the
 * leg's association, whose server may only have lost its state; each failure so
 * far has the next one begin. */
static void
renewal_order(const struct renewal *r, const struct addr *from, unsigned n,
    struct addr *order)
{
	unsigned i, at = n - r->failures % n;

	for (i = 0; i < n; i++)
		if (addr_same(&from[i], &r->call->to))
			order[at++ % n] = from[i];
	for (i = 0; i < n; i++)
		if (!addr_same(&from[i], &r->call->to))
			order[at++ % n] = from[i];
}

/* Nothing was heard from an address in the time that it has where there are
 * others, or it refuses: tries the next one. */
static void
renewal_next_due(struct renewal *r)
{
	bool moved = r->moved;

	if (r->next == NULL || r->next->heard)
		return;
	r->failures++;
	renewal_free_next(r);
	r->moved = moved;
	turn_ask(&r->end->turns, &r->turn);
}

/* The addresses for the next association were found. */
static void
renewal_found(struct dtls_address *a, const struct addr *to, unsigned n,
    const char *why)
{
	struct renewal *r = LIST_ITEM(a, struct renewal, address);
	uint64_t most_ms = (uint64_t)r->end->calls->shared.timeout_ms;
	struct addr order[RESOLVE_MAX];

	(void)why;
	if (most_ms > RENEWAL_TRY_MS)
		most_ms = RENEWAL_TRY_MS;
	if (n == 0) {
		renewal_next_failed(r);
		return;
	}
	renewal_order(r, to, n, order);
	/* Once all were tried each has its whole time, as the path may be
	 * slow. */
	if (r->failures + 1 < n)
		renewal_set(r, RENEWAL_NEXT, renewal_now(r) + RENEWAL_NEXT_MS);
	renewal_try(r, order, n, renewal_now(r) + most_ms);
}

/* Its turn: goes on from our new address if that has changed and the server
 * knows the association by its identifier, else tries a new one. */
static void
renewal_turn(struct turn *t)
{
	struct renewal *r = LIST_ITEM(t, struct renewal, turn);

	if (r->call == NULL || call_follow(r->call))
		renewal_free_next(r);
	else
		dtls_address_find(&r->address, renewal_found);
}

/*
 * Silence and moves
 */

/* Our address has changed: what still comes to the old one does not keep the
 * leg from leaving it. */
static void
renewal_leave(struct renewal *r)
{
	r->moved = true;
	dtls_silence_restart(&r->silence, renewal_now(r));
	turn_ask(&r->end->turns, &r->turn);
}

/* Notes when the wait reaches its limit.  A time that is sooner stays as it is,
 * and is set again when it has come: so it is not set for each datagram. */
static void
renewal_watch_silence(struct renewal *r)
{
	uint64_t due_ms = dtls_silence_due_ms(&r->silence);

	if (due_ms < dues_at(&r->dues, RENEWAL_SILENCE))
		renewal_set(r, RENEWAL_SILENCE, due_ms);
}

/* The heartbeat was to be answered by now. */
static void
renewal_ask_due(struct renewal *r)
{
	if (r->call->beat_ms < r->asked_ms)
		turn_ask(&r->end->turns, &r->turn);
}

/* The silence is too long: asks the server by a heartbeat if it has agreed to
 * answer, else tries to replace the association at once. */
static void
renewal_suspect(struct renewal *r)
{
	r->asked_ms = renewal_now(r);
	if (!call_ask(r->call))
		turn_ask(&r->end->turns, &r->turn);
	else
		renewal_set(r, RENEWAL_ASKED, r->asked_ms + RENEWAL_ASK_MS);
}

static void
renewal_silence_due(struct renewal *r)
{
	uint64_t limit_ms = r->silence.limit_ms;

	if (dtls_silence_expire(&r->silence, renewal_now(r))) {
		log_debug("flow %lu: nothing came back for %llu ms",
		    renewal_number(r), (unsigned long long)limit_ms);
		renewal_suspect(r);
	}
	renewal_watch_silence(r);
}

/* Something is due. */
static void
renewal_time(struct timer *t)
{
	struct renewal *r = LIST_ITEM(t, struct renewal, dues.timer);

	switch ((enum renewal_due)dues_take(&r->dues, renewal_loop(r))) {
	case RENEWAL_OLD:
		renewal_old_due(r);
		break;
	case RENEWAL_NEXT:
		renewal_next_due(r);
		break;
	case RENEWAL_SILENCE:
		renewal_silence_due(r);
		break;
	case RENEWAL_ASKED:
		renewal_ask_due(r);
		break;
	}
}

/* A datagram was received: the association works, and is not replaced. */
static void
renewal_heard(struct renewal *r)
{
	dtls_silence_answered(&r->silence, renewal_now(r));
	r->failures = 0;
	dues_stop(&r->dues, RENEWAL_ASKED);
	if (!r->moved)
		renewal_free_next(r);
	if (r->heard)
		return;
	r->heard = true;
	if (r->old != NULL)
		renewal_set(r, RENEWAL_OLD, renewal_now(r) + RENEWAL_HEARD_MS);
}

void
renewal_reroute(struct renewal *r, struct route_watch *w)
{
	if (!route_moved(w, &r->call->from, &r->call->to))
		return;
	if (r->next != NULL && route_moved(w, &r->next->from, &r->next->to))
		renewal_free_next(r);
	renewal_leave(r);
}

void
renewal_anew(struct renewal *r)
{
	renewal_free_next(r);
	renewal_leave(r);
}

void
renewal_wake(struct renewal *r)
{
	dtls_silence_hurry(&r->silence);
	renewal_watch_silence(r);
}

/*
 * Reports from associations
 */

/* The handshake of the next association is done. */
static void
renewal_up(struct call *c)
{
	struct renewal *r = renewal_of_call(c);

	renewal_replace(r);
	dtls_address_answered(&r->address);
}

/* The server of the next association was heard: on a slow path the handshake,
 * of three round trips, has time enough, up to the time-out. */
static void
renewal_next_heard(struct call *c)
{
	uint64_t now_ms = renewal_now(renewal_of_call(c));
	uint64_t late_ms = now_ms + 3 * (now_ms - c->sent_ms);
	uint64_t most_ms = c->sent_ms + (uint64_t)c->calls->shared.timeout_ms;

	if (late_ms > most_ms)
		late_ms = most_ms;
	if (c->late_ms < late_ms)
		c->late_ms = late_ms;
}

/* Datagrams were received. */
static void
renewal_data(struct call *c, struct dgram *d, unsigned n)
{
	struct renewal *r = renewal_of_call(c);

	if (c == r->old)
		r->old_heard = true;
	else
		renewal_heard(r);
	flow_pass(r->owner.leg, d, n);
}

/* The server or the engine has closed an association. */
static void
renewal_closed(struct call *c, const char *why)
{
	struct renewal *r = renewal_of_call(c);

	if (c == r->next)
		renewal_next_failed(r);
	else if (c == r->old)
		renewal_free_old(r);
	else if (r->heard || !renewal_use_old(r))
		leg_failed(r->owner.leg, why);
}

/* The handshake of the next association has timed out. */
static void
renewal_late(struct call *c)
{
	renewal_next_failed(renewal_of_call(c));
}

/* An association cannot send from our address, which has changed: tries a new
 * one; before the handshake is done, with the same address of the server and
 * the same time-out. */
static void
renewal_no_route(struct call *c)
{
	struct renewal *r = renewal_of_call(c);
	struct addr to = c->to;
	uint64_t late_ms = c->late_ms;

	if (c == r->old) {
		renewal_free_old(r);
	} else if (c == r->next) {
		call_free(c);
		renewal_try(r, &to, 1, late_ms);
	} else {
		renewal_leave(r);
	}
}

/* ICMP: nothing listens there.  A forger may say so too: the limit of silence
 * gets short, and a replacement tries the next address. */
static void
renewal_refused(struct call *c)
{
	struct renewal *r = renewal_of_call(c);

	if (c == r->next && dues_at(&r->dues, RENEWAL_NEXT) != UINT64_MAX)
		renewal_next_due(r);
	if (c != r->call || !r->silence.waiting)
		return;
	dtls_silence_hurry(&r->silence);
	renewal_watch_silence(r);
}

/* The server does not know the handshake of the next association: begins one
 * more in its place, with the same address of the server and the same time-out,
 * unless that did not help before. */
static void
renewal_forgotten(struct call *c)
{
	struct renewal *r = renewal_of_call(c);
	struct addr to = c->to;
	uint64_t late_ms = c->late_ms;

	if (c != r->next || r->again)
		return;
	r->again = true;
	call_free(c);
	renewal_try(r, &to, 1, late_ms);
}

static const struct call_ops renewal_ops = {
	.up = renewal_up,
	.heard = renewal_next_heard,
	.data = renewal_data,
	.closed = renewal_closed,
	.late = renewal_late,
	.forgotten = renewal_forgotten,
	.no_route = renewal_no_route,
	.refused = renewal_refused,
};

/*
 * Beginning and end
 */

void
renewals_init(struct renewals *e, struct calls *calls)
{
	e->calls = calls;
	turns_init(&e->turns, calls->shared.end.tunnel->loop, RENEWAL_TRIES,
	    renewal_turn);
}

void
renewals_stop(struct renewals *e)
{
	turns_stop(&e->turns);
}

void
renewal_init(struct renewal *r, struct renewals *e,
    struct dtls_addresses *addresses, struct leg *leg)
{
	r->end = e;
	r->owner.ops = &renewal_ops;
	r->owner.leg = leg;
	turn_init(&r->turn);
	dtls_silence_init(&r->silence);
	dtls_address_init(&r->address, addresses);
}

void
renewal_begin(struct renewal *r, struct call *c)
{
	c->owner = &r->owner;
	r->call = c;
}

void
renewal_send(struct renewal *r, struct dgram *d, unsigned n)
{
	/* A device knows which of its packets ask, and looks itself. */
	if (!leg_other(r->owner.leg)->end->ops->lasting &&
	    dtls_silence_sent(&r->silence, renewal_now(r)))
		renewal_watch_silence(r);
	call_send(r->call, d, n);
}

void
renewal_end(struct renewal *r)
{
	renewal_free_next(r);
	renewal_free_old(r);
	dues_stop_all(&r->dues);
	dtls_address_stop(&r->address);
	if (r->call != NULL)
		call_free(r->call);
	r->call = NULL;
}
