/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A TUN device of a client that is idle, or whose path is silent: what stays
 * up, what is asked, and what is tried beside it.
 *
 * A build without TUN leaves this out.
 */

#include "compat.h"

#include "tun_world.h"

#include "tunnel/tun_dev.h"

#define PSK "psk=" WORLD_PSK

/* A pair of specs for server and client. */
static const struct carrier {
	const char *kind, *listen, *dial;
} carriers[] = {
	{ "udp", "udp-listen:0.0.0.0:9000", "udp:10.0.0.1:9000" },
	{ "tcp", "tcp-listen:0.0.0.0:8443", "tcp:10.0.0.1:8443" },
	{ "uott", "uott-listen:0.0.0.0:8443", "uott:10.0.0.1:8443" },
	{ "dtls", "dtls-listen:0.0.0.0:2815," PSK, "dtls:10.0.0.1:2815," PSK },
};

enum { CARRIERS = sizeof(carriers) / sizeof(carriers[0]) };

/* What comes over the carrier that is no IP packet. */
static unsigned asked[2], answered[2];	/* by LEFT: up, RIGHT: down */
static bool old_server;		/* it knows no probes */

static void
begin_carrier(const struct carrier *c, const char *keys)
{
	char tun[80];

	begin(c->listen, "tun:tuns,addr=10.8.0.1/24");
	snprintf(tun, sizeof(tun), "tun:tunc,addr=10.8.0.2/24%s", keys);
	client_set(&a, w.client, tun, c->dial);
	client_start(&a);
}

/* Counts probes of plain UDP, and takes them from a server that knows none. */
static unsigned
see_probe(void *arg, struct sim_passing *p)
{
	enum side side = p->from == w.client ? LEFT : RIGHT;

	(void)arg;
	if (p->len != 1)
		return 1;
	asked[side] += p->data[0] == 0;
	answered[side] += p->data[0] == 1;
	return !old_server;
}

/* Begins over plain UDP, where probes can be seen. */
static void
begin_seen(const char *keys, bool old)
{
	memset(asked, 0, sizeof(asked));
	memset(answered, 0, sizeof(answered));
	old_server = old;
	begin("udp-listen:0.0.0.0:9000", "tun:tuns,addr=10.8.0.1/24");
	sim_rules.fate = see_probe;
	client_set(&a, w.client, keys, "udp:10.0.0.1:9000");
	client_start(&a);
}

#define USUAL "tun:tunc,addr=10.8.0.2/24"

/* Sends a TCP segment with those flags and n bytes of data. */
static void
tcp(struct sim_tun *dev, const char *src, const char *dst, uint8_t flags,
    size_t n)
{
	n = make(src, dst, 40 + n);
	packet[9] = IP_TCP;
	packet[32] = 5 << 4;
	packet[33] = flags;
	sim_tun_send(dev, packet, n);
	sim_run_ms(100);
}

/* Sends an ICMP echo request or reply. */
static void
echo(struct sim_tun *dev, const char *src, const char *dst, uint8_t type)
{
	size_t n = make(src, dst, 84);

	packet[9] = IP_ICMP;
	packet[20] = type;
	sim_tun_send(dev, packet, n);
	sim_run_ms(100);
}

/* The server answers a request after so long. */
static void
answer_late(const struct carrier *c, const char *keys, unsigned s)
{
	begin_carrier(c, keys);
	tcp(a.dev, "10.8.0.2", "10.8.0.1", 0x02, 0);
	tcp(server_dev, "10.8.0.1", "10.8.0.2", 0x12, 0);
	tcp(a.dev, "10.8.0.2", "10.8.0.1", 0x10, 0);
	tcp(a.dev, "10.8.0.2", "10.8.0.1", 0x18, 100);
	tcp(server_dev, "10.8.0.1", "10.8.0.2", 0x10, 0);
	is_int(server_got.n, 3, "%s: a request comes", c->kind);
	sim_run_s(s);
	tcp(server_dev, "10.8.0.1", "10.8.0.2", 0x18, 100);
	is_int(a.got.n, 3, "and is answered after %u s", s);
	tcp(a.dev, "10.8.0.2", "10.8.0.1", 0x10, 0);
	is_int(server_got.n, 4, "which is acknowledged");
	is_int(a.proc.tunnel->last_number, 1, "by one flow%s", keys);
	end("answer late");
}

