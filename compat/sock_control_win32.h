/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Control data of datagrams on Windows, and the functions that pass it.
 */

#ifndef SOCK_CONTROL_WIN32_H
#define SOCK_CONTROL_WIN32_H

#include "sock.h"

/* Space for the control data of a datagram. */
union sock_control {
	uint64_t align;		/* for the alignment */
	char space[128];	/* a local address, and a size */
};

/* Looks up a function of the provider of a socket; it is left as it is when
 * there is none.  id: its GUID; size: of the pointer. */
void sock_control_function(fd_t fd, const void *id, void *function,
    size_t size);

/* Reads the address that a datagram was sent to from the control data of msg, a
 * WSAMSG; local is left as it is when that has none. */
void sock_control_get(void *msg, union sock_addr *local);

/* Writes control data for sending from a local address; its bytes, 0 for
 * none. */
size_t sock_control_put(union sock_control *, const union sock_addr *local);

#endif
