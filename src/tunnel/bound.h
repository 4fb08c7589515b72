/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The listening sockets of a tunnel, and how a tunnel that replaces it gets
 * them.
 *
 * NOTES.  Both have the socket for a moment, each under a descriptor of its
 * own: the new tunnel starts before the old one stops, and in no turn of the
 * loop between them.  So what arrives meanwhile is not lost, and if the new one
 * cannot start the old one goes on.
 */

#ifndef TUNNEL_BOUND_H
#define TUNNEL_BOUND_H

#include "tunnel/tunnel.h"

/* A listening socket; a member of what has it.  Zeroed: there is none. */
struct bound {
	struct list link;	/* in tunnel->bound */
	int type;		/* SOCK_DGRAM or SOCK_STREAM */
	struct addr at;		/* that it was bound to */
	const void *socket;	/* struct udp, or struct tcp_listener */
};

/* Adds a socket, borrowed until bound_remove(). */
void bound_add(struct bound *, struct tunnel *, int type,
    const struct addr *at, const void *socket);

/* Removes it; harmless when it was not added. */
void bound_remove(struct bound *);

/* While a tunnel starts: the socket of that type and address of the tunnel that
 * it replaces; or NULL. */
const void *bound_find(const struct tunnel *, int type,
    const struct addr *at);

#endif
