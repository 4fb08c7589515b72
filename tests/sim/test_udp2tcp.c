/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A TCP connection for each flow, and no identifier on it.
 */

#include "compat.h"

#include "net/sockaddr.h"
#include "tunnel/framed.h"
#include "stranger.h"

#include "../unit/tap.h"

static struct app app[8];

/* Both processes, with keys that begin with a comma, and one application. */
static void
begin(struct world *w, const char *client_keys, const char *server_keys)
{
	world_begin(w, 1);
	evil = sim_host_add("evil", "10.6.6.6");
	world_pool(w, "udp2tcp", client_keys, server_keys);
	app_open(&app[0], w, 1);
}

static void
end(struct world *w, unsigned n, const char *what)
{
	while (n > 0)
		app_close(&app[--n]);
	is_int(world_end(w), 0, "%s: nothing stays open", what);
}

/* The honest client gets through. */
static void
honest(const char *what)
{
	gets_through(&app[0], what);
}

/*
 * Datagrams
 */

static void
test_sizes(bool chop)
{
	static const size_t sizes[] = { 0, 1, 15, 1400, 2040, 9000, 16384,
	    32768, 65507 };
	const char *what = chop ? "in odd pieces" : "sizes";
	unsigned i, n = sizeof(sizes) / sizeof(sizes[0]);
	struct world w;

	world_begin(&w, 2);
	sim_rules.chop = chop;
	world_pool(&w, "udp2tcp", "", "");
	app_open(&app[0], &w, 1);
	for (i = 0; i < n; i++) {
		app_send(&app[0], sizes[i]);
		if (!app_wait(&app[0], i + 1, 20000) ||
		    w.echo.len != sizes[i])
			break;
	}
	is_int(i, n, "%s: datagrams of 0 to 65507 bytes pass, one by one",
	    what);
	for (i = 0; i < n; i++) {
		app_send(&app[0], sizes[i]);
		sim_run_us(100);
	}
	app_wait(&app[0], 2 * n, 20000);
	is_int(app[0].received, 2 * n, "%s: and all at once", what);
	is_int(app[0].bad + w.echo.bad + app[0].twice + w.echo.late, 0,
	    "%s: unchanged, each once, in their order", what);
	is_int(proc_lost(&w.left) + proc_lost(&w.right), 0,
	    "%s: no loss is counted", what);
	end(&w, 1, what);
}

static void
test_sources(void)
{
	unsigned i, round, back = 0, bad = 0;
	struct world w;

	begin(&w, "", "");
	sim_run_ms(200);
	is_int(sim_tcp_count(w.server), 0, "nothing is dialled before the "
	    "first datagram");
	for (i = 1; i < 8; i++)
		app_open(&app[i], &w, i + 1);
	for (round = 0; round < 10; round++) {
		for (i = 0; i < 8; i++)
			app_send(&app[i], 200 + i);
		sim_run_ms(100);
	}
	for (i = 0; i < 8; i++) {
		back += app[i].received;
		bad += app[i].bad + app[i].twice;
	}
	is_int(back, 80, "8 sources get their answers");
	is_int(bad, 0, "each its own");
	is_int(proc_flows(&w.left), 8, "each is a flow");
	is_int(proc_flows(&w.right), 8, "at the other end, too");
	is_int(sim_tcp_count(w.server), 8, "with a connection each");
	is_int(sim_tcp_asked(w.server), 8, "and no other");
	end(&w, 8, "sources");
}

/* What the original cannot receive is not sent. */
static void
test_longest(void)
{
	static uint8_t zeroes[65535];
	struct dgram d = { zeroes, sizeof(zeroes) - 1, 0, 0 };
	struct flow *f;
	struct world w;

	begin(&w, "", "");
	honest("longest");
	f = proc_flow(&w.left);
	is_int(flow_leg(f, RIGHT)->end->ops->room(flow_leg(f, RIGHT)), 65533,
	    "there is room for 65533 bytes");
	sim_as(w.client);
	flow_pass(flow_leg(f, LEFT), &d, 1);
	is_int(w.left.tunnel->lost[LOST_TOO_BIG], 1, "a datagram of 65534 is "
	    "counted as lost");
	honest("longest");
	end(&w, 1, "longest");
}

