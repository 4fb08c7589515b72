/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Datagrams of many sources on one stream, told apart by tags.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "sizes.h"
#include "tunnel/uott_mux.h"

#include "../unit/fake_ends.h"

static struct app app[64];

/* Both processes, inside TLS or not; more keys begin with a comma. */
static void
begin(struct world *w, bool tls, const char *client_keys,
    const char *server_keys)
{
	world_begin(w, 1);
	world_uott(w, tls, client_keys, server_keys);
}

/* Ends the world, and n applications. */
static void
end(struct world *w, unsigned n, const char *what)
{
	while (n > 0)
		app_close(&app[--n]);
	is_int(world_end(w), 0, "%s: nothing stays open", what);
}

/* The leg of a flow, the first being number 0, on the dialling side. */
static const struct mux_leg *
leg_of(const struct world *w, unsigned n)
{
	const struct list *at = w->left.tunnel->flows.next;

	while (n-- > 0)
		at = at->next;
	return (struct mux_leg *)flow_leg(LIST_ITEM(at, struct flow,
	    link), RIGHT);
}

static struct framed_end *
end_of(const struct proc *p, enum side side)
{
	return (struct framed_end *)p->tunnel->end[side];
}

/*
 * Datagrams
 */

static void
test_sizes(bool tls, bool chop)
{
	const char *what = tls ? chop ? "tls in odd pieces" : "tls" :
	    chop ? "tcp in odd pieces" : "tcp";
	struct world w;

	world_begin(&w, 2);
	sim_rules.chop = chop;
	world_uott(&w, tls, "", "");
	app_open(&app[0], &w, 1);
	pass_sizes(&w, &app[0], what);
	is_int(w.echo.late, 0, "%s: in their order", what);
	end(&w, 1, what);
}

/* Many sources on the one connection. */
static void
test_sources(bool tls)
{
	const char *what = tls ? "64 sources, tls" : "64 sources";
	unsigned i, round, back = 0, bad = 0;
	struct world w;

	begin(&w, tls, "", "");
	sim_run_ms(200);
	is_int(sim_tcp_count(w.server), 1, "%s: it is connected before "
	    "anything is sent", what);
	is_int(proc_flows(&w.right), 0, "%s: without a flow", what);
	for (i = 0; i < 64; i++)
		app_open(&app[i], &w, i + 1);
	for (round = 0; round < 10; round++) {
		for (i = 0; i < 64; i++)
			app_send(&app[i], 200 + i);
		sim_run_ms(100);
	}
	sim_run_ms(1000);
	for (i = 0; i < 64; i++) {
		back += app[i].received;
		bad += app[i].bad + app[i].twice;
	}
	is_int(back, 640, "%s: all get their answers", what);
	is_int(bad, 0, "%s: each its own", what);
	is_int(proc_flows(&w.left), 64, "%s: each is a flow", what);
	is_int(proc_flows(&w.right), 64, "%s: at the other end, too", what);
	is_int(sim_tcp_count(w.server), 1, "%s: on one connection", what);
	for (i = 0; i < 64; i++)
		bad += leg_of(&w, i)->tag != i;
	is_int(bad, 0, "%s: tags count up from 0", what);
	end(&w, 64, what);
}

/* Two clients have a tag 0 each. */
static void
test_two_clients(void)
{
	struct sim_host *second;
	struct proc p;
	struct world w;

	begin(&w, false, "", "");
	second = sim_host_add("second", "10.6.6.6");
	proc_set(&p, second, "udp-listen:0.0.0.0:8911",
	    "uott:10.0.0.1:8443");
	must(proc_start(&p) == 0);
	app_open(&app[0], &w, 1);
	app_open(&app[1], &w, 2);
	memcpy(app[1].to.ip, second->addr[0].ip, sizeof(app[1].to.ip));
	app_send(&app[0], 100);
	app_send(&app[1], 200);
	ok(app_wait(&app[0], 1, 1000), "the first client is served");
	ok(app_wait(&app[1], 1, 1000), "and the second at the same time");
	is_int(app[0].bad + app[1].bad, 0, "though both use tag 0");
	is_int(proc_flows(&w.right), 2, "each is a flow of its own");
	proc_stop(&p);
	sim_run_ms(100);
	is_int(proc_flows(&w.right), 1, "the flows of one that goes end with "
	    "its connection");
	app_send(&app[0], 100);
	ok(app_wait(&app[0], 2, 1000), "the other is not disturbed");
	proc_forget(&p);
	end(&w, 2, "two clients");
}

