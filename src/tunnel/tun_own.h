/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The addresses that a TUN device has, which the user may change.
 */

#ifndef TUNNEL_TUN_OWN_H
#define TUNNEL_TUN_OWN_H

#include "tunnel/tun_dev.h"

/* Is it multicast, or the broadcast address of a network of the device?  Asks
 * the system for the addresses of the device once in a while. */
bool tun_own_is_many(struct tun_dev *, const struct addr *);

/* Is it an address of the device?  Asks likewise. */
bool tun_own_is_ours(struct tun_dev *, const struct addr *);

#endif