/* Frames in pieces, and one that no datagram can carry. */
static void
test_pieces(void)
{
	static const char whole[] = "\000\003abc\000\000\000\001x";
	static const char longest[2] = { '\377', '\377' };
	static const char zeroes[4096];
	struct world w;
	unsigned tries;
	size_t i, sent;
	ssize_t n;
	fd_t fd;

	begin(&w, "", "");
	fd = stranger();
	sim_run_ms(20);
	sock_send(fd, whole, 4);
	sim_run_ms(100);
	is_int(proc_flows(&w.right), 0, "half a frame begins no flow");
	for (i = 4; i < sizeof(whole) - 1; i++) {
		sim_as(evil);
		sock_send(fd, whole + i, 1);
		sim_run_ms(5);
	}
	sim_run_ms(50);
	is_int(proc_flows(&w.right), 1, "a whole one does");
	is_int(w.echo.received, 3, "each datagram comes, the empty one, too");
	sim_as(evil);
	sock_send(fd, longest, 2);
	for (sent = 0, tries = 0; sent < 65535 && tries < 1000; tries++) {
		sim_as(evil);
		n = sock_send(fd, zeroes, sizeof(zeroes) < 65535 - sent ?
		    sizeof(zeroes) : 65535 - sent);
		sent += n > 0 ? (size_t)n : 0;
		sim_run_ms(1);
	}
	sock_send(fd, whole, 5);
	sim_run_ms(100);
	is_int(w.echo.received, 4, "the one behind a frame of 65535 comes");
	is_int(proc_lost(&w.right), 1, "which UDP cannot carry, so that it is "
	    "counted as lost");
	ok(!is_closed(fd), "and its connection stays");
	sock_send(fd, longest, 2);
	sim_run_s(29);
	ok(!is_closed(fd), "a frame may take 29 s");
	sim_run_s(2);
	ok(is_closed(fd), "but not 31 s");
	is_int(proc_flows(&w.right), 0, "its flow ends with it");
	sock_close(fd);
	end(&w, 1, "pieces");
}

/*
 * Connections that go and come
 */

static void
test_away_at_first(void)
{
	unsigned long asked;
	struct world w;

	begin(&w, "", "");
	proc_stop(&w.right);
	app_send(&app[0], 100);
	sim_run_s(1);
	ok(logged_text("cannot connect") >= 1, "away at first: it is said");
	must(proc_start(&w.right) == 0);
	ok(app_wait(&app[0], 1, 1500), "away at first: what was sent arrives "
	    "when the server comes within the time-out");
	is_int(w.left.tunnel->last_number, 1, "away at first: by the same "
	    "flow");
	proc_stop(&w.right);
	app_send(&app[0], 100);
	sim_run_s(10);
	asked = sim_tcp_asked(w.server);
	sim_run_s(60);
	is_int(sim_tcp_asked(w.server), asked, "away: nobody dials when there "
	    "is nothing left to send");
	end(&w, 1, "away at first");
}

/* The connection breaks below a flow. */
static void
test_reset(void)
{
	struct world w;

	begin(&w, "", "");
	honest("reset");
	is_int(sim_tcp_reset(w.client, w.server), 1, "the connection breaks");
	sim_run_ms(100);
	is_int(proc_flows(&w.left), 1, "the client's flow lives on");
	is_int(proc_flows(&w.right), 0, "the server's ends with it");
	honest("reset");
	is_int(sim_tcp_asked(w.server), 2, "on a new connection");
	is_int(w.left.tunnel->last_number, 1, "by the same flow");
	is_int(logged_text("has a connection again"), 1, "which is logged");
	end(&w, 1, "reset");
}

