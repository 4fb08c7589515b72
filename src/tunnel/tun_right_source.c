/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * From which inner addresses a flow of `tun` on the RIGHT may send.
 *
 * NOTES.  Never from one that is unspecified, loopback, multicast or broadcast,
 * nor from our own.  With an inner-file a flow has only the addresses of its
 * name.  Without one it has only those of the networks of the device, where
 * `addr` says which these are.
 */

#include "compat.h"

#include "tunnel/tun_right.h"

#include "tunnel/tun_own.h"

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

bool
tun_right_claim(struct right *e, struct right_leg *l, const struct addr *src,
    const struct addr *dst)
{
	uint64_t now_ms = loop_now(right_loop(l));
	struct tun_owner *other;
	enum cause cause = LOST_SOURCE;
	bool may = false;

	if (!right_check(e, l, src)) {
		/* Systems do so unasked, from no or a local address. */
		if (tun_own_is_many(&e->dev, dst))
			cause = LOST_MULTICAST;
		flow_drop(&l->base.leg, cause, 1);
		return false;
	}
	switch (tun_table_claim(&e->table, &l->owner, src, now_ms, &other)) {
	case TUN_HAS:
	case TUN_GETS:
		may = true;
		break;
	case TUN_SHARES:
		may = true;
		right_tell_shared(e, l, src);
		break;
	case TUN_TAKEN:
		right_tell_taken(e, l, other, src);
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
		tun_right_watch(right_leg_of_owner(other), RIGHT_SILENCE_MS);
		tun_right_ask(e, right_leg_of_owner(other));
	}
	tun_right_watch(l, RIGHT_SILENCE_MS);
	if (!may)
		flow_drop(&l->base.leg, cause, 1);
	return may;
}
