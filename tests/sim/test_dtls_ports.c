/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * DTLS clients behind a balancer, a NAT or a firewall that has bound a port of
 * theirs to a server that is dead, and binds the next port to one that is not.
 *
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "tape.h"

#include "wire/dtls.h"

#include "../unit/tap.h"

enum { PORTS = 4096, FLOWS = 300, SECONDS = 3600 };

static struct world w;
static struct app app;
static struct {
	uint16_t port;		/* of the client */
	bool dead;		/* it is bound to the server that is dead */
} bound[PORTS];
static unsigned n_bound;
static unsigned n_dead;		/* so many new ports will be */
static unsigned hellos;		/* that the client has sent */

/* Is a port bound to the server that is dead?  A new one is bound first. */
static bool
is_dead(uint16_t port)
{
	unsigned i;

	for (i = 0; i < n_bound && bound[i].port != port; i++)
		;
	if (i == n_bound) {
		must(n_bound++ < PORTS);
		bound[i].port = port;
		bound[i].dead = n_dead > 0;
		n_dead -= bound[i].dead;
	}
	return bound[i].dead;
}

/* The balancer. */
static unsigned
balance(void *arg, struct sim_passing *p)
{
	(void)arg;
	if (p->from == w.server && p->to == w.client)
		return !is_dead(p->target.port);
	if (p->from != w.client || p->to != w.server)
		return 1;
	hellos += p->len > 14 && p->data[0] == DTLS_HANDSHAKE &&
	    p->data[13] == 1;
	return !is_dead(p->source.port);
}

/* Begins where the first n ports are bound to the server that is dead. */
static void
begin(const char *client_keys, const char *server_keys, unsigned n)
{
	world_begin(&w, 43);
	sim_rules.fate = balance;
	n_bound = hellos = 0;
	n_dead = n;
	world_dtls(&w, client_keys, server_keys);
	app_open(&app, &w, 1);
}

static void
finish(const char *what)
{
	is_int(app.bad + app.twice + w.echo.bad, 0, "%s: nothing is changed, "
	    "nothing comes twice", what);
	app_close(&app);
	is_int(world_end(&w), 0, "%s: nothing stays open", what);
}

/* The n-th answer comes in time. */
static void
comes(uint32_t n, unsigned most_ms, const char *keys, const char *what)
{
	bool came = app_wait(&app, n, most_ms);

	ok(came, "%s: %s (%u ms)", keys, what, (unsigned)(app.rtt_us / SIM_MS));
}

/* The server of a flow dies, and the next n ports are bound to it, too. */
static void
test_renewal(const char *keys, unsigned n, unsigned most_ms)
{
	unsigned ms;

	begin(keys, keys, 0);
	(void)app_until_answered_ms(&app);
	(void)app_until_answered_ms(&app);
	bound[0].dead = true;
	n_dead = n;
	ms = app_until_answered_ms(&app);
	ok(ms < most_ms, "%s: a flow whose server dies is at the other one, "
	    "though %u new ports are bound to the dead one (%u ms)", keys, n,
	    ms);
	is_int(w.left.tunnel->last_number, 1, "%s: it is the same flow", keys);
	is_int(logged_text("it has a new association"), 1, "%s: by one "
	    "association", keys);
	finish(keys);
}

/* The first association of a flow. */
static void
test_first(const char *keys)
{
	begin(keys, keys, 1);
	app_send(&app, 100);
	comes(1, 700, keys, "a first association that is bound to the dead "
	    "server comes up from the next port");
	is_int(w.left.tunnel->last_number, 1, "%s: by one flow", keys);
	is_int(w.right.tunnel->last_number, 1, "%s: and one of the server",
	    keys);
	finish(keys);
}

/* Somebody else says something to the first port. */
static void
test_stranger(void)
{
	struct addr stranger, client;
	uint8_t junk[80] = { DTLS_APPLICATION, 0xfe, 0xfd };

	begin("", "", 1);
	app_send(&app, 100);
	sim_run_ms(300);
	addr_parse(&stranger, "10.0.3.1:2815");
	client = w.client->addr[0];
	client.port = bound[0].port;
	junk[12] = sizeof(junk) - DTLS_HEADER;
	sim_udp_forge(&stranger, &client, junk, sizeof(junk));
	sim_run_ms(100);
	comes(1, 600, "stranger", "junk to the first port does not keep the "
	    "client there");
	finish("stranger");
}

/* The path takes 3 s there and back. */
static void
test_slow(const char *keys)
{
	begin("", keys, 0);
	sim_link_both(w.client, w.server, 1500 * SIM_MS, 0);
	app_send(&app, 100);
	comes(1, 15000, keys, "a path of 3 s there and back: an answer");
	is_int(proc_flows(&w.left), 1, "%s: one flow", keys);
	app_send(&app, 100);
	comes(2, 3100, keys, "and then it takes 3 s");
	finish(keys);
}