/*
 * Tags
 */

/* Sends from the target to where a flow's datagrams came from. */
static void
late_answer(struct world *w, uint16_t port)
{
	struct addr to = w->server->addr[0];

	to.port = port;
	sim_udp_send(w->echo.fd, &to, (const uint8_t *)"late", 4);
	sim_run_ms(50);
}

/* Answers for a flow that has ended do not reach the next one. */
static void
test_quarantine(void)
{
	uint16_t port;
	struct world w;

	begin(&w, false, "", "");
	proc_restart(&w.left, "idle", "10");
	app_open(&app[0], &w, 1);
	app_open(&app[1], &w, 2);
	app_open(&app[2], &w, 3);
	app_send(&app[0], 100);
	app_wait(&app[0], 1, 1000);
	port = w.echo.port;
	sim_run_s(11);
	is_int(proc_flows(&w.left), 0, "the client's flow expires");
	is_int(proc_flows(&w.right), 1, "while the proxy has it");
	app_send(&app[1], 100);
	ok(app_wait(&app[1], 1, 1000), "the next source is served");
	is_int(leg_of(&w, 0)->tag, 1, "with another tag");
	late_answer(&w, port);
	is_int(app[1].received, 1, "a late answer for the old tag does not "
	    "reach it");
	is_int(w.left.tunnel->lost[LOST_NO_FLOW], 1, "and is counted");
	sim_run_s(100);
	late_answer(&w, port);
	sim_run_s(100);
	app_send(&app[1], 100);
	ok(app_wait(&app[1], 2, 1000), "211 s later it begins another flow");
	is_int(leg_of(&w, 0)->tag, 1, "with a tag that has rested for 120 s, "
	    "and not with the one that was disturbed meanwhile");
	sim_run_s(19);
	app_send(&app[2], 100);
	ok(app_wait(&app[2], 1, 1000), "but that is used");
	is_int(leg_of(&w, 0)->tag, 2, "not yet,");
	sim_run_s(2);
	app_send(&app[0], 100);
	ok(app_wait(&app[0], 2, 1000), "but later");
	is_int(leg_of(&w, 1)->tag, 0, "again");
	is_int(app[0].bad + app[1].bad + app[2].bad, 0, "all got their own");
	end(&w, 3, "quarantine");
}

/* The proxy's idle time is the shorter one. */
static void
test_proxy_expires(void)
{
	struct world w;

	begin(&w, false, "", "");
	proc_restart(&w.right, "idle", "10");
	proc_restart(&w.left, "idle", "0");
	app_open(&app[0], &w, 1);
	app_send(&app[0], 100);
	app_wait(&app[0], 1, 1000);
	sim_run_s(11);
	is_int(proc_flows(&w.right), 0, "the proxy's flow expires");
	is_int(sim_tcp_count(w.server), 1, "its connection stays");
	app_send(&app[0], 100);
	ok(app_wait(&app[0], 2, 1000), "a tag that the client still uses "
	    "opens again");
	is_int(proc_flows(&w.left), 1, "for the same flow of the client");
	is_int(w.left.tunnel->last_number, 1, "the first");
	is_int(proc_lost(&w.left) + proc_lost(&w.right), 0, "nothing is lost");
	end(&w, 1, "the proxy expires");
}

/* A LEFT end that just starts flows, and is asked to pause. */
static unsigned holds, releases;

static void
probe_hold(struct leg *l, bool on)
{
	(void)l;
	holds += on;
	releases += !on;
}

static struct end_ops probe_ops;

