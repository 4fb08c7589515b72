/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * `tun` on the LEFT: all packets of a device in one flow.
 *
 * NOTES.  The flow is opened at the start and never expires.  When it ends,
 * because the carrier failed, a new one is opened after a pause that doubles.
 *
 * Silence ends no flow.  It is a sign only where a reply was due
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
 *
 * A carrier over TCP queues packets itself, marks and drops them
 * (tunnel/fair.h), which paces TCP inside the tunnel.  One that holds, since it
 * has no fair queue, is not read for: the system's queue drops then.
 *
 * A carrier that replies by ICMP does so from the destination of the packet,
 * and does not know the networks of the device.  Its replies to a broadcast
 * there, which must not be sent (RFC 1122 3.2.2), are removed here.
 */

#include "compat.h"

#include "tunnel/ends.h"

#include "tunnel/tun_dev.h"
#include "tunnel/tun_drops.h"
#include "tunnel/tun_fit.h"
#include "tunnel/tun_own.h"
#include "tunnel/tun_probe.h"
#include "wire/ip_ask.h"

enum {
	LEFT_PAUSE_MS = 1000,	/* before the flow is opened again, at first */
	LEFT_PAUSE_MAX_MS = 4000,	/* and at most */
	LEFT_STEADY_MS = 30000,	/* a flow that was up for so long was good */
	LEFT_FIRST = 3,		/* questions when a carrier is up */
	LEFT_QUIET_MS = 500,	/* while something came so lately, nothing is
				 * looked at */
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
	LEFT_SPARSE = 3,	/* packets that ask, at least */
	LEFT_SPARSE_MS = 1000,	/* between two that count */
	LEFT_TRY_MAX_MS = 600000,	/* limit of the doubling */
	LEFT_LOST_MS = 60000,	/* nothing came for so long: the tunnel is
				 * lost (tun_routes.h) */
	LEFT_SLEPT_MS = 5000,	/* a suspension after which the path is asked
				 * at once */
};

struct left {
	struct tun_dev dev;
	struct tun_leg *leg;	/* packets go to it; NULL while there is none */
	struct tun_leg *second;	/* beside it, or NULL */
	bool answers;		/* the peer answered probes on an earlier
				 * flow, */
	unsigned n_mute;	/* and on none of so many that came up since */
	struct timer again;	/* opens a flow where there is none */
	uint64_t pause_ms;	/* before the next one */
	struct timer look;	/* while something is unanswered */
	unsigned n_asked;	/* packets and questions that count and are
				 * unanswered; not above LEFT_SPARSE */
	uint64_t asked_ms;	/* when the oldest of them was sent, */
	uint64_t counted_ms;	/* and the newest */
	uint64_t try_ms;	/* when a flow is tried, */
	unsigned tries;		/* after so many that did not help */
	uint64_t came_ms;	/* when something came last; at first, the
				 * start */
	struct sleeper sleeper;
};

static struct left *
left_of(struct end *end)
{
	return (struct left *)end;
}

static struct loop *
left_loop(const struct left *e)
{
	return e->dev.end.tunnel->loop;
}

/* Is the peer known to answer probes, on this flow or on an earlier one? */
static bool
left_is_answered(const struct left *e)
{
	return e->answers || e->leg->answers;
}

/* Is the carrier of a leg up? */
static bool
leg_is_carried(const struct tun_leg *l)
{
	return l->leg.flow->up[RIGHT];
}

/*
 * Flows
 */

/* Something came, or everything is new: nothing is unanswered. */
static void
left_rest(struct left *e)
{
	e->n_asked = 0;
	timer_stop(&e->look);
}

/* The peer knows probes. */
static void
left_know(struct left *e)
{
	e->answers = true;
	e->n_mute = 0;
}

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

/* The carrier of a leg is up. */
static void
left_up(struct left *e, struct tun_leg *l)
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

/* A new flow, or NULL. */
static struct tun_leg *
left_open_flow(struct left *e)
{
	struct peer peer = { 0 };
	struct tun_leg *l;

	peer.admitted = true;
	l = tun_leg_of(flow_open(&e->dev.end, &peer));
	if (l == NULL)
		return NULL;
	tun_dev_join(&e->dev, l);
	flow_up(&l->leg);
	return l;
}

static void left_again(struct timer *);

