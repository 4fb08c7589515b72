/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * After an outage a TCP connection may take what it is given long before its
 * peer repeats its own first segment: answers come on a new one then.
 *
 * NOTES.  The outage begins when the server is about to send something, so that
 * its retransmissions are 6.4 s apart when the outage ends.  The client sends
 * only QUIET_MS later, so its own are close to each other: the silent connection
 * is acknowledged again while a new one is made beside it.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "world.h"

#include "../unit/tap.h"

enum {
	LATENCY_MS = 150,
	REPLY_MS = 1000,		/* the target's answer is late */
	QUIET_MS = 4500,	/* from the outage to the client's next
				 * datagram */
	MOST_MS = 4500,		/* from the end of the outage to an answer */
	ENDS = 12,		/* of outages that are tried */
};

static struct world w;
static struct app app;

/* The two processes, and a conversation. */
static void
begin(const char *kind, const char *keys)
{
	world_begin(&w, 1);
	sim_link_both(w.client, w.server, LATENCY_MS * SIM_MS, 0);
	sim_link_both(w.server, w.target, REPLY_MS * SIM_MS / 2, 0);
	if (strcmp(kind, "uott") == 0)
		world_uott(&w, *keys != '\0', "", "");
	else
		world_pool(&w, kind, keys, "");
	app_open(&app, &w, 1);
	(void)app_until_answered_ms(&app);
	sim_run_s(10);
}

/* The answer to a datagram is lost by an outage, which begins once the datagram
 * was acknowledged. */
static void
lose_answer(void)
{
	app_send(&app, 200);
	sim_run_ms(2 * LATENCY_MS + 50);
	sim_cut(w.client, w.server, true);
	sim_run_ms(QUIET_MS);
}

/* Sends for so long, ten datagrams a second. */
static void
talk(uint64_t ms)
{
	uint64_t end_us = sim_now_us() + ms * SIM_MS;

	while (sim_now_us() < end_us) {
		app_send(&app, 200);
		sim_run_ms(100);
	}
}

static unsigned
finish(void)
{
	app_close(&app);
	return world_end(&w);
}

/* How long after an outage an answer comes; ms: from the client's first
 * datagram to its end. */
static unsigned
answered_ms(const char *kind, const char *keys, uint64_t ms)
{
	unsigned took_ms, left;

	begin(kind, keys);
	lose_answer();
	talk(ms);
	sim_cut(w.client, w.server, false);
	took_ms = app_until_answered_ms(&app);
	left = finish();
	return left == 0 ? took_ms : UINT32_MAX;
}

/* Outages that end at different times: the client is answered soon. */
static void
test_outages(const char *kind, const char *keys)
{
	unsigned i, took_ms, worst_ms = 0;

	for (i = 0; i < ENDS; i++) {
		took_ms = answered_ms(kind, keys, 2000 + i * 200);
		if (took_ms > worst_ms)
			worst_ms = took_ms;
	}
	is_int(worst_ms <= MOST_MS, 1, "%s%s: an answer comes within %d ms "
	    "(%u)", kind, keys, MOST_MS, worst_ms);
}

/* Nothing is sent anew when all is well for a minute. */
static void
is_settled(const char *kind, const char *what, unsigned conns)
{
	unsigned long asked;

	talk(30000);
	asked = sim_tcp_asked(w.server);
	talk(60000);
	is_int((long)(sim_tcp_asked(w.server) - asked), 0,
	    "%s: %s: no connection is made after that", kind, what);
	is_int(sim_tcp_count(w.client), conns, "%s: %s: it has %u", kind, what,
	    conns);
}

/* Lets time pass until the client has so many connections. */
static void
wait_for(unsigned conns)
{
	unsigned i;

	for (i = 0; i < 500 && sim_tcp_count(w.client) < conns; i++)
		sim_run_ms(10);
	is_int(sim_tcp_count(w.client), conns, "a connection is made beside");
}

/* The old connection is heard before the new one is up. */
static void
test_heard_again(const char *kind, const char *keys, unsigned conns)
{
	unsigned long asked;

	begin(kind, keys);
	lose_answer();
	talk(2800);
	sim_cut(w.client, w.server, false);
	wait_for(conns + 1);
	asked = sim_tcp_asked(w.server);
	/* That does not get through. */
	sim_tcp_lose_one(w.client, conns, true);
	talk(8000);
	is_int(app.newest + 20 > app.sent, 1, "%s: answers come on the old "
	    "connection", kind);
	is_settled(kind, "heard again", conns);
	is_int(sim_tcp_asked(w.server) - asked <= 8, 1,
	    "%s: few attempts were made (%lu)", kind,
	    sim_tcp_asked(w.server) - asked);
	is_int(finish(), 0, "%s: nothing stays open", kind);
}

/* A flow whose target never speaks needs no second connection. */
static void
test_one_speaks(const char *kind, const char *keys)
{
	unsigned long asked;

	begin(kind, keys);
	w.echo.silent = true;
	talk(70000);
	lose_answer();
	talk(2600);
	asked = sim_tcp_asked(w.server);
	sim_cut(w.client, w.server, false);
	is_settled(kind, "only sent", 1);
	is_int((long)(sim_tcp_asked(w.server) - asked), 0,
	    "%s: the attempt is given up", kind);
	is_int(finish(), 0, "%s: nothing stays open", kind);
}

int
main(void)
{
	test_outages("tcp", ",pool=1");
	test_outages("tls", ",pool=1");
	test_outages("tls", ",pool=4");
	test_outages("uott", "");
	test_outages("uott", ",tls");
	test_heard_again("tls", ",pool=1", 1);
	test_heard_again("tls", ",pool=4,mss=1400", 4);
	test_heard_again("uott", ",tls", 1);
	test_one_speaks("tls", ",pool=1");
	test_one_speaks("uott", ",tls");
	return done_testing();
}
