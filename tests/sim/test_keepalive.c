/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * keepalive= of `tls`: what is sent on idle connections, and what the target
 * of the server sees of it, which is nothing.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "world.h"

#include "../unit/tap.h"

static struct app app;
static struct world w;

/* Packets that have left the client. */
static unsigned long
sent(void)
{
	return sim_link(w.client, w.server)->packets;
}

/* Begins with an idle flow; returns what was sent so far. */
static unsigned long
begin(const char *keys)
{
	world_begin(&w, 1);
	world_pool(&w, "tls", keys, "");
	proc_stop(&w.left);
	proc_option(&w.left, "idle", "0");
	if (proc_start(&w.left) != 0)
		abort();
	app_open(&app, &w, 1);
	app_send(&app, 100);
	sim_run_s(4);
	is_int(app.received, 1, "a datagram comes back%s", keys);
	return sent();
}

static void
end(void)
{
	is_int(w.echo.received, app.sent, "the target has seen what was sent "
	    "and nothing else");
	is_int(proc_flows(&w.left), 1, "in one flow");
	is_int(logged(LEVEL_WARN), 0, "and nothing was lost or refused");
	app_close(&app);
	is_int(world_end(&w), 0, "nothing stays open");
}

static void
test_off(void)
{
	unsigned long before = begin("");

	sim_run_s(3600);
	is_int(sent() - before, 0, "by default nothing is sent");
	end();
}

static void
test_on(void)
{
	unsigned long before = begin(",pool=1,keepalive=25");
	unsigned i;

	sim_run_s(251);
	is_int(sent() - before, 10, "ten records in 250 s");
	before = sent();
	app_send(&app, 100);
	sim_run_s(20);
	is_int(app.received, 2, "data pass as before");
	is_int(sent() - before, 1, "and nothing else does for a while");
	sim_run_s(6);
	is_int(sent() - before, 2, "then it goes on");
	sim_run_s(36000);
	is_int(sent() - before, 16, "up to 15 in a row: more would end the "
	    "connection at some peers");
	before = sent();
	for (i = 0; i < 100; i++) {
		app_send(&app, 100);
		sim_run_s(10);
	}
	is_int(sent() - before, 100, "with traffic there is none");
	is_int(app.received, 102, "and it is the same connection");
	end();
}

static void
test_pool(void)
{
	unsigned long before = begin(",keepalive=25");

	sim_run_s(101);
	ok(sent() - before >= 28 && sent() - before <= 40, "each connection "
	    "of a pool has its own: %lu", sent() - before);
	end();
}

int
main(void)
{
	test_off();
	test_on();
	test_pool();
	return done_testing();
}
