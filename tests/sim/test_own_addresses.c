/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Ends that listen on the wildcard address of a system which does not report
 * the address that a datagram was sent to: each is answered from that one.
 */

#include "compat.h"

#include "world.h"

#include "../unit/tap.h"

#define FIRST "10.0.3.2"
#define SECOND "10.0.4.2"
#define THIRD "10.0.5.2"

static struct world w;
static struct addr answered;	/* from where the newest answer came */
static unsigned n_answers;

static void
take_answer(void *arg, fd_t fd, const uint8_t *data, size_t len,
    const struct addr *from)
{
	(void)arg;
	(void)fd;
	(void)data;
	(void)len;
	answered = *from;
	n_answers++;
}

/* The client has two addresses, and does not report the one that is asked. */
static void
begin(bool untold)
{
	world_begin(&w, 1);
	logged_reset();
	sim_rules.no_local_report = true;
	sim_rules.untold = untold;
	sim_host_address(w.client, SECOND);
	proc_set(&w.left, w.client, "udp-listen::8911", "udp:10.0.2.1:7");
	is_int(proc_start(&w.left), 0, "it starts");
	n_answers = 0;
}

static void
end(const char *name)
{
	proc_forget(&w.left);
	is_int(world_end(&w), 0, "%s: nothing is left", name);
	sim_rules.no_local_report = sim_rules.untold = false;
}

/* Sends something to that address, which it returns. */
static struct addr
ask(fd_t fd, const char *text)
{
	struct addr to;

	must(addr_parse_ip(&to, text) == 0);
	to.port = 8911;
	sim_udp_send(fd, &to, (const uint8_t *)"hello", 5);
	return to;
}

/* Is what is sent there answered from there? */
static bool
answers(fd_t fd, const char *text)
{
	unsigned before = n_answers;
	struct addr to = ask(fd, text);

	sim_run_s(2);
	return n_answers == before + 1 && addr_same(&answered, &to);
}

static void
test_each_address_answers(void)
{
	fd_t fd;

	begin(false);
	fd = sim_udp_open(w.app, 0, take_answer, NULL);
	is_int(logged_text("a socket for each address"), 1,
	    "the log says how it listens");
	ok(answers(fd, FIRST), "the first address answers");
	ok(answers(fd, SECOND), "so does the second, from itself");
	ok(answers(fd, FIRST), "and the first again");
	is_int(proc_flows(&w.left), 2, "each is a flow");
	sock_close(fd);
	end("each");
}

static void
test_addresses_come_and_go(bool untold, const char *name)
{
	fd_t fd;

	begin(untold);
	fd = sim_udp_open(w.app, 0, take_answer, NULL);
	ok(answers(fd, SECOND), "%s: the second address answers", name);
	sim_host_move(w.client, 1, THIRD);
	sim_run_s(100);
	ok(answers(fd, THIRD), "%s: one that came does, too", name);
	is_int(logged_text("has gone"), 1, "%s: the other has gone", name);
	ok(answers(fd, FIRST), "%s: the first was not touched", name);
	sim_host_move(w.client, 1, SECOND);
	sim_run_s(100);
	ok(answers(fd, SECOND), "%s: one may come back, to its flow", name);
	is_int(proc_flows(&w.left), 3, "%s: which is still there", name);
	sim_host_move(w.client, 1, NULL);
	sim_run_s(100);
	ok(answers(fd, FIRST), "%s: one that goes leaves the others", name);
	sock_close(fd);
	end(name);
}

/* An address comes back, but no descriptor is free for it; then the answer to a
 * flow of before comes. */
static void
test_no_descriptor(void)
{
	fd_t fd;

	begin(false);
	fd = sim_udp_open(w.app, 0, take_answer, NULL);
	ok(answers(fd, SECOND), "an address answers");
	sim_link_both(w.client, w.target, SIM_S, 0);
	ask(fd, SECOND);
	sim_run_ms(500);
	sim_host_move(w.client, 1, NULL);
	sim_run_ms(500);
	is_int(logged_text("has gone"), 1, "it goes before its answer is there");
	w.client->max_fds = w.client->n_fds;
	sim_host_move(w.client, 1, SECOND);
	sim_run_ms(500);
	is_int(logged_text("cannot listen on an address of this machine"), 1,
	    "it comes back while no descriptor is free");
	sim_run_s(2);
	is_int(n_answers, 1, "so the answer is lost");
	w.client->max_fds = 1000;
	sim_link_both(w.client, w.target, 10 * SIM_MS, 0);
	sim_run_s(60);
	ok(answers(fd, SECOND), "with a descriptor it answers again");
	sock_close(fd);
	end("no descriptor");
}

/* For a moment the system cannot say which addresses there are. */
static void
test_unknown(bool untold, const char *name)
{
	fd_t fd;

	begin(untold);
	fd = sim_udp_open(w.app, 0, take_answer, NULL);
	sim_rules.own_unknown = true;
	sim_host_move(w.client, 1, THIRD);
	sim_run_s(100);
	is_int(logged_text("has gone"), 0, "%s: no address has gone", name);
	ok(answers(fd, FIRST), "%s: one answers", name);
	sim_rules.own_unknown = false;
	sim_run_s(62);
	ok(answers(fd, THIRD), "%s: one that came meanwhile does, too", name);
	is_int(logged_text("cannot listen"), 0, "%s: nothing is wrong", name);
	sock_close(fd);
	end(name);
}

