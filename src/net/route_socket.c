/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What the sockets that report changes of routes have in common, on Linux and
 * on the BSDs.
 */

#include "compat.h"

#include "net/route_socket.h"

#include "net/route_backend.h"

enum { ROUTE_READS = 10000 };	/* messages read at once */

bool
route_socket_drain(fd_t fd, bool (*is_change)(const uint8_t *p, size_t n))
{
	uint8_t message[256];	/* the kernel discards the rest of it */
	bool changed = false;
	ssize_t n;
	int i;

	for (i = 0; i < ROUTE_READS; i++) {
		n = sock_recv(fd, message, sizeof(message));
		if (n >= 0)
			changed |= is_change(message, (size_t)n);
		else if (errno == ENOBUFS)
			changed = true;
		else
			break;
	}
	return changed;
}

void
route_backend_close(fd_t fd)
{
	sock_close(fd);
}