static void
test_late_answers(void)
{
	unsigned i;

	for (i = 0; i < CARRIERS; i++) {
		if (end_find(carriers[i].kind) == NULL)
			continue;
		answer_late(&carriers[i], "", 25);
		answer_late(&carriers[i], "", 300);
		answer_late(&carriers[i], ",keepalive=0", 300);
	}
}

/* The kernel of the client answers echo requests. */
static void
reply(void *arg, const uint8_t *p, size_t n)
{
	uint8_t copy[84];

	note(arg, p, n);
	if (n != sizeof(copy) || p[9] != IP_ICMP || p[20] != 8)
		return;
	memcpy(copy, p, n);
	memcpy(copy + 12, p + 16, 4);
	memcpy(copy + 16, p + 12, 4);
	copy[20] = 0;
	sim_tun_send(a.dev, copy, n);
}

static void
test_server_pings(void)
{
	unsigned i, j;

	for (i = 0; i < CARRIERS; i++) {
		if (end_find(carriers[i].kind) == NULL)
			continue;
		begin_carrier(&carriers[i], "");
		a.dev->fn = reply;
		echo(a.dev, "10.8.0.2", "10.8.0.1", 0);
		server_got.n = 0;
		for (j = 0; j < 27; j++) {
			echo(server_dev, "10.8.0.1", "10.8.0.2", 8);
			sim_run_ms(21900);
		}
		is_int(server_got.n, 27, "%s: a quiet client replies to each "
		    "of the pings of ten minutes", carriers[i].kind);
		is_int(a.proc.tunnel->last_number, 1, "in one flow");
		end("server pings");
	}
}

/* What the system sends unasked, and what needs no reply, is no question. */
static void
test_no_question(void)
{
	unsigned i;

	begin_seen(USUAL, true);
	for (i = 0; i < 100; i++) {
		say(a.dev, "fe80::1", "ff02::2");
		say(a.dev, "fe80::1", "fe80::2");
		say(a.dev, "10.8.0.2", "224.0.0.22");
		tcp(a.dev, "10.8.0.2", "10.8.0.1", 0x10, 0);
		tcp(a.dev, "10.8.0.2", "10.8.0.1", 0x11, 0);
		tcp(a.dev, "10.8.0.2", "10.8.0.1", 0x04, 0);
		echo(a.dev, "10.8.0.2", "10.8.0.1", 0);
		echo(a.dev, "10.8.0.2", "10.8.0.1", 3);
		sim_run_s(1);
	}
	is_int(a.proc.tunnel->last_number, 1, "nothing comes of what no reply "
	    "is due to");
	for (i = 0; i < 10; i++) {
		echo(a.dev, "10.8.0.2", "10.8.0.1", 8);
		echo(a.dev, "10.8.0.2", "10.8.0.1", 8);
		sim_run_s(60);
		say(server_dev, "10.8.0.1", "10.8.0.2");
	}
	is_int(a.proc.tunnel->last_number, 1, "nor of two questions at once");
	end("no question");
}

/* An older peer. */
static void
test_older_server(void)
{
	unsigned i, wakeups;

	begin_seen(USUAL, true);
	say(a.dev, "10.8.0.2", "10.8.0.1");
	is_int(asked[LEFT], 2, "a carrier that is up is asked");
	sim_run_s(10);
	is_int(asked[LEFT], 3, "three times");
	sim_run_s(600);
	is_int(asked[LEFT], 27, "and then by the keep-alive");
	is_int(asked[RIGHT] + answered[LEFT], 0, "the other side says nothing "
	    "unasked");
	is_int(a.proc.tunnel->last_number, 1, "the flow stays");
	for (i = 0; i < 14; i++) {
		echo(a.dev, "10.8.0.2", "10.8.0.1", 8);
		sim_run_ms(900);
	}
	is_int(a.proc.tunnel->last_number, 1, "questions may stay unanswered "
	    "for 15 s");
	for (i = 0; i < 2; i++) {
		echo(a.dev, "10.8.0.2", "10.8.0.1", 8);
		sim_run_ms(900);
	}
	is_int(proc_flows(&a.proc), 2, "then there is a flow beside");
	echo(server_dev, "10.8.0.1", "10.8.0.2", 0);
	is_int(a.got.n, 1, "the first is still heard,");
	is_int(proc_flows(&a.proc), 1, "and stays");
	is_int(logged_text("flow 1 is heard again"), 1, "which is told");
	for (i = 0; i < 600; i++) {
		echo(a.dev, "10.8.0.2", "10.8.0.1", 8);
		sim_run_ms(900);
	}
	ok(a.proc.tunnel->last_number >= 6 && a.proc.tunnel->last_number <= 8,
	    "without answers there are more, more and more seldom: %u",
	    a.proc.tunnel->last_number);
	is_int(proc_flows(&a.proc), 2, "never more than two");
	end("older server");
	begin_seen(USUAL ",keepalive=0", true);
	wakeups = (unsigned)a.proc.sim->wakeups;
	sim_run_s(36000);
	ok(a.proc.sim->wakeups - wakeups < 2, "without keep-alive nobody "
	    "wakes up");
	is_int(asked[LEFT], 0, "and nothing is asked");
	end("no keep-alive");
}

