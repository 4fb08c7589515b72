/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The requests of tun(4), whose header DragonFly has elsewhere than FreeBSD.
 */

#ifndef TUN_COMPAT_H
#define TUN_COMPAT_H

#if defined(__DragonFly__)
#include <net/tun/if_tun.h>
#elif defined(__FreeBSD__)
#include <net/if_tun.h>
#endif

#endif
