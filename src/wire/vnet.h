/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The header that precedes each packet of a TUN device of Linux which takes
 * super-packets: struct virtio_net_hdr of VIRTIO 1.2, 5.1.6.
 *
 * NOTES.  A super-packet has the headers of one packet and the payload of many,
 * all of `size` bytes but for the last, which may be shorter.  The numbers are
 * little-endian (TUNSETVNETLE), so that they are the same on each machine, and
 * in an emulator of one.
 *
 *	0	flags
 *	1	type
 *	2	bytes of all headers
 *	4	size
 *	6	where the bytes begin that a checksum is wanted of
 *	8	where the checksum is, from there on
 */

#ifndef WIRE_VNET_H
#define WIRE_VNET_H

#include <stdint.h>

enum {
	VNET_HEADER = 10,	/* bytes */
	VNET_UNSUMMED = 1,	/* a flag: the checksum is that of the
				 * pseudo-header alone */
	VNET_ECN = 0x80,	/* with a type of TCP: it has CWR */
};

/* The types. */
enum vnet_type {
	VNET_WHOLE = 0,		/* a packet as any other */
	VNET_TCP4 = 1,
	VNET_TCP6 = 4,
	VNET_UDP = 5,
};

/* What the header says. */
struct vnet {
	uint8_t flags;
	uint8_t type;		/* enum vnet_type, and VNET_ECN */
	uint16_t headers, size, sum_begin, sum_at;
};

/* Reads the header. */
void vnet_get(struct vnet *, const uint8_t p[VNET_HEADER]);

/* Writes it. */
void vnet_put(const struct vnet *, uint8_t p[VNET_HEADER]);

#endif
