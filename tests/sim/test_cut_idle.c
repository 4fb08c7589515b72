/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A middlebox that cuts connections which carry nothing for a few seconds, by
 * FIN or RST, towards both ends; and servers that close them.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "tunnel/framed.h"
#include "world.h"

#include "../unit/tap.h"

enum { CUT_S = 5 };		/* of silence, after which the box cuts */

/* A carrier, and how its connections are cut. */
struct how {
	const char *name;
	const char *kind;
	bool tls;		/* of uott */
	bool fin;
	unsigned size;		/* connections of a flow */
	unsigned dial_ms;	/* from a datagram to its echo, with one dial */
};

static const struct how hows[] = {
	{ "tcp, FIN", "tcp", false, true, 8, 45 },
	{ "tcp, RST", "tcp", false, false, 8, 45 },
	{ "tls, FIN", "tls", false, true, 8, 70 },
	{ "tls, RST", "tls", false, false, 8, 70 },
	{ "uott, FIN", "uott", false, true, 1, 45 },
	{ "uott, RST", "uott", false, false, 1, 45 },
	{ "uott, tls, FIN", "uott", true, true, 1, 70 },
};

static struct app app;
static struct world w;

/* Begins with flows that never expire, and one that is up. */
static void
begin(const struct how *how, const char *keys)
{
	const char *data = getenv("ADIT_TEST_DATA");
	char client[400], server[400] = "";

	if (data == NULL)
		data = "tests/data";
	snprintf(client, sizeof(client), "%s%s%s%s", how->tls ?
	    ",tls,cafile=" : "", how->tls ? data : "", how->tls ?
	    "/tls/ca.pem" : "", keys);
	if (how->tls)
		snprintf(server, sizeof(server), ",tls,cert=%s/tls/p256.pem,"
		    "key=%s/tls/p256.key", data, data);
	world_begin(&w, 1);
	world_pool(&w, how->kind, client, server);
	proc_restart(&w.left, "idle", "0");
	app_open(&app, &w, 1);
	app_send(&app, 100);
	must(app_wait(&app, 1, 1000));
	sim_run_ms(500);
}

static void
end(const char *what)
{
	is_int(app.bad + app.twice + w.echo.bad + w.echo.twice, 0,
	    "%s: nothing is changed, nothing comes twice", what);
	app_close(&app);
	is_int(world_end(&w), 0, "%s: nothing stays open", what);
}

/* Lets time pass with the box, and a datagram each so many ms (0: none). */
static void
pass(const struct how *how, uint64_t ms, uint64_t every_ms)
{
	uint64_t i;

	for (i = 0; i < ms; i += 10) {
		if (every_ms != 0 && i % every_ms == 0)
			app_send(&app, 200);
		sim_run_ms(10);
		sim_tcp_cut(w.client, w.server, CUT_S * SIM_S, how->fin);
	}
}

/* Connections that were dialled so far. */
static unsigned long
dialled(void)
{
	return sim_tcp_asked(w.server);
}

/* An idle flow. */
static void
test_idle(const struct how *how)
{
	unsigned long before;

	begin(how, "");
	is_int(dialled(), how->size, "%s: the flow is up", how->name);
	pass(how, 40000, 0);
	is_int(dialled(), how->size, "%s: what is cut while nothing is sent is "
	    "not dialled again in 40 s", how->name);
	is_int(sim_tcp_count(w.client), 0, "%s: all was cut", how->name);
	is_int(logged(LEVEL_WARN) + logged(LEVEL_ERROR), 0, "%s: nobody warns "
	    "of that", how->name);
	sim_run_s(3600);
	before = dialled();
	is_int(before, how->size, "%s: nor in an hour", how->name);
	logged_reset();
	app_send(&app, 100);
	ok(app_wait(&app, 2, 1000), "%s: the next datagram gets through",
	    how->name);
	if (!ok(app.rtt_us < how->dial_ms * SIM_MS, "%s: as fast as one dial "
	    "is", how->name))
		printf("# %llu us\n", (unsigned long long)app.rtt_us);
	is_int(dialled(), before + 1, "%s: which it takes", how->name);
	is_int(logged(LEVEL_WARN) + logged(LEVEL_ERROR), 0, "%s: nor is that "
	    "worth a warning", how->name);
	pass(how, 2000, 50);
	is_int(sim_tcp_count(w.client), how->size, "%s: with traffic the pool "
	    "fills to its size", how->name);
	is_int(proc_lost(&w.left), 0, "%s: nothing is lost", how->name);
	end(how->name);
}

