/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Changes of addresses and routes on Linux, by rtnetlink (rtnetlink(7)).
 *
 * NOTES.  The groups that the socket joins have hardly anything but such
 * changes; too many at once are an error (ENOBUFS).  The kernel's headers may
 * be missing where the program is built.
 */

#include "compat.h"

#include "net/route_backend.h"
#include "net/route_socket.h"
#include "wire/route_message.h"

enum {
	ROUTE_NETLINK = 16,	/* AF_NETLINK; the protocol NETLINK_ROUTE
				 * is 0 */
	ROUTE_IPV4_ADDRESS = 0x10,	/* RTMGRP_IPV4_IFADDR and so on */
	ROUTE_IPV4_ROUTE = 0x40,
	ROUTE_IPV6_ADDRESS = 0x100,
	ROUTE_IPV6_ROUTE = 0x400,
};

/* struct sockaddr_nl. */
struct route_netlink {
	uint16_t family, pad;
	uint32_t port, groups;
};

fd_t
route_backend_open(void)
{
	struct route_netlink at = { 0 };
	union sock_addr sa;
	fd_t fd;

	at.family = ROUTE_NETLINK;
	at.groups = ROUTE_IPV4_ADDRESS | ROUTE_IPV4_ROUTE |
	    ROUTE_IPV6_ADDRESS | ROUTE_IPV6_ROUTE;
	memset(&sa, 0, sizeof(sa));
	memcpy(&sa, &at, sizeof(at));
	fd = sock_open(ROUTE_NETLINK, SOCK_RAW);
	if (fd != FD_NONE && sock_bind(fd, &sa, sizeof(at)) != 0) {
		sock_close(fd);
		return FD_NONE;
	}
	return fd;
}

bool
route_backend_drain(fd_t fd)
{
	return route_socket_drain(fd, route_message_netlink_is_change);
}
