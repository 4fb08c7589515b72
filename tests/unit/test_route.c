/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * net/route.h: our address towards a peer.
 */

#include "compat.h"

#include "net/route.h"

#include "tap.h"

static struct route_watch w, second;

static void
called(struct route_watch *watch)
{
	(void)watch;
}

/* An address from its text. */
static struct addr
addr_of(const char *text)
{
	struct addr a;

	if (addr_parse(&a, text) != 0)
		abort();
	return a;
}

static void
test_source(void)
{
	struct addr to = addr_of("127.0.0.1:9"), source, none = { 0 };
	struct addr here = addr_of("127.0.0.1:5"), other = to;
	char text[ADDR_TEXT];

	is_int(route_source(&w, &to, &source), 0, "there is a route to "
	    "127.0.0.1");
	is_str(addr_ip_text(&source, text), "127.0.0.1", "from itself");
	is_int(source.port, 0, "without a port");
	ok(!route_moved(&w, &here, &to), "who has that address stays");
	other.ip[0] = 192;
	ok(route_moved(&w, &other, &to), "who has a different one moves");
	ok(!route_moved(&w, &none, &to), "who has none stays");
	other = addr_of("0.0.0.0:7");
	ok(!route_moved(&w, &other, &to), "and who has any");
	to = addr_of("[::1]:9");
	other = addr_of("[::2]:9");
	ok(route_source(&w, &to, &source) != 0 || route_moved(&w, &other, &to),
	    "an IPv6 address that is not ours is left, even for one of its "
	    "prefix");
}

static void
test_watch(void)
{
	struct loop *loop = loop_new(NULL);

	route_watch_stop(&w);
	route_watch_start(&w, loop, called);
	route_watch_start(&second, loop, called);
	loop_turn(loop, 0);
	test_source();
	route_watch_stop(&w);
	loop_turn(loop, 0);
	route_watch_stop(&second);
	ok(loop_routes(loop) == NULL, "nothing is left with the loop");
	route_watch_start(&w, loop, called);
	ok(loop_routes(loop) != NULL, "it can be watched again");
	route_watch_stop(&w);
	loop_turn(loop, 0);
	loop_free(loop);
}

int
main(void)
{
	if (sock_init() != 0)
		return 1;
	test_source();
	test_watch();
	return done_testing();
}
