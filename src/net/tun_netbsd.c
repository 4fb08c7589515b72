/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The driver of TUN devices of NetBSD: tun(4).
 */

#include "compat.h"

#include <sys/filio.h>
#include <sys/ioctl.h>
#include <net/if.h>
#include <net/if_tun.h>

#include "net/tun_bsd.h"

const char tun_bsd_hint[] = "make it (run: cd /dev && sh MAKEDEV tun0), and "
    "use a kernel with tun(4)";

int
tun_bsd_prepare(int fd, int mode)
{
	int on = 1;

	/* O_NONBLOCK of open() does not reach the driver. */
	if (ioctl(fd, FIONBIO, &on) != 0)
		return -1;
	mode |= mode != 0 ? IFF_MULTICAST : 0;
	/* One that is up keeps its mode. */
	if (mode != 0)
		(void)ioctl(fd, TUNSIFMODE, &mode);
	return ioctl(fd, TUNSIFHEAD, &on);
}
