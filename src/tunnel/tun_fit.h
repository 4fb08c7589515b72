/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The MTU of a TUN device: it follows what the carriers of its legs take, where
 * the user did not set it.
 *
 * NOTES.  On the LEFT what gets through counts as well (tun_path.h).  On the
 * RIGHT one client with a bad path does not lower the MTU of all: it gets ICMP
 * replies instead.
 */

#ifndef TUNNEL_TUN_FIT_H
#define TUNNEL_TUN_FIT_H

#include "tunnel/tun_dev.h"

/* Sets the MTU that fits, if it is known, for a device that was opened anew. */
void tun_fit_set(struct tun_dev *);

/* Asks the other leg for its room, and makes the MTU fit. */
void tun_fit_look(struct tun_dev *, struct tun_leg *);

/* What gets through to the peer of a leg has changed: l->room becomes the
 * smaller one of l->carrier and l->path.size, and the MTU fits. */
void tun_fit_set_room(struct tun_dev *, struct tun_leg *);

/* A leg is no more among those of the device: makes the MTU fit the others. */
void tun_fit_left(struct tun_dev *, const struct tun_leg *);

#endif
