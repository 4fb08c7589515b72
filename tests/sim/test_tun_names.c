/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Inner addresses of clients with names: who is found where, before it speaks,
 * after it has come back, and when two have the same name.
 *
 * A build without TUN leaves this out.  A build without DTLS leaves this out.
 */

#include "compat.h"

#include "tun_world.h"

#include "tunnel/renew.h"

#define KEY WORLD_PSK
#define KEY_FILE "names-keys.tmp"
#define INNER_FILE "names-inner.tmp"
#define LISTEN "dtls-listen:0.0.0.0:2815,no-cid,psk-file=" KEY_FILE
#define DIAL "dtls:10.0.0.1:2815,no-cid,psk=" KEY ",identity="

/* Writes a file that only we may read. */
static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen_private(path);

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		abort();
}

/* Begins with a server that has keys, and an inner-file with that text, if
 * any. */
static void
begin_named(const char *addr, const char *inner)
{
	char tun[120];

	write_file(KEY_FILE, "alice:" KEY "\nbob:" KEY "\n");
	snprintf(tun, sizeof(tun), "tun:tuns%s%s", addr,
	    inner == NULL ? "" : ",inner-file=" INNER_FILE);
	if (inner != NULL)
		write_file(INNER_FILE, inner);
	begin(LISTEN, tun);
	(void)remove(KEY_FILE);
	(void)remove(INNER_FILE);
}

#define USUAL ",addr=10.8.0.1/24"

static void
client_named(struct client *c, struct sim_host *h, const char *addr,
    const char *name)
{
	char tun[80], dial[120];

	snprintf(tun, sizeof(tun), "tun:tunc,addr=%s/24", addr);
	snprintf(dial, sizeof(dial), "%s%s", DIAL, name);
	client_set(c, h, tun, dial);
	client_start(c);
}

static void
test_never_speaks(void)
{
	unsigned i, n = 0;

	begin_named(USUAL, "alice 10.8.0.2 10.9.0.0/24\nbob 10.9.0.7\n");
	client_named(&a, w.client, "10.8.0.2", "alice");
	ok(reaches(&a, "10.8.0.2"), "a client that never spoke is found");
	ok(reaches(&a, "10.9.0.200"), "and its network is");
	ok(!reaches(&a, "10.9.0.7"), "but for what is a different client's");
	ok(!reaches(&a, "10.8.0.3"), "or nobody's");
	for (i = 0; i < 60; i++) {
		sim_run_s(60);
		n += reaches(&a, "10.8.0.2");
	}
	is_int(n, 60, "for an hour");
	is_int(w.right.tunnel->last_number, 1, "in its first flow");
	is_int(server_got.n, 2, "though it says nothing");
	end("never speaks");
}

/* The same with a client that sends no probes either. */
static void
test_never_speaks_older(void)
{
	begin_named(USUAL, "alice 10.8.0.2\n");
	client_set(&a, w.client, "tun:tunc,addr=10.8.0.2/24,keepalive=0",
	    DIAL "alice");
	client_start(&a);
	sim_run_s(36000);
	ok(reaches(&a, "10.8.0.2"), "a client that sends nothing is found "
	    "after ten hours");
	is_int(w.right.tunnel->last_number, 1, "in its first flow");
	end("never speaks, older");
}

/* A client comes back, and says nothing. */
static void
come_back(const char *inner)
{
	begin_named(USUAL, inner);
	client_named(&a, w.client, "10.8.0.2", "alice");
	say(a.dev, "10.8.0.2", "10.8.0.1");
	ok(reaches(&a, "10.8.0.2"), "a client is found where it spoke");
	proc_stop(&a.proc);
	client_start(&a);
	is_int(proc_flows(&w.right), 1, "it comes back");
	ok(reaches(&a, "10.8.0.2"), "and is found there before it speaks");
	say(a.dev, "10.8.0.2", "10.8.0.1");
	/* The server does not hear that it goes. */
	sim_cut(w.client, w.server, true);
	proc_stop(&a.proc);
	sim_run_s(1);
	sim_cut(w.client, w.server, false);
	client_start(&a);
	is_int(proc_flows(&w.right), 2, "it comes back beside its old flow");
	ok(!reaches(&a, "10.8.0.2"), "which has its address");
	sim_run_s(3);
	ok(reaches(&a, "10.8.0.2"), "and is found, as that says nothing");
	sim_run_s(62);
	is_int(proc_flows(&w.right), 1, "and ends");
	end("come back");
}