/* The client's tunnel with that end in the place of udp-listen. */
static struct end *
probe_begin(struct world *w, const char *max_flows)
{
	begin(w, false, "", "");
	proc_stop(&w->left);
	probe_ops = fake_end(LEFT);
	probe_ops.hold = probe_hold;
	w->left.plan.end[LEFT].kind = &probe_ops;
	proc_option(&w->left, "max-flows", max_flows);
	must(proc_start(&w->left) == 0);
	sim_run_ms(100);
	holds = releases = 0;
	sim_as(w->client);
	return w->left.tunnel->end[LEFT];
}

/* Passes a datagram of so many zeroes. */
static void
probe_pass(struct leg *l, size_t n)
{
	static uint8_t zeroes[65536];
	struct dgram d = { zeroes, n, 0, 0 };

	flow_pass(l, &d, 1);
}

/* More flows than there are tags. */
static void
test_too_many(void)
{
	static struct leg *leg[65536];
	struct peer peer = { 0 };
	struct world w;
	struct end *e = probe_begin(&w, "70000");
	unsigned i, wrong = 0;

	for (i = 0; i < 65536; i++) {
		leg[i] = flow_open(e, &peer);
		if (leg[i] == NULL)
			break;
		wrong += ((struct mux_leg *)leg_other(leg[i]))->tag != i;
	}
	is_int(i, 65536, "65536 flows have a tag each");
	is_int(wrong, 0, "in their order");
	/* The first one is used later than all others, the second is not. */
	sim_run_ms(10);
	sim_as(w.client);
	probe_pass(leg[0], 100);
	leg[0] = flow_open(e, &peer);
	ok(leg[0] != NULL, "one more gets in");
	is_int(proc_flows(&w.left), 65536, "for which another flow ends:");
	is_int(((struct mux_leg *)leg_other(leg[0]))->tag, 1, "the one that "
	    "was used least recently, whose tag it has");
	is_int(leg_of(&w, 0)->tag, 0, "the one that was used lives");
	sim_run_ms(10);
	is_int(world_end(&w), 0, "too many flows: nothing stays open");
}

/* The other end is told when the stream takes no more. */
static void
test_hold(void)
{
	struct peer peer = { 0 };
	struct world w;
	struct end *e = probe_begin(&w, "10");
	struct leg *l = flow_open(e, &peer);
	unsigned i;
	size_t window;

	for (i = 0; i < 10; i++)
		probe_pass(l, 1000);
	sim_run_ms(100);
	is_int(holds, 0, "while the stream takes all, nobody is to pause");
	window = sim_link(w.client, w.server)->window;
	sim_tcp_window(w.client, w.server, 0);
	for (i = 0; i < 300 && holds == 0; i++) {
		sim_as(w.client);
		probe_pass(l, 1000);
		sim_run_ms(1);
	}
	is_int(holds, 1, "when it stalls, the other leg is to pause");
	sim_tcp_window(w.client, w.server, window);
	sim_run_ms(100);
	is_int(releases, 1, "and to go on when it moves");
	sim_tcp_window(w.client, w.server, 0);
	for (i = 0; i < 300 && holds == 1; i++) {
		sim_as(w.client);
		probe_pass(l, 1000);
		sim_run_ms(1);
	}
	is_int(holds, 2, "again");
	sim_cut(w.client, w.server, true);
	sim_tcp_reset(w.client, w.server);
	sim_run_ms(100);
	is_int(releases, 2, "nobody pauses for a connection that is lost");
	is_int(world_end(&w), 0, "hold: nothing stays open");
}

/*
 * Connections that go and come
 */

static void
test_reconnect(bool tls)
{
	const char *what = tls ? "reconnect, tls" : "reconnect";
	unsigned i, back = 0;
	struct world w;

	begin(&w, tls, "", "");
	for (i = 0; i < 5; i++) {
		app_open(&app[i], &w, i + 1);
		app_send(&app[i], 100);
	}
	sim_run_ms(500);
	is_int(sim_tcp_reset(w.client, w.server), 1, "%s: the connection "
	    "breaks", what);
	for (i = 0; i < 5; i++)
		app_send(&app[i], 100);
	sim_run_ms(900);
	for (i = 0; i < 5; i++)
		back += app[i].received;
	is_int(back, 10, "%s: all flows go on within a second", what);
	is_int(w.left.tunnel->last_number, 5, "%s: they are the same ones",
	    what);
	is_int(proc_flows(&w.right), 5, "%s: the proxy has new ones for them",
	    what);
	is_int(logged_text("connection lost"), 1, "%s: the loss is logged",
	    what);
	is_int(logged_text("connected to 10.0.0.1:8443 again"), 1, "%s: and "
	    "its end", what);
	end(&w, 5, what);
}