/* A datagram now and then. */
static void
test_seldom(const struct how *how)
{
	uint32_t got = app.received;
	unsigned long before;

	begin(how, "");
	got = app.received;
	before = dialled();
	pass(how, 200000, 10000);
	sim_run_s(1);
	is_int(app.received - got, 20, "%s, seldom: each datagram has its "
	    "echo", how->name);
	ok(app.worst_us < 90 * SIM_MS, "%s, seldom: soon", how->name);
	ok(dialled() - before <= 20, "%s, seldom: each takes one dial at most "
	    "(%lu)", how->name, dialled() - before);
	is_int(logged(LEVEL_WARN), 0, "%s, seldom: nobody warns", how->name);
	end(how->name);
}

/* Traffic that one connection carries. */
static void
test_steady(const struct how *how)
{
	unsigned long before;
	uint32_t got;

	begin(how, "");
	before = dialled();
	got = app.received;
	pass(how, 40000, 50);
	is_int(app.received, got + 800, "%s, steady: nothing is lost",
	    how->name);
	ok(dialled() - before < how->size, "%s, steady: spare connections "
	    "come back once in 40 s (%lu)", how->name, dialled() - before);
	pass(how, 3600000, 500);
	ok(dialled() - before < 12 * how->size, "%s, steady: and ever more "
	    "seldom while they are of no use (%lu in an hour)", how->name,
	    dialled() - before);
	is_int(logged(LEVEL_WARN), 0, "%s, steady: nobody warns", how->name);
	/* More than a connection takes. */
	sim_link_both(w.client, w.server, 10 * SIM_MS, 1000000);
	for (got = 0; got < 400; got++)
		app_send(&app, 1000);
	sim_run_ms(300);
	is_int(sim_tcp_count(w.client), how->size, "%s, steady: all are there "
	    "when there is much to send", how->name);
	end(how->name);
}

/* Of what is sent at once a system says how much is unsent, or it does not. */
static void
test_much(const struct how *how, bool untold)
{
	unsigned i, j;

	begin(how, "");
	sim_rules.tcp_untold = untold;
	pass(how, 600000, 50);
	must(sim_tcp_count(w.client) < how->size);
	sim_link_both(w.client, w.server, 10 * SIM_MS, 20000000);
	for (i = 0; i < 20; i++) {
		for (j = 0; j < 45; j++)
			app_send(&app, 1000);
		sim_run_ms(10);
	}
	sim_run_ms(300);
	is_int(sim_tcp_count(w.client), how->size, "%s, much at once: all come "
	    "back where the system %s", how->name, untold ?
	    "does not report unsent bytes" : "reports unsent bytes");
	sim_rules.tcp_untold = false;
	end(how->name);
}

/* Spare connections are cut while the flow only receives. */
static void
test_receives(const struct how *how)
{
	static const uint8_t zeroes[8];
	struct addr to = { 0 };
	unsigned i;

	begin(how, "");
	to.family = 4;
	memcpy(to.ip, w.server->addr[0].ip, sizeof(to.ip));
	to.port = w.echo.port;
	for (i = 0; i < 800; i++) {
		sim_udp_send(w.echo.fd, &to, zeroes, sizeof(zeroes));
		pass(how, 10, 0);
	}
	sim_run_ms(100);
	is_int(app.received, 801, "%s, receives: all comes", how->name);
	for (i = 0; i < 40; i++) {
		app_send(&app, 200);
		sim_run_ms(50);
	}
	is_int(sim_tcp_count(w.client), how->size, "%s, receives: the spare "
	    "connections come back", how->name);
	end(how->name);
}

/* The cut and a datagram meet, in all orders. */
static void
test_meet(const struct how *how)
{
	unsigned long before;
	unsigned i, lost;

	begin(how, "");
	for (i = 0; i < 60; i++) {
		sim_run_s(20);
		before = dialled();
		lost = app.sent - app.received;
		if (i % 2 == 0)
			app_send(&app, 100);
		sim_run_us(i * 1000);
		sim_tcp_cut(w.client, w.server, 0, how->fin);
		if (i % 2 != 0)
			app_send(&app, 100);
		sim_run_ms(500);
		lost = app.sent - app.received - lost;
		if (lost > 1 || dialled() - before > how->size)
			break;
		app_send(&app, 100);
		if (!app_wait(&app, app.received + 1, 150))
			break;
	}
	is_int(i, 60, "%s, meeting: at most the datagram under way is lost, "
	    "and the next one gets through", how->name);
	lost = app.sent - app.received;
	ok(lost <= 12, "%s, meeting: which is rare (%u)", how->name, lost);
	end(how->name);
}

