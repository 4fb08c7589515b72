/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Short TLS handshakes: which connections of a pool resume a session.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "world.h"

#include "../unit/tap.h"

static struct app app[2];

/* Expects so many handshakes since the last call; each is logged by both
 * sides. */
static void
check(const char *what, unsigned full, unsigned resumed)
{
	is_int(logged_text("tls: full handshake"), 2 * full,
	    "%s: full handshakes", what);
	is_int(logged_text("tls: resumed handshake"), 2 * resumed,
	    "%s: resumed handshakes", what);
	logged_reset();
}

static void
test_pool(void)
{
	struct world w;
	unsigned i;

	world_begin(&w, 1);
	log_set_level(LEVEL_DEBUG);
	world_pool(&w, "tls", "", "");
	app_open(&app[0], &w, 1);
	app_open(&app[1], &w, 2);
	app_send(&app[0], 100);
	ok(app_wait(&app[0], 1, 1000), "a flow is there");
	sim_run_s(2);
	check("of its 8 connections", 1, 7);
	app_send(&app[1], 100);
	/* 10 ms each way: TCP, TLS with the identifier in its last flight, and
	 * the datagram behind that. */
	ok(app_wait(&app[1], 1, 70), "the next has its echo in 3 round trips");
	sim_run_s(2);
	check("the next flow", 0, 8);

	proc_stop(&w.right);
	sim_run_s(2);
	logged_reset();
	proc_start(&w.right);
	/* Idle flows wait for their next datagrams. */
	for (i = 0; i < 100; i++) {
		app_send(&app[0], 100);
		app_send(&app[1], 100);
		sim_run_ms(50);
	}
	ok(logged_text("tls: full handshake") >= 2,
	    "a new server does not know the session");
	ok(logged_text("tls: resumed handshake") > 0,
	    "but the one that is made then");
	is_int(logged_text("tls: ") / 2, 16, "all come back");
	logged_reset();

	proc_stop(&w.left);
	sim_run_s(1);
	proc_start(&w.left);
	app_send(&app[0], 100);
	sim_run_s(2);
	check("a new client", 1, 7);
	sim_run_s(2 * 3600);
	logged_reset();
	app_send(&app[1], 100);
	sim_run_s(2);
	ok(logged_text("tls: full handshake") > 0,
	    "two hours later it starts anew");
	app_close(&app[0]);
	app_close(&app[1]);
	is_int(world_end(&w), 0, "nothing stays open");
}

int
main(void)
{
	test_pool();
	return done_testing();
}
