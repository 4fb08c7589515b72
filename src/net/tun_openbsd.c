/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The driver of TUN devices of OpenBSD: tun(4).  The address family always
 * precedes a packet, and a device is point to point.
 */

#include "compat.h"

#include <sys/filio.h>
#include <sys/ioctl.h>
#include <net/if.h>
#include <net/if_tun.h>

#include "net/tun_bsd.h"

const char tun_bsd_hint[] = "make it (run: cd /dev && sh MAKEDEV tun4)";

int
tun_bsd_prepare(int fd, int mode)
{
	int on = 1;

	/* Newer drivers refuse to change the mode.  Older ones block without
	 * FIONBIO, which the newer do not know. */
	(void)mode;
	(void)ioctl(fd, FIONBIO, &on);
	return 0;
}
