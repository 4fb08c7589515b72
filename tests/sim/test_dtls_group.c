/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * DTLS servers of which one does not answer: groups of endpoints, and names
 * with several addresses.
 *
 * A build without DTLS leaves this out.
 */

#include "compat.h"

#include "tape.h"

#include "base/addrgroup.h"

#include "../unit/tap.h"

static struct app app;
static struct tape tape;
static struct world w;

/* How an endpoint can be dead. */
enum death { REFUSED, SILENT, REFUSING, OTHER_KEY };

static const char *const deaths[] = {
	"nobody listens", "nothing comes back", "it refuses the suites",
	"it has a different key",
};

/* A client of ports 2815 and 2816 of the server; the latter is dead. */
static struct addrgroup *
begin(struct proc *other, enum death death, uint64_t seed)
{
	struct addrgroup *group;
	char why[GROUP_WHY];

	must(group_parse(&group, "{10.0.0.1:2815-2816}", why) == 0);
	world_begin(&w, seed);
	world_dtls_set(&w, ",timeout=4", "");
	proc_set(other, w.server, death == REFUSING ?
	    "dtls-listen:0.0.0.0:2816,groups=P-384,"
	    "ciphers=TLS-ECDHE-PSK-WITH-AES-128-CBC-SHA256" :
	    "dtls-listen:0.0.0.0:2816", "udp:10.0.2.1:7");
	other->psk[LEFT] = death == OTHER_KEY ? "00" WORLD_PSK : WORLD_PSK;
	w.left.plan.end[RIGHT].settings.group = group;
	if (death == REFUSING)
		w.left.plan.end[RIGHT].settings.groups = "X25519";
	proc_start(&w.right);
	if (death == REFUSING || death == OTHER_KEY)
		proc_start(other);
	proc_start(&w.left);
	tape_begin(&tape, &w);
	app_open(&app, &w, 1);
	return group;
}

static void
finish(struct proc *other, struct addrgroup *group, const char *what)
{
	app_close(&app);
	proc_stop(&w.left);
	proc_stop(other);
	group_free(group);
	proc_forget(other);
	tape_end(&tape);
	is_int(world_end(&w), 0, "%s: nothing stays open", what);
}

/* Nothing comes back from that port. */
static unsigned
lose_dead(void *arg, struct sim_passing *p, unsigned number, enum way way)
{
	(void)number;
	return way != UP || p->target.port != *(uint16_t *)arg;
}

/* One flow after another: an endpoint that does not answer is left for
 * another at the next session. */
static void
test_dead_member(enum death death)
{
	unsigned seed, i, failed, first = 0, second = 0, more = 0;
	uint16_t dead = WORLD_DTLS_PORT + 1;
	struct addrgroup *group;
	struct proc other;

	for (seed = 1; seed <= 8; seed++) {
		group = begin(&other, death, seed);
		if (death == SILENT)
			tape.fate = lose_dead;
		tape.arg = &dead;
		failed = 0;
		for (i = 0; i < 10; i++) {
			app_close(&app);
			app_open(&app, &w, i + 1);
			app_send(&app, 100);
			if (!app_wait(&app, 1, 4500))
				failed++;
		}
		first += failed == 0;
		second += failed == 1;
		more += failed > 1;
		finish(&other, group, deaths[death]);
	}
	printf("# %s: of 8, %u without and %u with one failure\n",
	    deaths[death], first, second);
	is_int(more, 0, "%s: an endpoint that fails once is left for another "
	    "by the next nine flows", deaths[death]);
	ok(second >= 1, "%s: which it did", deaths[death]);
}

/* The application goes on sending: its flow ends, the next one gets through. */
static void
test_same_source(void)
{
	uint16_t dead = WORLD_DTLS_PORT + 1;
	struct addrgroup *group;
	unsigned i, seed, slow = 0, most = 0;
	struct proc other;

	for (seed = 1; seed <= 8; seed++) {
		group = begin(&other, SILENT, seed);
		tape.fate = lose_dead;
		tape.arg = &dead;
		for (i = 0; i < 100 && app.received == 0; i++) {
			app_send(&app, 100);
			sim_run_ms(100);
		}
		slow += i >= 43;
		most = w.left.tunnel->last_number > most ?
		    w.left.tunnel->last_number : most;
		finish(&other, group, "same source");
	}
	is_int(slow, 0, "an application that goes on sending is through after "
	    "one time-out at most");
	is_int(most, 2, "by its second flow");
}

