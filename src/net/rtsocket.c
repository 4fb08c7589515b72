/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Routes of the BSDs and macOS, set by the routing socket.
 *
 * NOTES.  route(4): a message is a head, then destination, gateway and mask, as
 * far as rtm_addrs names them, in this order.  Without RTF_GATEWAY the gateway
 * is the address of this host that indicates the device (-interface of
 * route(8)).  write() returns what became of the request.
 */

#include "compat.h"

#include <sys/socket.h>
#include <sys/../net/route.h>	/* by its own path it is ours */
#include <netinet/in.h>
#include <unistd.h>

#include "route_compat.h"

#include "net/rtsocket.h"

#include "net/sockaddr.h"

enum { RTSOCKET_PARTS = 3 };

/* A message; rest has room for padding. */
struct rtsocket_message {
	struct rt_msghdr head;
	uint8_t rest[RTSOCKET_PARTS * (sizeof(union sock_addr) + ROUTE_PAD)];
};

/* Appends an address; returns where the next one goes. */
static uint8_t *
append_address(uint8_t *at, const struct addr *a)
{
	union sock_addr sa;
	size_t len = sockaddr_from(&sa, a);

	if (a->family == 4)
		sa.in.sin_len = (uint8_t)len;
	else
		sa.in6.sin6_len = (uint8_t)len;
	memcpy(at, &sa, len);
	return at + (len + ROUTE_PAD - 1) / ROUTE_PAD * ROUTE_PAD;
}

/* Sets all bits after the prefix to 0, or all of the prefix to 1. */
static struct addr
address_masked(const struct addr *a, unsigned bits, bool ones)
{
	struct addr masked = *a;
	unsigned i, full = a->family == 4 ? 32 : 128;

	masked.port = 0;
	masked.scope = 0;
	for (i = 0; i < full; i++)
		if (i >= bits)
			masked.ip[i / 8] &= (uint8_t)~(0x80 >> i % 8);
		else if (ones)
			masked.ip[i / 8] |= (uint8_t)(0x80 >> i % 8);
	return masked;
}

/* Sends a request; 0, or -1 and errno. */
static int
rtsocket_send(const struct rtsocket_message *m)
{
	int fd = socket(PF_ROUTE, SOCK_RAW, 0), error;
	ssize_t n;

	if (fd < 0)
		return -1;
	/* Nothing is read: neither replies nor what others do. */
	(void)shutdown(fd, SHUT_RD);
	n = write(fd, m, m->head.rtm_msglen);
	error = errno;
	close(fd);
	errno = error;
	return n < 0 ? -1 : 0;
}

int
rtsocket_change(bool add, const struct addr *net, unsigned bits,
    const struct addr *own)
{
	bool host = bits == (net->family == 4 ? 32 : 128);
	struct addr part = address_masked(net, bits, false);
	struct rtsocket_message m;
	uint8_t *at = m.rest;

	memset(&m, 0, sizeof(m));
	ROUTE_SET_HEAD(&m.head);
	m.head.rtm_version = RTM_VERSION;
	m.head.rtm_type = add ? RTM_ADD : RTM_DELETE;
	m.head.rtm_flags = RTF_UP | RTF_STATIC | (host ? RTF_HOST : 0);
	m.head.rtm_addrs = RTA_DST | RTA_GATEWAY | (host ? 0 : RTA_NETMASK);
	m.head.rtm_seq = 1;
	at = append_address(at, &part);
	at = append_address(at, own);
	if (!host) {
		part = address_masked(net, bits, true);
		at = append_address(at, &part);
	}
	m.head.rtm_msglen = (uint16_t)(at - (uint8_t *)&m);
	return rtsocket_send(&m);
}