/* And the server dies. */
static void
test_slow_renewal(unsigned trip_ms, unsigned most_ms)
{
	unsigned i, ms;

	begin("", "", 0);
	sim_link_both(w.client, w.server, trip_ms / 2 * SIM_MS, 0);
	for (i = 0; i < 4; i++)
		(void)app_until_answered_ms(&app);
	for (i = 0; i < n_bound; i++)
		bound[i].dead = true;
	/* What was under way still comes. */
	for (i = 0; i < trip_ms; i += 100) {
		app_send(&app, 100);
		sim_run_ms(100);
	}
	ms = app_until_answered_ms(&app);
	ok(ms < most_ms, "a path of %u ms there and back: a flow whose server "
	    "dies is at the other one (%u ms)", trip_ms, ms);
	is_int(w.left.tunnel->last_number, 1, "as the same flow");
	finish("slow renewal");
}

/* Begins with a path on which the first hello is still under way when the
 * second one is due. */
static void
begin_slow(void)
{
	begin("", "", 0);
	sim_link_both(w.client, w.server, 1200 * SIM_MS, 0);
	app_send(&app, 100);
	sim_run_ms(200);
}

/* The first port is the good one, which is slow, and the second one is bound to
 * the dead server. */
static void
test_first_is_good(void)
{
	begin_slow();
	n_dead = 1;
	comes(1, 11000, "slow", "a late answer to the first port counts");
	is_int(n_bound, 3, "though two others were tried");
	is_int(w.right.tunnel->last_number, 1, "it is one association");
	finish("the first is good");
}

/* The system has no socket for a second port. */
static void
test_no_socket(void)
{
	begin_slow();
	w.client->max_fds = w.client->n_fds;
	sim_run_ms(1800);
	w.client->max_fds = 100000;
	ok(app_wait(&app, 1, 11000), "without a second socket the first one "
	    "stays");
	is_int(n_bound, 1, "as the only one");
	finish("no socket");
}

/* The server is down for an hour: it gets no more hellos than if all came from
 * one port. */
static void
test_down(const char *what, bool first, unsigned most)
{
	unsigned i;

	begin("", "", 0);
	if (!first)
		(void)app_until_answered_ms(&app);
	for (i = 0; i < n_bound; i++)
		bound[i].dead = true;
	n_dead = PORTS;
	hellos = 0;
	for (i = 0; i < SECONDS; i++) {
		app_send(&app, 100);
		sim_run_s(1);
	}
	ok(hellos <= most, "%s: a server that is down for an hour gets %u "
	    "hellos, at most %u", what, hellos, most);
	n_dead = 0;
	ok(app_until_answered_ms(&app) < 12000,
	    "%s: and when it is back the flow is", what);
	finish(what);
}

/* Many flows begin while the server is down. */
static void
test_many(void)
{
	static struct app many[FLOWS];
	unsigned i, most = 0;

	begin("", ",half-open=1000", PORTS);
	for (i = 0; i < FLOWS; i++) {
		app_open(&many[i], &w, 2 + i);
		app_send(&many[i], 100);
	}
	for (i = 0; i < 60; i++) {
		sim_run_ms(100);
		if (w.client->n_fds > most)
			most = w.client->n_fds;
	}
	is_int(proc_flows(&w.left), FLOWS, "%u flows begin while the server is "
	    "down", FLOWS);
	ok(most <= FLOWS + 64 + 20, "they have few sockets more than one each "
	    "(%u)", most);
	n_dead = 0;
	for (i = 0; i < n_bound; i++)
		bound[i].dead = false;
	sim_run_s(6);
	most = 0;
	for (i = 0; i < FLOWS; i++) {
		most += many[i].received;
		app_close(&many[i]);
	}
	is_int(most, FLOWS, "when it is back all are up");
	ok(w.client->n_fds <= FLOWS + 20, "with one socket each (%u)",
	    w.client->n_fds);
	finish("many");
}

int
main(void)
{
	test_renewal("", 0, 4300);
	test_renewal("", 1, 4900);
	test_renewal(",no-cid", 1, 4900);
	test_renewal("", 2, 5700);
	test_renewal("", 3, 7300);
	test_first("");
	test_first(",no-cid");
	test_stranger();
	test_slow("");
	test_slow(",skip-verify");
	test_slow_renewal(1000, 10000);
	test_slow_renewal(2500, 18000);
	test_slow_renewal(3000, 20000);
	test_first_is_good();
	test_no_socket();
	test_down("no flow", true, 2160);
	test_down("flow", false, 1800);
	test_many();
	return done_testing();
}
