/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Silence on the flow of `tun` on the LEFT: it is asked, and a second flow is
 * tried beside it.
 *
 * NOTES.  Silence ends no flow.  It is a sign only where a reply was due
 * (wire/ip_ask.h) and nothing at all came for LEFT_QUIET_MS.  Then, where the
 * peer answers probes (tun_probe.h), the path is asked, LEFT_GRACE_MS after the
 * packet and then again and again; the keep-alive asks as well.  When nothing
 * came for LEFT_ASKED_MS, or longer while the carrier lowers its MSS, a second
 * flow is tried beside the first, and a new one LEFT_AGAIN_MS after the last.
 * Where the peer answers no probes, traffic may go one way only: it takes
 * LEFT_SPARSE packets that surely ask, at least LEFT_SPARSE_MS apart, and
 * LEFT_UNASKED_MS, a time that doubles with each attempt that did not help.
 *
 *	leg	second
 *	NULL	NULL	there is no flow; `again` opens one
 *	a flow	NULL	usual
 *	a flow	a flow	the first is silent, the second not heard
 *
 * Of two flows the one that is heard first remains and the other ends.  Packets
 * go to the first while its peer is known to answer probes, as the second is
 * asked by probes, too.  Otherwise they go to the second as soon as it is up,
 * since only their replies can show that it is better, and so they do when the
 * peer of the second one answers no probes: the two are exchanged.  A peer that
 * answered once may have been replaced by one that does not know probes, but a
 * path that died again is more likely: only LEFT_MUTE flows in a row that came
 * up without an answer show that.
 */

#include "compat.h"

#include "tunnel/tun_left.h"

#include "tunnel/tun_fit.h"
#include "tunnel/tun_probe.h"

enum {
	LEFT_FIRST = 3,		/* questions when a carrier is up */
	LEFT_GRACE_MS = 1000,	/* from a packet to the question, and between
				 * questions */
	LEFT_GRACE_MAX_MS = 5000,	/* the same after a long silence */
	LEFT_ASKED_MS = 4000,	/* of silence with questions, */
	LEFT_SEARCH_MS = 2000,	/* and at least so long after the carrier has
				 * a new connection that may be better; */
	LEFT_SEARCHES_MS = 8000,	/* all this at most */
	LEFT_AGAIN_MS = 8000,	/* between flows that are tried then */
	LEFT_MUTE = 3,		/* so many flows without an answer, and the
				 * peer knows no probes any more */
	LEFT_UNASKED_MS = 15000,	/* of silence without */
	LEFT_TRY_MAX_MS = 600000,	/* limit of the doubling */
	LEFT_LOST_MS = 60000,	/* nothing came for so long: the tunnel is
				 * lost (tun_routes.h) */
	LEFT_SLEPT_MS = 5000,	/* a suspension after which the path is asked
				 * at once */
};

/*
 * Flows
 */

static void left_beat(struct timer *);

/* Sends packets to the second leg from now on. */
static void
left_exchange(struct left *e)
{
	struct tun_leg *l = e->second;

	e->second = e->leg;
	e->leg = l;
	tun_dev_hold(&e->dev, false);
}

void
tun_left_up(struct left *e, struct tun_leg *l)
{
	struct tun_leg *other;

	tun_fit_look(&e->dev, l);
	l->heard_ms = loop_now(left_loop(e));
	if (l == e->second && !left_is_answered(e))
		left_exchange(e);
	if (!left_is_answered(e))
		tun_routes_carried(&e->dev);
	/* The other one first: if it is up again, the server has what was
	 * queued for it, and should keep it. */
	other = l == e->leg ? e->second : e->leg;
	if (other != NULL && leg_is_carried(other) && e->dev.keepalive_ms > 0)
		tun_probe_ask(&e->dev, other);
	tun_probe_start(&e->dev, l, LEFT_FIRST, left_beat);
}

struct tun_leg *
tun_left_open_flow(struct left *e)
{
	struct peer peer = { 0 };
	struct tun_leg *l;

	l = tun_leg_of(flow_open_admitted(&e->dev.end, &peer));
	if (l == NULL)
		return NULL;
	tun_dev_join(&e->dev, l);
	flow_up(&l->leg);
	return l;
}

void
tun_left_settle(struct left *e, struct tun_leg *l)
{
	struct tun_leg *other = l == e->leg ? e->second : e->leg;

	log_info("%s: flow %lu is heard again, and flow %lu is not",
	    e->dev.end.name, (unsigned long)l->leg.flow->number,
	    (unsigned long)other->leg.flow->number);
	if (e->leg != l)
		tun_dev_hold(&e->dev, false);
	e->leg = l;
	e->second = NULL;
	/* So that the server knows that a flow without an answer is gone, in
	 * case it still has what was queued for that one. */
	if (leg_is_carried(other) && e->dev.keepalive_ms > 0)
		tun_probe_ask(&e->dev, other);
	leg_failed(&other->leg, "nothing came back");
}

/*
 * Questions
 */

void
tun_left_judge(struct left *e)
{
	if (loop_now(left_loop(e)) - e->came_ms >= LEFT_LOST_MS)
		tun_routes_lost(&e->dev);
}

/* How long a silence may be before a flow is tried for the first time, or,
 * where the peer answers no probes, the next time. */
static uint64_t
left_limit_ms(const struct left *e)
{
	uint64_t ms = LEFT_UNASKED_MS;

	if (left_is_answered(e))
		return LEFT_ASKED_MS;
	ms <<= e->tries < 8 ? e->tries : 8;
	return ms < LEFT_TRY_MAX_MS ? ms : LEFT_TRY_MAX_MS;
}

