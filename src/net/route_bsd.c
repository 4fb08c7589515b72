/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Changes of addresses and routes on the BSDs and macOS, by a routing socket
 * (route(4)).
 */

#include "compat.h"

#include "net/route_backend.h"
#include "net/route_socket.h"
#include "wire/route_message.h"

fd_t
route_backend_open(void)
{
	return sock_open(PF_ROUTE, SOCK_RAW);
}

bool
route_backend_drain(fd_t fd)
{
	return route_socket_drain(fd, route_message_bsd_is_change);
}
