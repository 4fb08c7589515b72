/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * `tun` on the RIGHT: one device for the packets of many flows.
 *
 * NOTES.  A flow is found by the destination of a packet, among the addresses
 * that flows have sent from (tun_table.h); never an address that is
 * unspecified, loopback, multicast or broadcast, nor our own.  With an
 * inner-file (tun_inner.h) a flow has only those of its name, and a packet for
 * an address that no flow has sent from goes to the newest flow of the name
 * that the file gives the address to.  Without one a flow has only those of the
 * networks of the device, where `addr` says which these are.  Multicast and
 * broadcast packets of the device are dropped; a packet for an address that no
 * flow has is replied to by ICMP.
 *
 * A flow whose address a different flow would like to have, or that a new flow
 * of the same name follows, is asked (tun_probe.h) where it is known to answer.
 * When nothing comes from it for RIGHT_ASKED_MS it loses its addresses.
 *
 * A flow without an inner address ends when it stays silent: its client has
 * gone before it sent anything, or has come back with a new flow.  Nothing else
 * would end it, as flows of a device do not expire (idle 0).
 */

#include "compat.h"

#include "tunnel/ends.h"

#include "tunnel/facts.h"
#include "tunnel/plan.h"
#include "tunnel/tun_dev.h"
#include "tunnel/tun_drops.h"
#include "tunnel/tun_fit.h"
#include "tunnel/tun_inner.h"
#include "tunnel/tun_own.h"
#include "tunnel/tun_probe.h"
#include "tunnel/tun_table.h"

enum {
	RIGHT_BEGIN_MS = 600000,	/* silence of a flow that has had no
					 * address, */
	RIGHT_SILENCE_MS = 60000,	/* and of one that has lost it */
	RIGHT_ASKED_MS = 3000,	/* silence of a flow that is asked, */
	RIGHT_QUESTIONS = 3,	/* so often */
	RIGHT_BEATS = 3,	/* keep-alives in a row without anything
				 * received, then there are no more */
};

struct right {
	struct tun_dev dev;
	struct tun_table table;
	struct tun_inner *inner;	/* NULL: any address is free */
	struct tun_inner *fresh;	/* loaded by right_prepare(), or
				 * NULL */
	bool nets[2];		/* IPv4, IPv6: clients have addresses of the
				 * networks in settings only */
	struct log_limit refused_limit, taken_limit;
};

struct right_leg {
	struct tun_leg base;
	struct tun_owner owner;
	struct timer silence;	/* ends it; set when it has no address */
	uint64_t silence_ms;	/* how long it may be silent then */
	struct timer asked;	/* set while it is asked, */
	unsigned questions;	/* so often by now */
	bool heard;		/* something came since */
	unsigned beats;		/* keep-alives sent since something came */
};

static struct right *
right_of(struct end *end)
{
	return (struct right *)end;
}

static struct right_leg *
right_leg_of(struct leg *leg)
{
	return (struct right_leg *)leg;
}

static struct loop *
right_loop(const struct right_leg *l)
{
	return l->base.leg.end->tunnel->loop;
}

static struct right_leg *
right_leg_of_owner(struct tun_owner *owner)
{
	return LIST_ITEM(owner, struct right_leg, owner);
}

/*
 * Silence
 */

/* Has it an inner address, or is it the newest flow of a name that has some in
 * the inner-file? */
static bool
right_leg_is_found(const struct right_leg *l)
{
	return l->owner.n_global > 0 || (l->owner.name != NULL &&
	    l->owner.name->pinned && !tun_owner_is_replaced(&l->owner));
}

/* Ends a flow without addresses that is silent. */
static void
right_look(struct timer *timer)
{
	struct right_leg *l = LIST_ITEM(timer, struct right_leg, silence);
	struct loop *loop = right_loop(l);

	if (right_leg_is_found(l))
		return;
	if (loop_now(loop) - l->base.heard_ms < l->silence_ms)
		timer_set(timer, loop, l->base.heard_ms + l->silence_ms,
		    right_look);
	else
		leg_failed(&l->base.leg, "it is silent, and has no inner "
		    "address");
}

/* A flow has lost an address, or begins: if it has none, it ends after so much
 * silence. */
static void
right_watch(struct right_leg *l, uint64_t silence_ms)
{
	struct leg *leg = &l->base.leg;
	struct loop *loop = right_loop(l);

	if (right_leg_is_found(l) || leg_other(leg)->end->ops->lasting ||
	    (timer_is_set(&l->silence) && l->silence_ms <= silence_ms))
		return;
	l->silence_ms = silence_ms;
	timer_set(&l->silence, loop, loop_now(loop) + silence_ms,
	    right_look);
}