/* Tries a flow beside the first.  One that is not up, or not for long, goes on;
 * one that was not heard makes room, or gets the packets if its peer may just
 * not know probes. */
static void
left_try(struct left *e)
{
	struct tun_leg *second = e->second;
	uint64_t now_ms = loop_now(left_loop(e));

	e->try_ms = now_ms + LEFT_AGAIN_MS;
	if (second != NULL && (!leg_is_carried(second) ||
	    now_ms - second->heard_ms < LEFT_ASKED_MS))
		return;
	if (second != NULL && left_is_answered(e) && !second->answers &&
	    second->leg.flow->number > e->leg->leg.flow->number) {
		left_exchange(e);
		e->answers = ++e->n_mute < LEFT_MUTE;
		left_rest(e);
		return;
	}
	if (second != NULL)
		leg_failed(&second->leg, "nothing came back");
	log_debug("%s: nothing came back; a second flow is tried",
	    e->dev.end.name);
	e->tries++;
	e->second = tun_left_open_flow(e);
	if (e->second != NULL && leg_is_carried(e->second))
		tun_left_up(e, e->second);
}

static void left_look(struct timer *);

/* Asks on each leg that is up, and sets the timer for the next question. */
static void
left_probe(struct left *e)
{
	uint64_t now_ms = loop_now(left_loop(e));
	uint64_t due_ms = (now_ms - e->asked_ms) / 4;

	tun_probe_ask(&e->dev, e->leg);
	if (e->second != NULL && leg_is_carried(e->second))
		tun_probe_ask(&e->dev, e->second);
	/* Its answers may have been here already. */
	if (e->n_asked == 0)
		return;
	if (due_ms < LEFT_GRACE_MS)
		due_ms = LEFT_GRACE_MS;
	if (due_ms > LEFT_GRACE_MAX_MS)
		due_ms = LEFT_GRACE_MAX_MS;
	due_ms += now_ms;
	if (e->try_ms < due_ms && e->try_ms > now_ms)
		due_ms = e->try_ms;
	timer_set(&e->look, left_loop(e), due_ms, left_look);
}

/* Something is unanswered: asks, and tries a flow when that takes too long. */
static void
left_look(struct timer *timer)
{
	struct left *e = LIST_ITEM(timer, struct left, look);

	if (e->n_asked == 0 || e->leg == NULL)
		return;
	if (left_is_answered(e))
		tun_left_judge(e);
	if (loop_now(left_loop(e)) >= e->try_ms) {
		left_try(e);
		/* The count of packets that ask begins again. */
		if (e->leg != NULL && !left_is_answered(e))
			e->n_asked = 0;
	}
	if (e->leg != NULL && e->n_asked > 0 && left_is_answered(e))
		left_probe(e);
}

void
tun_left_count(struct left *e)
{
	uint64_t now_ms = loop_now(left_loop(e));
	bool answers = left_is_answered(e);

	if (e->n_asked++ == 0) {
		e->asked_ms = now_ms;
		e->try_ms = now_ms + left_limit_ms(e);
	}
	e->counted_ms = now_ms;
	if (!timer_is_set(&e->look) && (answers || e->n_asked >= LEFT_SPARSE))
		timer_set(&e->look, left_loop(e), answers ?
		    now_ms + LEFT_GRACE_MS : e->try_ms, left_look);
}

/* The keep-alive of a leg is due. */
static void
left_beat(struct timer *timer)
{
	struct tun_leg *l = LIST_ITEM(timer, struct tun_leg, beat);
	struct left *e = left_of(l->leg.end);

	if (tun_probe_beat(&e->dev, l, left_beat) && l == e->leg &&
	    left_is_answered(e) && l->heard_ms < loop_now(left_loop(e)) &&
	    e->n_asked == 0)
		tun_left_count(e);
}

void
tun_left_slept(struct sleeper *s, uint64_t slept_ms)
{
	struct left *e = LIST_ITEM(s, struct left, sleeper);

	if (slept_ms < LEFT_SLEPT_MS || e->leg == NULL ||
	    !left_is_answered(e) || !leg_is_carried(e->leg) || e->n_asked > 0)
		return;
	tun_left_count(e);
	tun_probe_ask(&e->dev, e->leg);
}

void
tun_left_searches(struct leg *leg)
{
	struct left *e = left_of(leg->end);
	uint64_t due_ms = loop_now(left_loop(e)) + LEFT_SEARCH_MS;

	if (e->n_asked == 0 || tun_leg_of(leg) != e->leg)
		return;
	if (due_ms > e->asked_ms + LEFT_SEARCHES_MS)
		due_ms = e->asked_ms + LEFT_SEARCHES_MS;
	if (e->try_ms < due_ms)
		e->try_ms = due_ms;
}

void
tun_left_try_soon(struct left *e, uint64_t began_ms)
{
	uint64_t soon_ms = loop_now(left_loop(e)) + LEFT_GRACE_MS;
	uint64_t least_ms = began_ms +
	    (LEFT_GRACE_MS << (e->tries < 3 ? e->tries : 3));

	if (e->n_asked == 0 || !left_is_answered(e))
		return;
	if (soon_ms < least_ms)
		soon_ms = least_ms;
	if (soon_ms < e->try_ms)
		e->try_ms = soon_ms;
	if (timer_is_set(&e->look) && e->try_ms < e->look.due_ms)
		timer_set(&e->look, left_loop(e), e->try_ms, left_look);
}
