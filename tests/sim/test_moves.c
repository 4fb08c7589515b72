/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Dialling ends whose own address changes.
 */

#include "compat.h"

#include "world.h"

#include "../unit/tap.h"

static struct world w;
static struct app app;

/* One flow over that carrier that is up; the client's address towards the
 * server is its second. */
static void
begin(const char *kind, const char *keys)
{
	world_begin(&w, 1);
	sim_host_address(w.client, "10.0.4.2");
	sim_rules.nobody = true;
	if (strcmp(kind, "dtls") == 0)
		world_dtls(&w, keys, "");
	else
		world_pool(&w, kind, keys, "");
	app_open(&app, &w, 1);
	app_send(&app, 100);
	if (!app_wait(&app, 1, 3000))
		printf("Bail out! no answer\n");
}

static void
finish(const char *what)
{
	is_int(app.bad + app.twice + w.echo.bad + w.echo.twice, 0,
	    "%s: nothing comes twice", what);
	app_close(&app);
	is_int(world_end(&w), 0, "%s: nothing stays open", what);
}

/* Sends each 50 ms until something comes back for what was sent from now on;
 * milliseconds. */
static unsigned
until_answer_ms(unsigned most_ms)
{
	uint64_t from_us = sim_now_us();
	uint32_t first = app.sent;
	unsigned i;

	for (i = 0; i < most_ms / 50; i++) {
		app_send(&app, 100);
		sim_run_ms(50);
		if (app.last_us > from_us && app.received > 0 &&
		    app.log[app.sent - 1 - (app.sent > first + 1)].back)
			break;
	}
	return (unsigned)((sim_now_us() - from_us) / SIM_MS);
}

/* Changes to a different network, as DHCP does it. */
static void
test_other_network(const char *kind, const char *keys)
{
	unsigned long packets;
	unsigned ms, asked;

	begin(kind, keys);
	sim_run_s(1);
	sim_host_move(w.client, 1, "10.0.5.2");
	ms = until_answer_ms(3000);
	ok(ms <= 400, "%s: the address changes: goes on after %u ms", kind, ms);
	sim_run_s(5);
	is_int(w.left.tunnel->last_number, 1, "%s: it is the same flow", kind);
	sim_host_move(w.client, 1, NULL);
	sim_run_ms(700);
	sim_host_move(w.client, 1, "10.0.6.2");
	ms = until_answer_ms(3000);
	ok(ms <= 400, "%s: it was gone for a while: goes on after %u ms", kind,
	    ms);
	sim_run_s(6);
	asked = (unsigned)sim_tcp_asked(w.server);
	packets = sim_link(w.client, w.server)->packets;
	sim_route_changed(w.client);
	sim_run_s(5);
	is_int(sim_tcp_asked(w.server), asked, "%s%s: changes that do not "
	    "concern it cost nothing", kind, keys);
	ok(sim_link(w.client, w.server)->packets == packets, "not a packet");
	finish(kind);
}

/* The target of the only flow sends a datagram; does it come? */
static bool
is_reached(unsigned within_ms)
{
	struct addr server = w.server->addr[0];

	server.port = w.echo.port;
	sim_udp_send(w.echo.fd, &server, (const uint8_t *)"tick", 4);
	return app_wait(&app, app.received + 1, within_ms);
}

/* The address changes while the client has nothing to send, and the first
 * datagrams from the new one are lost. */
static void
test_silent(const char *keys, unsigned lost_ms)
{
	unsigned long packets;

	begin("dtls", keys);
	sim_run_s(1);
	ok(is_reached(100), "silent%s: the server reaches its client", keys);
	sim_cut(w.client, w.server, lost_ms > 0);
	sim_host_move(w.client, 1, "10.0.5.2");
	sim_run_ms(lost_ms);
	sim_cut(w.client, w.server, false);
	sim_run_ms(2000 - lost_ms);
	ok(is_reached(100), "silent%s: and within 2 s of a change of the "
	    "address, %u ms of which nothing passes", keys, lost_ms);
	packets = sim_link(w.client, w.server)->packets;
	sim_run_s(20);
	ok(sim_link(w.client, w.server)->packets == packets, "silent%s: which "
	    "is announced no more then", keys);
	is_int(w.left.tunnel->last_number + w.right.tunnel->last_number, 2,
	    "silent%s: it is one flow", keys);
	is_int(logged_text("flow 1: moved from 10.0.4.2"), 1,
	    "silent%s: the server says that it moved", keys);
	finish(keys);
}

/* The route changes while the old address still works: the new association is
 * made beside the old one, and nothing is lost. */
