/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Under a TUN device an idle carrier that a middlebox cuts comes back at once,
 * and the server knows of it.
 *
 * A build without TUN leaves this out.
 */

#include "compat.h"

#include "tun_world.h"

enum { CUT_S = 5 };		/* of silence, after which the box cuts */

/* A quiet client.  session: its flow survives its connections, so that the
 * server knows its inner address, and sends it a packet now and then. */
static void
test_quiet(const char *kind, bool session, bool fin)
{
	char listen[60], dial[60];
	unsigned long before;
	unsigned i, said = 0;

	snprintf(listen, sizeof(listen), "%s-listen:0.0.0.0:8443", kind);
	snprintf(dial, sizeof(dial), "%s:10.0.0.1:8443", kind);
	begin(listen, "tun:tuns,addr=10.8.0.1/24");
	client_set(&a, w.client, "tun:tunc,addr=10.8.0.2/24", dial);
	client_start(&a);
	say(a.dev, "10.8.0.2", "10.8.0.1");
	sim_run_s(1);
	before = sim_tcp_asked(w.server);
	for (i = 0; i < 22000; i++) {
		if (session && i % 2200 == 2000) {
			say(server_dev, "10.8.0.1", "10.8.0.2");
			said++;
		}
		sim_run_ms(10);
		sim_tcp_cut(w.client, w.server, CUT_S * SIM_S, fin);
	}
	sim_run_s(1);
	if (session)
		is_int(a.got.n, said, "%s, %s: each packet of the server "
		    "reaches a quiet client", kind, fin ? "FIN" : "RST");
	before = sim_tcp_asked(w.server) - before;
	ok(before < 220 / CUT_S + 8, "%s, %s: one connection is there at a "
	    "time (%lu dialled)", kind, fin ? "FIN" : "RST", before);
	is_int(logged(LEVEL_WARN) + logged(LEVEL_ERROR), 0, "%s, %s: nobody "
	    "warns", kind, fin ? "FIN" : "RST");
	is_int(proc_flows(&w.right), 1, "%s, %s: the server has its flow",
	    kind, fin ? "FIN" : "RST");
	end(kind);
}

/* A connection comes back below two flows of a device, of which the second is
 * tried beside a silent first one. */
static void
test_two_flows(void)
{
	unsigned i;

	begin("uott-listen:0.0.0.0:8443", "tun:tuns,addr=10.8.0.1/24");
	client_set(&a, w.client, "tun:tunc,addr=10.8.0.2/24",
	    "uott:10.0.0.1:8443");
	client_start(&a);
	say(a.dev, "10.8.0.2", "10.8.0.1");
	sim_run_s(1);
	sim_cut(w.client, w.server, true);
	for (i = 0; i < 200 && proc_flows(&a.proc) < 2; i++)
		say(a.dev, "10.8.0.2", "10.8.0.1");
	is_int(proc_flows(&a.proc), 2, "a second flow is tried");
	sim_tcp_reset(w.client, w.server);
	sim_cut(w.client, w.server, false);
	sim_run_s(5);
	is_int(proc_flows(&a.proc), 1, "the one that is heard first stays");
	i = server_got.n;
	say(a.dev, "10.8.0.2", "10.8.0.1");
	is_int(server_got.n, i + 1, "and carries packets");
	end("two flows");
}

int
main(void)
{
	test_quiet("tcp", true, true);
	test_quiet("tcp", true, false);
	test_quiet("udp2tcp", false, true);
	test_quiet("udp2tcp", false, false);
	test_quiet("uott", false, true);
	test_quiet("uott", false, false);
	test_two_flows();
	return done_testing();
}