/* The server of a live flow dies. */
static void
test_fail_over(void)
{
	struct addrgroup *group;
	struct proc other;
	uint64_t from_us;
	unsigned i, n;

	group = begin(&other, SILENT, 5);
	proc_start(&other);
	for (i = 0; i < 20; i++) {
		app_send(&app, 100);
		sim_run_ms(100);
	}
	ok(app.received > 0, "a flow of two servers is there");
	/* Whichever it is. */
	w.server->down = true;
	proc_stop(proc_flows(&other) > 0 ? &other : &w.right);
	w.server->down = false;
	from_us = sim_now_us();
	n = app.received;
	while (app.received < n + 5 && sim_now_us() < from_us + 60 * SIM_S) {
		app_send(&app, 100);
		sim_run_ms(100);
	}
	ok(sim_now_us() < from_us + 45 * SIM_S, "when its server dies it goes "
	    "to the other one (%u ms)",
	    (unsigned)((sim_now_us() - from_us) / SIM_MS));
	finish(&other, group, "fail-over");
}

/* All are away, and come back. */
static void
test_all_dead(void)
{
	struct addrgroup *group;
	struct proc other;
	unsigned i;

	group = begin(&other, REFUSED, 6);
	proc_stop(&w.right);
	for (i = 0; i < 300; i++) {
		app_send(&app, 100);
		sim_run_ms(100);
	}
	ok(tape.sent[UP] <= 40, "none of a group answers: few datagrams go "
	    "(%u in 30 s)", tape.sent[UP]);
	proc_start(&w.right);
	for (i = 0; i < 300 && app.received == 0; i++) {
		app_send(&app, 100);
		sim_run_ms(100);
	}
	ok(i < 120, "when one does again a flow is there (%u ms)", 100 * i);
	finish(&other, group, "all dead");
}

/* A name with two addresses, the first of which does not answer. */
static void
test_name(bool v6_first)
{
	struct sim_host *away;

	world_begin(&w, 9);
	away = sim_host_add("away", "10.0.9.9");
	sim_cut(w.client, away, true);
	sim_host_address(away, "2001:db8::9");
	sim_host_address(w.client, "2001:db8::2");
	sim_name_set("vpn.example.com", v6_first ? "2001:db8::9" : "10.0.9.9");
	sim_name_set("vpn.example.com", "10.0.0.1");
	proc_set(&w.left, w.client, "udp-listen:0.0.0.0:8911",
	    "dtls:vpn.example.com:2815");
	proc_set(&w.right, w.server, "dtls-listen:0.0.0.0:2815",
	    "udp:10.0.2.1:7");
	w.left.psk[RIGHT] = w.right.psk[LEFT] = WORLD_PSK;
	proc_start(&w.right);
	proc_start(&w.left);
	tape_begin(&tape, &w);
	app_open(&app, &w, 1);
	app_send(&app, 100);
	ok(app_wait(&app, 1, 3000), "a name whose first address (%s) does not "
	    "answer: the second is tried soon (%u ms)", v6_first ? "IPv6" :
	    "IPv4", (unsigned)(app.rtt_us / SIM_MS));
	app_send(&app, 100);
	ok(app_wait(&app, 2, 50), "and stays");
	is_int(w.left.tunnel->last_number, 1, "it is one flow");
	is_int(w.right.tunnel->last_number, 1, "on the server, too");
	app_close(&app);
	tape_end(&tape);
	is_int(world_end(&w), 0, "nothing stays open");
}

int
main(void)
{
	test_dead_member(REFUSED);
	test_dead_member(SILENT);
	test_dead_member(REFUSING);
	test_dead_member(OTHER_KEY);
	test_same_source();
	test_fail_over();
	test_all_dead();
	test_name(true);
	test_name(false);
	return done_testing();
}
