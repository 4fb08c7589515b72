/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Looks for signs of a black hole in a stalled stream.
 */

#include "compat.h"

#include "tunnel/stall.h"

bool
stall_is_of_handshake(const struct stream *s)
{
	struct sock_tcp t;

	if (s->env == NULL || s->tls == NULL || s->up || s->heard_ms != 0 ||
	    sock_unsent(s->fd) > 0)
		return false;
	return sock_tcp(s->fd, &t) != 0 || 3 * t.rtt_ms <= MSS_STALL_MS;
}

enum mss_sign
stall_sign(const struct stream *s, uint64_t since_ms, uint64_t now_ms)
{
	struct sock_tcp t;

	/* Acknowledgements of nothing new: short segments arrive there. */
	if (s->heard_ms > since_ms || (sock_tcp(s->fd, &t) == 0 &&
	    t.heard_ms != SOCK_TCP_NOT_TOLD &&
	    t.heard_ms + t.rtt_ms < now_ms - since_ms))
		return MSS_SHORT_PASS;
	return MSS_UNSURE;
}
