/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A name with the addresses of two servers, which share no session.
 */

#include "compat.h"

#include "world.h"

#include "../unit/tap.h"

#define NAME "vpn.example.com"

static struct app app[8];
static struct proc second;

/* A client of two servers, one address of a host each, whose order the name
 * server changes with each answer. */
static void
begin(struct world *w, uint64_t seed)
{
	world_begin(w, seed);
	sim_host_address(w->server, "10.0.0.9");
	sim_name_set(NAME, "10.0.0.1");
	sim_name_set(NAME, "10.0.0.9");
	sim_name_turn(NAME);
	proc_set(&w->left, w->client, "udp-listen:0.0.0.0:8911",
	    "tcp:" NAME ":8443,pool=4");
	proc_set(&w->right, w->server, "tcp-listen:10.0.0.1:8443",
	    "udp:10.0.2.1:7");
	proc_set(&second, w->server, "tcp-listen:10.0.0.9:8443",
	    "udp:10.0.2.1:7");
	must(proc_start(&w->right) == 0);
	must(proc_start(&second) == 0);
	must(proc_start(&w->left) == 0);
}

/* Ends it; returns what was left. */
static unsigned
end(struct world *w)
{
	proc_stop(&w->left);
	proc_forget(&second);
	return world_end(w);
}

/* Each of n applications sends a datagram; how many have had as many answers as
 * they have sent, a second later. */
static unsigned
send_round(unsigned n)
{
	unsigned i, whole = 0;

	for (i = 0; i < n; i++)
		app_send(&app[i], 100);
	sim_run_ms(1000);
	for (i = 0; i < n; i++)
		whole += app[i].received == app[i].sent;
	return whole;
}

static void
test_one_server_for_a_flow(void)
{
	unsigned i, n = sizeof(app) / sizeof(app[0]);
	struct world w;

	begin(&w, 31);
	for (i = 0; i < n; i++)
		app_open(&app[i], &w, i + 1);
	for (i = 0; i < 3; i++)
		is_int(send_round(n), n, "all flows get through");
	is_int(proc_flows(&w.right) + proc_flows(&second), n,
	    "each is at one server");
	ok(proc_flows(&w.right) > 0 && proc_flows(&second) > 0,
	    "both servers have some");
	is_int(sim_tcp_count(w.server), 4 * n,
	    "each has all its connections");
	for (i = 0; i < n; i++)
		app_close(&app[i]);
	is_int(end(&w), 0, "nothing stays open");
}

static void
test_server_ends(void)
{
	unsigned i, n = sizeof(app) / sizeof(app[0]);
	struct world w;

	begin(&w, 32);
	for (i = 0; i < n; i++)
		app_open(&app[i], &w, i + 1);
	is_int(send_round(n), n, "all flows get through");
	sim_run_s(2);
	proc_stop(&w.right);
	sim_run_ms(1000);
	for (i = 0; i < n; i++)
		app[i].received = app[i].sent;
	is_int(send_round(n), n, "a server has ended: all flows get through "
	    "a second later");
	is_int(proc_flows(&second), n, "to the other one");
	is_int(sim_tcp_count(w.server), 4 * n,
	    "each has all its connections");
	/* And all of them stay when the first is back. */
	must(proc_start(&w.right) == 0);
	sim_run_s(10);
	is_int(send_round(n), n, "it is back: all flows get through");
	is_int(proc_flows(&w.right), 0, "and stay where they are");
	for (i = 0; i < n; i++)
		app_close(&app[i]);
	is_int(end(&w), 0, "nothing stays open");
}

int
main(void)
{
	test_one_server_for_a_flow();
	test_server_ends();
	return done_testing();
}
