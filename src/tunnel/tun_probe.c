/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Questions and answers between the devices at both ends of a carrier.
 */

#include "compat.h"

#include "tunnel/tun_probe.h"

#include "tunnel/tun_path.h"

void
tun_probe_send(struct tun_dev *dev, struct tun_leg *l, uint8_t *bytes,
    size_t n)
{
	struct loop *loop = dev->end.tunnel->loop;
	struct dgram d = { bytes, n, 0, 0 };

	/* The carrier may write to it until the flush. */
	dgram_room(loop_arena(loop), &d, TUN_DEV_HEAD, 0);
	l->sent_ms = loop_now(loop);
	flow_answer(&l->leg, &d, 1);
}

void
tun_probe_ask(struct tun_dev *dev, struct tun_leg *l)
{
	uint8_t byte = PATH_PROBE_ASKS;

	tun_probe_send(dev, l, &byte, 1);
}

/* The peer asks the question of one byte. */
static void
probe_asked(struct tun_dev *dev, struct tun_leg *l)
{
	bool first = !l->asks && !l->answers && dev->keepalive_ms > 0;
	uint8_t byte = PATH_PROBE_ANSWERS;

	l->asks = true;
	tun_probe_send(dev, l, &byte, 1);
	if (first)
		tun_probe_ask(dev, l);
}

/* The peer answers it. */
static void
probe_answered(struct tun_dev *dev, struct tun_leg *l)
{
	l->answers = true;
	l->n_first = 0;
	tun_path_heard(dev, l);
}

bool
tun_probe_take(struct tun_dev *dev, struct tun_leg *l, const struct dgram *d)
{
	uint32_t number;
	uint16_t size;

	if (dev->deaf)
		return false;
	switch (path_probe_parse(d->data, d->len, &number, &size)) {
	case PATH_PROBE_ASKS:
		if (size == PATH_PROBE_BARE)
			probe_asked(dev, l);
		else
			tun_path_asked(dev, l, d, size);
		return true;
	case PATH_PROBE_ANSWERS:
		if (size == PATH_PROBE_BARE)
			probe_answered(dev, l);
		else
			tun_path_answered(dev, l, number, size);
		return true;
	default:
		return false;
	}
}

void
tun_probe_start(struct tun_dev *dev, struct tun_leg *l, unsigned n_first,
    timer_fn *fn)
{
	struct loop *loop = dev->end.tunnel->loop;

	if (dev->keepalive_ms == 0 || timer_is_set(&l->beat) ||
	    l->leg.flow->dead)
		return;
	l->n_first = n_first;
	timer_set(&l->beat, loop, loop_now(loop) + (n_first > 0 ? 0 :
	    dev->keepalive_ms), fn);
}

bool
tun_probe_beat(struct tun_dev *dev, struct tun_leg *l, timer_fn *fn)
{
	struct loop *loop = dev->end.tunnel->loop;
	uint64_t now_ms = loop_now(loop), due_ms;
	bool first = l->n_first > 0 && !l->answers;

	due_ms = first ? now_ms : l->sent_ms + dev->keepalive_ms;
	if (now_ms < due_ms) {
		timer_set(&l->beat, loop, due_ms, fn);
		return false;
	}
	l->n_first -= first;
	tun_probe_ask(dev, l);
	if (l->leg.flow->dead)
		return false;
	timer_set(&l->beat, loop, now_ms + (l->n_first > 0 &&
	    dev->keepalive_ms > TUN_PROBE_FIRST_MS ? TUN_PROBE_FIRST_MS :
	    dev->keepalive_ms), fn);
	return true;
}
