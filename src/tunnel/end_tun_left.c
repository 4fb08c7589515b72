/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * `tun` on the LEFT: all packets of a device in one flow.
 *
 * NOTES.  The flow is opened at the start and never expires.  When it ends,
 * because the carrier failed, a new one is opened after a pause that doubles.
 * A flow is also replaced when packets were sent while the carrier was up, and
 * nothing was received for LEFT_SILENCE_MS.  As some traffic goes one way only,
 * this time doubles with each replacement that did not help.  Only packets to
 * an address that could reply count: systems send multicast by themselves.
 *
 * While the carrier holds, nothing is read: the system's queue drops, which
 * paces TCP inside the tunnel.
 *
 * A carrier that replies by ICMP does so from the destination of the packet,
 * and does not know the networks of the device.  Its replies to a broadcast
 * there, which must not be sent (RFC 1122 3.2.2), are removed here.
 */

#include "compat.h"

#include "tunnel/ends.h"

#include "tunnel/tun_dev.h"

enum {
	LEFT_PAUSE_MS = 1000,	/* before the flow is opened again, at first */
	LEFT_PAUSE_MAX_MS = 30000,	/* and at most */
	LEFT_SILENCE_MS = 15000,
	LEFT_SILENCE_MAX_MS = 600000,	/* limit of the doubling */
};

struct left {
	struct tun_dev dev;
	struct tun_leg *leg;	/* NULL while there is none */
	struct timer again;	/* opens one */
	uint64_t pause_ms;	/* before the next one */
	struct timer silence;	/* checks for a reply */
	bool unanswered;	/* a packet was sent after the last received */
	uint64_t asked_ms;	/* when the first such packet was sent */
	uint64_t reply_ms;	/* how long a reply may take */
};

static struct loop *
left_loop(const struct left *e)
{
	return e->dev.end.tunnel->loop;
}

static void left_again(struct timer *);

/* Opens a flow, or schedules the next attempt. */
static void
left_open(struct left *e)
{
	struct peer peer = { 0 };
	struct leg *leg;

	peer.admitted = true;
	leg = flow_open(&e->dev.end, &peer);
	if (leg == NULL) {
		timer_set(&e->again, left_loop(e), loop_now(left_loop(e)) +
		    e->pause_ms, left_again);
		if (e->pause_ms < LEFT_PAUSE_MAX_MS / 2)
			e->pause_ms *= 2;
		return;
	}
	e->leg = (struct tun_leg *)leg;
	e->unanswered = false;
	tun_dev_join(&e->dev, e->leg);
	flow_up(leg);
	tun_dev_look(&e->dev, e->leg);
}

/* The pause is over. */
static void
left_again(struct timer *timer)
{
	left_open(LIST_ITEM(timer, struct left, again));
}

/* Ends the flow if nothing was received since packets were sent. */
static void
left_look(struct timer *timer)
{
	struct left *e = LIST_ITEM(timer, struct left, silence);
	uint64_t due_ms = e->asked_ms + e->reply_ms;

	if (!e->unanswered || e->leg == NULL)
		return;
	if (loop_now(left_loop(e)) < due_ms) {
		timer_set(timer, left_loop(e), due_ms, left_look);
		return;
	}
	e->reply_ms = e->reply_ms > LEFT_SILENCE_MAX_MS / 2 ?
	    LEFT_SILENCE_MAX_MS : e->reply_ms * 2;
	e->pause_ms = 0;
	leg_failed(&e->leg->leg, "nothing came back");
}

/* Notes when packets are sent, if one of them may be replied to. */
static void
left_ask(struct left *e, const struct ip *ip, unsigned n)
{
	unsigned i;

	if (e->unanswered || !e->leg->leg.flow->up[RIGHT] ||
	    leg_other(&e->leg->leg)->end->ops->steady)
		return;
	for (i = 0; i < n; i++)
		if (ip_is_host(&ip[i].dst) && !addr_is_link_local(&ip[i].dst))
			break;
	if (i == n)
		return;
	e->unanswered = true;
	e->asked_ms = loop_now(left_loop(e));
	if (!timer_is_set(&e->silence) ||
	    e->silence.due_ms > e->asked_ms + e->reply_ms)
		timer_set(&e->silence, left_loop(e),
		    e->asked_ms + e->reply_ms, left_look);
}

