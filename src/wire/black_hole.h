/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Does it look as if long datagrams do not get through?  From their times and
 * sizes alone, where nobody can be asked.
 *
 * NOTES.  A conversation whose long datagram is swallowed repeats it, with its
 * own encryption perhaps, but in the same size, alone, and each time after a
 * pause that is about twice as long (RFC 6298 5.5).  Such a run is a sighting
 * when it has BLACK_HOLE_RUN datagrams, and when meanwhile BLACK_HOLE_ALIVE
 * shorter ones came back, so that path and peer are alive, and none that was as
 * long.  Any other long datagram begins a new run.
 *
 * A far host that has died looks the same as long as nothing else is long.  So
 * one sighting is nothing, and two within BLACK_HOLE_AGAIN_MS are told.
 */

#ifndef WIRE_BLACK_HOLE_H
#define WIRE_BLACK_HOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BLACK_HOLE_LONG = 600,	/* bytes of a short datagram, at most */
	BLACK_HOLE_RUN = 6,	/* datagrams: five pauses, of 6 s in all from
				 * 200 ms on */
	BLACK_HOLE_PAUSE_MS = 150,	/* the first pause, at least */
	BLACK_HOLE_ALIVE = 2,
	BLACK_HOLE_AGAIN_MS = 600000,
};

/* One direction of a conversation.  Zeroed is ready for use. */
struct black_hole {
	unsigned size : 16;	/* of the run's datagrams */
	unsigned n : 4;		/* datagrams in it; 0: there is no run */
	unsigned back : 4;	/* shorter ones that came back since */
	unsigned sighted : 1;	/* there was a sighting */
	unsigned told : 1;	/* it is told only once */
	uint32_t pause_ms;	/* the newest pause; 0: there was none */
	uint32_t last_ms;	/* when the newest datagram was sent, */
	uint32_t sighted_ms;	/* and the end of the sighting: the low 32 bits
				 * of the time, since each flow has two of these
				 * structs.  What is 50 days old may seem new,
				 * which alone is no sign */
};

/* n datagrams were sent of which the longest has `size` bytes, more than
 * BLACK_HOLE_LONG.  True: it is to be told, now, that this size does not get
 * through. */
bool black_hole_sent(struct black_hole *, size_t size, unsigned n,
    uint64_t now_ms);

/* n came back of which the longest has `size` bytes. */
void black_hole_heard(struct black_hole *, size_t size, unsigned n);

/* The MTU to try inside datagrams that must be shorter than so many bytes. */
unsigned black_hole_mtu(size_t size);

#endif