/* Opens the flow, or schedules the next attempt. */
static void
left_open(struct left *e)
{
	e->leg = left_open_flow(e);
	if (e->leg == NULL) {
		timer_set(&e->again, left_loop(e), loop_now(left_loop(e)) +
		    e->pause_ms, left_again);
		if (e->pause_ms < LEFT_PAUSE_MAX_MS / 2)
			e->pause_ms *= 2;
		return;
	}
	left_rest(e);
	if (leg_is_carried(e->leg))
		left_up(e, e->leg);
}

/* The tunnel is lost when nothing came for long. */
static void
left_judge(struct left *e)
{
	if (loop_now(left_loop(e)) - e->came_ms >= LEFT_LOST_MS)
		tun_routes_lost(&e->dev);
}

/* The pause is over. */
static void
left_again(struct timer *timer)
{
	struct left *e = LIST_ITEM(timer, struct left, again);

	left_judge(e);
	left_open(e);
}

/* A leg is heard: it remains, and the other one ends. */
static void
left_settle(struct left *e, struct tun_leg *l)
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
 * Silence
 */

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
	e->second = left_open_flow(e);
	if (e->second != NULL && leg_is_carried(e->second))
		left_up(e, e->second);
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
		left_judge(e);
	if (loop_now(left_loop(e)) >= e->try_ms) {
		left_try(e);
		/* The count of packets that ask begins again. */
		if (e->leg != NULL && !left_is_answered(e))
			e->n_asked = 0;
	}
	if (e->leg != NULL && e->n_asked > 0 && left_is_answered(e))
		left_probe(e);
}

/* Counts a packet that asks, or a question of ours, and has the silence looked
 * at that may follow. */
static void
left_count(struct left *e)
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
		left_count(e);
}

/* The machine was suspended: asks at once. */
static void
left_slept(struct sleeper *s, uint64_t slept_ms)
{
	struct left *e = LIST_ITEM(s, struct left, sleeper);

	if (slept_ms < LEFT_SLEPT_MS || e->leg == NULL ||
	    !left_is_answered(e) || !leg_is_carried(e->leg) || e->n_asked > 0)
		return;
	left_count(e);
	tun_probe_ask(&e->dev, e->leg);
}

/* Packets are sent: counts one if it asks and may turn out to be
 * unanswered. */
static void
left_ask(struct left *e, const struct dgram *d, const struct ip *ip,
    unsigned n)
{
	uint64_t now_ms = loop_now(left_loop(e));
	bool answers = left_is_answered(e);
	unsigned i;

	if (now_ms - e->leg->heard_ms < LEFT_QUIET_MS || e->dev.deaf ||
	    !leg_is_carried(e->leg) ||
	    e->n_asked >= (answers ? 1u : LEFT_SPARSE) ||
	    (e->n_asked > 0 && now_ms - e->counted_ms < LEFT_SPARSE_MS))
		return;
	for (i = 0; i < n; i++)
		if (ip_ask(&ip[i], d[i].data, d[i].len) >=
		    (answers ? IP_MAY_ASK : IP_ASKS)) {
			left_count(e);
			return;
		}
}

/*
 * The end
 */

/* The device has sent packets. */
static void
left_packets(struct tun_dev *dev, struct dgram *d, struct ip *ip, unsigned n)
{
	struct left *e = left_of(&dev->end);

	if (e->leg == NULL) {
		end_drop(&dev->end, LOST_NO_FLOW, n);
		return;
	}
	left_ask(e, d, ip, n);
	tun_dev_carry(dev, e->leg, d, ip, n);
}

/* Removes ICMP from a multicast or broadcast address, which cannot be genuine,
 * from n packets; returns how many are left.  These are not counted as lost:
 * the packets that they reply to are. */
static unsigned
left_remove_icmp(struct left *e, struct dgram *d, struct ip *ip, unsigned n)
{
	unsigned i, good = 0;

	for (i = 0; i < n; i++) {
		if (ip[i].protocol == IP_ICMP &&
		    tun_own_is_many(&e->dev, &ip[i].src))
			continue;
		if (good != i) {
			d[good] = d[i];
			ip[good] = ip[i];
		}
		good++;
	}
	return good;
}

static void
left_send(struct leg *leg, struct dgram *d, unsigned n)
{
	struct left *e = left_of(leg->end);
	struct tun_leg *l = tun_leg_of(leg);
	struct ip ip[DGRAM_BATCH];
	unsigned whole, some;

	l->heard_ms = e->came_ms = loop_now(left_loop(e));
	tun_routes_carried(&e->dev);
	e->tries = 0;
	e->pause_ms = LEFT_PAUSE_MS;
	if (e->n_asked > 0)
		left_rest(e);
	if (e->second != NULL)
		left_settle(e, l);
	for (; n > 0; d += some, n -= some) {
		some = n < DGRAM_BATCH ? n : DGRAM_BATCH;
		whole = tun_dev_parse(&e->dev, leg, d, ip, some);
		if (l->answers)
			left_know(e);
		if (leg->flow->dead)
			return;	/* an answer has ended it */
		whole = left_remove_icmp(e, d, ip, whole);
		tun_dev_put(&e->dev, l, d, ip, whole);
	}
}

