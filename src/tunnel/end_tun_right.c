/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * `tun` on the RIGHT: one device for the packets of many flows.
 *
 * NOTES.  A flow is found by the destination of a packet, among the addresses
 * that flows have sent from (tun_table.h); tun_right_source.c says from which
 * they may.  With an inner-file (tun_inner.h) a packet for an address that no
 * flow has sent from goes to the newest flow of the name that the file gives
 * the address to.  Multicast and broadcast packets of the device are dropped; a
 * packet for an address that no flow has is replied to by ICMP.
 *
 * tun_right_silence.c has what silence means.
 */

#include "compat.h"

#include "tunnel/ends.h"

#include "tunnel/facts.h"
#include "tunnel/plan.h"
#include "tunnel/tun_drops.h"
#include "tunnel/tun_fit.h"
#include "tunnel/tun_own.h"
#include "tunnel/tun_probe.h"
#include "tunnel/tun_right.h"

enum {
	RIGHT_BEGIN_MS = 600000,	/* silence of a flow that has had no
					 * address, after which it ends */
	RIGHT_BEATS = 3,	/* keep-alives in a row without anything
				 * received, then there are no more */
};

/*
 * Packets
 */

/* May a flow send from this address?  If not, the loss is counted. */
static bool
right_may(struct right *e, struct right_leg *l, const struct ip *ip)
{
	struct addr src = ip->src;

	src.port = 0;
	return tun_table_speaks(&e->table, &l->owner, &src,
	    loop_now(right_loop(l))) ||
	    tun_right_claim(e, l, &src, &ip->dst);
}

/* The keep-alive of a leg is due.  One whose source was forged is not asked for
 * ever. */
static void
right_beat(struct timer *timer)
{
	struct right_leg *l = LIST_ITEM(timer, struct right_leg, base.beat);
	struct right *e = right_of(l->base.leg.end);

	if (l->beats < RIGHT_BEATS)
		l->beats += tun_probe_beat(&e->dev, &l->base, right_beat);
}

static void
right_send(struct leg *leg, struct dgram *d, unsigned n)
{
	struct right *e = right_of(leg->end);
	struct right_leg *l = right_leg_of(leg);
	struct ip ip[DGRAM_BATCH];
	unsigned some, whole, i, good;

	l->heard = true;
	l->beats = 0;
	if (l->base.answers)
		l->owner.alive_ms = loop_now(right_loop(l));
	for (; n > 0; d += some, n -= some) {
		some = n < DGRAM_BATCH ? n : DGRAM_BATCH;
		whole = tun_dev_parse(&e->dev, leg, d, ip, some);
		/* Probes alone do not keep a flow that nobody can reach: two
		 * servers would ask each other for ever. */
		if (whole > 0 || right_leg_is_found(l))
			l->base.heard_ms = loop_now(right_loop(l));
		/* Questions and answers may have ended the flow. */
		for (i = good = 0; i < whole && !leg->flow->dead; i++) {
			if (!right_may(e, l, &ip[i]))
				continue;
			if (good != i) {
				d[good] = d[i];
				ip[good] = ip[i];
			}
			good++;
		}
		if (leg->flow->dead)
			return;
		tun_dev_put(&e->dev, &l->base, d, ip, good);
	}
	if (l->base.asks || l->base.answers)
		tun_probe_start(&e->dev, &l->base, 0, right_beat);
}

/* The newest flow of the name that the inner-file gives an address to, or
 * NULL. */
static struct tun_owner *
right_route(const struct right *e, const struct addr *dst)
{
	const struct tun_inner_entry *entry = e->inner == NULL ? NULL :
	    tun_inner_find(e->inner, dst);

	return entry == NULL || entry->whose == NULL ? NULL :
	    tun_name_newest(entry->whose);
}

/* The flow that a packet of the device is for; NULL when that was counted, and
 * answered. */
