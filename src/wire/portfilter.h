/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * udptunnel's filter: IPv4 packets pass by their ports.
 *
 * NOTES.  "Local" is the side of the TUN device, "peer" that of the tunnel.
 * ICMP passes.  Of TCP and UDP, each way:
 *
 *	both ports allowed		passes
 *	destination allowed, source > 0	passes, and the source port is
 *					remembered
 *	source allowed, destination > 0	passes if the other way remembers the
 *					destination port
 *
 * for PORTFILTER_MS.  Only passing by the second line renews that.  All else is
 * dropped: other protocols and versions, ports that are cut off, and fragments
 * after the first, which have none (the original reads their ports out of the
 * payload).
 *
 * A port is remembered as the time in units of PORTFILTER_UNIT_MS, modulo
 * 65535, plus 1.  So that a time does not seem new again when the numbers come
 * round, in two hours, all old ones are wiped every PORTFILTER_SWEEP_MS, and
 * when no packet came for PORTFILTER_MS.
 */

#ifndef WIRE_PORTFILTER_H
#define WIRE_PORTFILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/ip.h"

enum {
	PORTFILTER_PORTS = 65536,
	PORTFILTER_MS = 300 * 1000,	/* how long a port is remembered */
	PORTFILTER_UNIT_MS = 100,	/* how exactly */
	PORTFILTER_SWEEP_MS = 3000 * 1000,
};

/* Where a packet goes. */
enum portfilter_way {
	PORTFILTER_OUT,		/* from the device to the peer */
	PORTFILTER_IN,		/* from the peer to the device */
};

/* 264 KiB; the caller's. */
struct portfilter {
	uint8_t allowed[PORTFILTER_PORTS / 8];	/* a bit for each port */
	uint16_t seen[2][PORTFILTER_PORTS];	/* by way and source port: when
						 * it was remembered; 0: not */
	uint64_t last_ms;	/* of the last packet */
	uint64_t swept_ms;	/* when old times were wiped */
};

/* Allows no port, remembers none. */
void portfilter_init(struct portfilter *f, uint64_t now_ms);

/* Puts a port among the allowed ones. */
void portfilter_allow(struct portfilter *f, uint16_t port);

/* Does a packet pass?  now_ms never goes back. */
bool portfilter_pass(struct portfilter *f, enum portfilter_way way,
    const struct ip *ip, uint64_t now_ms);

#endif
