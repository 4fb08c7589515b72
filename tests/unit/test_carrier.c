/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Which servers of carriers have routes around the default routes, with sockets
 * of this file.
 */

#include "compat.h"

#include "base/log.h"
#include "net/route_hosts.h"
#include "net/sockaddr.h"

#include "tap.h"

enum { SOCKETS = 300 };

static struct addr peers[SOCKETS];	/* of sockets; family 0: not
					 * connected */
static bool closed[SOCKETS];
static struct route_hosts routes;	/* those that have one */
static uint64_t clock_ms;
static uint32_t marked;
static int refuse;		/* errno */

static int
fake_peer(fd_t fd, union sock_addr *sa)
{
	errno = closed[fd] ? EBADF : ENOTCONN;
	if (closed[fd] || peers[fd].family == 0)
		return -1;
	(void)sockaddr_from(sa, &peers[fd]);
	return 0;
}

static int
fake_server(const struct addr *server, bool on)
{
	struct addr a = *server;
	unsigned i;

	a.port = 0;
	errno = refuse;
	if (on && refuse != 0)
		return -1;
	for (i = 0; i < routes.n; i++)
		if (addr_same(&routes.host[i].addr, &a))
			break;
	if (on && i == routes.n)
		routes.host[routes.n++].addr = a;
	else if (!on && i < routes.n)
		routes.host[i] = routes.host[--routes.n];
	return 0;
}

static int
fake_mark(fd_t fd, uint32_t mark)
{
	(void)fd;
	marked = mark;
	return 0;
}

static uint64_t
fake_clock(void)
{
	return clock_ms;
}

#define sock_peer fake_peer
#define rights_route_server fake_server
#define rights_mark fake_mark
#define clock_mono_ms fake_clock

#include "net/carrier_host.c"

static bool
has_route(const char *text)
{
	struct addr a;
	unsigned i;

	must(addr_parse_ip(&a, text) == 0);
	for (i = 0; i < routes.n; i++)
		if (addr_same(&routes.host[i].addr, &a))
			return true;
	return false;
}

/* A socket is made and connected. */
static void
dial(fd_t fd, const char *text, uint16_t port)
{
	struct addr a;

	must(addr_parse_ip(&a, text) == 0);
	a.port = port;
	closed[fd] = false;
	memset(&peers[fd], 0, sizeof(peers[fd]));
	must(carrier_mark(fd, ROUTE_SET_MARK, &a) == 0);
	peers[fd] = a;
}

int
main(void)
{
	struct addr a;
	int i;

	ok(carrier_mark(1, ROUTE_SET_MARK, NULL) == 0 && routes.n == 0,
	    "it is possible to go around default routes");
	is_int(carrier_mark(1, 7, NULL), 0, "a mark of the user's");
	is_int(marked, 7, "is the system's");
	dial(1, "192.0.2.1", 443);
	dial(2, "192.0.2.1", 444);
	ok(routes.n == 1 && has_route("192.0.2.1"), "a server has a route");
	closed[1] = true;
	dial(3, "192.0.2.2", 443);
	ok(has_route("192.0.2.1") && has_route("192.0.2.2"),
	    "a second one, too, while the first is used");
	closed[2] = true;
	dial(4, "192.0.2.2", 443);
	ok(!has_route("192.0.2.1") && has_route("192.0.2.2"),
	    "one whose sockets are closed has none");
	dial(3, "192.0.2.3", 443);
	ok(has_route("192.0.2.2") && has_route("192.0.2.3"),
	    "a descriptor that is used again was closed before");
	dial(4, "192.0.2.3", 443);
	ok(routes.n == 1 && has_route("192.0.2.3"), "by all of them");
	must(addr_parse_ip(&a, "192.0.2.9") == 0);
	is_int(carrier_mark(5, ROUTE_SET_MARK, &a), 0, "a socket");
	dial(4, "192.0.2.3", 443);
	ok(has_route("192.0.2.9"), "may take its time to connect");
	clock_ms += 1000000;
	dial(4, "192.0.2.3", 443);
	ok(!has_route("192.0.2.9"), "but not for ever");
	peers[3].ip[3] = peers[4].ip[3] = 99;
	dial(6, "192.0.2.6", 443);
	ok(routes.n == 1 && has_route("192.0.2.6"),
	    "a descriptor that has become that of other sockets is none of "
	    "ours");
	refuse = EACCES;
	must(addr_parse_ip(&a, "192.0.2.10") == 0);
	is_int(carrier_mark(7, ROUTE_SET_MARK, &a), -1, "a refusal is reported");
	is_int(errno, EACCES, "with its error");
	refuse = 0;
	for (i = 10; i < SOCKETS; i++)
		dial(i, "192.0.2.11", 443);
	ok(has_route("192.0.2.11") && !has_route("192.0.2.6"),
	    "the oldest of very many sockets are forgotten");
	return done_testing();
}
