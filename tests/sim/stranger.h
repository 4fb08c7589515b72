/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A stranger's connection to a server, and the check that a client still gets
 * through beside it.
 */

#ifndef STRANGER_H
#define STRANGER_H

#include "world.h"

#include "../unit/tap.h"

#include "net/sockaddr.h"

static struct sim_host *evil;	/* the strangers' */

/* A connection of a stranger to the server. */
static inline fd_t
stranger(void)
{
	union sock_addr sa;
	struct addr to = { 0 };
	fd_t fd;

	sim_as(evil);
	fd = sock_open(AF_INET, SOCK_STREAM);
	addr_parse_ip(&to, "10.0.0.1");
	to.port = 8443;
	sock_connect(fd, &sa, sockaddr_from(&sa, &to));
	return fd;
}

/* Did the server close it? */
static inline bool
is_closed(fd_t fd)
{
	char buf[4096];
	ssize_t n;

	do
		n = sock_recv(fd, buf, sizeof(buf));
	while (n > 0);
	return n == 0 || errno != EAGAIN;
}

/* A datagram of a client comes back. */
static inline void
gets_through(struct app *app, const char *what)
{
	uint32_t n = app->received;

	app_send(app, 100);
	ok(app_wait(app, n + 1, 1000), "%s: an honest client gets through",
	    what);
}

#endif
