/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Packets that the queue of a TUN device dropped are counted and logged.
 */

#include "compat.h"

#include "tun_world.h"

/* The client's host sends n packets at once. */
static void
burst(unsigned n)
{
	while (n-- > 0)
		sim_tun_send(a.dev, packet, make("10.8.0.2", "10.8.0.1", 100));
}

static uint64_t
counted(void)
{
	return a.proc.tunnel->lost[LOST_DEVICE];
}

int
main(void)
{
	unsigned long before;

	begin("tcp-listen:0.0.0.0:8443", "tun:tuns,addr=10.8.0.1/24");
	client_set(&a, w.client, "tun:tunc,addr=10.8.0.2/24,keepalive=0",
	    "tcp:10.0.0.1:8443");
	a.dev->lost = 1000;
	client_start(&a);
	say(a.dev, "10.8.0.2", "10.8.0.1");
	sim_run_s(11);
	is_int(counted(), 0, "what was dropped before the start is not "
	    "counted");
	burst(SIM_TUN_QUEUE + 200);
	sim_run_s(11);
	is_int(counted(), 200, "200 packets that found the queue full are");
	is_int(logged_text("the device's queue dropped 200 packets"), 1,
	    "which is logged");
	is_int(logged_text("datagrams lost; since"), 0, "in one line");
	burst(SIM_TUN_QUEUE + 7);
	sim_run_s(11);
	burst(SIM_TUN_QUEUE + 8);
	sim_run_s(11);
	is_int(logged_text("the device's queue dropped"), 1, "further ones "
	    "are not logged each time");
	sim_run_s(60);
	is_int(counted(), 215, "all are counted");
	is_int(logged_text("the device's queue dropped 15 packets"), 1,
	    "but once a minute");
	burst(SIM_TUN_QUEUE + 1);
	sim_run_ms(10);
	sim_as(w.client);
	tunnel_report(a.proc.tunnel);
	is_int(logged_text("216 device's queue full"), 1, "a report has the "
	    "newest");
	sim_run_s(100);
	before = a.proc.sim->wakeups;
	sim_run_s(3600);
	is_int(a.proc.sim->wakeups - before, 0, "nobody asks while the device "
	    "is idle");
	end("drops");
	return done_testing();
}
