/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A stand-in of <net/if_tun.h> for tests on other systems: requests of tun(4).
 */

#ifndef STAND_IN_NET_IF_TUN_H
#define STAND_IN_NET_IF_TUN_H

#include <sys/ioctl.h>

#define TUNSIFMODE	_IOW('t', 94, int)
#define TUNSIFHEAD	_IOW('t', 96, int)

#endif