static void
test_comes_back(void)
{
	come_back(NULL);
	come_back("alice 10.8.0.2\n");
}

/* A neighbour with a different key. */
static void
test_neighbour(void)
{
	unsigned i;

	begin_named(USUAL, NULL);
	is_int(logged_text("inner-file says which are whose"), 1, "clients "
	    "with names and no inner-file: there is a warning");
	client_named(&a, w.client, "10.8.0.2", "alice");
	client_named(&b, other_host(), "10.8.0.3", "bob");
	say(a.dev, "10.8.0.2", "10.8.0.1");
	proc_stop(&a.proc);
	sim_run_s(11);
	for (i = 0; i < 58; i++) {
		say(b.dev, "10.8.0.2", "10.8.0.1");
		sim_run_s(10);
	}
	is_int(w.right.tunnel->lost[LOST_TAKEN], 58, "nobody of a different "
	    "name gets the address of a client that has gone");
	is_int(server_got.n, 1, "or can send from it");
	client_start(&a);
	ok(reaches(&a, "10.8.0.2"), "which it still has when it is back");
	sim_run_s(3600);
	say(b.dev, "10.8.0.2", "10.8.0.1");
	is_int(w.right.tunnel->lost[LOST_TAKEN], 59, "and as long as it is "
	    "there");
	proc_stop(&a.proc);
	sim_run_s(601);
	say(b.dev, "10.8.0.2", "10.8.0.1");
	ok(reaches(&b, "10.8.0.2"), "ten minutes after it has gone it moves");
	end("neighbour");
}

/* Two devices with one key and one address. */
static void
test_two_of_a_name(void)
{
	unsigned i, moves = 0, last = 0, now, lost = 0;

	begin_named(USUAL, "alice 10.8.0.2\n");
	client_named(&a, w.client, "10.8.0.2", "alice");
	client_named(&b, other_host(), "10.8.0.2", "alice");
	for (i = 0; i < 600; i++) {
		say(a.dev, "10.8.0.2", "10.8.0.1");
		say(b.dev, "10.8.0.2", "10.8.0.1");
		now = reaches(&a, "10.8.0.2") ? 1 : 2;
		moves += last != 0 && now != last;
		lost += a.got.n + b.got.n != i + 1;
		last = now;
		sim_run_ms(700);
	}
	is_int(server_got.n, 1200, "both may send");
	is_int(lost, 0, "one of them gets each answer");
	ok(moves > 0 && moves <= 60, "the address moves at most each 10 s: "
	    "%u times in 10 minutes", moves);
	is_int(logged_text("two clients with the name alice"), 1, "which is "
	    "told once");
	is_int(logged(LEVEL_WARN), 1, "and nothing else is");
	is_int(w.right.tunnel->last_number, 2, "nobody dials again");
	end("two of a name");
}

/* Two devices with one key and an address each. */
static void
test_two_addresses_of_a_name(void)
{
	begin_named(USUAL, "alice 10.8.0.2 10.8.0.3\n");
	client_named(&a, w.client, "10.8.0.2", "alice");
	say(a.dev, "10.8.0.2", "10.8.0.1");
	client_named(&b, other_host(), "10.8.0.3", "alice");
	ok(reaches(&b, "10.8.0.3"), "of two the newer one is found at what "
	    "the older one has not,");
	ok(reaches(&a, "10.8.0.2"), "and each at what it has");
	sim_run_s(3600);
	ok(reaches(&a, "10.8.0.2") && reaches(&b, "10.8.0.3"), "as long as "
	    "both are there");
	is_int(logged(LEVEL_WARN), 0, "which is no fault");
	end("two addresses of a name");
}

/* More addresses than a name may have. */
static void
test_many_of_a_name(void)
{
	char text[ADDR_TEXT];
	unsigned i;

	begin_named(USUAL, "alice 10.8.0.2 10.9.0.0/24\n");
	client_named(&a, w.client, "10.8.0.2", "alice");
	for (i = 1; i <= 100; i++) {
		snprintf(text, sizeof(text), "10.9.0.%u", i);
		say(a.dev, text, "10.8.0.1");
	}
	is_int(server_got.n, 100, "a network may have many hosts");
	ok(reaches(&a, "10.9.0.1") && reaches(&a, "10.9.0.100"), "which are "
	    "all found");
	is_int(proc_lost(&w.right), 0, "and nothing is lost");
	end("many of a name");
}

