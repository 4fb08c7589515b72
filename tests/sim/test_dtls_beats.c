/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * keepalive= of `dtls`: what is sent on an idle association, and what the
 * target of the server sees of it, which is nothing.
 *
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "world.h"

#include "../unit/tap.h"

static struct app app;
static struct world w;

/* Packets that have gone from one to the other. */
static unsigned long
sent(struct sim_host *from, struct sim_host *to)
{
	return sim_link(from, to)->packets;
}

/* Begins with an idle flow. */
static void
begin(const char *keys)
{
	world_begin(&w, 1);
	world_dtls_set(&w, keys, "");
	proc_option(&w.left, "idle", "0");
	proc_option(&w.right, "idle", "0");
	if (proc_start(&w.right) != 0 || proc_start(&w.left) != 0)
		abort();
	app_open(&app, &w, 1);
	app_send(&app, 100);
	sim_run_s(4);
	is_int(app.received, 1, "a datagram comes back%s", keys);
}

static void
end(void)
{
	is_int(w.echo.received, app.sent, "the target has seen what was sent "
	    "and nothing else");
	is_int(proc_flows(&w.left), 1, "in one flow");
	is_int(w.right.tunnel->last_number, 1, "and one association");
	is_int(logged(LEVEL_WARN), 0, "and nothing was lost or refused");
	app_close(&app);
	is_int(world_end(&w), 0, "nothing stays open");
}

static void
test_off(void)
{
	unsigned long up, down;

	begin("");
	up = sent(w.client, w.server);
	down = sent(w.server, w.client);
	sim_run_s(3600);
	is_int(sent(w.client, w.server) - up, 0, "by default nothing is sent");
	is_int(sent(w.server, w.client) - down, 0, "either way");
	end();
}

static void
test_on(const char *keys)
{
	unsigned long up, down;
	unsigned i;

	begin(keys);
	up = sent(w.client, w.server);
	down = sent(w.server, w.client);
	sim_run_s(2500);
	is_int(sent(w.client, w.server) - up, 100, "a heartbeat each 25 s");
	is_int(sent(w.server, w.client) - down, 100, "is answered");
	up = sent(w.client, w.server);
	for (i = 0; i < 100; i++) {
		app_send(&app, 100);
		sim_run_s(20);
	}
	is_int(sent(w.client, w.server) - up, 100, "with traffic there is "
	    "none");
	is_int(app.received, 101, "and all of that comes back");
	end();
}

/* The NAT before the client forgets it, again and again. */
static void
test_roams(void)
{
	static const uint8_t push[4];
	unsigned i, came, good = 0;
	struct addr to;

	begin(",keepalive=25");
	(void)addr_parse_ip(&to, "10.0.0.1");
	to.port = w.echo.port;
	for (i = 0; i < 10; i++) {
		(void)sim_udp_rebind_all(w.client);
		sim_run_s(26);
		came = app.received;
		sim_udp_send(w.echo.fd, &to, push, sizeof(push));
		sim_run_ms(100);
		good += app.received - came;
	}
	is_int(good, 10, "after a heartbeat the server finds a client that "
	    "has moved");
	end();
}

int
main(void)
{
	test_off();
	test_on(",keepalive=25");
	test_on(",keepalive=25,no-cid");
	test_roams();
	return done_testing();
}
