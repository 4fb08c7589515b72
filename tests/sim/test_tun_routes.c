/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Routes into a TUN device: when default routes are set and removed, and what
 * becomes of a family that the device has no address of.
 *
 * A build without TUN leaves this out.  A build without ROUTES leaves this out.
 * A build without HOOKS leaves this out.
 */

#include "compat.h"

#include "tun_world.h"

#include "base/fault.h"
#include "net/hook.h"

#define DEVICE "tun:tunc,addr=10.8.0.2/24"

static bool cut;		/* nothing gets through */

static unsigned
pass_or_not(void *arg, struct sim_passing *p)
{
	(void)arg;
	(void)p;
	return cut ? 0 : 1;
}

/* Begins with a server, and a client that may be cut off from it; false when
 * this build has no DTLS. */
static bool
begin_dtls(const char *tun, bool cut_off)
{
	if (end_find("dtls") == NULL)
		return false;
	cut = cut_off;
	begin("dtls-listen:0.0.0.0:2815,psk=" WORLD_PSK,
	    "tun:tuns,addr=10.8.0.1/24");
	sim_rules.fate = pass_or_not;
	w.client->may_mark = true;
	client_set(&a, w.client, tun, "dtls:10.0.0.1:2815,psk=" WORLD_PSK);
	proc_option(&a.proc, "up", "/up");
	proc_option(&a.proc, "down", "/down");
	client_start(&a);
	return true;
}

static void
test_default_route_waits_for_the_carrier(void)
{
	if (!begin_dtls(DEVICE ",route=default", true))
		return;
	sim_run_s(100);
	ok(!sim_routes.on, "no default route before the carrier is up");
	is_int(sim_routes.changes, 0, "not for a moment");
	cut = false;
	sim_run_s(20);
	ok(sim_routes.on, "it is set when it is up");
	is_int(sim_routes.settings.mark, ROUTE_SET_MARK,
	    "for packets without our mark");
	is_int(a.proc.tunnel->plan->end[RIGHT].settings.mark, ROUTE_SET_MARK,
	    "which the carrier's packets have");
	is_int(sim_routes.settings.def[0], ROUTE_DEFAULT_DEVICE,
	    "IPv4 goes into the device");
	is_int(sim_routes.settings.def[1], ROUTE_DEFAULT_BLOCKED,
	    "IPv6, of which it has no address, nowhere");
	end("waits for the carrier");
}

static void
test_lost_tunnel_is_not_used(void)
{
	if (!begin_dtls(DEVICE ",route=default", false))
		return;
	sim_run_s(30);
	ok(sim_routes.on, "it is set");
	cut = true;
	sim_run_s(50);
	ok(sim_routes.on, "a short outage changes nothing");
	cut = false;
	sim_run_s(100);
	is_int(sim_routes.changes, 1, "not even for a moment");
	cut = true;
	sim_run_s(150);
	ok(!sim_routes.on, "a long one removes it");
	is_int(sim_routes.changes, 2, "once");
	is_int(logged_text("nothing has come through the tunnel"), 1,
	    "which is told");
	cut = false;
	sim_run_s(60);
	ok(sim_routes.on, "it is set again when the server is heard");
	is_int(sim_routes.changes, 3, "once");
	end("lost tunnel");
}

static void
test_programs_follow_the_carrier(void)
{
	struct hooks *hooks;

	if (!begin_dtls(DEVICE, true))
		return;
	memset(&sim_hooks, 0, sizeof(sim_hooks));
	hooks = hooks_new(a.proc.sim->loop);
	a.proc.tunnel->updown.hooks = hooks;
	sim_run_s(30);
	is_int(sim_hooks.n, 0, "nothing is run before the carrier is up");
	cut = false;
	sim_run_s(20);
	is_int(sim_hooks.n, 1, "then a program is run,");
	is_str(sim_hooks.command[0], "/up", "that of up");
	is_str(sim_hooks.reason[0], "carried", "for that reason");
	cut = true;
	sim_run_s(150);
	is_int(sim_hooks.n, 2, "one when the tunnel is lost,");
	is_str(sim_hooks.command[1], "/down", "that of down");
	is_str(sim_hooks.reason[1], "silent", "for that reason");
	cut = false;
	sim_run_s(60);
	is_int(sim_hooks.n, 3, "and one when it is back");
	sim_as(w.client);
	tunnel_stop(a.proc.tunnel);
	is_int(sim_hooks.n, 4, "the last one at the end");
	is_str(sim_hooks.reason[3], "stopped", "for that reason");
	sim_run_s(1);
	hooks_free(hooks);
	end("programs");
}

static void
test_killswitch_lasts(void)
{
	if (!begin_dtls(DEVICE ",route=default,killswitch", true))
		return;
	ok(sim_routes.on, "a kill switch is on from the start");
	cut = false;
	sim_run_s(60);
	cut = true;
	sim_run_s(3600);
	ok(sim_routes.on, "and stays on when the carrier is down");
	is_int(sim_routes.changes, 1, "without a gap");
	client_end(&a);
	ok(!sim_routes.on, "until the end");
	ok(!sim_routes.closed, "  and the machine is open");
	end("killswitch");
}

