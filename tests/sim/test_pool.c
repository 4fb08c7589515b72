/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Datagrams through a pool of connections and back.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "net/tcp.h"
#include "sizes.h"

static struct app app[64];

/* The first datagram of a flow, over a way of 10 ms. */
static void
test_first(const char *kind, unsigned most_ms)
{
	struct world w;

	world_begin(&w, 1);
	world_pool(&w, kind, "", "");
	app_open(&app[0], &w, 1);
	app_send(&app[0], 100);
	ok(app_wait(&app[0], 1, 5000), "%s: the first datagram of a flow gets "
	    "through and back", kind);
	if (!ok(app[0].rtt_us < most_ms * SIM_MS, "%s: within %u ms", kind,
	    most_ms))
		printf("# %llu us\n", (unsigned long long)app[0].rtt_us);
	sim_run_ms(500);
	is_int(sim_tcp_count(w.server), 8, "%s: the flow has 8 connections",
	    kind);
	is_int(proc_flows(&w.right), 1, "%s: and one session", kind);
	app_send(&app[0], 100);
	app_wait(&app[0], 2, 5000);
	if (!ok(app[0].rtt_us < 21 * SIM_MS, "%s: the next one takes a round "
	    "trip", kind))
		printf("# %llu us\n", (unsigned long long)app[0].rtt_us);
	is_int(app[0].bad + w.echo.bad, 0, "%s: what came is what was sent",
	    kind);
	app_close(&app[0]);
	is_int(world_end(&w), 0, "%s: nothing stays open", kind);
}

/* Datagrams of every kind of size. */
static void
test_sizes(const char *kind, bool chop)
{
	char what[30];
	struct world w;

	snprintf(what, sizeof(what), "%s%s", kind, chop ? " in odd pieces" :
	    "");
	world_begin(&w, 2);
	sim_rules.chop = chop;
	world_pool(&w, kind, ",pool=2", "");
	app_open(&app[0], &w, 1);
	pass_sizes(&w, &app[0], what);
	app_close(&app[0]);
	is_int(world_end(&w), 0, "%s: nothing stays open", what);
}

/* Many sources. */
static void
test_sources(const char *kind, unsigned n, const char *pool)
{
	unsigned i, round, back = 0, bad = 0;
	struct world w;

	world_begin(&w, 3);
	world_pool(&w, kind, pool, "");
	for (i = 0; i < n; i++)
		app_open(&app[i], &w, i + 1);
	for (round = 0; round < 10; round++) {
		for (i = 0; i < n; i++)
			app_send(&app[i], 200 + i);
		sim_run_ms(100);
	}
	sim_run_ms(2000);
	for (i = 0; i < n; i++) {
		back += app[i].received;
		bad += app[i].bad + app[i].twice;
	}
	is_int(back, 10 * n, "%s: %u sources get all their answers", kind, n);
	is_int(bad, 0, "%s: each its own", kind);
	is_int(proc_flows(&w.left), n, "%s: each is a flow", kind);
	is_int(proc_flows(&w.right), n, "%s: and a session", kind);
	is_int(w.left.tunnel->passed[LEFT], 10 * n, "%s: what went is counted",
	    kind);
	is_int(w.left.tunnel->passed[RIGHT], 10 * n,
	    "%s: what came is counted", kind);
	for (i = 0; i < n; i++)
		app_close(&app[i]);
	is_int(world_end(&w), 0, "%s: nothing stays open", kind);
}

/* A NAT that gives a source another port. */
static void
test_rebind(void)
{
	struct world w;

	world_begin(&w, 4);
	world_pool(&w, "tcp", "", "");
	app_open(&app[0], &w, 1);
	app_send(&app[0], 100);
	app_wait(&app[0], 1, 1000);
	sim_udp_rebind(app[0].fd);
	app_send(&app[0], 100);
	ok(app_wait(&app[0], 2, 1000), "a source with a new port gets its "
	    "answers there");
	is_int(proc_flows(&w.left), 2, "it is another flow");
	sim_run_s(100);
	app_send(&app[0], 100);
	sim_run_s(21);
	is_int(proc_flows(&w.left), 1, "the old one expires");
	is_int(app[0].received, 3, "and the new one lives");
	app_close(&app[0]);
	world_end(&w);
}