static void
test_kept(void)
{
	unsigned i;

	begin("dtls", ",no-cid");
	for (i = 0; i < 100; i++) {
		if (i == 20) {
			/* The order decides which one is used. */
			w.client->addr[0] = w.client->addr[1];
			sim_host_move(w.client, 1, "10.0.3.2");
		}
		app_send(&app, 100);
		sim_run_ms(20);
	}
	sim_run_s(1);
	is_int(logged_text("our address has changed; it has a new"), 1,
	    "a route that leads elsewhere is followed");
	is_int(app.received, app.sent, "while the old one works nothing is "
	    "lost");
	is_int(w.echo.ports, 2, "the target sees a new port");
	sim_run_s(10);
	is_int(proc_flows(&w.right), 1, "the old association has ended");
	finish("kept");
}

/* The address changes during the handshakes with both addresses of a name, of
 * which only the second will get anywhere. */
static void
test_two_handshakes(void)
{
	struct sim_host *away;

	world_begin(&w, 1);
	sim_host_address(w.client, "10.0.4.2");
	away = sim_host_add("away", "10.0.9.9");
	sim_cut(w.client, away, true);
	sim_cut(w.client, w.server, true);
	sim_rules.nobody = true;
	sim_name_set("vpn.example.com", "10.0.9.9");
	sim_name_set("vpn.example.com", "10.0.0.1");
	world_dtls_set(&w, "", "");
	proc_forget(&w.left);
	proc_set(&w.left, w.client, "udp-listen:0.0.0.0:8911",
	    "dtls:vpn.example.com:2815");
	w.left.psk[RIGHT] = WORLD_PSK;
	must(proc_start(&w.right) == 0 && proc_start(&w.left) == 0);
	app_open(&app, &w, 1);
	app_send(&app, 100);
	sim_run_ms(2500);
	sim_cut(w.client, w.server, false);
	sim_host_move(w.client, 1, "10.0.5.2");
	ok(app_wait(&app, 1, 200), "the address changes: both handshakes of a "
	    "name begin again");
	sim_run_s(1);
	is_int(w.left.tunnel->last_number, 1, "of one flow");
	finish("two handshakes");
}

/* The same under a pool of one: what comes on the old connection does not end
 * the attempt to replace it. */
static void
test_replaced(void)
{
	unsigned i;

	begin("tcp", ",pool=1");
	sim_run_s(1);
	sim_link_both(w.client, w.server, 150 * SIM_MS, 0);
	for (i = 0; i < 150; i++) {
		if (i == 20) {
			w.client->addr[0] = w.client->addr[1];
			sim_host_move(w.client, 1, "10.0.3.2");
		}
		app_send(&app, 100);
		sim_run_ms(20);
	}
	is_int(sim_tcp_asked(w.server), 2, "a connection from an address that "
	    "is not used any more is replaced, though it lives");
	sim_run_s(10);
	is_int(sim_tcp_count(w.client), 1, "by one that stays");
	w.client->addr[0] = w.client->addr[1];
	sim_host_move(w.client, 1, NULL);
	i = app.received;
	app_send(&app, 100);
	ok(app_wait(&app, i + 1, 400), "when the old address goes");
	sim_run_s(10);
	is_int(sim_tcp_asked(w.server), 2, "without one more");
	is_int(w.echo.ports, 1, "and the target sees the same port");
	finish("replaced");
}

/* Changes of routes while the server is away do not end the back-off. */
static void
test_many_changes(const char *kind, const char *keys)
{
	unsigned long asked = 0;
	unsigned i;

	begin(kind, keys);
	sim_run_s(6);
	proc_stop(&w.right);
	for (i = 0; i < 150; i++) {
		if (i == 50)
			asked = sim_tcp_asked(w.server);
		sim_route_changed(w.client);
		app_send(&app, 100);
		sim_run_ms(200);
	}
	asked = sim_tcp_asked(w.server) - asked;
	ok(asked >= 4 && asked <= 60, "%s: 100 changes in 20 s while the "
	    "server is away cost few attempts (%lu)", kind, asked);
	if (proc_start(&w.right) != 0)
		abort();
	i = app.received;
	app_send(&app, 100);
	ok(app_wait(&app, i + 1, 1500), "%s: and it is soon back", kind);
	finish(kind);
}

/* Over DTLS. */
static void
test_dtls(void)
{
	test_other_network("dtls", "");
	test_other_network("dtls", ",no-cid");
	test_silent("", 0);
	test_silent("", 900);
	test_silent(",keepalive=25", 0);
	test_silent(",keepalive=25", 900);
	test_kept();
	test_two_handshakes();
}

int
main(void)
{
	test_other_network("uott", "");
	test_other_network("tcp", "");
	test_other_network("tcp", ",pool=1");
	test_replaced();
	test_many_changes("tcp", ",pool=1");
	test_many_changes("uott", "");
	if (end_find("tls") != NULL) {
		test_other_network("tls", "");
		test_many_changes("tls", "");
	}
	if (end_find("dtls") != NULL)
		test_dtls();
	return done_testing();
}
