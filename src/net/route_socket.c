/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What the sockets that report changes of routes have in common, on Linux and
 * on the BSDs.
 */

#include "compat.h"

#include "net/route_backend.h"

enum { ROUTE_READS = 10000 };	/* messages discarded at once */

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
