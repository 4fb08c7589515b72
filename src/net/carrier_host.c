/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Packets of carriers go around default routes by a route to each server that a
 * socket is connected to.
 *
 * NOTES.  Sockets are closed in many places, none of which knows of routes: so
 * whether one is still in use is asked of the system when the next one is made.
 */

#include "compat.h"

#include <string.h>

#include "net/carrier.h"

#include "net/rights.h"
#include "net/route_hosts.h"
#include "net/sockaddr.h"

const char carrier_refused[] = "no route around the tunnel could be set";

enum {
	CARRIER_SOCKETS = 4 * ROUTE_HOSTS,	/* that are remembered */
	CARRIER_CONNECT_MS = 120000,	/* a connection may take so long */
};

/* A socket of a carrier. */
struct carrier {
	fd_t fd;		/* it may have been closed since */
	struct addr to;		/* what it was to be connected to */
	uint64_t since_ms;	/* when */
};

/* The newest is the last. */
static struct {
	struct carrier at[CARRIER_SOCKETS];
	unsigned n;
} carriers;

/* Is the socket connected to its server, or may it be soon? */
static bool
carrier_is_used(const struct carrier *c, uint64_t now_ms)
{
	union sock_addr sa;
	struct addr peer;

	if (sock_peer(c->fd, &sa) == 0) {
		sockaddr_to(&peer, &sa);
		return addr_same(&peer, &c->to);
	}
	return errno == ENOTCONN && now_ms - c->since_ms < CARRIER_CONNECT_MS;
}

/* Has any socket that server, whatever its port? */
static bool
server_is_used(const struct addr *server)
{
	struct addr a = *server, b;
	unsigned i;

	a.port = 0;
	for (i = 0; i < carriers.n; i++) {
		b = carriers.at[i].to;
		b.port = 0;
		if (addr_same(&a, &b))
			return true;
	}
	return false;
}

/* Forgets a socket, and the route of its server if it was the last one. */
static void
carriers_remove(unsigned i)
{
	struct addr server = carriers.at[i].to;

	carriers.n--;
	memmove(&carriers.at[i], &carriers.at[i + 1],
	    (carriers.n - i) * sizeof(carriers.at[0]));
	if (!server_is_used(&server))
		(void)rights_route_server(&server, false);
}

/* Forgets sockets that are closed, as those are that had the descriptor of the
 * newest. */
static void
carriers_sweep(uint64_t now_ms)
{
	fd_t newest = carriers.at[carriers.n - 1].fd;
	unsigned i;

	for (i = carriers.n - 1; i-- > 0;)
		if (carriers.at[i].fd == newest ||
		    !carrier_is_used(&carriers.at[i], now_ms))
			carriers_remove(i);
}

/* Notes a socket that will be connected, and has the server get a route; 0, or
 * -1 and errno. */
static int
carriers_add(fd_t fd, const struct addr *to)
{
	uint64_t now_ms = clock_mono_ms();
	struct carrier *c;

	if (carriers.n == CARRIER_SOCKETS)
		carriers_remove(0);
	c = &carriers.at[carriers.n++];
	c->fd = fd;
	c->to = *to;
	c->since_ms = now_ms;
	carriers_sweep(now_ms);
	return rights_route_server(to, true);
}

int
carrier_mark(fd_t fd, uint32_t mark, const struct addr *to)
{
	if (mark != ROUTE_SET_MARK)
		return rights_mark(fd, mark);
	return to == NULL ? 0 : carriers_add(fd, to);
}