/* Probes between our own ends. */
static void
test_probes(void)
{
	unsigned i;

	begin_seen(USUAL, false);
	is_int(asked[LEFT], 1, "a carrier that is up is asked");
	is_int(answered[RIGHT], 1, "and answers");
	sim_run_s(250);
	is_int(asked[LEFT], 11, "then each 25 s");
	is_int(answered[RIGHT], 11, "which is answered");
	is_int(asked[RIGHT], 1, "once the server has asked as well");
	is_int(answered[LEFT], 1, "and was answered");
	for (i = 0; i < 60; i++) {
		say(a.dev, "10.8.0.2", "10.8.0.1");
		say(server_dev, "10.8.0.1", "10.8.0.2");
		sim_run_s(4);
	}
	is_int(asked[LEFT], 11, "where there is traffic, nothing is asked");
	for (i = 0; i < 100; i++) {
		say(a.dev, "10.8.0.2", "10.8.0.1");
		sim_run_ms(900);
	}
	ok(asked[LEFT] > 40 && asked[LEFT] < 120, "where only one side speaks "
	    "it is: %u", asked[LEFT]);
	is_int(answered[RIGHT], asked[LEFT], "always with an answer");
	is_int(a.proc.tunnel->last_number, 1, "so the flow stays");
	is_int(proc_lost(&w.right) + proc_lost(&a.proc), 0, "nothing of that "
	    "is a loss");
	end("probes");
	begin_seen(USUAL ",keepalive=3600", false);
	sim_run_s(90);
	is_int(asked[RIGHT], 3, "a server asks a client that it knows to "
	    "answer and that is silent");
	is_int(answered[LEFT], 3, "which answers");
	end("server's probes");
}

/* The NAT before the client forgets it, and the server takes no new ports. */
static void
test_dead_path(void)
{
	unsigned i, since;

	begin("dtls-listen:0.0.0.0:2815,no-cid," PSK,
	    "tun:tuns,addr=10.8.0.1/24");
	client_set(&a, w.client, USUAL, "dtls:10.0.0.1:2815,no-cid," PSK);
	client_start(&a);
	say(a.dev, "10.8.0.2", "10.8.0.1");
	say(server_dev, "10.8.0.1", "10.8.0.2");
	(void)sim_udp_rebind_all(w.client);
	since = server_got.n;
	for (i = 0; i < 200 && server_got.n < since + 5; i++) {
		echo(a.dev, "10.8.0.2", "10.8.0.1", 8);
		sim_run_ms(50);
	}
	ok(i * 150 < 12000, "a path that is dead is left after %u ms",
	    i * 150);
	is_int(a.proc.tunnel->last_number, 2, "for a second flow");
	is_int(proc_flows(&a.proc), 1, "which takes the place of the first");
	a.got.n = 0;
	say(server_dev, "10.8.0.1", "10.8.0.2");
	is_int(a.got.n, 1, "and is where the client is found");
	end("dead path");
}

/* Is the carrier of its second flow up? */
static bool
second_is_up(void *arg)
{
	struct flow *f = LIST_ITEM(a.proc.tunnel->flows.prev, struct flow,
	    link);

	(void)arg;
	return f->number == 2 && f->up[RIGHT];
}

/* The path dies again as soon as a second flow is up, before that is heard.
 * The server still counts as one that answers. */
