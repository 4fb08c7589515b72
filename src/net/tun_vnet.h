/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Packets from and to the descriptor of a TUN device whose packets have a
 * header of wire/vnet.h before them: the functions of net/tun.h for those with
 * tun->super.  tun_rw.c calls them.
 */

#ifndef NET_TUN_VNET_H
#define NET_TUN_VNET_H

#include "net/tun.h"

int tun_vnet_receive(struct tun *, struct arena *, struct dgram *,
    unsigned max);
void tun_vnet_send(struct tun *, struct dgram *, unsigned n);
void tun_vnet_flush(struct tun *);

#endif
