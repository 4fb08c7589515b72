/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The datagrams of `adit ping`.
 *
 * NOTES.  Network byte order: magic (2 bytes), run (2), flow (2), sequence (4),
 * time sent (6).  A pattern computed from all of these fills the rest, so that
 * any changed byte is detected.
 */

#ifndef CMD_PING_PACKET_H
#define CMD_PING_PACKET_H

#include "compat.h"

enum { PING_HEADER = 16 };	/* bytes before the pattern */

struct ping_packet {
	uint16_t run;		/* random, for each run of the program */
	uint16_t flow;		/* index of the source port */
	uint32_t sequence;	/* in the flow; the low 32 bits */
	uint64_t sent_us;	/* since the start; the low 48 bits */
};

/* Fills a datagram of len bytes, at least PING_HEADER. */
void ping_packet_write(const struct ping_packet *, uint8_t *data, size_t len);

/* Reads a datagram; 0, or -1 when it is not of `adit ping` or was changed. */
int ping_packet_read(struct ping_packet *, const uint8_t *data, size_t len);

#endif
