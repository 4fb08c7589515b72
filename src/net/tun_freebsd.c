/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The driver of TUN devices of FreeBSD and DragonFly: tun(4).
 */

#include "compat.h"

#include <sys/ioctl.h>
#include <net/if.h>

#include "tun_compat.h"

#include "net/tun_bsd.h"

const char tun_bsd_hint[] = "load the module (run: kldload if_tuntap, or "
    "if_tun before FreeBSD 13)";

int
tun_bsd_prepare(int fd, int mode)
{
	int on = 1;

	mode |= mode != 0 ? IFF_MULTICAST : 0;
	/* One that is up keeps its mode. */
	if (mode != 0)
		(void)ioctl(fd, TUNSIFMODE, &mode);
	return ioctl(fd, TUNSIFHEAD, &on);
}
