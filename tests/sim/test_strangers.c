/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What strangers may send to a server, and a system without descriptors.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "strangers.h"
#include "tunnel/pool.h"

static void
begin(struct world *w, const char *kind, const char *server_keys)
{
	world_begin(w, 1);
	world_pool(w, kind, "", server_keys);
	begin_strangers(w);
}

static void
test_half_identifier(const char *kind, const char *keys, unsigned ms)
{
	struct world w;
	fd_t mute, half;

	begin(&w, kind, keys);
	mute = stranger();
	half = stranger();
	sim_run_ms(20);
	sock_send(half, "12345678", 8);
	sim_run_ms(ms - 100);
	ok(!is_closed(mute), "%s%s: one that says nothing is kept", kind,
	    keys);
	ok(strcmp(kind, "tcp") != 0 || !is_closed(half),
	    "%s: one with half an identifier too", kind);
	honest(kind);
	sim_run_ms(200);
	ok(is_closed(mute), "%s%s: but not for %u ms", kind, keys, ms + 100);
	ok(is_closed(half), "%s: neither", kind);
	sock_close(mute);
	sock_close(half);
	end(&w, kind);
}

/* A frame of 65535 bytes that comes a byte a second. */
static void
test_dribble(void)
{
	struct world w;
	fd_t fd;

	begin(&w, "tcp", "");
	fd = stranger();
	sim_run_ms(50);
	sock_send(fd, "0123456789abcdef", 16);
	sock_send(fd, "\377\377", 2);
	dribble(fd);
	sim_run_s(16);
	is_int(proc_flows(&w.right), 1, "its session goes");
	end(&w, "a slow frame");
}

/* An identifier of its own, and the length of a frame. */
static void
begin_frame(fd_t fd, unsigned number)
{
	char id[17];

	snprintf(id, sizeof(id), "stranger %07u", number);
	send_all(fd, id, 16);
	send_all(fd, "\377\377", 2);
}

static void
test_parts(void)
{
	struct world w;

	begin(&w, "tcp", "");
	send_parts(&w, begin_frame);
	end(&w, "parts");
}

/* Whole frames, each slow: that is no crime. */
static void
test_slow_but_whole(void)
{
	struct world w;
	fd_t fd;
	int i;

	begin(&w, "tcp", "");
	fd = stranger();
	sim_run_ms(50);
	sock_send(fd, "0123456789abcdef", 16);
	for (i = 0; i < 100; i++) {
		sock_send(fd, i % 2 == 0 ? "\000\001" : "x",
		    i % 2 == 0 ? 2 : 1);
		sim_run_s(1);
	}
	ok(!is_closed(fd), "whole frames may come as slowly as they like");
	is_int(w.echo.received, 50, "and are passed");
	sock_close(fd);
	end(&w, "slow frames");
}

/* Garbage of all kinds. */
static void
test_garbage(const char *kind)
{
	uint8_t junk[3000];
	unsigned i, j, gone;
	struct world w;
	fd_t fd[50];

	begin(&w, kind, "");
	honest(kind);
	for (i = 0; i < 50; i++)
		fd[i] = stranger();
	sim_run_ms(50);
	for (i = 0; i < 50; i++) {
		for (j = 0; j < sizeof(junk); j++)
			junk[j] = (uint8_t)sim_random(256);
		sock_send(fd[i], junk, 1 + sim_random(sizeof(junk)));
	}
	sim_run_s(1);
	honest(kind);
	sim_run_s(100);
	gone = count_closed(fd, 50);
	close_all(fd, 50);
	if (strcmp(kind, "tls") == 0)
		is_int(gone, 50, "%s: garbage closes a connection", kind);
	else
		ok(gone >= 40, "%s: garbage makes frames that never end", kind);
	ok(logged(LEVEL_WARN) < 40, "%s: not each is a line of the log", kind);
	sim_run_s(16);
	ok(proc_flows(&w.right) <= 1, "%s: no session of it stays", kind);
	end(&w, kind);
}

/* More connections than may be pending. */
static void
test_pending(void)
{
	unsigned i;
	struct world w;
	fd_t fd[60], last;

	begin(&w, "tcp", ",max-pending=20");
	for (i = 0; i < 60; i++) {
		fd[i] = stranger();
		sim_run_ms(1);
	}
	sim_run_ms(100);
	is_int(count_closed(fd, 60), 40, "there are no more than max-pending");
	ok(is_closed(fd[0]) && !is_closed(fd[59]), "the oldest silent ones "
	    "of an address pay for its new ones");
	is_int(w.right.tunnel->refused, 40, "each that was closed is counted");
	honest("max-pending");
	sim_run_ms(500);
	is_int(sim_tcp_count(w.client), 8, "with its whole pool");
	sim_run_s(10);
	is_int(count_closed(fd, 60), 60, "after 10 s all of them are gone");
	close_all(fd, 60);
	for (i = 0; i < 20; i++)
		fd[i] = stranger();
	sim_run_ms(50);
	for (i = 0; i < 20; i++)
		sock_send(fd[i], "1", 1);
	sim_run_ms(50);
	last = stranger();
	sim_run_ms(100);
	ok(!is_closed(fd[0]) && is_closed(last), "one that is young and has "
	    "begun does not pay for those of its own address");
	sock_close(last);
	sim_run_ms(500);
	last = stranger();
	sim_run_ms(100);
	ok(is_closed(fd[0]) && !is_closed(fd[1]) && !is_closed(last),
	    "an old one does");
	close_all(fd, 20);
	sock_close(last);
	is_int(sim_tcp_count(w.client), 8, "and the honest ones are not");
	ok(logged(LEVEL_WARN) < 15, "a few lines told of it");
	end(&w, "max-pending");
}

