/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Limits what a TCP socket is given that it cannot send yet.
 */

#include "compat.h"

#include "net/ahead.h"

/* Sets the limit; the socket is WRITABLE when it holds less than half of it, or
 * than half of AHEAD_MOST. */
static void
set_limit(struct ahead *a, fd_t fd, uint32_t limit)
{
	if (a->limit == limit)
		return;
	a->limit = limit;
	(void)sock_opt_notsent_lowat(fd,
	    (int)(limit < AHEAD_MOST ? limit : AHEAD_MOST));
}

/* Begins with a limit, and tries a lower one after a while in which the socket
 * did not run dry; not one of less than AHEAD_MS at the rate of that time. */
static void
try_limit(struct ahead *a, fd_t fd, size_t n, uint64_t now_ms)
{
	uint32_t limit = a->limit;
	uint64_t least;

	if (limit == 0) {
		a->since_ms = now_ms;
		if (sock_notsent(fd) < 0)
			a->untold = true;
		else
			set_limit(a, fd, AHEAD_MOST);
	}
	if (a->untold) {
		a->limit = 2 * AHEAD_MOST;
		return;
	}
	a->taken += n;
	if (now_ms - a->since_ms < AHEAD_TRY_MS)
		return;
	least = a->taken * AHEAD_MS / (now_ms - a->since_ms);
	if (!a->dry && limit > AHEAD_LEAST)
		limit /= 2;
	while (limit < least && limit <= AHEAD_MOST)
		limit *= 2;
	set_limit(a, fd, limit);
	a->dry = false;
	a->taken = 0;
	a->since_ms = now_ms;
}

bool
ahead_sent(struct ahead *a, fd_t fd, size_t n, uint64_t now_ms)
{
	long notsent;

	try_limit(a, fd, n, now_ms);
	if (n < UINT32_MAX - a->held)
		a->held += (uint32_t)n;
	if (a->limit > AHEAD_MOST || a->held <= a->limit / 2)
		return false;
	notsent = sock_notsent(fd);
	a->held = notsent < 0 ? 0 : (uint32_t)notsent;
	a->stopped = a->held > a->limit / 2;
	return a->stopped;
}

void
ahead_writable(struct ahead *a, fd_t fd)
{
	long notsent;

	if (!a->stopped)
		return;
	a->stopped = false;
	notsent = sock_notsent(fd);
	a->held = notsent < 0 ? 0 : (uint32_t)notsent;
	if (notsent != 0)
		return;
	a->dry = true;
	if (a->limit <= AHEAD_MOST)
		set_limit(a, fd, 2 * a->limit);
}

size_t
ahead_piece(const struct ahead *a)
{
	return a->limit == 0 ? AHEAD_MOST : a->limit / 2;
}
