/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Finds out which datagrams an echo must not answer, since their sender would
 * answer for ever.
 *
 * NOTES.  A source address is easily forged.  An echo that answers a forged
 * source at which a second echo listens sends one datagram to and fro without
 * end.  So three kinds of datagrams have no answer:
 *
 *	- from the echo's own port number, whatever the host;
 *	- from a port of a service that answers anything: echo, daytime, qotd,
 *	  chargen, time;
 *	- each ECHO_LOOP_MOST-th of the same source, length and first
 *	  ECHO_LOOP_BYTES bytes, where no two were ECHO_LOOP_MS apart.
 *
 * The last rule ends a loop with any port: each datagram of the loop goes round
 * until it is that one.  Of several in one slot one is counted, then the next.
 * A client that repeats one datagram as often, and never pauses, loses one
 * answer in so many.
 */

#ifndef CMD_ECHO_LOOP_H
#define CMD_ECHO_LOOP_H

#include "base/addr.h"
#include "base/table.h"

enum {
	ECHO_LOOP_MOST = 256,	/* of the same datagrams one has no answer */
	ECHO_LOOP_MS = 2000,	/* longer than any path's round trip */
	ECHO_LOOP_BYTES = 64,	/* of a datagram that are compared */
	ECHO_LOOP_SLOTS = 4096,
};

/* What is counted, by hash of source and datagram.  A slot belongs to one kind
 * of datagram until that has no answer, or does not come for ECHO_LOOP_MS. */
struct echo_loop {
	uint8_t seed[TABLE_SEED];
	struct {
		uint32_t hash;	/* the other bits of it */
		uint32_t n;	/* how often it came; 0: the slot is free */
		uint64_t at_ms;	/* when it came last */
	} slot[ECHO_LOOP_SLOTS];
};

/* Counts a datagram; own_port is where it was received.  NULL: it may be
 * answered; else why not, in words. */
const char *echo_loop_refuse(struct echo_loop *, const struct addr *from,
    uint16_t own_port, const void *data, size_t len, uint64_t now_ms);

#endif