/* A server that closes each connection, as one that is restarted does. */
static void
test_closed(void)
{
	unsigned long asked;
	struct world w;
	unsigned i;

	begin(&w, "", "");
	proc_restart(&w.left, "idle", "0");
	honest("closed");
	proc_restart(&w.right, "idle", "0");
	asked = sim_tcp_asked(w.server);
	sim_run_s(3600);
	is_int(sim_tcp_asked(w.server), asked, "closed: without traffic "
	    "nothing is dialled for an hour");
	is_int(proc_flows(&w.left), 1, "closed: the flow lives");
	honest("closed");
	is_int(sim_tcp_asked(w.server), asked + 1, "closed: its next datagram "
	    "has it dialled");
	asked = sim_tcp_asked(w.server);
	for (i = 0; i < 600; i++) {
		sim_tcp_reset(w.client, w.server);
		app_send(&app[0], 100);
		sim_run_ms(100);
	}
	ok(sim_tcp_asked(w.server) - asked < 100, "closed: one that closes "
	    "all at once is not dialled for each datagram (%lu)",
	    sim_tcp_asked(w.server) - asked);
	end(&w, 1, "closed");
}

static void
test_expire(void)
{
	struct world w;

	begin(&w, "", "");
	proc_restart(&w.right, "idle", "5");
	honest("expire");
	sim_run_s(6);
	is_int(proc_flows(&w.right), 0, "the server's flow expires");
	is_int(sim_tcp_count(w.server), 1, "its connection stays");
	honest("expire");
	is_int(sim_tcp_asked(w.server), 1, "and carries the next flow");
	is_int(w.right.tunnel->last_number, 2, "which is a new one");
	sim_run_s(130);
	is_int(proc_flows(&w.left), 0, "the client's flow expires");
	is_int(sim_tcp_count(w.server), 0, "and its connection ends with it");
	honest("expire");
	end(&w, 1, "expire");
}

static void
test_silence(void)
{
	unsigned long before;
	struct world w;

	begin(&w, "", "");
	proc_restart(&w.left, "idle", "0");
	honest("an hour of silence");
	sim_run_s(60);
	before = w.left.sim->wakeups + w.right.sim->wakeups;
	sim_run_s(3600);
	is_int(w.left.sim->wakeups + w.right.sim->wakeups - before, 0,
	    "an hour of silence wakes nobody");
	honest("an hour of silence");
	is_int(sim_tcp_asked(w.server), 1, "on the same connection");
	is_int(w.right.tunnel->last_number, 1, "by the same flow");
	end(&w, 1, "an hour of silence");
}

/* The machine slept. */
static void
test_suspend(void)
{
	struct world w;
	unsigned i;

	begin(&w, "", "");
	for (i = 1; i < 8; i++) {
		app_open(&app[i], &w, i + 1);
		gets_through(&app[i], "suspend");
	}
	honest("suspend");
	sim_rules.slept_ms += 60000;
	sim_run_s(2);
	honest("suspend");
	is_int(logged_text("the machine slept for 60 s"), 1, "suspend: the "
	    "next datagram shows it");
	sim_run_s(10);
	is_int(sim_tcp_count(w.client), 1, "suspend: old connections are "
	    "closed");
	is_int(sim_tcp_asked(w.server), 9, "suspend: none is dialled for "
	    "flows that are idle");
	gets_through(&app[7], "suspend");
	is_int(sim_tcp_asked(w.server), 10, "suspend: one is when they are "
	    "not");
	is_int(proc_flows(&w.left), 8, "suspend: all flows are there");
	end(&w, 8, "suspend");
}

/* Our address changes. */
static void
test_moved(void)
{
	struct world w;

	begin(&w, "", "");
	sim_host_address(w.client, "10.0.4.2");
	sim_run_s(1);
	honest("moved");
	sim_host_move(w.client, 1, "10.0.5.2");
	sim_run_s(2);
	is_int(sim_tcp_asked(w.server), 1, "moved: none is dialled for a flow "
	    "that is idle");
	honest("moved");
	is_int(sim_tcp_asked(w.server), 2, "moved: one is for the next "
	    "datagram");
	end(&w, 1, "moved");
}

/*
 * Strangers
 */

