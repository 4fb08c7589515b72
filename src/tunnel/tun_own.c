/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The addresses of a TUN device.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/tun_own.h"

enum { TUN_OWN_ASK_MS = 5000 };	/* between questions for them */

/* The last address of a network: its broadcast address. */
static bool
own_is_last(const struct tun_address *net, const struct addr *a)
{
	uint32_t mask, ip, of;
	unsigned i;

	if (net->addr.family != 4 || a->family != 4 || net->prefix > 30)
		return false;
	for (ip = of = 0, i = 0; i < 4; i++) {
		ip = ip << 8 | a->ip[i];
		of = of << 8 | net->addr.ip[i];
	}
	mask = UINT32_C(0xffffffff) >> net->prefix;
	return ip == (of | mask);
}

/* Asks the system once in a while for the addresses of the device, which the
 * user may change. */
static void
own_ask(struct tun_dev *dev)
{
	uint64_t now_ms = loop_now(dev->end.tunnel->loop);
	struct tun_address own[TUN_ADDRESSES];
	unsigned n;

	if (dev->tun.fd == FD_NONE || (dev->own_ms != 0 &&
	    now_ms - dev->own_ms < TUN_OWN_ASK_MS))
		return;
	dev->own_ms = now_ms;
	n = tun_addresses(&dev->tun, own);
	/* On an error the known addresses stay. */
	if (n == 0)
		return;
	memcpy(dev->own, own, n * sizeof(*own));
	dev->n_own = n;
}

bool
tun_own_is_many(struct tun_dev *dev, const struct addr *a)
{
	unsigned i;

	if (a->family == 6)
		return a->ip[0] == 0xff;
	if (a->ip[0] >= 224)
		return true;
	own_ask(dev);
	for (i = 0; i < dev->n_own; i++)
		if (own_is_last(&dev->own[i], a))
			return true;
	return false;
}

bool
tun_own_is_ours(struct tun_dev *dev, const struct addr *a)
{
	unsigned i;

	own_ask(dev);
	for (i = 0; i < dev->n_own; i++)
		if (dev->own[i].addr.family == a->family &&
		    memcmp(dev->own[i].addr.ip, a->ip, sizeof(a->ip)) == 0)
			return true;
	return false;
}