/* The proxy is away for a minute. */
static void
test_away(void)
{
	struct world w;
	unsigned i;
	unsigned long asked;

	begin(&w, false, "", "");
	app_open(&app[0], &w, 1);
	app_send(&app[0], 100);
	app_wait(&app[0], 1, 1000);
	proc_stop(&w.right);
	asked = sim_tcp_asked(w.server);
	for (i = 0; i < 60; i++) {
		app_send(&app[0], 100);
		sim_run_s(1);
	}
	ok(sim_tcp_asked(w.server) - asked < 80, "away: attempts pause");
	ok(logged(LEVEL_ERROR) >= 1 && logged(LEVEL_ERROR) <= 2, "away: it is "
	    "said, but not for each attempt");
	must(proc_start(&w.right) == 0);
	i = app[0].received;
	app_send(&app[0], 100);
	ok(app_wait(&app[0], i + 1, 1500), "away: traffic is back soon after "
	    "the proxy is");
	is_int(w.left.tunnel->last_number, 1, "away: it is the same flow");
	end(&w, 1, "away");
}

/* Nobody is there when it starts. */
static void
test_start_alone(void)
{
	unsigned long before;
	struct world w;

	begin(&w, false, "", "");
	proc_stop(&w.left);
	proc_stop(&w.right);
	must(proc_start(&w.left) == 0);
	sim_run_s(10);
	is_int(logged(LEVEL_ERROR), 1, "no proxy at the start: it is said");
	before = w.left.sim->wakeups;
	sim_run_s(3600);
	is_int(w.left.sim->wakeups - before, 0, "no proxy at the start: "
	    "without flows nobody tries again");
	must(proc_start(&w.right) == 0);
	app_open(&app[0], &w, 1);
	app_send(&app[0], 100);
	ok(app_wait(&app[0], 1, 1000), "no proxy at the start: the first "
	    "datagram makes it try, and gets through");
	before = w.left.sim->wakeups + w.right.sim->wakeups;	sim_run_s(3600);
	ok(w.left.sim->wakeups + w.right.sim->wakeups - before < 6, "an idle "
	    "tunnel sleeps, once its flow has expired");
	is_int(sim_tcp_count(w.server), 1, "with its connection");
	end(&w, 1, "no proxy at the start");
}

/* The machine slept: the connection is as good as gone. */
static void
test_suspend(void)
{
	struct world w;

	begin(&w, false, "", "");
	app_open(&app[0], &w, 1);
	app_send(&app[0], 100);
	app_wait(&app[0], 1, 1000);
	sim_rules.slept_ms += 600000;
	sim_run_s(2);
	app_send(&app[0], 100);
	ok(app_wait(&app[0], 2, 2000), "after a suspend traffic is back");
	is_int(logged_text("the machine slept"), 1, "which is logged");
	is_int(sim_tcp_asked(w.server), 2, "on a new connection");
	sim_run_s(200);
	is_int(proc_flows(&w.left), 0, "its flow expires");
	sim_rules.slept_ms += 600000;
	sim_run_s(2);
	sim_route_changed(w.client);
	sim_run_s(2);
	is_int(logged_text("the machine slept"), 2, "a second suspend");
	is_int(sim_tcp_asked(w.server), 2, "without flows nobody dials");
	app_send(&app[0], 100);
	ok(app_wait(&app[0], 3, 1000), "the next datagram does");
	end(&w, 1, "suspend");
}

