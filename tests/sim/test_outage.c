/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * An outage of half a minute under peers that keep their one connection, as
 * the originals of uotp and uott do: the connection is there afterwards.  They
 * never dial again beside a silent one; and the proxy of uott, which serves one
 * client after the other, does not survive a reset.
 */

#include "compat.h"

#include <errno.h>
#include <string.h>

#include "net/sockaddr.h"
#include "world.h"
#include "../unit/tap.h"

enum {
	OUTAGE_S = 30,
	AFTER_S = 30,		/* until it is used again: TCP retransmits after
				 * as long as it has waited */
	STEP_MS = 200,
	PORT = 8443,
};

static struct world w;

/* Connects from the client's host to the server. */
static fd_t
dial(void)
{
	struct addr to = w.server->addr[0];
	union sock_addr sa;
	fd_t fd;

	to.port = PORT;
	sim_as(w.client);
	fd = sock_open(AF_INET, SOCK_STREAM);
	(void)sock_connect(fd, &sa, sockaddr_from(&sa, &to));
	sim_run_ms(100);
	return fd;
}

/* The client of uotp: sends, and whether it gets something. */
static bool
client_asks(fd_t fd)
{
	static const uint8_t frame[] = { 0, 3, 'a', 'b', 'c' };
	uint8_t in[10000];

	(void)sock_send(fd, frame, sizeof(frame));
	sim_run_ms(STEP_MS);
	return sock_recv(fd, in, sizeof(in)) > 0;
}

static void
test_client(void)
{
	static const uint8_t id[16] = "fifteen bytes..";
	unsigned i;
	fd_t fd;

	world_begin(&w, 1);
	proc_set(&w.right, w.server, "tcp-listen:0.0.0.0:8443",
	    "udp:10.0.2.1:7");
	if (proc_start(&w.right) != 0)
		abort();
	fd = dial();
	(void)sock_send(fd, id, sizeof(id));
	ok(client_asks(fd), "uotp: a client is answered");
	sim_cut(w.client, w.server, true);
	for (i = 0; i < OUTAGE_S * 1000 / STEP_MS; i++)
		(void)client_asks(fd);
	sim_cut(w.client, w.server, false);
	for (i = 0; i < AFTER_S * 1000 / STEP_MS && !client_asks(fd); i++)
		continue;
	ok(i < AFTER_S * 1000 / STEP_MS, "and after an outage, too, on the "
	    "same connection");
	is_int(proc_flows(&w.right), 1, "in the same flow");
	is_int(w.echo.ports, 1, "from the same port");
	sock_close(fd);
	is_int(world_end(&w), 0, "uotp: nothing stays open");
}

/* The proxy of uott: answers one connection, until that ends. */
struct proxy {
	fd_t listener, fd;
	unsigned served, resets;
};

static void
proxy_begin(struct proxy *p)
{
	struct addr at = w.server->addr[0];
	union sock_addr sa;

	memset(p, 0, sizeof(*p));
	at.port = PORT;
	sim_as(w.server);
	p->fd = FD_NONE;
	p->listener = sock_open(AF_INET, SOCK_STREAM);
	(void)sock_bind(p->listener, &sa, sockaddr_from(&sa, &at));
	(void)sock_listen(p->listener, 1);
}

static void
proxy_work(struct proxy *p)
{
	uint8_t in[4096];
	ssize_t n;

	sim_as(w.server);
	if (p->fd == FD_NONE) {
		p->fd = sock_accept(p->listener, NULL, NULL);
		p->served += p->fd != FD_NONE;
	}
	while (p->fd != FD_NONE) {
		n = sock_recv(p->fd, in, sizeof(in));
		if (n > 0) {
			(void)sock_send(p->fd, in, (size_t)n);
			continue;
		}
		if (n < 0 && errno == EAGAIN)
			return;
		p->resets += n < 0;
		sock_close(p->fd);
		p->fd = FD_NONE;
	}
}

/* Datagrams for so long, or until one that is sent now is answered. */
static bool
speaks(struct proxy *p, struct app *a, unsigned s)
{
	unsigned i;
	uint32_t first = a->sent;

	for (i = 0; i < s * 1000 / STEP_MS; i++) {
		app_send(a, 100);
		sim_run_ms(STEP_MS / 2);
		proxy_work(p);
		sim_run_ms(STEP_MS / 2);
		proxy_work(p);
		if (a->received > 0 && a->newest >= first)
			return true;
	}
	return false;
}

static void
test_proxy(void)
{
	struct proxy p;
	struct app a;

	world_begin(&w, 1);
	proxy_begin(&p);
	proc_set(&w.left, w.client, "udp-listen:0.0.0.0:8911",
	    "uott:10.0.0.1:8443");
	if (proc_start(&w.left) != 0)
		abort();
	app_open(&a, &w, 1);
	ok(speaks(&p, &a, 5), "uott: a proxy answers");
	sim_cut(w.client, w.server, true);
	(void)speaks(&p, &a, OUTAGE_S);
	sim_cut(w.client, w.server, false);
	ok(speaks(&p, &a, AFTER_S), "and after an outage, too");
	(void)speaks(&p, &a, 1);
	is_int(p.resets, 0, "and is not reset");
	ok(p.served <= 2, "it served the first connection to its end, and then "
	    "at most one (%u)", p.served);
	app_close(&a);
	sock_close(p.fd);
	sock_close(p.listener);
	is_int(world_end(&w), 0, "uott: nothing stays open");
}

int
main(void)
{
	test_client();
	test_proxy();
	return done_testing();
}
