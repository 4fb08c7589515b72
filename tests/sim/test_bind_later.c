/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Ends that wait for the address that they listen on.
 */

#include "compat.h"

#include "world.h"

#include "../unit/tap.h"

#define LATE "10.0.0.77"

static struct world w;

/* A tunnel that listens on an address that its machine lacks. */
static void
begin(const char *kind, const char *keys, bool untold)
{
	char left[200];

	world_begin(&w, 1);
	sim_rules.untold = untold;
	logged_reset();
	snprintf(left, sizeof(left), "%s:" LATE ":54,bind-later=yes%s", kind,
	    keys);
	proc_set(&w.right, w.server, left, "udp:10.0.2.1:7");
	is_int(proc_start(&w.right), 0, "%s starts without its address", kind);
	is_int(logged_text("does not listen yet"), 1, "and says so once");
	is_int(logged_text("listening on"), 0, "it does not listen");
}

static void
finish(void)
{
	proc_stop(&w.right);
	is_int(world_end(&w), 0, "nothing stays open");
}

/* The system reports new addresses. */
static void
test_told(const char *kind, const char *keys)
{
	unsigned long wakeups;

	begin(kind, keys, false);
	sim_run_s(1);
	wakeups = w.right.sim->wakeups;
	sim_run_s(3600);
	is_int(w.right.sim->wakeups, wakeups, "in an hour it never wakes up");
	sim_route_changed(w.server);
	sim_run_s(1);
	is_int(logged_text("listening on"), 0,
	    "a change that is none of its own does not help");
	sim_host_move(w.server, w.server->n_addr, LATE);
	sim_run_s(1);
	is_int(logged_text("listening on " LATE ":54"), 1,
	    "with the address it listens");
	sim_route_changed(w.server);
	sim_run_s(100);
	is_int(logged_text("listening on"), 1, "once");
	is_int(logged_text("does not listen yet"), 1, "nothing more is said");
	finish();
}

/* It does not, so the address is looked for now and then. */
static void
test_untold(void)
{
	unsigned long wakeups;

	begin("udp-listen", "", true);
	sim_run_s(600);
	wakeups = w.right.sim->wakeups;
	sim_run_s(600);
	ok(w.right.sim->wakeups - wakeups <= 2 * 11,
	    "it wakes up %lu times in 10 minutes",
	    w.right.sim->wakeups - wakeups);
	sim_host_move(w.server, w.server->n_addr, LATE);
	sim_run_s(61);
	is_int(logged_text("listening on " LATE ":54"), 1,
	    "within a minute it listens");
	finish();
}

/* It is stopped while it waits. */
static void
test_stopped(void)
{
	begin("tcp-listen", "", false);
	sim_run_s(1);
	finish();
}

/* The address comes, but a different program has the port. */
static void
test_in_use(void)
{
	fd_t other;

	begin("udp-listen", "", false);
	other = sim_udp_open(w.server, 54, NULL, NULL);
	sim_host_move(w.server, w.server->n_addr, LATE);
	sim_run_s(600);
	is_int(logged_text("it will be tried again"), 1,
	    "a port in use is logged once");
	sock_close(other);
	sim_run_s(61);
	is_int(logged_text("listening on " LATE ":54"), 1,
	    "when the port is free it listens");
	finish();
}

int
main(void)
{
	test_told("udp-listen", "");
	test_told("tcp-listen", "");
	test_told("uott-listen", "");
	if (end_find("dtls") != NULL)
		test_told("dtls-listen", ",psk=" WORLD_PSK);
	test_untold();
	test_stopped();
	test_in_use();
	return done_testing();
}
