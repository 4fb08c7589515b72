/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * `tun` on the LEFT: all packets of a device in one flow.
 *
 * NOTES.  The flow is opened at the start and never expires.  When it ends,
 * because the carrier failed, a new one is opened after a pause that doubles.
 * While it is silent there may be two (tun_left_silence.c).
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

#include "tunnel/tun_drops.h"
#include "tunnel/tun_left.h"
#include "tunnel/tun_own.h"
#include "tunnel/tun_probe.h"
#include "wire/ip_ask.h"

enum {
	LEFT_PAUSE_MS = 1000,	/* before the flow is opened again, at first */
	LEFT_PAUSE_MAX_MS = 4000,	/* and at most */
	LEFT_STEADY_MS = 30000,	/* a flow that was up for so long was good */
	LEFT_QUIET_MS = 500,	/* while something came so lately, nothing is
				 * looked at */
	LEFT_SPARSE_MS = 1000,	/* between two that count */
};

/*
 * Packets
 */

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
			tun_left_count(e);
			return;
		}
}

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
		tun_left_settle(e, l);
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

/*
 * The first flow
 */

static void left_again(struct timer *);

/* Opens the flow, or schedules the next attempt. */
static void
left_open(struct left *e)
{
	e->leg = tun_left_open_flow(e);
	if (e->leg == NULL) {
		timer_set(&e->again, left_loop(e), loop_now(left_loop(e)) +
		    e->pause_ms, left_again);
		if (e->pause_ms < LEFT_PAUSE_MAX_MS / 2)
			e->pause_ms *= 2;
		return;
	}
	left_rest(e);
	if (leg_is_carried(e->leg))
		tun_left_up(e, e->leg);
}

/* The pause is over. */
static void
left_again(struct timer *timer)
{
	struct left *e = LIST_ITEM(timer, struct left, again);

	tun_left_judge(e);
	left_open(e);
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

/*
 * The end
 */

/* The carrier is up. */
static void
left_other_up(struct leg *leg)
{
	tun_left_up(left_of(leg->end), tun_leg_of(leg));
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
	e->sleeper.fn = tun_left_slept;
	loop_watch_sleep(left_loop(e), &e->sleeper);
	left_open(e);
	return 0;
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
		tun_left_try_soon(e, leg->flow->began_ms);
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
	.other_searches = tun_left_searches,
	.other_again = left_other_again,
	.count = tun_drops_count,
	.describe = tun_dev_describe,
	.close = left_close,
	.stop = left_stop,
};
