/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Finds how long the packets may be that get through to the peer of a device.
 */

#include "compat.h"

#include "tunnel/tun_path.h"

#include "base/bytes.h"
#include "tunnel/tun_probe.h"

void
tun_path_init(struct tun_dev *dev, struct tun_leg *l)
{
	uint8_t number[4];

	random_bytes(dev->end.tunnel->random, number, sizeof(number));
	path_mtu_init(&l->path, get_be32(number));
	if (!dev->asks_path)
		l->path.look_ms = UINT64_MAX;
}

/* Sends n bytes to the peer. */
static void
path_send(struct tun_dev *dev, struct tun_leg *l, uint8_t *bytes, size_t n)
{
	struct loop *loop = dev->end.tunnel->loop;
	struct dgram d = { bytes, n, 0, 0 };

	/* The carrier may write to it until the flush. */
	dgram_room(loop_arena(loop), &d, TUN_DEV_HEAD, 0);
	l->sent_ms = loop_now(loop);
	flow_answer(&l->leg, &d, 1);
}

/* Logs a size that is lower than that of the carrier, once. */
static void
path_tell(struct tun_dev *dev, struct tun_leg *l)
{
	const struct path_mtu *p = &l->path;

	if (p->state != PATH_MTU_COMPLETE || p->size == l->path_told)
		return;
	if (p->size < p->room)
		log_limited(&dev->path_limit, loop_now(dev->end.tunnel->loop),
		    LEVEL_WARN, "%s: flow %lu: datagrams over %u bytes do not "
		    "get through; set the MTU of what runs inside to %u",
		    dev->end.name, (unsigned long)l->leg.flow->number, p->size,
		    p->size);
	else if (l->path_told != 0)
		log_limited(&dev->path_limit, loop_now(dev->end.tunnel->loop),
		    LEVEL_INFO, "%s: flow %lu: datagrams of %u bytes get "
		    "through again", dev->end.name,
		    (unsigned long)l->leg.flow->number, p->size);
	l->path_told = p->size < p->room ? p->size : 0;
}

static void path_due(struct timer *);

/* Sets the timer for the next step, if there is one, and lets the room
 * follow. */
static void
path_settle(struct tun_dev *dev, struct tun_leg *l)
{
	if (l->leg.flow->dead)
		return;
	if (l->path.due_ms == UINT64_MAX)
		timer_stop(&l->path_timer);
	else
		timer_set(&l->path_timer, dev->end.tunnel->loop,
		    l->path.due_ms, path_due);
	if (l->carrier != 0)
		tun_dev_set_room(dev, l);
	path_tell(dev, l);
}

/* The next step is due. */
static void
path_due(struct timer *timer)
{
	struct tun_leg *l = LIST_ITEM(timer, struct tun_leg, path_timer);
	struct tun_dev *dev = (struct tun_dev *)l->leg.end;
	uint16_t size[PATH_MTU_ROUND];
	unsigned i, n;

	n = path_mtu_due(&l->path, loop_now(dev->end.tunnel->loop), size);
	path_settle(dev, l);
	for (i = 0; i < n && !l->leg.flow->dead; i++) {
		if (size[i] == PATH_PROBE_BARE) {
			tun_probe_ask(dev, l);
			continue;
		}
		path_probe_ask(dev->part, l->path.number, size[i]);
		path_send(dev, l, dev->part, size[i]);
	}
}

/* May a search begin now? */
static bool
path_may_search(const struct tun_dev *dev, uint64_t now_ms)
{
	return dev->searches < TUN_PATH_SEARCHES ||
	    now_ms - dev->searches_ms >= 1000;
}

/* Counts a search. */
static void
path_count_search(struct tun_dev *dev, uint64_t now_ms)
{
	if (now_ms - dev->searches_ms >= 1000) {
		dev->searches_ms = now_ms;
		dev->searches = 0;
	}
	dev->searches++;
}

void
tun_path_sent(struct tun_dev *dev, struct tun_leg *l, const struct dgram *d,
    unsigned n)
{
	uint64_t now_ms = loop_now(dev->end.tunnel->loop);
	size_t longest = 0;
	unsigned i;

	if (!l->answers || !path_may_search(dev, now_ms))
		return;
	for (i = 0; i < n; i++)
		if (d[i].len > longest)
			longest = d[i].len;
	if (!path_mtu_sent(&l->path, longest, now_ms))
		return;
	path_count_search(dev, now_ms);
	path_settle(dev, l);
}

void
tun_path_heard(struct tun_dev *dev, struct tun_leg *l)
{
	path_mtu_heard(&l->path);
	if (!dev->asks_path || dev->end.side == RIGHT ||
	    l->path.state != PATH_MTU_DISABLED)
		return;
	path_mtu_begin(&l->path, loop_now(dev->end.tunnel->loop));
	path_settle(dev, l);
}

bool
tun_path_take(struct tun_dev *dev, struct tun_leg *l, const struct dgram *d)
{
	uint8_t answer[PATH_PROBE_HEAD];
	uint32_t number;
	uint16_t size;

	switch (path_probe_parse(d->data, d->len, &number, &size)) {
	case PATH_PROBE_ASKS:
		memcpy(answer, d->data, sizeof(answer));
		path_probe_answer(answer);
		path_send(dev, l, answer, sizeof(answer));
		return true;
	case PATH_PROBE_ANSWERS:
		if (path_mtu_answer(&l->path, number, size,
		    loop_now(dev->end.tunnel->loop)))
			path_settle(dev, l);
		return true;
	default:
		return false;
	}
}
