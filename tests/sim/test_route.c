/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Notice of addresses and routes that change.
 */

#include "compat.h"

#include "sim.h"

#include "net/route.h"

#include "../unit/tap.h"

static struct sim_host *here, *peer;
static struct sim_loop *process;
enum { WATCHES = 3 };

static struct route_watch w[WATCHES];
static unsigned calls[WATCHES];
static uint64_t at_us;		/* of the newest */
static struct addr to;

static void
changed(struct route_watch *watch)
{
	calls[watch - w]++;
	at_us = sim_now_us();
}

/* The first is the last one that it is called. */
static void
changed_once(struct route_watch *watch)
{
	changed(watch);
	route_watch_stop(watch);
}

/* It stops the next one. */
static void
changed_stops_next(struct route_watch *watch)
{
	changed(watch);
	route_watch_stop(watch + 1);
}

/* It stops all and starts one of them again. */
static void
changed_stops_all(struct route_watch *watch)
{
	unsigned i;

	changed(watch);
	for (i = 0; i < WATCHES; i++)
		route_watch_stop(&w[i]);
	route_watch_start(&w[1], process->loop, changed);
}

static void
begin(void)
{
	unsigned i;

	sim_begin(1);
	here = sim_host_add("here", "10.0.0.2");
	peer = sim_host_add("peer", "10.0.0.1");
	to = peer->addr[0];
	to.port = 9;
	process = sim_loop_new(here);
	memset(w, 0, sizeof(w));
	memset(calls, 0, sizeof(calls));
	sim_as(here);
	for (i = 0; i < WATCHES; i++)
		route_watch_start(&w[i], process->loop, changed);
}

static void
finish(const char *what)
{
	unsigned i;

	sim_as(here);
	for (i = 0; i < WATCHES; i++)
		route_watch_stop(&w[i]);
	sim_run_ms(1);
	sim_loop_free(process);
	is_int(sim_end(), 0, "%s: nothing stays open", what);
}

static void
test_told(void)
{
	uint64_t from_us, was;
	unsigned i;

	begin();
	sim_run_s(3600);
	is_int(calls[0], 0, "nobody is called while nothing changes");
	was = process->wakeups;
	sim_run_s(3600);
	is_int(process->wakeups, was, "nor does the process wake up");
	from_us = sim_now_us();
	sim_host_move(here, 0, "10.0.0.3");
	sim_run_ms(20);
	sim_host_move(here, 1, "10.0.0.4");
	sim_run_s(1);
	is_int(calls[0], 1, "changes one after the other are one call");
	is_int(calls[1], 1, "of each watcher");
	is_int((at_us - from_us) / SIM_MS, ROUTE_SETTLE_MS, "soon after the "
	    "first");
	for (i = 0; i < 10000; i++) {
		sim_route_changed(here);
		sim_run_ms(1);
	}
	sim_run_s(1);
	ok(calls[0] <= 1 + 10000 / ROUTE_SETTLE_MS, "many changes are few calls "
	    "(%u)", calls[0]);
	finish("told");
}

static void
test_stopped(void)
{
	begin();
	w[0].fn = changed_once;
	sim_route_changed(here);
	sim_run_s(1);
	sim_route_changed(here);
	sim_run_s(1);
	is_int(calls[0], 1, "a watcher may stop when it is called");
	is_int(calls[1], 2, "the others are called on");
	w[1].fn = w[2].fn = changed_once;
	sim_route_changed(here);
	sim_run_s(1);
	sim_route_changed(here);
	sim_run_s(1);
	is_int(calls[1], 3, "so may the last ones");
	finish("stopped");
}

static void
test_stops_others(void)
{
	begin();
	w[0].fn = changed_stops_next;
	sim_route_changed(here);
	sim_run_s(1);
	is_int(calls[0], 1, "a watcher may stop the next one");
	is_int(calls[1], 0, "which is not called");
	is_int(calls[2], 1, "and the one after that is");
	w[0].fn = changed_stops_all;
	sim_route_changed(here);
	sim_run_s(1);
	is_int(calls[0], 2, "it may stop all");
	is_int(calls[1] + calls[2], 1, "of which none is called then");
	sim_route_changed(here);
	sim_run_s(1);
	is_int(calls[1], 1, "one that was started again is called the next "
	    "time");
	finish("stopping others");
}

static void
test_missed(void)
{
	uint64_t was;
	unsigned i;

	begin();
	for (i = 0; i < 1000; i++) {
		sim_route_missed(here);
		sim_run_ms(10);
	}
	is_int(calls[0], 0, "a look-up that failed is no change");
	was = process->wakeups;
	for (i = 0; i < 1000; i++) {
		sim_route_missed(here);
		sim_run_ms(10);
	}
	ok(process->wakeups - was <= 2 * 10000 / ROUTE_SETTLE_MS + 2,
	    "many of them wake the process up rarely (%lu)",
	    (unsigned long)(process->wakeups - was));
	sim_route_missed(here);
	sim_route_changed(here);
	sim_route_missed(here);
	sim_run_s(1);
	is_int(calls[0], 1, "a change among them is noticed");
	finish("missed");
}

static void
test_untold(void)
{
	unsigned i;

	begin();
	for (i = 0; i < WATCHES; i++)
		route_watch_stop(&w[i]);
	sim_rules.untold = true;
	route_watch_start(&w[0], process->loop, changed);
	sim_host_move(here, 0, "10.0.0.3");
	sim_run_s(10);
	is_int(calls[0], 0, "where the system reports nothing nobody is "
	    "called");
	finish("untold");
}

static void
test_moved(void)
{
	struct addr from, v6;

	begin();
	sim_as(here);
	is_int(route_source(&w[0], &to, &from), 0, "there is a route");
	ok(!route_moved(&w[0], &from, &to), "an address stays");
	sim_host_move(here, 0, NULL);
	sim_run_ms(1);
	ok(!route_moved(&w[0], &from, &to), "also while there is no route");
	sim_host_move(here, 0, "10.0.0.3");
	sim_run_ms(1);
	ok(route_moved(&w[0], &from, &to), "not when there is a new one");
	sim_host_address(peer, "2001:db8::1");
	sim_host_move(here, 1, "2001:db8:1::2");
	to = peer->addr[1];
	to.port = 9;
	sim_run_ms(1);
	is_int(route_source(&w[0], &to, &v6), 0, "there is a route of IPv6");
	here->addr[0] = v6;
	sim_host_move(here, 1, "2001:db8:1::3");
	sim_run_ms(1);
	ok(!route_moved(&w[0], &v6, &to), "a temporary address that was "
	    "followed by the next one is kept");
	sim_host_move(here, 0, "10.0.0.3");
	sim_run_ms(1);
	ok(route_moved(&w[0], &v6, &to), "until it is gone");
	sim_host_move(here, 0, "2001:db8:1::2");
	sim_host_move(here, 1, "2001:db8:2::2");
	sim_run_ms(1);
	ok(route_moved(&w[0], &v6, &to), "one of another prefix is left");
	finish("moved");
}

int
main(void)
{
	test_told();
	test_stopped();
	test_stops_others();
	test_missed();
	test_untold();
	test_moved();
	return done_testing();
}
