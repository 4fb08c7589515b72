/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The IPv4 addresses of this machine, by SIOCGIFCONF.
 *
 * NOTES.  This request knows no addresses of IPv6 on most systems.  Where a
 * struct sockaddr has a length, one that is longer than usual makes its struct
 * ifreq longer.
 */

#include "compat.h"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <net/if.h>
#include <string.h>

#include "net/own.h"

#include "net/sockaddr.h"

/* The bytes of an entry. */
static size_t
entry_size(const struct ifreq *r)
{
	size_t size = sizeof(r->ifr_name) +
	    (HAVE_SA_LEN ? SOCK_ADDR_BYTES(&r->ifr_addr, 255) : 0);

	return size > sizeof(*r) ? size : sizeof(*r);
}

unsigned
own_addresses(uint8_t family, struct addr own[OWN_MAX])
{
	struct ifreq space[2 * OWN_MAX], r;
	struct ifconf all;
	union sock_addr sa;
	unsigned n = 0, i;
	size_t at, len;
	fd_t fd;
	int result;

	fd = family == 4 ? sock_open(AF_INET, SOCK_DGRAM) : FD_NONE;
	if (fd == FD_NONE)
		return 0;
	memset(&all, 0, sizeof(all));
	all.ifc_len = sizeof(space);
	all.ifc_req = space;
	result = ioctl(fd, SIOCGIFCONF, &all);
	sock_close(fd);
	len = result == 0 ? (size_t)all.ifc_len : 0;
	for (at = 0; at + sizeof(r) <= len && n < OWN_MAX;
	    at += entry_size(&r)) {
		memcpy(&r, (const uint8_t *)space + at, sizeof(r));
		if (r.ifr_addr.sa_family == AF_INET) {
			memset(&sa, 0, sizeof(sa));
			memcpy(&sa, &r.ifr_addr, sizeof(sa.in));
			sockaddr_to(&own[n], &sa);
			own[n].port = 0;
			for (i = 0; !addr_same(&own[i], &own[n]); i++)
				;
			n += i == n && !addr_is_any(&own[n]);
		}
		if (entry_size(&r) > len - at)
			break;
	}
	return n;
}
