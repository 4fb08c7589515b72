/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Changes of addresses and routes on the BSDs and macOS, by a routing socket
 * (route(4)).
 *
 * NOTES.  Every message is taken for a change: the few that are none, such as
 * a failed look-up, cost a question.
 */

#include "compat.h"

#include "net/route_backend.h"

enum { ROUTE_READS = 10000 };	/* messages discarded at once */

fd_t
route_backend_open(void)
{
	return sock_open(PF_ROUTE, SOCK_RAW);
}

void
route_backend_drain(fd_t fd)
{
	uint8_t message[64];	/* the kernel discards the rest of it */
	int i;

	for (i = 0; i < ROUTE_READS; i++)
		if (sock_recv(fd, message, sizeof(message)) < 0 &&
		    errno != ENOBUFS)
			return;
}

void
route_backend_close(fd_t fd)
{
	sock_close(fd);
}
