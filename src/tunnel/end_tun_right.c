/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * `tun` on the RIGHT: one device for the packets of many flows.
 *
 * NOTES.  A flow is found by the destination of a packet, among the addresses
 * that flows have sent from (tun_table.h); never an address that is
 * unspecified, loopback, multicast or broadcast, nor our own.  With an
 * inner-file (tun_inner.h) a flow has only those of its name.  Multicast
 * and broadcast packets of the device are dropped; a packet for an address that
 * no flow has is replied to by ICMP.
 *
 * A flow without an inner address ends when it stays silent: its client has
 * gone before it sent anything, or has come back with a new flow.  Nothing else
 * would end it, as flows of a device do not expire (idle 0).
 */

#include "compat.h"

#include "tunnel/ends.h"

#include "tunnel/tun_inner.h"
#include "tunnel/tun_dev.h"
#include "tunnel/tun_probe.h"
#include "tunnel/tun_table.h"

enum {
	RIGHT_BEGIN_MS = 600000,	/* silence of a flow that has had no
					 * address, */
	RIGHT_SILENCE_MS = 60000,	/* and of one that has lost it */
};

struct right {
	struct tun_dev dev;
	struct tun_table table;
	struct tun_inner *inner;	/* NULL: any address is free */
	struct log_limit refused_limit, taken_limit;
};

struct right_leg {
	struct tun_leg base;
	struct tun_owner owner;
	struct timer silence;	/* ends it; set when it has no address */
	uint64_t silence_ms;	/* how long it may be silent then */
};

/* Ends a flow without addresses that is silent. */
static void
right_look(struct timer *timer)
{
	struct right_leg *l = LIST_ITEM(timer, struct right_leg, silence);
	struct loop *loop = l->base.leg.end->tunnel->loop;

	if (l->owner.n_global > 0)
		return;
	if (loop_now(loop) - l->base.heard_ms < l->silence_ms)
		timer_set(timer, loop, l->base.heard_ms + l->silence_ms,
		    right_look);
	else
		leg_failed(&l->base.leg, "it is silent, and has no inner "
		    "address");
}

/* Logs that a flow may not send from an address. */
static void
right_tell_refused(struct right *e, struct right_leg *l,
    const struct addr *src)
{
	const struct flow *f = l->base.leg.flow;
	char inner[ADDR_TEXT], outer[ADDR_TEXT];

	log_limited(&e->refused_limit, loop_now(e->dev.end.tunnel->loop),
	    LEVEL_WARN, "%s: flow %lu: %s may not use the inner address %s "
	    "(%s)", e->dev.end.name, (unsigned long)f->number,
	    *l->owner.name != '\0' ? l->owner.name : "a peer without name",
	    addr_ip_text(src, inner), addr_text(&f->peer.addr, outer));
}

/* Logs that a different flow has it. */
static void
right_tell_taken(struct right *e, struct right_leg *l,
    const struct tun_owner *other, const struct addr *src)
{
	const struct right_leg *o = LIST_ITEM(other, struct right_leg, owner);
	char inner[ADDR_TEXT];

	log_limited(&e->taken_limit, loop_now(e->dev.end.tunnel->loop),
	    LEVEL_WARN, "%s: flow %lu: the inner address %s is that of "
	    "flow %lu%s%s", e->dev.end.name,
	    (unsigned long)l->base.leg.flow->number,
	    addr_ip_text(src, inner),
	    (unsigned long)o->base.leg.flow->number,
	    *other->name == '\0' ? "" : ", ", other->name);
}

/* A flow has lost an address, or begins: if it has none, it ends after so much
 * silence. */
static void
right_watch(struct right_leg *l, uint64_t silence_ms)
{
	struct leg *leg = &l->base.leg;
	struct loop *loop = leg->end->tunnel->loop;

	if (l->owner.n_global > 0 || leg_other(leg)->end->ops->lasting ||
	    (timer_is_set(&l->silence) && l->silence_ms <= silence_ms))
		return;
	l->silence_ms = silence_ms;
	timer_set(&l->silence, loop, loop_now(loop) + silence_ms,
	    right_look);
}

/* May a flow have this address, other flows left aside?  Logs a refusal by the
 * inner-file. */
static bool
right_check(struct right *e, struct right_leg *l, const struct addr *src)
{
	if (!ip_is_host(src) || tun_dev_is_many(&e->dev, src) ||
	    tun_dev_is_ours(&e->dev, src))
		return false;
	if (e->inner == NULL || tun_inner_allows(e->inner, l->owner.name, src))
		return true;
	if (!addr_is_link_local(src))
		right_tell_refused(e, l, src);
	return false;
}

/* May a flow send from this address?  If not, the loss is counted. */
static bool
right_may(struct right *e, struct right_leg *l, const struct ip *ip)
{
	uint64_t now_ms = loop_now(e->dev.end.tunnel->loop);
	struct tun_owner *other;
	enum cause cause = LOST_SOURCE;
	struct addr src = ip->src;
	bool may = false;

	src.port = 0;
	if (tun_table_speaks(&e->table, &l->owner, &src, now_ms))
		return true;
	if (!right_check(e, l, &src)) {
		/* Systems do so unasked, from no or a local address. */
		if (tun_dev_is_many(&e->dev, &ip->dst))
			cause = LOST_MULTICAST;
		flow_drop(&l->base.leg, cause, 1);
		return false;
	}
	switch (tun_table_claim(&e->table, &l->owner, &src, now_ms, &other)) {
	case TUN_HAS:
	case TUN_GETS:
		may = true;
		break;
	case TUN_TAKEN:
		right_tell_taken(e, l, other, &src);
		cause = LOST_TAKEN;
		break;
	case TUN_FULL:
		cause = LOST_NO_MEMORY;
		break;
	}
	/* Also where one made way and there was no memory then. */
	if (other != NULL)
		right_watch(LIST_ITEM(other, struct right_leg, owner),
		    RIGHT_SILENCE_MS);
	right_watch(l, RIGHT_SILENCE_MS);
	if (!may)
		flow_drop(&l->base.leg, cause, 1);
	return may;
}

