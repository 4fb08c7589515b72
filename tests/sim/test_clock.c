/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * TLS on a machine whose clock is not set yet.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "net/clock_floor.h"
#include "world.h"

#include "../unit/tap.h"

/* The server's certificate is valid from 2020 to 2199. */
#define S_2027 INT64_C(1798761600)
#define S_2205 INT64_C(7415971200)

static const struct clock_floor_files no_files = {
	"/nonexistent", "/nonexistent/clock", "/nonexistent"
};

static struct world w;
static struct app app;
static struct clock_floor the_floor;

/* The client's machine has booted, in 1970. */
static void
begin(const char *keys)
{
	world_begin(&w, 1);
	sim_rules.wall_s = 0;
	logged_reset();
	world_pool(&w, "tls", keys, "");
	clock_floor_start(&the_floor, w.left.sim->loop, &no_files);
	app_open(&app, &w, 1);
	app_send(&app, 100);
}

static void
finish(void)
{
	clock_floor_stop(&the_floor);
	app_close(&app);
	is_int(world_end(&w), 0, "nothing stays open");
}

/* Sets the wall clock. */
static void
set_clock(int64_t wall_s)
{
	sim_rules.wall_s = wall_s - (int64_t)(sim_now_us() / SIM_S);
}

/* Sends each half second for a while; was anything answered? */
static bool
answered(unsigned s)
{
	uint32_t before = app.received;
	unsigned i;

	for (i = 0; i < 2 * s; i++) {
		app_send(&app, 100);
		sim_run_ms(500);
	}
	return app.received > before;
}

static void
test_floor(void)
{
	begin("");
	ok(answered(5), "in 1970 a certificate of today is accepted");
	is_int(logged_text("certificates are judged as of"), 1,
	    "which is logged once");
	set_clock(S_2027);
	ok(answered(30), "the clock is set, and nothing ends");
	is_int(logged_text("are judged again"), 1, "it was judged again");
	is_int(logged_text("accepted while the clock was wrong"), 0,
	    "and is still good");
	is_int(w.left.tunnel->last_number, 1, "it is one flow");
	finish();
}

static void
test_expired_since(void)
{
	begin("");
	ok(answered(5), "in 1970 it is accepted");
	set_clock(S_2205);
	(void)answered(11);
	ok(logged_text("accepted while the clock was wrong") > 0,
	    "when the clock says that it has expired the connections end");
	ok(!answered(30), "and no new one comes up");
	ok(logged_text("expired on") > 0, "for that reason");
	finish();
}

static void
test_strict(void)
{
	begin(",time-check=strict");
	ok(!answered(5), "strictly it is not accepted in 1970");
	ok(logged_text("not valid before") + logged_text("is not valid") > 0,
	    "as it is not valid yet");
	set_clock(S_2027);
	ok(answered(30), "but when the clock is set");
	finish();
}

static void
test_no(void)
{
	begin(",time-check=no");
	ok(answered(5), "unchecked it is accepted in 1970");
	is_int(logged_text("certificates are judged as of"), 0,
	    "without a word");
	set_clock(S_2205);
	ok(answered(30), "and in 2205");
	finish();
}

static void
test_idle(void)
{
	unsigned long wakeups;

	begin("");
	ok(answered(5), "in 1970 it is accepted");
	set_clock(S_2027);
	sim_run_s(300);
	wakeups = w.left.sim->wakeups;
	sim_run_s(3600);
	is_int(w.left.sim->wakeups, wakeups,
	    "once the clock is right it is not looked at any more");
	finish();
}

int
main(void)
{
	test_floor();
	test_expired_since();
	test_strict();
	test_no();
	test_idle();
	return done_testing();
}
