/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Packets that the system drops because the queue of a TUN device is full.
 *
 * NOTES.  The queue fills when packets come faster than they are read: in
 * bursts, or while the carrier holds.  The system is asked TUN_DROPS_MS after
 * the first packet of a while, and for reports; never for each packet, and not
 * while the device is idle.
 */

#ifndef TUNNEL_TUN_DROPS_H
#define TUNNEL_TUN_DROPS_H

#include "tunnel/tun_dev.h"

enum {
	TUN_DROPS_MS = 10000,	/* between two counts */
	TUN_DROPS_TELL_MS = 60000,	/* between two lines */
};

/* The device is open: what was dropped before counts for nobody. */
void tun_drops_begin(struct tun_dev *);

/* The device has packets, and dev->drops is not set: plans a count. */
void tun_drops_plan(struct tun_dev *);

/* end_ops.count: counts what was dropped so far, and logs it within limits. */
void tun_drops_count(struct end *);

/* Counts and logs for the last time; the device is still open, if it was. */
void tun_drops_end(struct tun_dev *);

#endif