/* More connections than there may be at all. */
static void
test_max_connections(void)
{
	struct world w;

	begin(&w, "tcp", ",max-connections=5");
	proc_restart(&w.right, "source-share", "100");
	app_send(&app, 100);
	ok(app_wait(&app, 1, 1000), "max-connections: a flow works with fewer "
	    "connections than it asked for");
	sim_run_s(60);
	is_int(sim_tcp_count(w.server), 5, "max-connections: there are no "
	    "more");
	ok(logged(LEVEL_WARN) < 40, "max-connections: not each attempt is a "
	    "line");
	printf("# %u lines\n", logged(LEVEL_WARN));
	end(&w, "max-connections");
}

/* One session with more connections than a session may have. */
static void
test_one_session(void)
{
	enum { MANY = 600, MOST = 512 };
	static fd_t fd[MANY];
	const struct pool_leg *l;
	struct world w;
	unsigned i;

	begin(&w, "tcp", "");
	evil->max_fds = 2 * MANY;
	honest("one session");
	for (i = 0; i < MANY; i++) {
		fd[i] = stranger();
		sim_run_ms(25);
		sock_send(fd[i], "sixteen bytes...\000\001x", 19);
		if (i == MOST - 1)
			sock_send(fd[0], "\000\001x", 3);
	}
	sim_run_ms(100);
	l = (const struct pool_leg *)flow_leg(
	    LIST_ITEM(w.right.tunnel->flows.prev, struct flow, link), LEFT);
	is_int(l->n, MOST, "one session: it has no more connections than it "
	    "may");
	is_int(count_closed(fd, MANY), MANY - MOST, "one session: each new one "
	    "closes one");
	ok(!is_closed(fd[0]) && is_closed(fd[1]) && !is_closed(fd[MANY - 1]),
	    "one session: namely the one that was silent longest");
	is_int(w.right.tunnel->refused, MANY - MOST, "one session: that is "
	    "counted");
	ok(logged_text("too many connections") >= 1 && logged(LEVEL_WARN) < 12,
	    "one session: and told in few lines");
	is_int(proc_flows(&w.right), 2, "one session: it is one flow");
	honest("one session");
	close_all(fd, MANY);
	end(&w, "one session");
}

/* The largest pool of a client, which dies twice in silence before the server
 * can know. */
static void
test_largest_pool(void)
{
	struct world w;
	unsigned i, n;

	world_begin(&w, 1);
	world_pool(&w, "tcp", ",pool=256", "");
	begin_strangers(&w);
	for (i = 0; i < 4; i++) {
		honest("largest pool");
		sim_run_s(12);
		is_int(sim_tcp_count(w.client), 256, "largest pool: it is "
		    "whole");
		n = sim_tcp_forget(w.client, w.server, true);
		ok(n >= 256, "largest pool: the NAT forgets %u connections",
		    n);
		sim_run_ms(1);
		app_send(&app, 100);
		sim_run_s(2);
	}
	honest("largest pool");
	is_int(w.right.tunnel->last_number, 1, "largest pool: one session has "
	    "all");
	end(&w, "largest pool");
}

/* More flows than there may be. */
static void
test_max_flows(void)
{
	struct app more[3];
	struct world w;
	unsigned i;

	begin(&w, "tcp", "");
	proc_restart(&w.left, "max-flows", "2");
	app_send(&app, 100);
	for (i = 0; i < 3; i++)
		app_open(&more[i], &w, i + 2);
	for (i = 0; i < 3; i++) {
		app_send(&more[i], 100);
		app_send(&more[i], 100);
	}
	sim_run_ms(500);
	is_int(proc_flows(&w.left), 2, "max-flows: no more are there");
	is_int(w.left.tunnel->lost[LOST_NO_FLOW], 4, "max-flows: each datagram "
	    "of the others is counted");
	is_int(app.received, 1, "max-flows: the first ones work");
	for (i = 0; i < 3; i++)
		app_close(&more[i]);
	end(&w, "max-flows");
}

