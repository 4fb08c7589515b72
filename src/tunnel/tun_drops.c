/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Counts and logs packets that the queue of a TUN device dropped.
 */

#include "compat.h"

#include "tunnel/tun_drops.h"

/* Logs what was not logged yet. */
static void
drops_tell(struct tun_dev *dev)
{
	if (dev->dropped_new == 0)
		return;
	log_warn("%s: the device's queue dropped %llu packets: they came "
	    "faster than the carrier took them; if they come in bursts, a "
	    "longer queue helps (Linux: ip link set %s txqueuelen 2000)",
	    dev->end.name, (unsigned long long)dev->dropped_new,
	    dev->tun.name);
	dev->dropped_new = 0;
	dev->dropped_ms = loop_now(dev->end.tunnel->loop);
}

/* Asks the system, and counts. */
static void
drops_ask(struct tun_dev *dev)
{
	uint64_t n;

	if (dev->tun.fd == FD_NONE || !tun_dropped(&dev->tun, &n))
		return;
	if (n > dev->dropped) {
		dev->dropped_new += n - dev->dropped;
		end_drop(&dev->end, LOST_DEVICE,
		    (unsigned long)(n - dev->dropped));
	}
	dev->dropped = n;
}

/* A count, or a line, is due. */
static void
drops_due(struct timer *timer)
{
	struct tun_dev *dev = LIST_ITEM(timer, struct tun_dev, drops);

	tun_drops_count(&dev->end);
	if (dev->dropped_new > 0)
		timer_set(timer, dev->end.tunnel->loop, dev->dropped_ms +
		    TUN_DROPS_TELL_MS, drops_due);
}

void
tun_drops_begin(struct tun_dev *dev)
{
	if (!tun_dropped(&dev->tun, &dev->dropped))
		dev->dropped = 0;
}

void
tun_drops_plan(struct tun_dev *dev)
{
	struct loop *loop = dev->end.tunnel->loop;

	timer_set(&dev->drops, loop, loop_now(loop) + TUN_DROPS_MS,
	    drops_due);
}

void
tun_drops_count(struct end *end)
{
	struct tun_dev *dev = (struct tun_dev *)end;

	drops_ask(dev);
	if (dev->dropped_ms == 0 || loop_now(end->tunnel->loop) -
	    dev->dropped_ms >= TUN_DROPS_TELL_MS)
		drops_tell(dev);
}

void
tun_drops_end(struct tun_dev *dev)
{
	timer_stop(&dev->drops);
	drops_ask(dev);
	drops_tell(dev);
}
