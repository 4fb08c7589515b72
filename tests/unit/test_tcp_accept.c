/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * net/tcp.h: one connection is accepted by one call; those that wait behind it
 * are accepted a few at a time; options that the system copies from a socket
 * that listens are not set again.
 *
 * NOTES.  net/tcp.c is compiled into this test, which counts its calls.
 */

#include "compat.h"

#include "sock.h"

static unsigned calls;		/* of sock_accept() */
static unsigned sets;		/* sockets whose options were set */

static fd_t
counted_accept(fd_t fd, union sock_addr *from, socklen_t *len)
{
	calls++;
	return sock_accept(fd, from, len);
}

static int
counted_keepalive(fd_t fd, int idle_s, int interval_s, int count)
{
	sets++;
	return sock_opt_keepalive(fd, idle_s, interval_s, count);
}

#define sock_accept counted_accept
#define sock_opt_keepalive counted_keepalive
#include "net/tcp.c"
#undef sock_accept
#undef sock_opt_keepalive

#include "tap.h"

enum { CLIENTS = 8 };

static unsigned came;		/* connections that were accepted, */
static unsigned same;		/* and had the options of the listener */

static bool
on_accept(struct tcp_listener *l, fd_t fd, const struct addr *from)
{
	(void)from;
	came++;
	same += sock_opt_has_same(fd, l->fd);
	sock_close(fd);
	return true;
}

int
main(void)
{
	struct tcp_options options = { 0 };
	struct tcp_listener l;
	struct loop *loop;
	const char *step;
	union sock_addr at;
	struct addr any;
	fd_t client[CLIENTS];
	unsigned i, turns;

	if (sock_init() == -1)
		return 1;
	loop = loop_new(NULL);
	addr_parse(&any, "127.0.0.1:0");
	must(loop != NULL && tcp_listen(&l, loop, &any, &options, on_accept,
	    &step) == 0);
	must(sock_local(l.fd, &at) == 0);
	for (i = 0; i < CLIENTS; i++) {
		client[i] = sock_open(AF_INET, SOCK_STREAM);
		must(client[i] != FD_NONE);
	}

	(void)sock_connect(client[0], &at, sizeof(at.in));
	for (turns = 0; turns < 100 && came == 0; turns++)
		loop_turn(loop, 1000);
	loop_turn(loop, 0);
	is_int(came, 1, "a connection is accepted");
	is_int(calls, 1, "by one call");

	for (i = 1; i < CLIENTS; i++)
		(void)sock_connect(client[i], &at, sizeof(at.in));
	calls = 0;
	for (turns = 0; turns < 100 && came < CLIENTS; turns++)
		loop_turn(loop, 1000);
	is_int(came, CLIENTS, "%d more are accepted, too", CLIENTS - 1);
	ok(calls <= 2 * CLIENTS, "by %u calls", calls);
	ok(same == CLIENTS || !l.inherits, "each has the options");
	is_int(sets, l.inherits ? 1 : 1 + CLIENTS, "which were set on the "
	    "listener%s", l.inherits ? " only" : ", too");

	/* A listener that we were given does not have them. */
	tcp_listen_stop(&l);
	options.is_passed = true;
	options.passed = sock_open(AF_INET, SOCK_STREAM);
	must(sockaddr_from(&at, &any) > 0);
	must(sock_bind(options.passed, &at, sizeof(at.in)) == 0 &&
	    sock_listen(options.passed, 4) == 0 &&
	    sock_local(options.passed, &at) == 0 &&
	    tcp_listen(&l, loop, &any, &options, on_accept, &step) == 0);
	sock_close(client[0]);
	client[0] = sock_open(AF_INET, SOCK_STREAM);
	(void)sock_connect(client[0], &at, sizeof(at.in));
	came = sets = 0;
	for (turns = 0; turns < 100 && came == 0; turns++)
		loop_turn(loop, 1000);
	is_int(sets, 1, "a connection of a passed listener gets them");

	for (i = 0; i < CLIENTS; i++)
		sock_close(client[i]);
	tcp_listen_stop(&l);
	loop_free(loop);
	return done_testing();
}