static void
test_dies_again(void)
{
	uint64_t well_us;
	unsigned i, had;

	begin("dtls-listen:0.0.0.0:2815,no-cid," PSK,
	    "tun:tuns,addr=10.8.0.1/24");
	client_set(&a, w.client, USUAL, "dtls:10.0.0.1:2815,no-cid," PSK);
	client_start(&a);
	say(a.dev, "10.8.0.2", "10.8.0.1");
	say(server_dev, "10.8.0.1", "10.8.0.2");
	(void)sim_udp_rebind_all(w.client);
	for (i = 0; i < 60 && proc_flows(&a.proc) < 2; i++)
		echo(a.dev, "10.8.0.2", "10.8.0.1", 8);
	ok(sim_run_until(second_is_up, NULL, 2 * SIM_S), "a path dies: a "
	    "second flow comes up");
	sim_cut(w.client, w.server, true);
	for (i = 0; i < 250; i++)
		echo(a.dev, "10.8.0.2", "10.8.0.1", 8);
	(void)sim_udp_rebind_all(w.client);
	sim_cut(w.client, w.server, false);
	well_us = sim_now_us();
	had = server_got.n;
	for (i = 0; i < 200 && server_got.n == had; i++)
		echo(a.dev, "10.8.0.2", "10.8.0.1", 8);
	i = (unsigned)((sim_now_us() - well_us) / SIM_MS);
	ok(i < 10000, "and the path with it: a flow gets through %u ms after "
	    "the network is well", i);
	end("dies again");
}

/* A server that answered probes is replaced by one that does not know them, and
 * all traffic goes there. */
static void
test_replaced_by_older(void)
{
	unsigned i;

	begin_seen(USUAL, false);
	say(a.dev, "10.8.0.2", "10.8.0.1");
	is_int(answered[RIGHT], 1, "a server knows probes");
	old_server = true;
	for (i = 0; i < 6000; i++)
		echo(a.dev, "10.8.0.2", "10.8.0.1", 8);
	ok(a.proc.tunnel->last_number >= 4 && a.proc.tunnel->last_number <= 12,
	    "one that does not follows: without answers there are few flows in "
	    "10 minutes: %u", a.proc.tunnel->last_number);
	ok(proc_flows(&a.proc) <= 2, "never more than two");
	ok(server_got.n >= 5400, "and nine packets of ten get there: %u",
	    server_got.n);
	end("replaced by older");
}

/* A server is stopped for a while and goes on. */
static void
test_stopped(void)
{
	unsigned i, j;

	for (i = 0; i < CARRIERS; i++) {
		if (end_find(carriers[i].kind) == NULL)
			continue;
		begin_carrier(&carriers[i], "");
		echo(a.dev, "10.8.0.2", "10.8.0.1", 8);
		echo(server_dev, "10.8.0.1", "10.8.0.2", 0);
		sim_cut(w.client, w.server, true);
		for (j = 0; j < 300; j++)
			echo(a.dev, "10.8.0.2", "10.8.0.1", 8);
		sim_cut(w.client, w.server, false);
		server_got.n = 0;
		for (j = 0; j < 100 && server_got.n == 0; j++)
			echo(a.dev, "10.8.0.2", "10.8.0.1", 8);
		ok(j < 80, "%s: goes on %u ms after 30 s of nothing",
		    carriers[i].kind, j * 100);
		sim_run_s(60);
		ok(proc_flows(&a.proc) == 1, "in one flow in the end");
		end("stopped");
	}
}

/* Probes are no packets, and have no ports. */
static void
test_port_filter(void)
{
	begin("udp-listen:0.0.0.0:9000", "tun:tuns,addr=10.8.0.1/24");
	client_set(&a, w.client, "tun:tunc,addr=10.8.0.2/24",
	    "udp:10.0.0.1:9000");
	proc_option(&a.proc, "allowed-ports", "22");
	client_start(&a);
	sim_run_s(120);
	is_int(a.proc.tunnel->lost[LOST_FILTERED], 0, "a port filter passes "
	    "the answers to probes");
	end("port filter");
}

int
main(void)
{
	test_late_answers();
	test_server_pings();
	test_no_question();
	test_older_server();
	test_probes();
	if (end_find("dtls") != NULL)
		test_dead_path();
	if (end_find("dtls") != NULL)
		test_dies_again();
	test_replaced_by_older();
	test_stopped();
	test_port_filter();
	return done_testing();
}
