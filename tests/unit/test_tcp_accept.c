/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * net/tcp.h: one connection is accepted by one call; those that wait behind it
 * are accepted a few at a time; options that the system copies from a socket
 * that listens are not set again; a listener that shares the socket of another
 * changes nothing of it until that is stopped.
 *
 * NOTES.  net/tcp.c is compiled into this test, which counts its calls.
 */

#include "compat.h"

#include "sock.h"

static unsigned calls;		/* of sock_accept() */
static unsigned sets;		/* sockets whose options were set */
static int keepalive_s;		/* the last time for one of them, */
static bool refuses;		/* and it fails on the next one */
static int mss;			/* the last one that was set */

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
	keepalive_s = idle_s;
	if (refuses) {
		refuses = false;
		errno = EINVAL;
		return -1;
	}
	return sock_opt_keepalive(fd, idle_s, interval_s, count);
}

static int
counted_mss(fd_t fd, int bytes)
{
	mss = bytes;
	return sock_opt_mss(fd, bytes);
}

#define sock_accept counted_accept
#define sock_opt_keepalive counted_keepalive
#define sock_opt_mss counted_mss
#include "net/tcp.c"
#undef sock_accept
#undef sock_opt_keepalive
#undef sock_opt_mss

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

/* Connects to a listener, and waits until that was accepted. */
static void
connect_one(struct loop *loop, const union sock_addr *at)
{
	fd_t fd = sock_open(AF_INET, SOCK_STREAM);
	unsigned i;

	must(fd != FD_NONE);
	(void)sock_connect(fd, at, sizeof(at->in));
	came = 0;
	for (i = 0; i < 100 && came == 0; i++)
		loop_turn(loop, 1000);
	must(came == 1);
	sock_close(fd);
}

/* Does the system let a program choose the size of segments? */
static bool
has_mss(void)
{
	fd_t fd = sock_open(AF_INET, SOCK_STREAM);
	bool has;

	must(fd != FD_NONE);
	has = sock_opt_mss(fd, 1000) == 0;
	sock_close(fd);
	return has;
}

static void
test_replaced(struct loop *loop, const struct addr *any)
{
	bool sized = has_mss();
	struct tcp_options options = { .keepalive_s = 100,
		.mss = sized ? 1000 : 0 };
	struct tcp_listener old, l;
	const char *step;
	union sock_addr at;

	must(tcp_listen(&old, loop, any, &options, on_accept, &step) == 0 &&
	    sock_local(old.fd, &at) == 0);
	options.mss = sized ? 900 : 0;
	options.keepalive_s = 200;
	mss = keepalive_s = 0;
	if (tcp_listen_too(&l, loop, &old, &options, on_accept, &step) != 0) {
		must(errno == ENOSYS);
		tcp_listen_stop(&old);
		ok(true, "# SKIP two listeners cannot share a socket here");
		return;
	}
	tcp_listen_stop(&l);
	connect_one(loop, &at);
	ok(mss == 0 && (keepalive_s == 0 || keepalive_s == 100),
	    "a replacement that failed changes no option (%d, %d)", mss,
	    keepalive_s);

	must(tcp_listen_too(&l, loop, &old, &options, on_accept, &step) == 0);
	tcp_listen_stop(&old);
	connect_one(loop, &at);
	ok(mss == options.mss && keepalive_s == 200,
	    "another one has its own (%d, %d)", mss, keepalive_s);

	sets = 0;
	must(tcp_listen_too(&old, loop, &l, &options, on_accept, &step) == 0);
	tcp_listen_stop(&l);
	connect_one(loop, &at);
	is_int(sets, old.inherits ? 0 : 1 + !old.given,
	    "the same options are not set again");
	tcp_listen_stop(&old);
}

/* The listening socket does not take an option, which some of its connections
 * may. */
static void
test_refused(struct loop *loop, const struct addr *any)
{
	struct tcp_options options = { 0 };
	struct tcp_listener l;
	const char *step;
	union sock_addr at;

	refuses = true;
	must(tcp_listen(&l, loop, any, &options, on_accept, &step) == 0 &&
	    sock_local(l.fd, &at) == 0);
	sets = 0;
	connect_one(loop, &at);
	is_int(sets, 1, "what a listener refused its connections are given");
	tcp_listen_stop(&l);
}

int
main(void)
{
	struct tcp_options options = { 0 };
	struct tcp_listener l;
	struct loop *loop;
	const char *step;
	union sock_addr at, peer;
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
	/* All wait before the first is accepted. */
	for (i = 1, turns = 0; i < CLIENTS && turns < 1000000; turns++)
		i += sock_peer(client[i], &peer) == 0;
	calls = 0;
	for (turns = 0; turns < 100 && came < CLIENTS; turns++)
		loop_turn(loop, 1000);
	is_int(came, CLIENTS, "%d more are accepted, too", CLIENTS - 1);
	/* One in the first turn, and TCP_ACCEPTS in each other; a call finds
	 * nothing where fewer wait. */
	ok(turns >= 2 && turns <= 3, "a few in a turn: %u turns", turns);
	ok(calls <= CLIENTS + 2, "by %u calls", calls);
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
	test_replaced(loop, &any);
	test_refused(loop, &any);
	loop_free(loop);
	return done_testing();
}
