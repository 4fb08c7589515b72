/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Lets the connections of an idle flow go that a middlebox cuts, and brings
 * them back with its traffic.
 */

#include "compat.h"

#include "tunnel/pool_rest.h"

enum {
	REST_SPARES_MS = 10,	/* from the first connection to the spare ones:
				 * their handshakes would delay its datagrams */
	REST_REFILL_MS = 1000,	/* the same after they were cut, */
	REST_FLOWS_MS = 500,	/* if there was traffic so lately */
	REST_USELESS_MS = 30000,	/* once they came back in vain; doubles
					 * up to */
	REST_USELESS_MAX_MS = 600000,	/* this */
	REST_TIRE_MAX_MS = 32000,	/* longest pause after they came back
					 * and were cut at once */
	REST_EVENT_MS = 500,	/* what is lost so soon after a connection in
				 * use has the same cause */
	REST_TIRED_MS = 400,	/* back-off of a spare one that is cut young
				 * again and again */
};

static uint64_t
rest_now(const struct dialler_leg *l)
{
	return loop_now(dialler_loop(dialler_of_leg(l)));
}

/* How long a flow has had no datagram, from either side. */
static uint64_t
leg_quiet_ms(const struct dialler_leg *l)
{
	const uint64_t *seen_ms = l->pool.framed.leg.flow->seen_ms;

	return rest_now(l) - (seen_ms[LEFT] > seen_ms[RIGHT] ? seen_ms[LEFT] :
	    seen_ms[RIGHT]);
}

/* Is it one of the spare ones that came back last? */
static bool
dialled_is_back(const struct dialled *c)
{
	return c->try.up_ms >= c->leg->refilled_ms;
}

/* Can the flow of a lost connection do without it? */
static bool
dialled_is_spare(const struct dialled *c)
{
	const struct dialler_leg *l = c->leg;

	if (framed_leg_count(&l->pool.framed) > 0 || c->moved)
		return false;
	if (leg_quiet_ms(l) >= POOL_IDLE_MS)
		return true;
	if (l->lost_ms != 0 && rest_now(l) - l->lost_ms < REST_EVENT_MS)
		return false;
	return c->conn.idle || (!c->conn.given && dialler_leg_count(l) > 0 &&
	    (c->try.pause_ms >= REST_TIRED_MS || dialled_is_back(c)));
}

/* When those that were cut may come back. */
static uint64_t
leg_refill_due_ms(const struct dialler_leg *l)
{
	return l->refill_due_ms > l->tired_due_ms ? l->refill_due_ms :
	    l->tired_due_ms;
}

/* The spare connections come, if there is traffic where they were cut. */
static void
leg_start_spares(struct timer *t)
{
	struct dialler_leg *l = LIST_ITEM(t, struct dialler_leg,
	    spares_timer);

	/* Otherwise the next datagram plans them again. */
	if (l->thinned && leg_quiet_ms(l) >= REST_FLOWS_MS)
		return;
	if (l->thinned && rest_now(l) < leg_refill_due_ms(l)) {
		timer_set(t, dialler_loop(dialler_of_leg(l)),
		    leg_refill_due_ms(l), leg_start_spares);
		return;
	}
	if (l->thinned) {
		l->refilled_ms = rest_now(l);
		if (!l->tired)
			l->tired_ms = REST_REFILL_MS;
		l->tired = false;
	}
	l->spares = true;
	/* It rests where it has only received since. */
	l->thinned = l->rests = false;
	dialler_leg_fill(l, NULL);
}

/* Plans the spare connections, unless that is done. */
static void
leg_plan_spares(struct dialler_leg *l)
{
	uint64_t due_ms = rest_now(l) + (l->thinned ? REST_REFILL_MS :
	    REST_SPARES_MS);

	if (l->spares || timer_is_set(&l->spares_timer))
		return;
	if (l->thinned && due_ms < leg_refill_due_ms(l))
		due_ms = leg_refill_due_ms(l);
	timer_set(&l->spares_timer, dialler_loop(dialler_of_leg(l)), due_ms,
	    leg_start_spares);
}

/* A connection is needed that was lost.  So are the spare ones, unless it was
 * lost as soon as they were. */
static void
leg_miss(struct dialler_leg *l, bool steady)
{
	if (steady)
		l->lost_ms = rest_now(l);
	l->rests = false;
	if (!l->thinned)
		return;
	if (steady) {
		l->thinned = false;
		timer_stop(&l->spares_timer);
	}
	if (dialler_leg_is_served(l))
		leg_plan_spares(l);
}

/* Makes the pause longer before the spare connections come back. */
static void
leg_grow_pause(struct dialler_leg *l)
{
	l->refilled_ms = UINT64_MAX;
	l->refill_ms *= 2;
	if (l->refill_ms < REST_USELESS_MS)
		l->refill_ms = REST_USELESS_MS;
	if (l->refill_ms > REST_USELESS_MAX_MS)
		l->refill_ms = REST_USELESS_MAX_MS;
	l->refill_due_ms = rest_now(l) + l->refill_ms;
}

/* One that came back was cut at once: begins a pause that load does not end,
 * and makes the next one longer. */
static void
leg_tire(struct dialler_leg *l)
{
	if (l->tired)
		return;
	l->tired = true;
	l->tired_due_ms = rest_now(l) + l->tired_ms;
	if (l->tired_ms < REST_TIRE_MAX_MS)
		l->tired_ms *= 2;
}

void
pool_rest_begin(struct dialler_leg *l)
{
	l->refill_ms = l->tired_ms = REST_REFILL_MS;
	l->refilled_ms = UINT64_MAX;
}

void
pool_rest_end(struct dialler_leg *l)
{
	timer_stop(&l->spares_timer);
}

bool
pool_rest_lost(struct dialled *c)
{
	struct dialler_leg *l = c->leg;
	bool steady = rest_now(l) - c->try.up_ms >= POOL_IDLE_MS;

	if (dialled_is_back(c) && !c->conn.given && !steady)
		leg_tire(l);
	if (dialled_is_back(c) && !(c->conn.given && steady) &&
	    dialler_leg_count(l) <= 1)
		leg_grow_pause(l);
	if (!dialled_is_spare(c)) {
		leg_miss(l, steady);
		return false;
	}
	if (!l->thinned)
		timer_stop(&l->spares_timer);
	l->refill_due_ms = rest_now(l) + l->refill_ms;
	l->spares = false;
	l->rests = l->thinned = true;
	if (leg_quiet_ms(l) < REST_FLOWS_MS && dialler_leg_is_served(l))
		leg_plan_spares(l);
	return true;
}

void
pool_rest_up(struct dialler_leg *l)
{
	leg_plan_spares(l);
}

void
pool_rest_wake(struct dialler_leg *l)
{
	bool loaded = l->thinned && rest_now(l) >= l->tired_due_ms &&
	    pool_leg_is_loaded(&l->pool);

	l->rests = false;
	if ((timer_is_set(&l->spares_timer) && !loaded) ||
	    !dialler_leg_is_served(l))
		return;
	if (!loaded) {
		leg_plan_spares(l);
		return;
	}
	l->refill_ms = REST_REFILL_MS;
	l->refill_due_ms = 0;
	timer_stop(&l->spares_timer);
	leg_start_spares(&l->spares_timer);
}