/* The device has sent packets. */
static void
left_packets(struct tun_dev *dev, struct dgram *d, struct ip *ip, unsigned n)
{
	struct left *e = (struct left *)dev;

	if (e->leg == NULL) {
		end_drop(&dev->end, LOST_NO_FLOW, n);
		return;
	}
	left_ask(e, ip, n);
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
		    tun_dev_is_many(&e->dev, &ip[i].src))
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
	struct left *e = (struct left *)leg->end;
	struct ip ip[DGRAM_BATCH];
	unsigned whole, some;

	e->unanswered = false;
	e->reply_ms = LEFT_SILENCE_MS;
	e->pause_ms = LEFT_PAUSE_MS;
	for (; n > 0; d += some, n -= some) {
		some = n < DGRAM_BATCH ? n : DGRAM_BATCH;
		whole = tun_dev_parse(&e->dev, leg, d, ip, some);
		whole = left_remove_icmp(e, d, ip, whole);
		tun_dev_put(&e->dev, (struct tun_leg *)leg, d, ip, whole);
	}
}

/* The carrier is up. */
static void
left_other_up(struct leg *leg)
{
	struct left *e = (struct left *)leg->end;

	tun_dev_look(&e->dev, (struct tun_leg *)leg);
}

static void
left_hold(struct leg *leg, bool on)
{
	tun_dev_hold(&((struct left *)leg->end)->dev, on);
}

static int
left_start(struct end *end, const struct settings *s, struct fault *f)
{
	struct left *e = (struct left *)end;

	if (s->inner_file != NULL)
		return fault_user(f, "inner-file", "tun:%s: inner-file goes "
		    "with a tun on the RIGHT, which has many peers",
		    s->device);
	if (tun_dev_start(&e->dev, s, left_packets, f) != 0)
		return -1;
	e->pause_ms = LEFT_PAUSE_MS;
	e->reply_ms = LEFT_SILENCE_MS;
	left_open(e);
	return 0;
}

/* The flow has ended: a new one is opened after a pause. */
static void
left_close(struct leg *leg)
{
	struct left *e = (struct left *)leg->end;

	e->leg = NULL;
	tun_dev_leave(&e->dev, (struct tun_leg *)leg);
	timer_stop(&e->silence);
	tun_dev_hold(&e->dev, false);
	if (leg->end->tunnel->stopping)
		return;
	/* A flow that was up for long was good: the pause is short again. */
	if (e->pause_ms != 0 && leg->flow->up[RIGHT] &&
	    loop_now(left_loop(e)) - leg->flow->began_ms >= LEFT_PAUSE_MAX_MS)
		e->pause_ms = LEFT_PAUSE_MS;
	timer_set(&e->again, left_loop(e), loop_now(left_loop(e)) +
	    e->pause_ms, left_again);
	if (e->pause_ms == 0)
		e->pause_ms = LEFT_PAUSE_MS;
	else if (e->pause_ms <= LEFT_PAUSE_MAX_MS / 2)
		e->pause_ms *= 2;
}

static void
left_stop(struct end *end)
{
	struct left *e = (struct left *)end;

	timer_stop(&e->again);
	timer_stop(&e->silence);
	tun_dev_stop(&e->dev);
}

const struct end_ops end_tun_left = {
	.name = "tun",
	.brief = "a TUN device; all its IP packets are one flow",
	.side = LEFT,
	.end_size = sizeof(struct left),
	.leg_size = sizeof(struct tun_leg),
	.headroom = TUN_DEV_HEAD,
	.device = true,
	.lasting = true,
	.options = settings_tun,
	.start = left_start,
	.send = left_send,
	.room = tun_dev_room,
	.hold = left_hold,
	.other_up = left_other_up,
	.close = left_close,
	.stop = left_stop,
};
