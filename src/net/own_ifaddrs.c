/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The addresses of this machine, by getifaddrs().
 */

#include "compat.h"

#include <sys/socket.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>

#include "net/own.h"

#include "net/sockaddr.h"

/* Adds an address, unless it is there; returns how many there are then. */
static unsigned
own_add(struct addr own[OWN_MAX], unsigned n, const struct sockaddr *from)
{
	union sock_addr sa;
	unsigned i;

	if (n == OWN_MAX)
		return n;
	memset(&sa, 0, sizeof(sa));
	memcpy(&sa, from, from->sa_family == AF_INET ? sizeof(sa.in) :
	    sizeof(sa.in6));
	sockaddr_to(&own[n], &sa);
	own[n].port = 0;
	for (i = 0; i < n; i++)
		if (addr_same(&own[i], &own[n]))
			return n;
	return addr_is_any(&own[n]) ? n : n + 1;
}

unsigned
own_addresses(uint8_t family, struct addr own[OWN_MAX])
{
	int wanted = family == 4 ? AF_INET : AF_INET6;
	struct ifaddrs *all, *at;
	unsigned n = 0;

	if (getifaddrs(&all) != 0)
		return 0;
	for (at = all; at != NULL; at = at->ifa_next)
		if (at->ifa_addr != NULL && (at->ifa_flags & IFF_UP) != 0 &&
		    at->ifa_addr->sa_family == wanted)
			n = own_add(own, n, at->ifa_addr);
	freeifaddrs(all);
	return n;
}