/* The server has no descriptor left. */
static void
test_no_descriptors(void)
{
	unsigned long before;
	struct world w;

	begin(&w, "tcp", "");
	honest("EMFILE");
	sim_run_s(1);
	w.server->max_fds = w.server->n_fds;
	sim_tcp_reset_one(w.client, 0);
	w.server->max_fds = w.server->n_fds - 1;
	before = w.right.sim->wakeups;
	sim_run_s(10);
	printf("# %lu wake-ups\n", w.right.sim->wakeups - before);
	ok(w.right.sim->wakeups - before < 60, "EMFILE: accepting pauses, and "
	    "the loop does not spin");
	honest("EMFILE");
	w.server->max_fds = 1000;
	sim_run_s(6);
	is_int(sim_tcp_count(w.client), 8, "EMFILE: it accepts again when it "
	    "can");
	is_int(w.server->n_fds, 8 + 1 + 1 + 2, "EMFILE: the server has the "
	    "pool, listener, target and wake pair");
	end(&w, "EMFILE");
}

/* The client has none left. */
static void
test_client_no_descriptors(void)
{
	struct world w;

	begin(&w, "tcp", "");
	w.client->max_fds = w.client->n_fds;
	app_send(&app, 100);
	sim_run_s(20);
	is_int(app.received, 0, "client's EMFILE: nothing works");
	w.client->max_fds = 1000;
	sim_run_s(6);
	honest("client's EMFILE is over");
	end(&w, "client's EMFILE");
}

/* An identifier that belongs to another certificate. */
static void
test_other_certificate(void)
{
	const char *data = sim_data();
	static struct app thief;
	char keys[2000];
	struct proc p;
	struct world w;
	uint64_t seed = 7;

	world_begin(&w, 8);
	evil = sim_host_add("evil", "10.6.6.6");
	snprintf(keys, sizeof(keys), ",pool=1%s", world_client_keys());
	world_pool(&w, "tls", keys, world_trust());
	random_init_fixed(&w.left.random, &seed, sizeof(seed));
	app_open(&app, &w, 1);
	app_send(&app, 100);
	ok(app_wait(&app, 1, 1000), "a client with its certificate gets in");
	ok(proc_flow(&w.right) != NULL &&
	    strcmp(proc_flow(&w.right)->peer.identity, "client one") == 0,
	    "and the session knows whose it is");

	/* The same random numbers make the same identifier. */
	snprintf(keys, sizeof(keys), "tls:10.0.0.1:8443,pool=1,"
	    "cafile=%s/tls/ca.pem,cert=%s/tls/plain.pem,"
	    "key=%s/tls/plain.key", data, data, data);
	proc_set(&p, evil, "udp-listen:0.0.0.0:8911", keys);
	proc_start(&p);
	random_init_fixed(&p.random, &seed, sizeof(seed));
	app_open(&thief, &w, 2);
	memcpy(thief.to.ip, evil->addr[0].ip, sizeof(thief.to.ip));
	app_send(&thief, 100);
	sim_run_s(2);
	is_int(thief.received, 0, "another certificate does not get into its "
	    "session");
	is_int(proc_flows(&w.right), 1, "nor makes another of that "
	    "identifier");
	ok(logged_text("belongs to a different certificate") >= 1, "which is "
	    "logged");
	app_send(&app, 100);
	ok(app_wait(&app, 2, 1000), "its owner is not disturbed");
	/* With an identifier of its own it is welcome. */
	seed = 8;
	proc_stop(&p);
	proc_start(&p);
	random_init_fixed(&p.random, &seed, sizeof(seed));
	app_send(&thief, 100);
	ok(app_wait(&thief, 1, 1000), "with its own identifier it gets in");
	app_close(&app);
	app_close(&thief);
	proc_forget(&p);
	is_int(world_end(&w), 0, "certificates: nothing stays open");
}

/* A client without a certificate where one is wanted. */
static void
test_no_certificate(void)
{
	struct world w;

	world_begin(&w, 9);
	world_pool(&w, "tls", ",pool=2", world_trust());
	app_open(&app, &w, 1);
	app_send(&app, 100);
	sim_run_s(60);
	is_int(app.received, 0, "without a certificate nobody gets in");
	is_int(proc_flows(&w.right), 0, "and opens no session");
	ok(logged(LEVEL_ERROR) >= 1 && logged(LEVEL_ERROR) <= 3,
	    "the client says so, not for each attempt");
	printf("# %u errors, %u warnings\n", logged(LEVEL_ERROR),
	    logged(LEVEL_WARN));
	app_close(&app);
	is_int(world_end(&w), 0, "no certificate: nothing stays open");
}

int
main(void)
{
	test_half_identifier("tcp", "", 10000);
	test_half_identifier("tcp", ",identify=0.5", 500);
	test_half_identifier("tls", "", 10000);
	test_half_identifier("tls", ",identify=0.5", 500);
	test_dribble();
	test_parts();
	test_slow_but_whole();
	test_garbage("tcp");
	test_garbage("tls");
	test_pending();
	test_max_connections();
	test_one_session();
	test_largest_pool();
	test_max_flows();
	test_no_descriptors();
	test_client_no_descriptors();
	test_other_certificate();
	test_no_certificate();
	return done_testing();
}
