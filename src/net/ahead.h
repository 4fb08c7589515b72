/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * How much a TCP socket is given that it cannot send yet: as little as keeps it
 * busy, so that what is urgent does not wait behind it.
 *
 * NOTES.  TCP_NOTSENT_LOWAT does not bound that: on Linux bytes are added to a
 * segment of up to 64 KiB that waits, which is 50 ms on a link of 10 Mbit/s.
 * So the system is asked, and the socket gets no more until it is WRITABLE,
 * which it is when less than half of the limit is unsent.  A socket that has
 * run dry until then needs a higher limit; without that in AHEAD_TRY_MS a lower
 * one is tried (as in the byte queue limits of Linux).  Beyond AHEAD_MOST, or
 * 130 Mbit/s, there is none, and the system is not asked.
 *
 * Where the system does not report what was not sent, there is no limit but
 * that of the socket.
 */

#ifndef NET_AHEAD_H
#define NET_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sock.h"

enum {
	AHEAD_LEAST = 8 * 1024,	/* lowest limit, */
	AHEAD_MOST = 32 * 1024,	/* and highest; also TCP_NOTSENT_LOWAT */
	AHEAD_TRY_MS = 250,
	AHEAD_MS = 2,		/* no limit is lower than what is sent in this
				 * time: calls would be many, and gain little */
};

/* The state of a socket.  Zeroed is ready to use. */
struct ahead {
	uint32_t limit;		/* bytes; 0: not decided */
	uint32_t held;		/* bytes that it has not sent, or fewer */
	uint64_t taken;		/* bytes since since_ms */
	uint64_t since_ms;	/* when a lower limit was last considered */
	bool stopped;		/* it gets no more until it is WRITABLE */
	bool dry;		/* it ran dry since since_ms */
	bool untold;		/* the system does not report what was not
				 * sent: there is no limit */
};

/* The socket took n bytes.  Returns whether it gets no more until it is
 * WRITABLE. */
bool ahead_sent(struct ahead *, fd_t fd, size_t n, uint64_t now_ms);

/* It is WRITABLE; harmless when it was not stopped. */
void ahead_writable(struct ahead *, fd_t fd);

/* Bytes that are enough for a call to send them. */
size_t ahead_piece(const struct ahead *);

#endif