/* A link of 1 MB/s that is offered less, with lost segments. */
static void
test_loss(void)
{
	struct world w;
	unsigned i;

	world_begin(&w, 5);
	sim_link_both(w.client, w.server, 10 * SIM_MS, 1000000);
	sim_link(w.client, w.server)->loss = 200;
	sim_link(w.server, w.client)->loss = 200;
	sim_link(w.server, w.client)->jitter_us = 5000;
	world_pool(&w, "tcp", "", "");
	app_open(&app[0], &w, 1);
	for (i = 0; i < 2000; i++) {
		app_send(&app[0], 1000);
		sim_run_ms(4);
	}
	sim_run_ms(3000);
	is_int(app[0].received, 2000, "losses on the way cost no datagram");
	is_int(app[0].bad + app[0].twice, 0, "and change none");
	app_close(&app[0]);
	world_end(&w);
}

/* More datagrams in one turn of a loop than it has slots, both ways. */
static void
test_full_turn(void)
{
	struct world w;
	unsigned i;

	world_begin(&w, 10);
	proc_set(&w.left, w.client, "udp-listen:0.0.0.0:8911",
	    "udp:10.0.2.1:7");
	proc_start(&w.left);
	app_open(&app[0], &w, 1);
	for (i = 0; i < 250; i++)
		app_send(&app[0], 200);
	/* They come back just when the next ones come. */
	sim_run_us(20000);
	for (i = 0; i < 250; i++)
		app_send(&app[0], 200);
	sim_run_ms(100);
	is_int(app[0].received, 500, "500 datagrams in one turn pass");
	is_int(app[0].bad + app[0].twice + w.echo.bad, 0, "and are what they "
	    "were");
	is_int(proc_lost(&w.left), 0, "none is lost");
	app_close(&app[0]);
	is_int(world_end(&w), 0, "nothing stays open");
}

/* How many of the apps have an answer. */
static unsigned
answered(unsigned n)
{
	unsigned i, sum = 0;

	for (i = 0; i < n; i++)
		sum += app[i].received > 0;
	return sum;
}

/* Many flows begin at once on a long way. */
static void
test_order(void)
{
	static struct app late;
	unsigned long asked;
	struct world w;
	unsigned i;

	world_begin(&w, 6);
	sim_link_both(w.client, w.server, 500 * SIM_MS, 0);
	world_pool(&w, "tcp", "", "");
	for (i = 0; i < 64; i++) {
		app_open(&app[i], &w, i + 1);
		app_send(&app[i], 100);
	}
	sim_run_ms(900);
	is_int(sim_tcp_asked(w.server), 32, "at most 32 connections are set up "
	    "at once");
	sim_run_ms(1000);
	is_int(sim_tcp_asked(w.server), 64, "every flow gets its first");
	sim_run_ms(1200);
	is_int(answered(64), 64, "and all their answers, before the spares "
	    "are there");
	asked = sim_tcp_asked(w.server);
	ok(asked <= 64 + 64, "which are set up 32 at once, too");
	app_open(&late, &w, 100);
	app_send(&late, 100);
	ok(app_wait(&late, 1, 3100), "a new flow's first connection comes "
	    "before the spares of others");
	printf("# %llu ms\n", (unsigned long long)late.rtt_us / 1000);
	sim_run_s(60);
	is_int(sim_tcp_count(w.client), 65 * 8, "in the end all have 8");
	for (i = 0; i < 64; i++)
		app_close(&app[i]);
	app_close(&late);
	is_int(world_end(&w), 0, "nothing stays open");
}

/* A client that listens on all its addresses. */
static void
test_wildcard(void)
{
	struct world w;

	world_begin(&w, 7);
	sim_host_address(w.client, "10.0.3.77");
	world_pool(&w, "tcp", "", "");
	app_open(&app[0], &w, 1);
	app_send(&app[0], 100);
	app_wait(&app[0], 1, 1000);
	is_int(app[0].received - app[0].bad, 1, "an answer comes from the "
	    "address that was asked");
	memcpy(app[0].to.ip, w.client->addr[1].ip, sizeof(app[0].to.ip));
	app_send(&app[0], 100);
	app_wait(&app[0], 2, 1000);
	is_int(app[0].received - app[0].bad, 2, "whichever that is");
	app_close(&app[0]);
	is_int(world_end(&w), 0, "nothing stays open");
}

