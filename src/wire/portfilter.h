/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * udptunnel's filter: IPv4 packets pass by their ports.
 *
 * NOTES.  ICMP passes.  TCP and UDP, in each direction:
 *
 *	both ports allowed		passes
 *	destination allowed, source > 0	passes, and the source port is
 *					remembered
 *	source allowed, destination > 0	passes if the destination port is
 *					remembered in the other direction
 *
 * A port is remembered for PORTFILTER_MS; only a packet that passes by the
 * second line renews it.  Everything else is dropped: other protocols and
 * versions, packets that end before their ports, and fragments after the first,
 * which have no ports (the original reads ports out of their payload).
 *
 * A remembered port has a stamp: the time in units of PORTFILTER_UNIT_MS,
 * modulo 65535, plus 1.  Stamps wrap after almost two hours, when an old one
 * would look new.  So expired stamps are removed every PORTFILTER_SWEEP_MS, and
 * all of them after more than PORTFILTER_MS without a packet.
 */

#ifndef WIRE_PORTFILTER_H
#define WIRE_PORTFILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/ip.h"

enum {
	PORTFILTER_PORTS = 65536,
	PORTFILTER_MS = 300 * 1000,	/* how long a port is remembered */
	PORTFILTER_UNIT_MS = 100,	/* resolution of a stamp */
	PORTFILTER_SWEEP_MS = 3000 * 1000,	/* between two sweeps */
};

/* The direction of a packet. */
enum portfilter_way {
	PORTFILTER_OUT,		/* from the device to the peer */
	PORTFILTER_IN,		/* from the peer to the device */
};

/* 264 KiB; the caller's. */
struct portfilter {
	uint8_t allowed[PORTFILTER_PORTS / 8];	/* a bit for each port */
	uint16_t seen[2][PORTFILTER_PORTS];	/* by direction and source
						 * port: its stamp; 0: none */
	uint64_t last_ms;	/* time of the last packet */
	uint64_t swept_ms;	/* time of the last sweep */
};

/* Initializes a filter that allows no port and remembers none. */
void portfilter_init(struct portfilter *f, uint64_t now_ms);

/* Adds a port to those allowed. */
void portfilter_allow(struct portfilter *f, uint16_t port);

/* Decides whether a packet passes, and remembers its source port where the
 * table above says so.  now_ms must not decrease. */
bool portfilter_pass(struct portfilter *f, enum portfilter_way way,
    const struct ip *ip, uint64_t now_ms);

#endif