/* Sources outside the networks of the device. */
static void
test_nets(void)
{
	begin_named(USUAL, NULL);
	client_named(&a, w.client, "10.8.0.2", "alice");
	say(a.dev, "10.8.0.2", "10.8.0.1");
	say(a.dev, "10.8.1.2", "10.8.0.1");
	say(a.dev, "192.0.2.1", "10.8.0.1");
	is_int(server_got.n, 1, "without inner-file nobody sends from outside "
	    "the network of addr");
	is_int(w.right.tunnel->lost[LOST_SOURCE], 2, "which is counted");
	is_int(logged_text("alice may not use the inner address"), 2,
	    "and told");
	say(a.dev, "fd08::2", "fd08::1");
	is_int(server_got.n, 2, "a family without addr is left alone");
	end("nets");
	begin_named(",addr=10.8.0.1/32", NULL);
	client_named(&a, w.client, "10.8.0.2", "alice");
	say(a.dev, "10.8.0.2", "10.8.0.1");
	is_int(server_got.n, 1, "an address of its own is no network");
	end("no nets");
}

/* The server reads its files again, with that inner-file; 0, or -1. */
static int
reread(const char *inner)
{
	struct sim_host *was = sim_here();
	struct fault f;
	int result;

	write_file(KEY_FILE, "alice:" KEY "\nbob:" KEY "\n");
	write_file(INNER_FILE, inner);
	sim_as(w.right.host);
	result = renew_prepare(w.right.tunnel, &w.right.plan, &f);
	if (result == 0)
		renew_commit(w.right.tunnel);
	sim_as(was);
	(void)remove(KEY_FILE);
	(void)remove(INNER_FILE);
	return result;
}

/* The inner-file changes while clients are there. */
static void
test_reload(void)
{
	unsigned long flows;

	begin_named(USUAL, "alice 10.8.0.2 10.9.0.0/24\nbob 10.8.0.3\n");
	client_named(&a, w.client, "10.8.0.2", "alice");
	client_named(&b, other_host(), "10.8.0.3", "bob");
	say(a.dev, "10.8.0.2", "10.8.0.1");
	say(a.dev, "10.9.0.5", "10.8.0.1");
	say(b.dev, "10.8.0.3", "10.8.0.1");
	is_int(server_got.n, 3, "both have their addresses");
	flows = w.right.tunnel->last_number;
	is_int(reread("alice 10.8.0.300\n"), -1, "a mistake refuses it");
	is_int(reread("alice 10.8.0.2 10.9.0.0/24\nbob 10.8.0.3\n"), 0,
	    "nothing changes");
	ok(reaches(&a, "10.8.0.2") && reaches(&a, "10.9.0.5") &&
	    reaches(&b, "10.8.0.3"), "and all goes on");
	is_int(proc_flows(&w.right), 2, "in the same flows");
	is_int(reread("alice 10.8.0.2\nbob 10.8.0.3 10.9.0.0/24\n"), 0,
	    "a network changes hands");
	ok(!reaches(&a, "10.9.0.5"), "its old owner has it no more");
	ok(reaches(&b, "10.9.0.5"), "the new one has");
	ok(reaches(&a, "10.8.0.2"), "what has not changed stays");
	is_int(w.right.tunnel->last_number, (long)flows, "all in their flows");
	is_int(reread("alice 10.8.0.2\n"), 0, "a name goes");
	is_int(logged_text("its name is gone from the inner-file"), 1,
	    "its flow ends at once");
	ok(reaches(&a, "10.8.0.2"), "the other goes on");
	sim_run_s(60);
	server_got.n = 0;
	say(b.dev, "10.8.0.3", "10.8.0.1");
	is_int(server_got.n, 0, "who comes back has no address");
	ok(!reaches(&b, "10.8.0.3"), "and gets nothing");
	is_int(reread("alice 10.8.0.2\nbob 10.8.0.3\n"), 0, "the name is "
	    "there again");
	server_got.n = 0;
	say(b.dev, "10.8.0.3", "10.8.0.1");
	is_int(server_got.n, 1, "and may speak at once");
	ok(reaches(&b, "10.8.0.3"), "and be spoken to");
	end("reload");
}

int
main(void)
{
	test_never_speaks();
	test_never_speaks_older();
	test_comes_back();
	test_neighbour();
	test_two_of_a_name();
	test_two_addresses_of_a_name();
	test_many_of_a_name();
	test_nets();
	test_reload();
	return done_testing();
}