/* An address comes that cannot be bound yet (RFC 4862, tentative); the system
 * reports nothing when it can. */
static void
test_tentative(void)
{
	unsigned long wakeups;
	fd_t fd;

	begin(false);
	fd = sim_udp_open(w.app, 0, take_answer, NULL);
	sim_rules.unusable = true;
	sim_host_move(w.client, 1, THIRD);
	sim_run_s(1);
	sim_rules.unusable = false;
	sim_run_s(2);
	ok(answers(fd, THIRD), "it answers soon after it can");
	is_int(logged_text("cannot listen"), 0, "nothing is wrong");
	sim_run_s(1000);
	wakeups = w.left.sim->wakeups;
	sim_run_s(1000);
	is_int(w.left.sim->wakeups, wakeups, "no look is due any more");
	sock_close(fd);
	end("tentative");
}

/* There is no other when it starts. */
static void
test_tentative_start(void)
{
	fd_t fd;

	world_begin(&w, 1);
	logged_reset();
	sim_rules.no_local_report = sim_rules.unusable = true;
	proc_set(&w.left, w.client, "udp-listen:0.0.0.0:8911,bind-later=yes",
	    "udp:10.0.2.1:7");
	is_int(proc_start(&w.left), 0, "it starts without an address");
	is_int(logged_text("does not listen yet"), 1, "and says so");
	sim_rules.unusable = false;
	sim_route_changed(w.client);
	sim_run_s(1);
	n_answers = 0;
	fd = sim_udp_open(w.app, 0, take_answer, NULL);
	ok(answers(fd, FIRST), "with the address it answers");
	sock_close(fd);
	end("tentative at the start");
}

static void
test_many_come_and_go(void)
{
	char text[ADDR_TEXT];
	unsigned i;
	fd_t fd;

	begin(false);
	fd = sim_udp_open(w.app, 0, take_answer, NULL);
	for (i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "10.0.6.%u", i + 1);
		sim_host_move(w.client, 1, text);
		sim_run_s(1);
	}
	ok(answers(fd, text), "the hundredth address answers");
	ok(answers(fd, FIRST), "so does the first");
	sock_close(fd);
	end("many");
}

/* Each had a flow, which may not be answered from a different address. */
static void
test_many_with_flows(void)
{
	char text[ADDR_TEXT];
	unsigned i;
	fd_t fd;

	begin(false);
	fd = sim_udp_open(w.app, 0, take_answer, NULL);
	for (i = 0; logged_text("cannot listen") == 0 && i < 100; i++) {
		snprintf(text, sizeof(text), "10.0.6.%u", i + 1);
		sim_host_move(w.client, 1, text);
		sim_run_ms(200);
		if (logged_text("cannot listen") == 0)
			ask(fd, text);
		sim_run_ms(200);
	}
	/* Of 64 the first and the one of IPv6 are open. */
	is_int(n_answers, 62, "as many answer as there are places");
	ok(answers(fd, FIRST), "the first does still");
	sim_run_s(200);
	ok(answers(fd, text), "so does the last when the flows have ended");
	sock_close(fd);
	end("many with flows");
}

/* The same of an end with associations. */
static void
test_dtls(void)
{
	fd_t fd;

	if (end_find("dtls") == NULL)
		return;
	world_begin(&w, 1);
	sim_rules.no_local_report = true;
	sim_host_address(w.server, SECOND);
	proc_set(&w.left, w.client, "udp-listen:0.0.0.0:8911", "dtls:" SECOND
	    ":2815,psk=" WORLD_PSK);
	proc_set(&w.right, w.server, "dtls-listen::2815,psk=" WORLD_PSK,
	    "udp:10.0.2.1:7");
	ok(proc_start(&w.right) == 0 && proc_start(&w.left) == 0,
	    "a server of DTLS starts");
	fd = sim_udp_open(w.app, 0, take_answer, NULL);
	ok(answers(fd, FIRST), "its second address answers");
	sock_close(fd);
	proc_forget(&w.right);
	end("dtls");
}

/* A system that reports it has one socket. */
static void
test_reported(void)
{
	world_begin(&w, 1);
	logged_reset();
	sim_host_address(w.client, SECOND);
	proc_set(&w.left, w.client, "udp-listen::8911", "udp:10.0.2.1:7");
	is_int(proc_start(&w.left), 0, "it starts");
	is_int(logged_text("a socket for each address"), 0,
	    "a system that reports it has one for each family");
	end("reported");
}

int
main(void)
{
	test_each_address_answers();
	test_addresses_come_and_go(false, "reported");
	test_addresses_come_and_go(true, "not reported");
	test_no_descriptor();
	test_unknown(false, "unknown");
	test_unknown(true, "unknown and not reported");
	test_tentative();
	test_tentative_start();
	test_many_come_and_go();
	test_many_with_flows();
	test_dtls();
	test_reported();
	return done_testing();
}