/* The path dies under a flow that is over before that is noticed. */
static void
test_silent_without_flows(void)
{
	unsigned long wakeups, asked;
	struct world w;

	begin(&w, false, "", "");
	proc_restart(&w.left, "idle", "1");
	app_open(&app[0], &w, 1);
	app_send(&app[0], 100);
	ok(app_wait(&app[0], 1, 1000), "no flows: it is connected");
	sim_run_s(20);
	sim_cut(w.client, w.server, true);
	app_send(&app[0], 100);
	sim_run_ms(1500);
	is_int(proc_flows(&w.left), 0, "no flows: the flow expires before the "
	    "path is known to be dead");
	wakeups = w.left.sim->wakeups;
	asked = sim_tcp_asked(w.server);
	sim_run_s(3600);
	is_int(sim_tcp_asked(w.server), asked, "no flows: nobody dials beside");
	ok(w.left.sim->wakeups - wakeups < 8, "no flows: nobody looks");
	sim_cut(w.client, w.server, false);
	app_send(&app[0], 100);
	ok(app_wait(&app[0], 2, 3000), "no flows: the next one gets through");
	end(&w, 1, "no flows");
}

/* Our address changes while there are no flows. */
static void
test_moved(void)
{
	unsigned long wakeups;
	struct world w;

	begin(&w, false, "", "");
	sim_host_address(w.client, "10.0.4.2");
	app_open(&app[0], &w, 1);
	sim_run_s(1);
	is_int(sim_tcp_asked(w.server), 1, "moved: it is connected");
	sim_host_move(w.client, 1, "10.0.5.2");
	sim_run_s(40);	/* the old one is read for 30 s */
	is_int(sim_tcp_asked(w.server), 1, "moved: without flows nobody "
	    "dials");
	wakeups = w.left.sim->wakeups;
	sim_run_s(3600);
	is_int(w.left.sim->wakeups, wakeups, "moved: nor looks");
	app_send(&app[0], 100);
	ok(app_wait(&app[0], 1, 1000), "moved: the next datagram does");
	end(&w, 1, "moved");
}

/*
 * Streams without room
 */

static void
test_stall(bool tls)
{
	const char *what = tls ? "stall, tls" : "stall";
	size_t most = 0, window;
	unsigned sent, i;
	struct world w;

	begin(&w, tls, "", "");
	w.echo.silent = true;
	app_open(&app[0], &w, 1);
	app_open(&app[1], &w, 2);
	app_send(&app[0], 1000);
	app_send(&app[1], 1000);
	sim_run_ms(1000);
	window = sim_link(w.client, w.server)->window;
	sim_tcp_window(w.client, w.server, 0);
	for (i = 0; i < 3000; i++) {
		app_send(&app[0], 1000);
		if (i % 100 == 0)
			app_send(&app[1], 100);
		sim_run_ms(1);
		if (leg_of(&w, 0)->framed.queue.bytes > most)
			most = leg_of(&w, 0)->framed.queue.bytes;
	}
	ok(most > 100000 && most <= QUEUE_MAX, "%s: a flow queues at most "
	    "256 KiB", what);
	ok(end_of(&w.left, RIGHT)->queues.bytes < 2 * QUEUE_MAX, "%s: in "
	    "about as many bytes of blocks", what);
	ok(leg_of(&w, 1)->framed.queue.count > 5, "%s: a flood of one does "
	    "not push the other's out", what);
	sent = app[0].sent + app[1].sent;
	w.echo.oldest_us = 0;
	sim_tcp_window(w.client, w.server, window);
	sim_run_ms(1000);
	is_int(sent - w.echo.received - proc_lost(&w.left), 0, "%s: each "
	    "datagram arrives or is counted", what);
	is_int(leg_of(&w, 0)->framed.queue.count +
	    leg_of(&w, 1)->framed.queue.count, 0,
	    "%s: the queues are empty", what);
	is_int(end_of(&w.left, RIGHT)->queues.bytes, 0, "%s: and hold no "
	    "block", what);
	app_send(&app[1], 100);
	sim_run_ms(100);
	is_int(sent + 1 - w.echo.received - proc_lost(&w.left), 0, "%s: it "
	    "works as before", what);
	end(&w, 2, what);
}

