/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Changes of addresses and routes on the BSDs and macOS, by a routing socket
 * (route(4)).
 */

#include "compat.h"

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/../net/route.h>	/* by its own path it is ours */

#include "net/route_backend.h"
#include "net/route_socket.h"
#include "wire/route_message.h"

fd_t
route_backend_open(void)
{
	return sock_open(PF_ROUTE, SOCK_RAW);
}

/* Does a message report a change?  Ours that failed is none. */
static bool
message_is_change(const uint8_t *p, size_t n)
{
	return route_message_bsd_is_change(p, n,
	    offsetof(struct rt_msghdr, rtm_errno));
}

bool
route_backend_drain(fd_t fd)
{
	return route_socket_drain(fd, message_is_change);
}