static void
test_mute(void)
{
	static const char hello[] = "\026\003\001\002\000\001\000\001\374\003";
	struct world w;
	fd_t mute, tls;

	begin(&w, "", "");
	honest("strangers");
	mute = stranger();
	tls = stranger();
	sim_run_ms(20);
	sim_as(evil);
	sock_send(tls, hello, sizeof(hello) - 1);
	sim_run_ms(900);
	ok(is_closed(tls), "one that speaks TLS is closed at once");
	is_int(logged_text("the peer speaks TLS, and this end does not"), 1,
	    "and the log says so");
	sim_run_ms(9000);
	ok(!is_closed(mute), "one that says nothing is kept for 9.9 s");
	sim_run_ms(200);
	ok(is_closed(mute), "but not for 10.1 s");
	is_int(logged_text("no datagram in time (10.6.6.6"), 1, "the log says "
	    "why");
	is_int(w.right.tunnel->last_number, 1, "neither began a flow");
	sock_close(mute);
	sock_close(tls);
	honest("strangers");
	is_int(sim_tcp_asked(w.client), 0, "on its old connection");
	end(&w, 1, "strangers");
}

/* Ten thousand connections, of which every other one sends a datagram. */
static void
test_many(void)
{
	enum { MANY = 10000 };
	static fd_t fd[MANY];
	unsigned i, k, gone = 0, most = 0;
	struct world w;

	begin(&w, "", ",max-pending=100,max-connections=2000");
	proc_restart(&w.right, "source-share", "100");
	proc_restart(&w.right, "max-flows", "300");
	honest("10,000");
	for (i = 0; i < MANY; i++) {
		fd[i] = stranger();
		if (i % 50 < 49)
			continue;
		sim_run_ms(30);
		sim_as(evil);
		for (k = i - 49; k <= i; k += 2)
			sock_send(fd[k], "\000\001x", 3);
		if (sim_tcp_count(w.server) > most)
			most = sim_tcp_count(w.server);
	}
	sim_run_ms(100);
	for (i = 0; i < MANY; i++)
		gone += is_closed(fd[i]);
	printf("# at most %u connections, %u closed\n", most, gone);
	is_int(proc_flows(&w.right), 300, "10,000: as many flows as may be");
	ok(gone >= MANY - 400, "10,000: and no more than max-pending without "
	    "(%u closed)", gone);
	ok(logged(LEVEL_WARN) < 30, "10,000: a few lines tell of them");
	honest("10,000");
	sim_run_s(11);
	gone = 0;
	for (i = 0; i < MANY; i++)
		gone += is_closed(fd[i]);
	is_int(gone, MANY - 299, "10,000: after 10 s only those with flows "
	    "are there");
	for (i = 0; i < MANY; i++)
		sock_close(fd[i]);
	sim_run_s(1);
	is_int(proc_flows(&w.right), 1, "10,000: their flows end with them");
	honest("10,000");
	end(&w, 1, "10,000");
}

/* More connections than there may be in all. */
static void
test_max_connections(void)
{
	struct world w;
	fd_t fd[4];
	unsigned i;

	begin(&w, "", ",max-connections=4");
	proc_restart(&w.right, "source-share", "100");
	honest("max-connections");
	for (i = 0; i < 4; i++) {
		fd[i] = stranger();
		sim_run_ms(30);
		sim_as(evil);
		sock_send(fd[i], "\000\001x", 3);
		sim_run_ms(30);
	}
	ok(is_closed(fd[3]) && !is_closed(fd[0]), "beyond max-connections one "
	    "more is refused while all have flows");
	is_int(logged_text("max-connections sets the limit"), 1, "which is "
	    "logged");
	for (i = 0; i < 4; i++)
		sock_close(fd[i]);
	honest("max-connections");
	end(&w, 1, "max-connections");
}

int
main(void)
{
	test_sizes(false);
	test_sizes(true);
	test_sources();
	test_longest();
	test_pieces();
	test_away_at_first();
	test_reset();
	test_closed();
	test_expire();
	test_silence();
	test_suspend();
	test_moved();
	test_mute();
	test_many();
	test_max_connections();
	return done_testing();
}
