/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Cuts super-packets of a TUN device into the packets that they stand for, and
 * writes the checksums that the system has left out.
 *
 * NOTES.  RFC 9293, 768, 3168, 6864; the kernel's documentation:
 * networking/segmentation-offloads.rst.  Each packet has the headers of the
 * super-packet, IP options and extension headers, too, but for:
 *
 *	lengths		its own
 *	IPv4 ID		one more for each packet
 *	TCP sequence	the payload before it
 *	FIN, PSH	on the last packet only
 *	CWR		on the first packet only
 *	checksums	its own
 */

#ifndef WIRE_SEGMENT_H
#define WIRE_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/vnet.h"

/* A super-packet, or a single packet, while it is cut. */
struct segments {
	const uint8_t *p;	/* it, borrowed */
	size_t n;		/* its bytes; 0: there is none */
	size_t at;		/* bytes of payload that were cut off */
	size_t headers;		/* bytes of all headers, */
	size_t transport;	/* and those before TCP's or UDP's */
	size_t size;		/* payload of a packet */
	bool super;		/* it is a super-packet, */
	bool tcp;		/* of TCP */
	uint64_t ip_sum;	/* of IPv4's header, but for its length, ID and
				 * checksum */
	uint64_t sum;		/* of the pseudo-header and the header of TCP
				 * or UDP, but for what differs in each packet
				 * and the checksum */
	bool unsummed;		/* without its checksum; */
	size_t sum_begin, sum_at;	/* of a single packet: that is over the
					 * bytes from there on, and has its
					 * place there */
};

/* Begins to cut a packet of n bytes that has that header; it is borrowed, and
 * must not change, until the last packet was cut off: parts of its checksums
 * are of this moment.  0; -1 when it is none that a kernel sends: then
 * there is nothing to cut off. */
int segment_begin(struct segments *, const struct vnet *, const uint8_t *p,
    size_t n);

/* Bytes of the next packet; 0: there are no more. */
size_t segment_next(const struct segments *);

/* How many packets are left. */
size_t segment_count(const struct segments *);

/* Cuts that packet off, and writes it to `to`. */
void segment_cut(struct segments *, uint8_t *to);

#endif