/* The carrier is up. */
static void
left_other_up(struct leg *leg)
{
	left_up(left_of(leg->end), tun_leg_of(leg));
}

/* The carrier looks for what gets through: a second flow would have to do the
 * same, and begin with it. */
static void
left_other_searches(struct leg *leg)
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

/* The carrier is another connection: the server sends packets to us only once
 * it has heard us there. */
static void
left_other_again(struct leg *leg)
{
	struct left *e = left_of(leg->end);

	if (e->dev.keepalive_ms > 0)
		tun_probe_ask(&e->dev, tun_leg_of(leg));
}

static void
left_hold(struct leg *leg, bool on)
{
	struct left *e = left_of(leg->end);

	if (tun_leg_of(leg) == e->leg)
		tun_dev_hold(&e->dev, on);
}

static int
left_check(const char *name, const struct settings *s, struct fault *f)
{
	if (s->inner_file != NULL)
		return fault_user(f, "inner-file", "%s: inner-file goes with "
		    "a tun on the RIGHT, which has many peers", name);
	return tun_dev_check(name, s, f);
}

static int
left_start(struct end *end, const struct settings *s, struct fault *f)
{
	struct left *e = left_of(end);

	if (tun_dev_start(&e->dev, s, left_packets, f) != 0)
		return -1;
	e->pause_ms = LEFT_PAUSE_MS;
	e->came_ms = loop_now(left_loop(e));
	e->sleeper.fn = left_slept;
	loop_watch_sleep(left_loop(e), &e->sleeper);
	left_open(e);
	return 0;
}

/* There is no flow: one is opened after a pause. */
static void
left_pause(struct left *e, const struct flow *last)
{
	uint64_t now_ms = loop_now(left_loop(e));

	tun_dev_hold(&e->dev, false);
	if (e->dev.end.tunnel->stopping)
		return;
	/* A flow that was up for long was good: the pause is short again. */
	if (last->up[RIGHT] && now_ms - last->began_ms >= LEFT_STEADY_MS)
		e->pause_ms = LEFT_PAUSE_MS;
	timer_set(&e->again, left_loop(e), now_ms + e->pause_ms, left_again);
	if (e->pause_ms <= LEFT_PAUSE_MAX_MS / 2)
		e->pause_ms *= 2;
}

/* The second flow, which began then, has failed: the next one is tried sooner
 * than planned. */
static void
left_try_soon(struct left *e, uint64_t began_ms)
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

/* A flow has ended. */
static void
left_close(struct leg *leg)
{
	struct left *e = left_of(leg->end);
	struct tun_leg *l = tun_leg_of(leg);

	tun_dev_leave(&e->dev, l);
	if (l == e->second) {
		e->second = NULL;
		left_try_soon(e, leg->flow->began_ms);
	}
	if (l != e->leg)
		return;
	e->leg = e->second;
	e->second = NULL;
	left_rest(e);
	if (e->leg == NULL)
		left_pause(e, leg->flow);
	else
		tun_dev_hold(&e->dev, false);
}

static void
left_stop(struct end *end)
{
	struct left *e = left_of(end);

	timer_stop(&e->again);
	timer_stop(&e->look);
	loop_unwatch_sleep(&e->sleeper);
	tun_dev_stop(&e->dev);
}

const struct end_ops end_tun_left = {
	.name = "tun",
	.brief = HELP("a TUN device; all its IP packets are one flow"),
	.side = LEFT,
	.end_size = sizeof(struct left),
	.leg_size = sizeof(struct tun_leg),
	.headroom = TUN_DEV_HEAD,
	.device = true,
	.tun = tun_routes_wanted,
	.lasting = true,
	.options = settings_tun,
	.check = left_check,
	.start = left_start,
	.send = left_send,
	.room = tun_dev_room,
	.hold = left_hold,
	.other_up = left_other_up,
	.other_searches = left_other_searches,
	.other_again = left_other_again,
	.count = tun_drops_count,
	.describe = tun_dev_describe,
	.close = left_close,
	.stop = left_stop,
};
