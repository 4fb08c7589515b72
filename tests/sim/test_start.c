/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Tunnels that cannot start, and what they leave behind: nothing.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "net/sockaddr.h"
#include "world.h"

#include "../unit/tap.h"

static struct world w;

/* Tries a pair of ends. */
static void
refused(const char *left, const char *right, const char *says)
{
	unsigned fds = w.server->n_fds;
	struct proc p;

	logged_reset();
	proc_set(&p, w.server, left, right);
	is_int(proc_start(&p), -1, "%s to %s does not start", left, right);
	is_int(logged(LEVEL_ERROR), 1, "in one line");
	ok(logged_text(says) == 1, "that says \"%s\"", says);
	is_int(w.server->n_fds, fds, "and leaves nothing open");
	proc_forget(&p);
}

int
main(void)
{
	fd_t udp, tcp;
	union sock_addr sa;
	struct addr at = { 0 };
	char tls[1300];

	world_begin(&w, 1);
	udp = sim_udp_open(w.server, 53, NULL, NULL);
	sim_as(w.server);
	tcp = sock_open(AF_INET, SOCK_STREAM);
	at.family = 4;
	at.port = 443;
	sock_bind(tcp, &sa, sockaddr_from(&sa, &at));
	sock_listen(tcp, 5);

	refused("udp-listen:0.0.0.0:53", "udp:10.0.2.1:7", "another program");
	refused("tcp-listen:0.0.0.0:443", "udp:10.0.2.1:7",
	    "another program");
	refused("udp-listen:10.1.1.1:53", "tcp:10.0.2.1:7",
	    "no such address");
	snprintf(tls, sizeof(tls), "tls-listen:0.0.0.0:443%s",
	    world_server_keys());
	refused(tls, "udp:10.0.2.1:7", "another program");
	refused("udp-listen:0.0.0.0:54", "udp:10.0.2.1:7,mark=1", "mark 1");
	refused("udp-listen:0.0.0.0:54", "tcp:10.0.2.1:7,mark=1", "mark 1");
	refused("tcp-listen:0.0.0.0:54", "udp:10.0.2.1:7,mark=1", "mark 1");
	sim_rules.fixed_mss = true;
	refused("udp-listen:0.0.0.0:54", "tcp:10.0.2.1:7,mss=1000", "mss 1000");
	refused("tcp-listen:0.0.0.0:54,mss=1000", "udp:10.0.2.1:7", "mss 1000");
	sim_rules.fixed_mss = false;

	sock_close(udp);
	sock_close(tcp);
	is_int(world_end(&w), 0, "nothing stays open");
	return done_testing();
}
