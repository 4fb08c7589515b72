/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Finds how long the packets may be that get through to the peer of a device.
 */

#include "compat.h"

#include "tunnel/tun_path.h"

#include "base/bytes.h"
#include "tunnel/tun_fit.h"
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

/* Are both packets of one conversation: the same addresses and ports? */
static bool
kept_is_alike(const struct tun_kept *k, const struct dgram *d)
{
	bool ip6 = d->data[0] >> 4 == 6;
	size_t at = ip6 ? 8 : 12, end = ip6 ? 44 : 24;

	return k->bytes[0] == d->data[0] &&
	    memcmp(k->bytes + at, d->data + at, end - at) == 0;
}

/* Keeps a long packet, which may be lost, in the place of one of its
 * conversation, or of the oldest. */
static void
path_keep(struct tun_dev *dev, const struct tun_leg *l, const struct dgram *d)
{
	struct tun_kept *k;
	unsigned i;

	for (i = 0; i < TUN_DEV_KEPT; i++)
		if (dev->kept[i].leg == l && kept_is_alike(&dev->kept[i], d))
			break;
	if (i == TUN_DEV_KEPT)
		i = dev->last_kept = (dev->last_kept + 1) % TUN_DEV_KEPT;
	k = &dev->kept[i];
	k->leg = l;
	k->len = d->len;
	memcpy(k->bytes, d->data, d->len);
}

/* Answers the packets that do not get through, so that their senders do not
 * wait until they repeat them. */
static void
path_answer_kept(struct tun_dev *dev, const struct tun_leg *l)
{
	struct dgram d;
	unsigned i;

	for (i = 0; i < TUN_DEV_KEPT; i++) {
		if (dev->kept[i].leg != l || dev->kept[i].len <= l->room)
			continue;
		dev->kept[i].leg = NULL;
		d.data = dev->kept[i].bytes;
		d.len = dev->kept[i].len;
		d.head = d.tail = 0;
		tun_dev_answer(dev, IP_TOO_BIG, l->room, &d);
	}
}

void
tun_path_forget(struct tun_dev *dev, const struct tun_leg *l)
{
	unsigned i;

	for (i = 0; i < TUN_DEV_KEPT; i++)
		if (dev->kept[i].leg == l)
			dev->kept[i].leg = NULL;
}

/* Logs a size that is lower than that of the carrier. */
static void
path_tell(struct tun_dev *dev, struct tun_leg *l)
{
	const struct path_mtu *p = &l->path;

	/* A later search may find the same limit more exactly. */
	if (p->state != PATH_MTU_COMPLETE || (p->size >= l->path_told &&
	    p->size <= l->path_told + PATH_MTU_CLOSE && p->size < p->room))
		return;
	if (p->size < p->room)
		flow_tell_hole(leg_other(&l->leg), p->size, p->size);
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
	size_t before = l->room;

	if (l->leg.flow->dead)
		return;
	if (l->path.due_ms == UINT64_MAX)
		timer_stop(&l->path_timer);
	else
		timer_set(&l->path_timer, dev->end.tunnel->loop,
		    l->path.due_ms, path_due);
	if (l->carrier != 0)
		tun_fit_set_room(dev, l);
	if (l->room < before)
		path_answer_kept(dev, l);
	if (l->path.state != PATH_MTU_SEARCHING)
		tun_path_forget(dev, l);
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
		tun_probe_send(dev, l, dev->part, size[i]);
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

/* A search begins. */
static void
path_begin(struct tun_dev *dev, struct tun_leg *l)
{
	path_count_search(dev, loop_now(dev->end.tunnel->loop));
	path_settle(dev, l);
}

void
tun_path_sent(struct tun_dev *dev, struct tun_leg *l, const struct dgram *d,
    unsigned n)
{
	uint64_t now_ms = loop_now(dev->end.tunnel->loop);
	bool searching = l->path.state == PATH_MTU_SEARCHING;
	size_t longest = 0;
	unsigned i;

	if (!l->answers || (!searching && !path_may_search(dev, now_ms)))
		return;
	for (i = 0; i < n; i++) {
		if (d[i].len > longest)
			longest = d[i].len;
		if (searching && d[i].len > PATH_MTU_LEAST &&
		    d[i].len <= sizeof(dev->kept->bytes))
			path_keep(dev, l, &d[i]);
	}
	if (!searching && path_mtu_sent(&l->path, longest, now_ms))
		path_begin(dev, l);
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

void
tun_path_asked(struct tun_dev *dev, struct tun_leg *l, const struct dgram *d,
    uint16_t size)
{
	uint64_t now_ms = loop_now(dev->end.tunnel->loop);
	uint8_t answer[PATH_PROBE_HEAD];

	memcpy(answer, d->data, sizeof(answer));
	path_probe_answer(answer);
	tun_probe_send(dev, l, answer, sizeof(answer));
	if (dev->asks_path && l->answers && path_may_search(dev, now_ms) &&
	    path_mtu_asked(&l->path, size, now_ms))
		path_begin(dev, l);
}

void
tun_path_answered(struct tun_dev *dev, struct tun_leg *l, uint32_t number,
    uint16_t size)
{
	if (path_mtu_answer(&l->path, number, size,
	    loop_now(dev->end.tunnel->loop)))
		path_settle(dev, l);
}
