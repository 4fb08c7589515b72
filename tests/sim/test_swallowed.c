/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What seems to be swallowed on the path of a carrier is logged, once, and
 * nothing is sent because of it.
 */

#include "compat.h"

#include "world.h"

#include "../unit/tap.h"

static struct world w;
static struct app app;
static unsigned long datagrams;

/* Long datagrams between the processes are lost. */
static unsigned
swallow(void *arg, struct sim_passing *p)
{
	bool carrier = (p->from == w.client && p->to == w.server) ||
	    (p->from == w.server && p->to == w.client);

	(void)arg;
	datagrams += carrier;
	return carrier && p->len > 1000 ? 0 : 1;
}

/* An application repeats a datagram until it is answered, n times, while a
 * second one talks. */
static void
repeat(size_t len, unsigned n)
{
	uint64_t pause_ms = 200;

	while (n-- > 0) {
		app_send(&app, len);
		sim_run_ms(pause_ms / 2);
		app_send(&app, 60);
		sim_run_ms(pause_ms - pause_ms / 2);
		pause_ms *= 2;
	}
}

static void
begin(bool swallows)
{
	world_begin(&w, 1);
	datagrams = 0;
	world_dtls(&w, "", "");
	sim_rules.fate = swallows ? swallow : NULL;
	app_open(&app, &w, 1);
	app_send(&app, 60);
	sim_run_s(1);
}

static void
finish(void)
{
	app_close(&app);
	is_int(world_end(&w), 0, "nothing stays open");
}

int
main(void)
{
	unsigned long before;

	if (end_find("dtls") == NULL) {
		ok(true, "no DTLS # SKIP");
		return done_testing();
	}
	begin(true);
	before = datagrams;
	repeat(1200, 7);
	is_int(logged_text("do not get through"), 0, "one conversation says "
	    "little");
	repeat(1200, 7);
	is_int(logged_text("datagrams over 1199 bytes do not get through; set "
	    "the MTU of what runs inside to 1000"), 1, "two are told");
	repeat(1200, 7);
	repeat(1200, 7);
	is_int(logged_text("do not get through"), 1, "once");
	is_int((long)(datagrams - before), 28 * 3, "and nothing is sent that "
	    "was not given");
	finish();
	begin(false);
	repeat(1200, 7);
	repeat(1200, 7);
	repeat(1200, 7);
	repeat(1200, 7);
	is_int(logged_text("do not get through"), 0, "what is answered is no "
	    "black hole");
	finish();
	return done_testing();
}
