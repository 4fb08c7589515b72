/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The MTU of a TUN device, which follows what the carriers of its legs take.
 */

#include "compat.h"

#include "tunnel/tun_fit.h"

#include "net/rights.h"

enum { TUN_FIT_LEAST = 576 };	/* the lowest MTU that is set */

void
tun_fit_set(struct tun_dev *dev)
{
	int mtu = dev->fit;

	if (mtu == 0 || (mtu == dev->tun.mtu && dev->fitted))
		return;
	dev->fitted = true;
	if (mtu != dev->tun.mtu && rights_tun_set_mtu(&dev->tun, mtu) != 0) {
		log_limited(&dev->mtu_limit,
		    loop_now(dev->end.tunnel->loop), LEVEL_WARN,
		    "%s: an MTU of %d would fit, but cannot be set: %s; "
		    "longer packets are cut or answered by ICMP",
		    dev->end.name, mtu, sock_strerror(errno));
		return;
	}
	log_limited(&dev->mtu_limit, loop_now(dev->end.tunnel->loop),
	    LEVEL_INFO, "%s: MTU %d, which fits %s", dev->end.name, mtu,
	    tun_dev_other(dev)->name);
}

/* What a leg takes, as far as the MTU follows it: one client with a bad path
 * does not lower it for the others, and gets ICMP instead. */
static size_t
fit_leg_room(const struct tun_dev *dev, const struct tun_leg *l)
{
	return dev->end.side == LEFT ? l->room : l->carrier;
}

/* The MTU that fits what a leg takes. */
static int
fit_mtu(const struct tun_dev *dev, const struct tun_leg *l)
{
	size_t room = fit_leg_room(dev, l);
	int mtu = room < TUN_MTU_USUAL ? (int)room : TUN_MTU_USUAL;
	unsigned i;

	if (mtu < TUN_FIT_LEAST)
		mtu = TUN_FIT_LEAST;
	/* Below 1280 the system removes the IPv6 addresses. */
	for (i = 0; i < dev->settings.n_addresses; i++)
		if (dev->settings.address[i].addr.family == 6 &&
		    mtu < TUN_MTU_IP6)
			mtu = TUN_MTU_IP6;
	return mtu;
}

/* Makes the MTU fit a leg, whose room is the smallest. */
static void
fit_least(struct tun_dev *dev, const struct tun_leg *l)
{
	dev->least = l;
	dev->fit = fit_mtu(dev, l);
	/* A device that is gone gets it when it is open again. */
	if (dev->tun.fd != FD_NONE)
		tun_fit_set(dev);
}

/* Makes the MTU fit all legs whose room is known, after the leg with the
 * smallest has gone or has more room.  The walk is rarely long: it stops at a
 * leg with the same room. */
static void
fit_all(struct tun_dev *dev)
{
	const struct tun_leg *l, *least = NULL;
	const struct list *at;

	for (at = dev->legs.next; at != &dev->legs; at = at->next) {
		l = LIST_ITEM(at, struct tun_leg, link);
		if (l->room == 0 || (least != NULL && fit_leg_room(dev, l) >=
		    fit_leg_room(dev, least)))
			continue;
		least = l;
		if (fit_mtu(dev, l) == dev->fit)
			break;
	}
	dev->least = NULL;
	if (least != NULL)
		fit_least(dev, least);
}

/* Makes the MTU fit all legs, after the room of one has changed. */
static void
fit_leg(struct tun_dev *dev, const struct tun_leg *l)
{
	if (!dev->fits)
		return;
	if (dev->n_legs <= 1 || dev->fit == 0 || fit_mtu(dev, l) < dev->fit)
		fit_least(dev, l);
	else if (dev->least == NULL || l == dev->least)
		fit_all(dev);
}

void
tun_fit_left(struct tun_dev *dev, const struct tun_leg *l)
{
	if (!dev->fits || l != dev->least)
		return;
	dev->least = NULL;
	if (!dev->end.tunnel->stopping)
		fit_all(dev);
}

void
tun_fit_set_room(struct tun_dev *dev, struct tun_leg *l)
{
	size_t room = l->carrier < l->path.size ? l->carrier : l->path.size;

	if (room < IP4_MTU_MIN)
		room = IP4_MTU_MIN;
	if (room == l->room)
		return;
	l->room = room;
	fit_leg(dev, l);
}

void
tun_fit_look(struct tun_dev *dev, struct tun_leg *l)
{
	struct leg *other = leg_other(&l->leg);
	size_t room;

	/* Before it is up its room is a guess. */
	if (!l->leg.flow->up[other->end->side])
		return;
	room = other->end->ops->room(other);
	if (room == l->carrier)
		return;
	l->carrier = room;
	path_mtu_room(&l->path, room);
	tun_fit_set_room(dev, l);
}
