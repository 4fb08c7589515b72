/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Joins packets for a TUN device into super-packets, which wire/segment.h cuts
 * into the same packets again, as a kernel does: byte for byte.
 *
 * NOTES.  Packets are gathered, borrowed, until all are written.  Those that
 * follow each other in a flow are one run if
 *
 *	they have no IP options, extension headers or fragments, and the same
 *	addresses, traffic class, flow label, TTL, DF and reserved bit;
 *	their IPv4 IDs go up by one, with DF as without (RFC 6864);
 *	their checksums are right, and are what a kernel would write: a
 *	super-packet has none, so that a wrong one would become right;
 *
 *	TCP: each sequence number is that after the one before; acknowledgement,
 *	window, flags, urgent pointer and options, so time stamps, too, are the
 *	same; of the flags there are ACK and ECE at most, and PSH or FIN in the
 *	last one (CWR goes alone, RFC 3168 6.1.2);
 *	UDP: the ports are the same, and there is a checksum;
 *
 *	all have the same payload length, which is not 0, but for the last one,
 *	which may be shorter.
 *
 * Runs are written in the order of their first packets.  No flow is reordered:
 * a packet joins only the newest run of its flow, and none that began before a
 * fragment, or a packet whose ports were not read.
 */

#ifndef WIRE_COALESCE_H
#define WIRE_COALESCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/vnet.h"

enum {
	COALESCE_PACKETS = 512,	/* gathered at most */
	COALESCE_RUN = 128,	/* packets of a run, at most, */
	COALESCE_RUN_UDP = 64,	/* and of one of UDP: as many as kernels join */
	COALESCE_FLOWS = 128,	/* whose newest run is known; a power of 2 */
	COALESCE_HEAD = VNET_HEADER + 40 + 60,	/* bytes of a run's headers */
};

/* Bytes, borrowed. */
struct coalesce_part {
	const uint8_t *p;
	size_t n;
};

/* A packet. */
struct coalesce_packet {
	const uint8_t *p;
	uint16_t n;		/* bytes */
	uint16_t next;		/* of its run: an index plus 1; 0: the last */
};

/* A run of packets, of one mostly. */
struct coalesce_run {
	uint16_t first, last;	/* indices of packets */
	uint16_t count;		/* packets */
	uint16_t size;		/* payload of each but the last */
	uint16_t total;		/* bytes of headers and payload */
	uint16_t id;		/* IPv4: of the next one */
	uint32_t sequence;	/* TCP: of the next one */
	uint8_t transport;	/* bytes before the header of TCP or UDP, */
	uint8_t headers;	/* and those before the payload */
	bool tcp;
	bool open;		/* a packet may join it */
	bool verified;		/* the checksums of the first are right */
};

/* What is gathered.  Zeroed is ready to use. */
struct coalesce {
	bool tcp, udp;		/* what the device takes; the caller's */
	unsigned n_packets, n_runs;
	unsigned barrier;	/* runs before that one are closed */
	uint16_t newest[COALESCE_FLOWS];	/* by a hash of the flow: the
				 * index plus 1 of its newest run; 0: none */
	struct coalesce_packet packet[COALESCE_PACKETS];
	struct coalesce_run run[COALESCE_PACKETS];
};

/* Gathers a whole packet, borrowed until coalesce_clear().  False: there is no
 * room, and all is to be written first. */
bool coalesce_put(struct coalesce *, const uint8_t *p, size_t n);

/* Writes what precedes the payload of run i < n_runs: the header of vnet.h, and
 * those of the packets if there are several.  Returns its bytes. */
size_t coalesce_head(const struct coalesce *, unsigned i,
    uint8_t head[COALESCE_HEAD]);

/* Fills in what follows: its one packet, or the payload of each.  Returns how
 * many parts. */
unsigned coalesce_parts(const struct coalesce *, unsigned i,
    struct coalesce_part part[COALESCE_RUN]);

/* All was written. */
void coalesce_clear(struct coalesce *);

#endif