/* The keep-alive of a leg is due. */
static void
right_beat(struct timer *timer)
{
	struct tun_leg *l = LIST_ITEM(timer, struct tun_leg, beat);

	(void)tun_probe_beat((struct tun_dev *)l->leg.end, l, right_beat);
}

static void
right_send(struct leg *leg, struct dgram *d, unsigned n)
{
	struct right *e = (struct right *)leg->end;
	struct right_leg *l = (struct right_leg *)leg;
	struct ip ip[DGRAM_BATCH];
	unsigned some, whole, i, good;

	l->base.heard_ms = loop_now(leg->end->tunnel->loop);
	for (; n > 0; d += some, n -= some) {
		some = n < DGRAM_BATCH ? n : DGRAM_BATCH;
		whole = tun_dev_parse(&e->dev, leg, d, ip, some);
		for (i = good = 0; i < whole; i++) {
			if (!right_may(e, l, &ip[i]))
				continue;
			if (good != i) {
				d[good] = d[i];
				ip[good] = ip[i];
			}
			good++;
		}
		tun_dev_put(&e->dev, &l->base, d, ip, good);
	}
	if (l->base.asks || l->base.answers)
		tun_probe_start(&e->dev, &l->base, 0, right_beat);
}

/* The flow that a packet of the device is for; NULL when that was counted, and
 * answered. */
static struct right_leg *
right_leg_of(struct right *e, struct dgram *d, const struct ip *ip)
{
	struct addr dst = ip->dst;
	struct tun_owner *owner;

	dst.port = 0;
	owner = tun_table_find(&e->table, &dst);
	if (owner != NULL)
		return LIST_ITEM(owner, struct right_leg, owner);
	if (tun_dev_is_many(&e->dev, &dst)) {
		end_drop(&e->dev.end, LOST_MULTICAST, 1);
	} else {
		end_drop(&e->dev.end, LOST_NO_ROUTE, 1);
		tun_dev_answer(&e->dev, IP_NO_HOST, 0, d);
	}
	return NULL;
}

/* The device has sent packets: passes them on, a run for one flow at a time. */
static void
right_packets(struct tun_dev *dev, struct dgram *d, struct ip *ip,
    unsigned n)
{
	struct right *e = (struct right *)dev;
	struct right_leg *leg[DGRAM_BATCH];
	unsigned i, len;

	for (i = 0; i < n; i++)
		leg[i] = right_leg_of(e, &d[i], &ip[i]);
	for (i = 0; i < n; i += len) {
		for (len = 1; i + len < n && leg[i + len] == leg[i]; len++)
			;
		/* An earlier run may have ended the flow. */
		if (leg[i] != NULL && !leg[i]->base.leg.flow->dead)
			tun_dev_carry(dev, &leg[i]->base, d + i, ip + i, len);
	}
}

static int
right_open(struct leg *leg)
{
	struct right *e = (struct right *)leg->end;
	struct right_leg *l = (struct right_leg *)leg;

	tun_owner_init(&l->owner, leg->flow->peer.identity);
	tun_dev_join(&e->dev, &l->base);
	l->base.heard_ms = loop_now(leg->end->tunnel->loop);
	right_watch(l, RIGHT_BEGIN_MS);
	flow_up(leg);
	return 0;
}

/* The carrier is up. */
static void
right_other_up(struct leg *leg)
{
	struct right *e = (struct right *)leg->end;
	struct right_leg *l = (struct right_leg *)leg;

	l->base.heard_ms = loop_now(leg->end->tunnel->loop);
	tun_dev_look(&e->dev, &l->base);
}

static void
right_close(struct leg *leg)
{
	struct right *e = (struct right *)leg->end;
	struct right_leg *l = (struct right_leg *)leg;

	timer_stop(&l->silence);
	tun_owner_free(&e->table, &l->owner);
	tun_dev_leave(&e->dev, &l->base);
}

static int
right_start(struct end *end, const struct settings *s, struct fault *f)
{
	struct right *e = (struct right *)end;
	uint8_t seed[TABLE_SEED];

	snprintf(end->name, sizeof(end->name), "tun:%.40s", s->device);
	if (s->inner_file != NULL) {
		e->inner = tun_inner_load(end, s->inner_file, f);
		if (e->inner == NULL)
			return -1;
	}
	if (tun_dev_start(&e->dev, s, right_packets, f) != 0) {
		tun_inner_free(e->inner);
		e->inner = NULL;
		return -1;
	}
	random_bytes(end->tunnel->random, seed, sizeof(seed));
	tun_table_init(&e->table, seed);
	return 0;
}

static void
right_stop(struct end *end)
{
	struct right *e = (struct right *)end;

	tun_dev_stop(&e->dev);
	tun_table_free(&e->table);
	tun_inner_free(e->inner);
	e->inner = NULL;
}

const struct end_ops end_tun_right = {
	.name = "tun",
	.brief = "a TUN device; each flow has the inner addresses it sends "
	    "from",
	.side = RIGHT,
	.end_size = sizeof(struct right),
	.leg_size = sizeof(struct right_leg),
	.headroom = TUN_DEV_HEAD,
	.device = true,
	.options = settings_tun,
	.start = right_start,
	.open = right_open,
	.send = right_send,
	.room = tun_dev_room,
	.other_up = right_other_up,
	.close = right_close,
	.stop = right_stop,
};