/* Each connection is cut 0.1 s after its handshake, at the latest. */
static void
test_young(const struct how *how)
{
	unsigned long before;
	unsigned i, sent, got;

	begin(how, "");
	before = dialled();
	for (i = 0; i < 4000; i++) {
		sim_tcp_cut(w.client, w.server, 100 * SIM_MS, how->fin);
		sim_run_ms(10);
	}
	ok(dialled() - before <= 6 * how->size, "%s, young: no storm while "
	    "nothing is sent (%lu)", how->name, dialled() - before);
	before = dialled();
	logged_reset();
	sim_run_s(1000);
	is_int(dialled(), before, "%s, young: in the end nothing is dialled",
	    how->name);
	app_send(&app, 100);
	ok(app_wait(&app, app.received + 1, 150), "%s, young: a datagram does "
	    "not wait for a back-off of long ago", how->name);
	before = dialled();
	sent = app.sent;
	got = app.received;
	for (i = 0; i < 6000; i++) {
		if (i % 20 == 0)
			app_send(&app, 100);
		sim_tcp_cut(w.client, w.server, 100 * SIM_MS, how->fin);
		sim_run_ms(10);
	}
	sent = app.sent - sent;
	got = app.received - got;
	printf("# %u of %u, %lu dialled\n", got, sent, dialled() - before);
	ok(dialled() - before < 80 + 4 * how->size, "%s, young: no storm with "
	    "traffic either", how->name);
	ok(got > sent * 8 / 10, "%s, young: datagrams pass meanwhile",
	    how->name);
	ok(logged(LEVEL_WARN) < 40, "%s, young: a few lines tell of it",
	    how->name);
	end(how->name);
}

/* The server, or what is before it, allows so many connections, and resets all
 * others within 0.1 s; n datagrams are sent in each. */
static void
test_few(const struct how *how, unsigned few, unsigned n)
{
	unsigned long before;
	unsigned i, j;

	begin(how, "");
	sim_link_both(w.client, w.server, 10 * SIM_MS, 1000000);
	before = dialled();
	for (i = 0; i < 600; i++) {
		while (sim_tcp_count(w.client) > few)
			sim_tcp_reset_one(w.client,
			    sim_tcp_count(w.client) - 1);
		for (j = 0; j < n; j++)
			app_send(&app, 900);
		sim_run_ms(100);
	}
	ok(dialled() - before < 80, "%s, %u allowed, %u datagrams each 0.1 s: "
	    "no storm in a minute (%lu)", how->name, few, n,
	    dialled() - before);
	if (few == 1 && n > 1) {
		for (i = 0; i < 350; i++) {
			for (j = 0; j < n; j++)
				app_send(&app, 900);
			sim_run_ms(100);
		}
		is_int(sim_tcp_count(w.client), how->size, "%s, %u allowed: "
		    "all come back when they may", how->name, few);
	}
	end(how->name);
}

/* With keepalive= one connection is kept. */
static void
test_keepalive(const struct how *how)
{
	unsigned long before;
	unsigned i;

	begin(how, ",keepalive=60");
	before = dialled();
	pass(how, 40000, 0);
	ok(dialled() - before <= 8, "%s, keepalive: one comes back (%lu)",
	    how->name, dialled() - before);
	is_int(logged(LEVEL_WARN), 0, "%s, keepalive: nobody warns",
	    how->name);
	sim_run_s(6);
	is_int(sim_tcp_count(w.client), 1, "%s, keepalive: and stays",
	    how->name);
	app_send(&app, 100);
	ok(app_wait(&app, app.received + 1, 25), "%s, keepalive: so that the "
	    "next datagram needs no dial", how->name);
	sim_run_s(6);
	before = dialled();
	for (i = 0; i < 6000; i++) {
		sim_tcp_cut(w.client, w.server, 100 * SIM_MS, how->fin);
		sim_run_ms(10);
	}
	ok(dialled() - before < 25, "%s, keepalive: with a back-off (%lu)",
	    how->name, dialled() - before);
	end(how->name);
}

/* The server is started again, and takes leave by close_notify. */
static void
test_restart(const struct how *how)
{
	unsigned long before;

	begin(how, "");
	sim_run_s(20);
	before = dialled();
	proc_stop(&w.right);
	sim_run_s(5);
	must(proc_start(&w.right) == 0);
	sim_run_s(60);
	is_int(dialled(), before, "%s, restart: an idle flow dials nothing",
	    how->name);
	is_int(logged(LEVEL_WARN) + logged(LEVEL_ERROR), 0, "%s, restart: nor "
	    "is it worth a warning", how->name);
	app_send(&app, 100);
	ok(app_wait(&app, 2, 150), "%s, restart: the next datagram gets "
	    "through", how->name);
	end(how->name);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof(hows) / sizeof(*hows); i++) {
		test_idle(&hows[i]);
		test_seldom(&hows[i]);
		test_steady(&hows[i]);
		test_receives(&hows[i]);
		test_meet(&hows[i]);
		test_young(&hows[i]);
		if (strcmp(hows[i].name, "tcp, FIN") == 0) {
			test_much(&hows[i], false);
			test_much(&hows[i], true);
			test_few(&hows[i], 1, 1);
			test_few(&hows[i], 1, 40);
			test_few(&hows[i], 4, 1);
			test_few(&hows[i], 4, 80);
		}
		test_keepalive(&hows[i]);
		test_restart(&hows[i]);
	}
	return done_testing();
}
