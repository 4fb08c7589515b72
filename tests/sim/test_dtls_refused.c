/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Many DTLS clients at once, to a port without a listener.
 *
 * NOTES.  With that MTU a ClientHello is several datagrams.  If ICMP errors
 * come at once, sending the second datagram returns the error for the first,
 * within the flush.  The flush may happen while the hello of a second call is
 * written, so a call to the next address must not begin at that point: both
 * would be written to the same buffer.
 *
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "world.h"

#include "base/addrgroup.h"

#include "../unit/tap.h"

enum { FLOWS = 200, MTU = 100 };

static struct world w;
static struct app app[FLOWS];

/* How many applications have had n answers; *worst_ms is the longest that any
 * has waited for one. */
static unsigned
answered(uint32_t n, unsigned *worst_ms)
{
	uint64_t worst_us = 0;
	unsigned i, all = 0;

	for (i = 0; i < FLOWS; i++) {
		all += app[i].received == n && app[i].bad == 0;
		if (app[i].worst_us > worst_us)
			worst_us = app[i].worst_us;
	}
	*worst_ms = (unsigned)(worst_us / SIM_MS);
	return all;
}

/* All applications send. */
static void
all_send(void)
{
	unsigned i;

	for (i = 0; i < FLOWS; i++)
		app_send(&app[i], 100);
}

/* Begins with a client of those names: of b.example.com the first address is
 * that of the server, of a.example.com nobody listens there. */
static struct addrgroup *
begin(const char *names, bool at_once, uint64_t seed)
{
	struct addrgroup *group;
	char why[GROUP_WHY], keys[40];
	struct sim_host *away;
	unsigned i;

	must(group_parse(&group, names, why) == 0);
	world_begin(&w, seed);
	away = sim_host_add("away", "10.0.9.9");
	sim_link_both(w.client, away, 10 * SIM_MS, 0);
	sim_name_set("a.example.com", "10.0.9.9");
	sim_name_set("a.example.com", "10.0.0.1");
	sim_name_set("b.example.com", "10.0.0.1");
	sim_name_set("b.example.com", "10.0.9.9");
	snprintf(keys, sizeof(keys), ",mtu=%u", MTU);
	world_dtls_set(&w, keys, ",half-open=1000");
	w.left.plan.end[RIGHT].settings.group = group;
	must(proc_start(&w.right) == 0 && proc_start(&w.left) == 0);
	sim_rules.refuse_at_once = at_once;
	for (i = 0; i < FLOWS; i++)
		app_open(&app[i], &w, i + 1);
	return group;
}

static void
finish(struct addrgroup *group, const char *what)
{
	unsigned i;

	for (i = 0; i < FLOWS; i++)
		app_close(&app[i]);
	proc_stop(&w.left);
	group_free(group);
	is_int(world_end(&w), 0, "%s: nothing stays open", what);
}

/* All begin at once, and are refused by the first address of their name. */
static void
test_begin(const char *names, bool at_once, const char *what)
{
	struct addrgroup *group;
	unsigned seed, worst_ms;

	for (seed = 1; seed <= 4; seed++) {
		group = begin(names, at_once, seed);
		all_send();
		sim_run_ms(900);
		is_int(answered(1, &worst_ms), FLOWS, "%s: each is at the "
		    "other address at once (%u ms)", what, worst_ms);
		is_int(w.left.tunnel->last_number, FLOWS, "with the flow that "
		    "it had");
		all_send();
		sim_run_ms(100);
		is_int(answered(2, &worst_ms), FLOWS, "and stays there");
		finish(group, what);
	}
}

/* Nobody listens at any address, and then somebody does. */
static void
test_none(void)
{
	struct addrgroup *group = begin("a.example.com:2815", true, 5);
	unsigned worst_ms, i;

	proc_stop(&w.right);
	for (i = 0; i < 30; i++) {
		all_send();
		sim_run_s(1);
	}
	is_int(answered(0, &worst_ms), FLOWS, "none: nobody answers");
	ok(w.left.tunnel->lost[LOST_REFUSED] >= 2 * FLOWS,
	    "refusals are counted");
	must(proc_start(&w.right) == 0);
	for (i = 0; i < 15; i++) {
		all_send();
		sim_run_s(1);
	}
	for (i = 0; i < FLOWS; i++)
		app[i].received = 0;
	all_send();
	sim_run_ms(100);
	is_int(answered(1, &worst_ms), FLOWS, "all are through once it does");
	finish(group, "none");
}

/* The server of flows that are up dies, and starts anew. */
static void
test_restart(void)
{
	struct addrgroup *group = begin("b.example.com:2815", true, 6);
	unsigned long before, after;
	unsigned worst_ms, i;

	all_send();
	sim_run_ms(900);
	is_int(answered(1, &worst_ms), FLOWS, "restart: flows are up");
	w.server->down = true;
	proc_stop(&w.right);
	w.server->down = false;
	for (i = 0; i < 3; i++) {
		all_send();
		all_send();
		sim_run_ms(100);
	}
	ok(w.left.tunnel->lost[LOST_REFUSED] >= FLOWS, "the system refuses "
	    "what they send");
	must(proc_start(&w.right) == 0);
	before = sim_link(w.client, w.server)->packets;
	for (i = 0; i < 5; i++) {
		all_send();
		sim_run_s(1);
	}
	for (i = 0; i < FLOWS; i++)
		app[i].received = 0;
	all_send();
	sim_run_ms(100);
	is_int(answered(1, &worst_ms), FLOWS, "they are up again within "
	    "seconds");
	after = sim_link(w.client, w.server)->packets;
	ok(after - before < 30 * FLOWS, "for %lu datagrams of each",
	    (after - before) / FLOWS);
	is_int(w.left.tunnel->last_number, FLOWS, "the same flows");
	finish(group, "restart");
}

int
main(void)
{
	test_begin("a.example.com:2815", true, "in the flush");
	test_begin("a.example.com:2815", false, "after a round trip");
	/* Hellos to servers are among those that are refused. */
	test_begin("{a.example.com:2815,b.example.com:2815}", true,
	    "half of them");
	test_none();
	test_restart();
	return done_testing();
}
