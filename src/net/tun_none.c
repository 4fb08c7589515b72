/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * TUN devices on systems where none are supported.
 */

#include "compat.h"

#include "net/tun.h"

enum tun_result
tun_open(struct tun *t, const struct tun_settings *s, char why[TUN_WHY])
{
	(void)s;
	t->fd = FD_NONE;
	snprintf(why, TUN_WHY, "Adit knows no TUN devices of this system");
	return TUN_REFUSED;
}

void
tun_close(struct tun *t)
{
	t->fd = FD_NONE;
}

int
tun_set_mtu(struct tun *t, int mtu)
{
	(void)t;
	(void)mtu;
	errno = ENOSYS;
	return -1;
}

bool
tun_dropped(const struct tun *t, uint64_t *n)
{
	(void)t;
	(void)n;
	return false;
}

unsigned
tun_addresses(const struct tun *t,
    struct tun_address address[TUN_ADDRESSES])
{
	(void)t;
	(void)address;
	return 0;
}

int
tun_receive(struct tun *t, struct arena *arena, struct dgram *d,
    unsigned max)
{
	(void)t;
	(void)arena;
	(void)d;
	(void)max;
	errno = ENOSYS;
	return -1;
}

unsigned
tun_receive_left(struct tun *t, struct arena *arena, struct dgram *d,
    unsigned max)
{
	(void)t;
	(void)arena;
	(void)d;
	(void)max;
	return 0;
}

void
tun_send(struct tun *t, struct dgram *d, unsigned n)
{
	(void)d;
	t->lost.failed += n;
}

void
tun_flush(struct tun *t)
{
	(void)t;
}
