/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What a TUN device on the RIGHT asks its peers: a lost question costs a client
 * nothing, and nobody is asked for ever.
 *
 * A build without TUN leaves this out.
 */

#include "compat.h"

#include "tun_world.h"

#define LISTEN "udp-listen:0.0.0.0:9000"
#define DIAL "udp:10.0.0.1:9000"

/* How many of the server's next questions to a host are lost. */
static struct sim_host *deaf;
static unsigned lose;

static unsigned
lose_questions(void *arg, struct sim_passing *p)
{
	(void)arg;
	if (lose == 0 || p->to != deaf || p->from != w.server || p->len != 1 ||
	    p->data[0] != 0)
		return 1;
	lose--;
	return 0;
}

/* Somebody else wants the address of an idle client, whose next n questions are
 * lost. */
static bool
keeps_address(unsigned n)
{
	bool found;

	begin(LISTEN, "tun:tuns,addr=10.8.0.1/24");
	client_set(&a, w.client, "tun:tunc,addr=10.8.0.2/24", DIAL);
	client_set(&b, other_host(), "tun:tunc,addr=10.8.0.3/24", DIAL);
	sim_rules.fate = lose_questions;
	client_start(&a);
	client_start(&b);
	say(a.dev, "10.8.0.2", "10.8.0.1");
	sim_run_s(40);
	deaf = w.client;
	lose = n;
	say(b.dev, "10.8.0.2", "10.8.0.1");
	is_int(w.right.tunnel->lost[LOST_TAKEN], 1, "a client wants the "
	    "address of an idle one");
	sim_run_s(5);
	is_int(lose, 0, "%u questions are lost", n);
	found = reaches(&a, "10.8.0.2");
	end("lost questions");
	return found;
}

static void
test_lost_questions(void)
{
	ok(keeps_address(0), "one that answers keeps it");
	ok(keeps_address(1), "though the first question is lost");
	ok(keeps_address(2), "and the second");
	ok(!keeps_address(3), "one that answers none of three loses it");
}

/* Packets between two hosts so far. */
static unsigned long
packets(struct sim_host *x, struct sim_host *y)
{
	return sim_link(x, y)->packets + sim_link(y, x)->packets;
}

/* A question to a server that says it is from a server. */
static void
test_two_servers(void)
{
	struct sim_host *there;
	struct addr from, to;
	unsigned long n;

	begin(LISTEN, "tun:tuns,addr=10.8.0.1/24");
	there = other_host();
	client_set(&b, there, LISTEN, "tun:tunc,addr=10.8.0.3/24");
	proc_option(&b.proc, "idle", "0");
	client_start(&b);
	from = there->addr[0];
	to = w.server->addr[0];
	from.port = to.port = 9000;
	sim_udp_forge(&from, &to, "\0", 1);
	sim_run_s(30);
	ok(proc_flows(&w.right) == 1 && proc_flows(&b.proc) == 1,
	    "two servers take each other for clients");
	sim_run_s(1200);
	ok(proc_flows(&w.right) == 0 && proc_flows(&b.proc) == 0,
	    "but not for longer than ten minutes, in which they just ask");
	n = packets(w.server, there);
	sim_run_s(36000);
	is_int(packets(w.server, there) - n, 0, "and then never again");
	is_int(w.right.tunnel->last_number + b.proc.tunnel->last_number, 2,
	    "in one flow each");
	end("two servers");
}

static unsigned came;

static void
count(void *arg, fd_t fd, const uint8_t *data, size_t len,
    const struct addr *from)
{
	(void)arg;
	(void)fd;
	(void)data;
	(void)len;
	(void)from;
	came++;
}

/* A question whose source is forged. */
static void
test_forged(void)
{
	struct addr from, to;
	fd_t victim;

	begin(LISTEN, "tun:tuns,addr=10.8.0.1/24");
	victim = sim_udp_open(w.app, 5555, count, NULL);
	from = w.app->addr[0];
	from.port = 5555;
	to = w.server->addr[0];
	to.port = 9000;
	came = 0;
	sim_udp_forge(&from, &to, "\0", 1);
	sim_run_s(1);
	is_int(came, 2, "a question is answered, and asks back");
	sim_run_s(36000);
	is_int(came, 2 + 3, "whoever says nothing is asked three times more");
	is_int(proc_flows(&w.right), 0, "and forgotten");
	sim_as(w.app);
	sock_close(victim);
	end("forged");
}

/* A client that only sends probes can be reached by nobody. */
static void
test_probes_alone(void)
{
	begin(LISTEN, "tun:tuns,addr=10.8.0.1/24");
	client_set(&a, w.client, "tun:tunc,addr=10.8.0.2/24", DIAL);
	client_start(&a);
	sim_run_s(590);
	is_int(logged_text("has no inner address"), 0, "a client may say "
	    "nothing for ten minutes");
	sim_run_s(60);
	is_int(logged_text("has no inner address"), 1, "probes do not keep "
	    "its flow longer, which nobody can reach");
	say(a.dev, "10.8.0.2", "10.8.0.1");
	ok(reaches(&a, "10.8.0.2"), "once it speaks it is found");
	sim_run_s(36000);
	ok(reaches(&a, "10.8.0.2"), "and then probes keep it");
	is_int(logged_text("has no inner address"), 1, "for good");
	end("probes alone");
}

int
main(void)
{
	test_lost_questions();
	test_two_servers();
	test_forged();
	test_probes_alone();
	return done_testing();
}