/* A server with both families, listening on no address in particular. */
static void
test_families(bool client_has_v6)
{
	const char *what = client_has_v6 ? "both families" : "IPv4 only";
	struct world w;

	world_begin(&w, 8);
	sim_host_address(w.server, "2001:db8::1");
	if (client_has_v6)
		sim_host_address(w.client, "2001:db8::2");
	sim_name_set("vpn.example.com", "2001:db8::1");
	sim_name_set("vpn.example.com", "10.0.0.1");
	proc_set(&w.left, w.client, "udp-listen:0.0.0.0:8911",
	    "tcp:vpn.example.com:8443");
	proc_set(&w.right, w.server, "tcp-listen::8443", "udp:10.0.2.1:7");
	proc_start(&w.right);
	proc_start(&w.left);
	app_open(&app[0], &w, 1);
	app_send(&app[0], 100);
	ok(app_wait(&app[0], 1, 100), "%s: a flow is there at once", what);
	ok(proc_flow(&w.right) != NULL && proc_flow(&w.right)->peer.addr.family
	    == (client_has_v6 ? 6 : 4), "%s: over the address that comes "
	    "first of those that work", what);
	app_close(&app[0]);
	is_int(world_end(&w), 0, "%s: nothing stays open", what);
}

/* A name with two addresses of each family, of which one works. */
static void
test_families_in_turn(void)
{
	struct world w;

	world_begin(&w, 11);
	sim_host_address(w.client, "2001:db8::2");
	sim_name_set("vpn.example.com", "2001:db8::dead");
	sim_name_set("vpn.example.com", "2001:db8::beef");
	sim_name_set("vpn.example.com", "10.0.0.1");
	sim_name_set("vpn.example.com", "10.9.9.9");
	proc_set(&w.left, w.client, "udp-listen:0.0.0.0:8911",
	    "tcp:vpn.example.com:8443,pool=1");
	proc_set(&w.right, w.server, "tcp-listen::8443", "udp:10.0.2.1:7");
	proc_start(&w.right);
	proc_start(&w.left);
	app_open(&app[0], &w, 1);
	app_send(&app[0], 100);
	app_wait(&app[0], 1, 5000);
	ok(app[0].rtt_us < (TCP_STAGGER_MS + 50) * SIM_MS, "where the first "
	    "address is silent, the other family's is next");
	printf("# %llu us\n", (unsigned long long)app[0].rtt_us);
	app_close(&app[0]);
	is_int(world_end(&w), 0, "families in turn: nothing stays open");
}

/* What is queued when everything ends. */
static void
test_end(const char *kind)
{
	struct world w;
	unsigned i;

	world_begin(&w, 9);
	world_pool(&w, kind, "", "");
	app_open(&app[0], &w, 1);
	for (i = 0; i < 10; i++)
		app_send(&app[0], 1000);
	sim_run_ms(5);
	proc_stop(&w.left);
	proc_start(&w.left);
	for (i = 0; i < 10; i++)
		app_send(&app[0], 1000);
	sim_run_ms(1000);
	is_int(app[0].received, 10, "%s: a client that was restarted works "
	    "at once", kind);
	/* What was put before the end of a connection arrives, too. */
	w.echo.silent = true;
	w.echo.received = 0;
	for (i = 0; i < 50; i++)
		app_send(&app[0], 1000);
	sim_run_ms(1);
	proc_stop(&w.left);
	sim_run_ms(1000);
	is_int(w.echo.received, 50, "%s: what was sent before a graceful end "
	    "arrives", kind);
	app_close(&app[0]);
	is_int(world_end(&w), 0, "%s: nothing stays open", kind);
}

/* Turns of the loop that put little on a connection make no system call for
 * that; the looks at connections make some each second. */
static void
test_light(void)
{
	unsigned long asked;
	struct world w;
	unsigned i;

	world_begin(&w, 12);
	world_pool(&w, "tcp", "", "");
	app_open(&app[0], &w, 1);
	app_send(&app[0], 100);
	sim_run_ms(1000);
	asked = sim_asked_unsent;
	for (i = 0; i < 2000; i++) {
		app_send(&app[0], 100);
		sim_run_ms(1);
	}
	asked = sim_asked_unsent - asked;
	if (!ok(asked < 200, "2000 datagrams on a connection that keeps up: the "
	    "system is hardly asked what is unsent"))
		printf("# %lu times\n", asked);
	ok(app[0].received > 1900, "they get through and back");
	app_close(&app[0]);
	is_int(world_end(&w), 0, "nothing stays open");
}

int
main(void)
{
	test_first("tcp", 45);
	test_first("tls", 90);
	test_sizes("tcp", false);
	test_sizes("tls", false);
	test_sizes("tcp", true);
	test_sizes("tls", true);
	test_sources("tcp", 64, "");
	test_sources("tls", 16, ",pool=2");
	test_rebind();
	test_loss();
	test_full_turn();
	test_light();
	test_order();
	test_wildcard();
	test_families(true);
	test_families(false);
	test_families_in_turn();
	test_end("tcp");
	test_end("tls");
	return done_testing();
}