/* One flow offers twice what the way takes; another one says a word now and
 * then. */
static void
test_fair(void)
{
	struct world w;
	unsigned i;

	world_begin(&w, 3);
	sim_link_both(w.client, w.server, 10 * SIM_MS, 250000);
	sim_tcp_window(w.client, w.server, 16 * 1024);
	world_uott(&w, false, ",sndbuf=32k", "");
	w.echo.silent = true;
	app_open(&app[0], &w, 1);
	app_open(&app[1], &w, 2);
	app_send(&app[0], 100);
	app_send(&app[1], 100);
	sim_run_ms(1000);
	for (i = 0; i < 5000; i++) {
		app_send(&app[0], 1000);
		if (i == 1000)
			w.echo.oldest_us = 0;
		if (i % 50 == 0)
			app_send(&app[1], 100);
		sim_run_ms(2);
	}
	sim_run_ms(2000);
	ok(w.left.tunnel->lost[LOST_QUEUE_OLD] > 1500, "overload: the "
	    "flood is cut down");
	is_int(LIST_ITEM(w.left.tunnel->flows.prev, struct flow, link)->passed
	    [LEFT], 101, "overload: the other flow sends its 101");
	is_int(w.right.tunnel->flows.prev != w.right.tunnel->flows.next &&
	    LIST_ITEM(w.right.tunnel->flows.prev, struct flow, link)->passed
	    [LEFT] == 101, 1, "overload: and loses none");
	ok(w.echo.oldest_us < 300 * SIM_MS, "overload: nothing is older than "
	    "the system's buffer and 25 ms");
	is_int(w.echo.received + proc_lost(&w.left), app[0].sent +
	    app[1].sent, "overload: each datagram arrives or is counted");
	end(&w, 2, "overload");
}

/* A client that reads nothing, beside one that does. */
static void
test_deaf_client(void)
{
	struct sim_host *deaf;
	struct proc p;
	struct world w;
	unsigned i;

	begin(&w, false, "", "");
	deaf = sim_host_add("deaf", "10.6.6.6");
	proc_set(&p, deaf, "udp-listen:0.0.0.0:8911", "uott:10.0.0.1:8443");
	must(proc_start(&p) == 0);
	app_open(&app[0], &w, 1);
	for (i = 1; i < 60; i++) {
		app_open(&app[i], &w, i + 1);
		memcpy(app[i].to.ip, deaf->addr[0].ip, sizeof(app[i].to.ip));
		app_send(&app[i], 100);
	}
	sim_run_ms(500);
	sim_tcp_window(w.server, deaf, 0);
	for (i = 0; i < 4000; i++) {
		app_send(&app[1 + i % 59], 8000);
		sim_run_us(200);
	}
	ok(w.right.tunnel->lost[LOST_QUEUE_FULL] > 300, "much is dropped for a "
	    "client that reads nothing");
	ok(end_of(&w.right, LEFT)->queues.bytes > 1000000, "and what waits "
	    "for it");
	ok(end_of(&w.right, LEFT)->queues.bytes <= QUEUE_POOL_MAX / 2, "is "
	    "not all that may wait");
	app_send(&app[0], 100);
	ok(app_wait(&app[0], 1, 200), "the other client gets its answers");
	proc_forget(&p);
	sim_run_s(2);
	is_int(end_of(&w.right, LEFT)->queues.bytes, 0, "in the end nothing "
	    "waits");
	end(&w, 60, "a deaf client");
}

int
main(void)
{
	test_sizes(false, false);
	test_sizes(true, false);
	test_sizes(false, true);
	test_sizes(true, true);
	test_sources(false);
	test_sources(true);
	test_two_clients();
	test_quarantine();
	test_proxy_expires();
	test_too_many();
	test_hold();
	test_reconnect(false);
	test_reconnect(true);
	test_away();
	test_start_alone();
	test_suspend();
	test_silent_without_flows();
	test_moved();
	test_stall(false);
	test_stall(true);
	test_fair();
	test_deaf_client();
	return done_testing();
}