static void
test_killswitch_outlives_its_tunnel(void)
{
	if (!begin_dtls(DEVICE ",route=default,killswitch", true))
		return;
	a.proc.tunnel->stays_closed = true;
	proc_stop(&a.proc);
	ok(sim_routes.closed, "a killswitch may outlive its tunnel");
	is_int(sim_routes.n_open, 1, "  without its routes");
	client_start(&a);
	ok(sim_routes.on && !sim_routes.closed, "until the next is set");
	client_end(&a);
	ok(!sim_routes.closed, "which does not outlive its own");
	end("replaced");
}

static void
test_networks_are_there_with_the_device(void)
{
	if (!begin_dtls(DEVICE ",route=10.9.0.0/16,route=10.8.0.0/24", true))
		return;
	is_int(sim_routes.settings.nets.n, 1, "the device's own network has "
	    "a route already");
	is_int(sim_routes.settings.def[0], ROUTE_DEFAULT_NONE,
	    "there is no default route");
	is_int(a.proc.tunnel->plan->end[RIGHT].settings.mark, -1,
	    "and no mark");
	a.dev->gone = true;
	say(a.dev, "10.8.0.2", "10.8.0.1");
	sim_run_s(1);
	a.dev->gone = false;
	sim_run_s(30);
	is_int(sim_routes.n_restored, 1, "they come back with the device");
	end("networks");
}

static void
test_mark_of_the_user_is_kept(void)
{
	cut = false;
	begin("udp-listen:0.0.0.0:9000", "tun:tuns,addr=10.8.0.1/24");
	w.client->may_mark = true;
	client_set(&a, w.client, DEVICE ",route=0.0.0.0/0",
	    "udp:10.0.0.1:9000,mark=7");
	client_start(&a);
	sim_run_s(1);
	ok(sim_routes.on, "a carrier without handshake is up at once");
	is_int(sim_routes.settings.mark, 7, "with the user's mark");
	is_int(sim_routes.settings.def[1], ROUTE_DEFAULT_NONE,
	    "0.0.0.0/0 leaves IPv6 as it is");
	end("mark");
}

static void
test_routers_are_followed_without_marks(void)
{
	unsigned i, followed;

	if (end_find("dtls") == NULL)
		return;
	sim_routes.markless = true;
	(void)begin_dtls(DEVICE ",route=default", false);
	sim_routes.markless = true;
	sim_run_s(30);
	ok(sim_routes.on, "a default route without marks is set");
	is_int(sim_routes.n_followed, 0, "nothing was followed before");
	sim_route_changed(w.client);
	sim_run_s(1);
	is_int(sim_routes.n_followed, 1, "a change of routes is looked at");
	is_int(sim_routes.settings.server.family, 4,
	    "the server is named by the plan");
	sim_routes.follow_fails = true;
	for (i = 0; i < 20; i++) {
		sim_route_changed(w.client);
		sim_run_ms(200);
	}
	sim_routes.follow_fails = false;
	followed = sim_routes.n_followed;
	is_int(followed, 21, "many changes, and no way to the server,");
	is_int(logged_text("a server has no route around"), 5,
	    "are not told each time");
	cut = true;
	sim_run_s(200);
	ok(!sim_routes.on, "the tunnel is lost");
	sim_route_changed(w.client);
	sim_run_s(1);
	is_int(sim_routes.n_followed, followed, "then nothing is followed");
	end("without marks");
	sim_routes.markless = false;
}

static void
test_unknown_hosts_need_marks(void)
{
	if (end_find("ip-udp") == NULL)
		return;
	begin("udp-listen:0.0.0.0:9000", "tun:tuns,addr=10.8.0.1/24");
	sim_routes.markless = w.client->may_mark = true;
	client_set(&a, w.client, DEVICE ",route=default", "ip-udp:10.0.0.1:9000");
	is_int(proc_start(&a.proc), -1, "ip-udp needs marks");
	is_int(a.proc.fault.kind, FAULT_USER, "for a default route");
	end("ip-udp");
	sim_routes.markless = false;
}

static void
test_system_refuses(void)
{
	begin("udp-listen:0.0.0.0:9000", "tun:tuns,addr=10.8.0.1/24");
	client_set(&a, w.client, DEVICE ",route=10.9.0.0/16",
	    "udp:10.0.0.1:9000");
	sim_routes.refused = true;
	is_int(proc_start(&a.proc), -1, "what cannot be set is a fault");
	is_int(a.proc.fault.kind, FAULT_SYSTEM, "of the system");
	end("refused");
}

int
main(void)
{
	test_default_route_waits_for_the_carrier();
	test_lost_tunnel_is_not_used();
	test_programs_follow_the_carrier();
	test_killswitch_lasts();
	test_killswitch_outlives_its_tunnel();
	test_networks_are_there_with_the_device();
	test_mark_of_the_user_is_kept();
	test_routers_are_followed_without_marks();
	test_unknown_hosts_need_marks();
	test_system_refuses();
	return done_testing();
}