/* A flow that was asked had its time. */
static void
right_asked(struct timer *timer)
{
	struct right_leg *l = LIST_ITEM(timer, struct right_leg, asked);
	struct right *e = right_of(l->base.leg.end);

	if (l->heard)
		return;
	if (l->questions++ < RIGHT_QUESTIONS) {
		timer_set(timer, right_loop(l), loop_now(right_loop(l)) +
		    RIGHT_ASKED_MS / RIGHT_QUESTIONS, right_asked);
		tun_probe_ask(&e->dev, &l->base);
		return;
	}
	log_debug("flow %lu: it answers nothing, and gives up %u inner "
	    "addresses", (unsigned long)l->base.leg.flow->number, l->owner.n);
	l->owner.alive_ms = 0;
	tun_owner_release(&e->table, &l->owner, loop_now(right_loop(l)));
	right_watch(l, RIGHT_SILENCE_MS);
}

/* Asks a flow whether it is there, if its peer knows probes. */
static void
right_ask(struct right *e, struct right_leg *l)
{
	struct loop *loop = right_loop(l);

	if ((!l->base.asks && !l->base.answers) || l->owner.n == 0 ||
	    timer_is_set(&l->asked) || e->dev.keepalive_ms == 0)
		return;
	l->heard = false;
	l->questions = 1;
	timer_set(&l->asked, loop, loop_now(loop) +
	    RIGHT_ASKED_MS / RIGHT_QUESTIONS, right_asked);
	tun_probe_ask(&e->dev, &l->base);
}

/* A flow has begun: the others of its name are asked. */
static void
right_ask_older(struct right *e, const struct right_leg *l)
{
	const struct list *at, *next, *owners;
	struct right_leg *o;

	if (l->owner.name == NULL)
		return;
	owners = &l->owner.name->owners;
	for (at = owners->next; at != owners; at = next) {
		next = at->next;	/* the flow may end */
		o = right_leg_of_owner(LIST_ITEM(at, struct tun_owner,
		    by_name));
		if (o == l)
			continue;
		right_watch(o, RIGHT_SILENCE_MS);
		right_ask(e, o);
	}
}

/*
 * Addresses
 */

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
	    *f->peer.identity != '\0' ? f->peer.identity :
	    "a peer without name",
	    addr_ip_text(src, inner), addr_text(&f->peer.addr, outer));
}

/* Logs that a different flow has it, or had it (other NULL). */
static void
right_tell_taken(struct right *e, struct right_leg *l,
    struct tun_owner *other, const struct addr *src)
{
	const struct flow *f = other == NULL ? NULL :
	    right_leg_of_owner(other)->base.leg.flow;
	char inner[ADDR_TEXT], holder[32];

	if (f == NULL)
		snprintf(holder, sizeof(holder), "a client that was here");
	else
		snprintf(holder, sizeof(holder), "flow %lu",
		    (unsigned long)f->number);
	log_limited(&e->taken_limit, loop_now(right_loop(l)), LEVEL_WARN,
	    "%s: flow %lu: the inner address %s is that of %s%s%s",
	    e->dev.end.name, (unsigned long)l->base.leg.flow->number,
	    addr_ip_text(src, inner), holder,
	    f == NULL || *f->peer.identity == '\0' ? "" : ", ",
	    f == NULL ? "" : f->peer.identity);
}

/* Logs once that two flows of one name send from the same address. */
static void
right_tell_shared(struct right *e, struct right_leg *l,
    const struct addr *src)
{
	char inner[ADDR_TEXT];

	if (l->owner.name->told)
		return;
	l->owner.name->told = true;
	log_warn("%s: two clients with the name %s send from the inner "
	    "address %s; give each a name, or an address, of its own",
	    e->dev.end.name, l->base.leg.flow->peer.identity,
	    addr_ip_text(src, inner));
}

/* Is it an address of one of the networks that `addr` gives? */
static bool
right_is_in_nets(const struct right *e, const struct addr *a)
{
	const struct tun_settings *s = &e->dev.settings;
	unsigned i;

	for (i = 0; i < s->n_addresses; i++)
		if (addr_in_prefix(a, &s->address[i].addr,
		    (unsigned)s->address[i].prefix))
			return true;
	return false;
}

/* May a flow have this address, other flows left aside?  Logs a refusal by the
 * inner-file or the networks. */
static bool
right_check(struct right *e, struct right_leg *l, const struct addr *src)
{
	if (!ip_is_host(src) || tun_own_is_many(&e->dev, src) ||
	    tun_own_is_ours(&e->dev, src))
		return false;
	if (addr_is_link_local(src) && e->inner == NULL)
		return true;
	if (e->inner != NULL ? tun_inner_allows(e->inner,
	    l->base.leg.flow->peer.identity, src) :
	    !e->nets[src->family == 6] || right_is_in_nets(e, src))
		return true;
	if (!addr_is_link_local(src))
		right_tell_refused(e, l, src);
	return false;
}