static struct right_leg *
right_find_leg(struct right *e, struct dgram *d, const struct ip *ip)
{
	struct addr dst = ip->dst;
	struct tun_owner *owner;

	dst.port = 0;
	owner = tun_table_find(&e->table, &dst);
	if (owner == NULL)
		owner = right_route(e, &dst);
	if (owner != NULL)
		return right_leg_of_owner(owner);
	if (tun_own_is_many(&e->dev, &dst)) {
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
	struct right *e = right_of(&dev->end);
	struct right_leg *leg[DGRAM_BATCH];
	unsigned i, len;

	for (i = 0; i < n; i++)
		leg[i] = right_find_leg(e, &d[i], &ip[i]);
	for (i = 0; i < n; i += len) {
		for (len = 1; i + len < n && leg[i + len] == leg[i]; len++)
			;
		/* An earlier run may have ended the flow. */
		if (leg[i] != NULL && !leg[i]->base.leg.flow->dead)
			tun_dev_carry(dev, &leg[i]->base, d + i, ip + i, len);
	}
}

/*
 * The end
 */

static int
right_open(struct leg *leg)
{
	struct right *e = right_of(leg->end);
	struct right_leg *l = right_leg_of(leg);

	if (tun_owner_init(&e->table, &l->owner, leg->flow->peer.identity) !=
	    0) {
		log_warn("%s: no memory for a client's name", leg->end->name);
		return -1;
	}
	tun_dev_join(&e->dev, &l->base);
	l->base.heard_ms = loop_now(leg->end->tunnel->loop);
	tun_right_watch(l, RIGHT_BEGIN_MS);
	tun_right_ask_older(e, l);
	flow_up(leg);
	return 0;
}

/* The carrier is up. */
static void
right_other_up(struct leg *leg)
{
	struct right *e = right_of(leg->end);
	struct right_leg *l = right_leg_of(leg);

	l->base.heard_ms = loop_now(leg->end->tunnel->loop);
	tun_fit_look(&e->dev, &l->base);
}

static void
right_close(struct leg *leg)
{
	struct right *e = right_of(leg->end);
	struct right_leg *l = right_leg_of(leg);

	timer_stop(&l->silence);
	timer_stop(&l->asked);
	tun_owner_free(&e->table, &l->owner, loop_now(right_loop(l)));
	tun_dev_leave(&e->dev, &l->base);
}

static void
right_stop(struct end *end)
{
	struct right *e = right_of(end);

	tun_dev_stop(&e->dev);
	tun_table_free(&e->table);
	tun_inner_free(e->inner);
	e->inner = NULL;
}

/* Warns where clients have names that mean nothing. */
static void
right_tell_names(const struct right *e)
{
	const struct settings *left =
	    &e->dev.end.tunnel->plan->end[LEFT].settings;

	if (e->inner == NULL &&
	    (left->cafile != NULL || left->psk_file != NULL))
		log_warn("%s: a client may use any inner address that is "
		    "free; inner-file says which are whose", e->dev.end.name);
}

static int
right_check_settings(const char *name, const struct settings *s,
    struct fault *f)
{
	if (settings_has_default(s))
		return fault_user(f, "route", "%s: a default route goes with "
		    "a tun on the LEFT, whose carrier dials", name);
	return tun_dev_check(name, s, f);
}

static int
right_start(struct end *end, const struct settings *s, struct fault *f)
{
	struct right *e = right_of(end);

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
	if (tun_right_start_table(e, f) != 0) {
		right_stop(end);
		return -1;
	}
	right_tell_names(e);
	return 0;
}

/* end_ops.tell_leg */
static void
right_tell_leg(const struct leg *leg, struct facts *f)
{
	const struct right_leg *l = (const struct right_leg *)leg;
	struct addr a[FACTS_INNER];
	unsigned i, n = tun_owner_addresses(&l->owner, a, FACTS_INNER);

	for (i = 0; i < n; i++)
		facts_add_inner(f, &a[i]);
	if (l->owner.n > n)
		f->n_inner = l->owner.n;
}

const struct end_ops end_tun_right = {
	.name = "tun",
	.brief = HELP("a TUN device; each flow has the inner addresses it "
	    "sends from"),
	.side = RIGHT,
	.end_size = sizeof(struct right),
	.leg_size = sizeof(struct right_leg),
	.headroom = TUN_DEV_HEAD,
	.device = true,
	.tun = tun_routes_wanted,
	.options = settings_tun,
	.check = right_check_settings,
	.start = right_start,
	.prepare = tun_right_prepare,
	.renew = tun_right_renew,
	.open = right_open,
	.send = right_send,
	.room = tun_dev_room,
	.other_up = right_other_up,
	.count = tun_drops_count,
	.describe = tun_dev_describe,
	.tell_leg = right_tell_leg,
	.close = right_close,
	.stop = right_stop,
};
