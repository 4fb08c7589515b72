/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The driver of TUN devices of OpenBSD: tun(4).  The address family always
 * precedes a packet.
 */

#include "compat.h"

#include <sys/ioctl.h>
#include <net/if.h>
#include <net/if_tun.h>

#include "net/tun_bsd.h"

const char tun_bsd_hint[] = "make it (run: cd /dev && sh MAKEDEV tun4)";

int
tun_bsd_prepare(int fd, bool point_to_point)
{
	int mode = IFF_MULTICAST;

	mode |= point_to_point ? IFF_POINTOPOINT : IFF_BROADCAST;
	/* One that is up keeps its mode. */
	(void)ioctl(fd, TUNSIFMODE, &mode);
	return 0;
}