/* May a flow send from this address?  If not, the loss is counted. */
static bool
right_may(struct right *e, struct right_leg *l, const struct ip *ip)
{
	uint64_t now_ms = loop_now(right_loop(l));
	struct tun_owner *other;
	enum cause cause = LOST_SOURCE;
	struct addr src = ip->src;
	bool may = false;

	src.port = 0;
	if (tun_table_speaks(&e->table, &l->owner, &src, now_ms))
		return true;
	if (!right_check(e, l, &src)) {
		/* Systems do so unasked, from no or a local address. */
		if (tun_own_is_many(&e->dev, &ip->dst))
			cause = LOST_MULTICAST;
		flow_drop(&l->base.leg, cause, 1);
		return false;
	}
	switch (tun_table_claim(&e->table, &l->owner, &src, now_ms, &other)) {
	case TUN_HAS:
	case TUN_GETS:
		may = true;
		break;
	case TUN_SHARES:
		may = true;
		right_tell_shared(e, l, &src);
		break;
	case TUN_TAKEN:
		right_tell_taken(e, l, other, &src);
		cause = LOST_TAKEN;
		break;
	case TUN_FULL:
		/* The inner-file leads back to it all the same. */
		may = e->inner != NULL;
		cause = LOST_NO_MEMORY;
		break;
	}
	/* Also where one made way and there was no memory then. */
	if (other != NULL && other != &l->owner) {
		right_watch(right_leg_of_owner(other), RIGHT_SILENCE_MS);
		right_ask(e, right_leg_of_owner(other));
	}
	right_watch(l, RIGHT_SILENCE_MS);
	if (!may)
		flow_drop(&l->base.leg, cause, 1);
	return may;
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
	right_watch(l, RIGHT_BEGIN_MS);
	right_ask_older(e, l);
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

/* Connects the names of an inner-file (NULL: none) with those of the table; -1:
 * no memory. */
static int
right_pin(struct right *e, struct tun_inner *inner)
{
	struct tun_inner_entry *entry = inner == NULL ? NULL : inner->last;

	for (; entry != NULL; entry = entry->next) {
		entry->whose = tun_table_pin(&e->table, entry->name);
		if (entry->whose == NULL)
			return -1;
	}
	return 0;
}

/* Gets ready for names and addresses; 0, or -1 and the fault. */
static int
right_start_table(struct right *e, struct fault *f)
{
	const struct tun_settings *s = &e->dev.settings;
	uint8_t seed[TABLE_SEED];
	unsigned i;

	random_bytes(e->dev.end.tunnel->random, seed, sizeof(seed));
	tun_table_init(&e->table, seed);
	if (right_pin(e, e->inner) != 0)
		return fault_system(f, NULL, "%s: no memory",
		    e->dev.end.name);
	for (i = 0; i < s->n_addresses; i++)
		if (s->address[i].prefix <
		    (s->address[i].addr.family == 4 ? 32 : 128))
			e->nets[s->address[i].addr.family == 6] = true;
	return 0;
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
	if (right_start_table(e, f) != 0) {
		right_stop(end);
		return -1;
	}
	right_tell_names(e);
	return 0;
}

/*
 * Change while it runs
 */

static int
right_prepare(struct end *end, const struct settings *s, struct fault *f)
{
	struct right *e = right_of(end);

	if (s->inner_file == NULL)
		return 0;
	e->fresh = tun_inner_load(end, s->inner_file, f);
	if (e->fresh == NULL)
		return -1;
	/* Now, since this may fail.  Names that are not used after all are
	 * unpinned by the next change. */
	if (right_pin(e, e->fresh) == 0)
		return 0;
	tun_inner_free(e->fresh);
	e->fresh = NULL;
	return fault_system(f, NULL, "%s: no memory", end->name);
}

/* Does the inner-file give a name this address? */
static bool
right_may_have(void *arg, const struct tun_name *name, const struct addr *a)
{
	const struct right *e = arg;
	const struct tun_inner_entry *entry = tun_inner_find(e->inner, a);

	return name != NULL && entry != NULL && entry->whose == name;
}

/* Ends the flows whose names have gone from the inner-file. */
static void
right_end_lost(struct right *e)
{
	struct list *at, *next, *flows = &e->dev.end.tunnel->flows;
	struct right_leg *l;

	for (at = flows->next; at != flows; at = next) {
		next = at->next;
		l = right_leg_of(LIST_ITEM(at, struct flow, link)->leg[RIGHT]);
		if (l->owner.name != NULL && l->owner.name->lost)
			leg_failed(&l->base.leg, "its name is gone from the "
			    "inner-file");
	}
}

static void
right_renew(struct end *end, const struct settings *s)
{
	struct right *e = right_of(end);
	struct tun_inner *fresh = e->fresh;

	e->fresh = NULL;
	if (s == NULL) {
		tun_inner_free(fresh);
		return;
	}
	tun_table_unpin(&e->table);
	(void)right_pin(e, fresh);
	tun_inner_free(e->inner);
	e->inner = fresh;
	if (fresh == NULL)
		return;
	right_end_lost(e);
	tun_table_sift(&e->table, right_may_have, e);
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
	.prepare = right_prepare,
	.renew = right_renew,
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
