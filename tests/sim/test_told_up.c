/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A line at info says that a carrier is up: with whom, by what and how soon.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "stranger.h"

static struct app app[200];
static struct world w;

/* A flow begins, and a datagram comes back. */
static void
begin_flow(unsigned n)
{
	app_open(&app[n], &w, n + 1);
	app_send(&app[n], 100);
	must(app_wait(&app[n], 1, 2000));
	sim_run_ms(500);
}

static void
end(unsigned n, const char *what)
{
	while (n > 0)
		app_close(&app[--n]);
	is_int(world_end(&w), 0, "%s: nothing stays open", what);
}

static void
test_tls(void)
{
	world_begin(&w, 1);
	world_pool(&w, "tls", "", "");
	begin_flow(0);
	is_int(logged_text("flow 1: tls:10.0.0.1:8443 is up: TLS 1.2, ECDHE-"),
	    1, "tls: the client says that the flow is up");
	is_int(logged_text(", full handshake, after 60 ms (10.0.0.1:8443, "
	    "vpn.example.com)"), 1, "tls: how, how soon, with whom, and his "
	    "name");
	is_int(logged_text("flow 1: tls-listen:0.0.0.0:8443 is up: TLS 1.2, "),
	    1, "tls: so does the server");
	is_int(logged_text(", full handshake, after 60 ms (10.0.3.2:"), 1,
	    "tls: since it was connected to");
	is_int(logged_text("flow 1: udp:10.0.2.1:7 is heard, after "), 1,
	    "tls: and that the target replies");
	is_int(logged_text("is up: "), 2, "tls: not once for each of 8 "
	    "connections");
	sim_run_s(5);
	sim_tcp_reset(w.client, w.server);
	app_send(&app[0], 100);
	must(app_wait(&app[0], 2, 2000));
	is_int(logged_text("is up: "), 2, "tls: nor when they are lost");
	begin_flow(1);
	is_int(logged_text(", session resumed, after "), 2, "tls: that of a "
	    "second flow is resumed");
	end(2, "tls");
}

static void
test_tcp(void)
{
	world_begin(&w, 1);
	world_pool(&w, "tcp", "", "");
	begin_flow(0);
	is_int(logged_text("flow 1: tcp:10.0.0.1:8443 is up: TCP, after 20 ms "
	    "(10.0.0.1:8443)"), 1, "tcp: the client says so");
	is_int(logged_text("flow 1: tcp-listen:0.0.0.0:8443 is up: TCP, "
	    "after 20 ms (10.0.3.2:"), 1, "tcp: and the server");
	is_int(logged_text("is up: "), 2, "tcp: once each");
	end(1, "tcp");
}

static void
test_uott(void)
{
	fd_t fd[50];
	unsigned i;

	world_begin(&w, 1);
	world_pool(&w, "uott", "", "");
	evil = sim_host_add("evil", "10.6.6.6");
	for (i = 0; i < 50; i++)
		fd[i] = stranger();
	sim_run_ms(100);
	is_int(logged_text("a client is connected"), 0, "uott: who sends "
	    "nothing is not worth a line");
	begin_flow(0);
	begin_flow(1);
	is_int(logged_text("uott:10.0.0.1:8443: connected to 10.0.0.1:8443: "
	    "TCP, after 20 ms"), 1, "uott: the client says so");
	is_int(logged_text("uott-listen:0.0.0.0:8443: a client is connected: "
	    "TCP, after 0 ms (10.0.3.2:"), 1, "uott: and the server, once");
	for (i = 0; i < 50; i++) {
		sim_as(evil);
		sock_send(fd[i], "UOTT\0\0\1\0x", 9);
		sim_run_ms(20);
	}
	is_int(w.right.tunnel->n_flows, 52, "uott: 50 strangers have a flow");
	ok(logged_text("a client is connected") <= 6, "uott: a few lines tell "
	    "of them");
	for (i = 0; i < 50; i++)
		sock_close(fd[i]);
	end(2, "uott");
}

static void
test_dtls(void)
{
	world_begin(&w, 1);
	world_dtls(&w, "", "");
	begin_flow(0);
	is_int(logged_text("flow 1: dtls:10.0.0.1:2815 is up: DTLS 1.2, "
	    "TLS_"), 1, "dtls: the client says so");
	is_int(logged_text("flow 1: dtls-listen:0.0.0.0:2815 is up: DTLS 1.2, "
	    "TLS_"), 1, "dtls: and the server");
	is_int(logged_text(" ms (10.0.0.1:2815)"), 1, "dtls: with whom");
	is_int(logged_text("is up: "), 2, "dtls: once each");
	end(1, "dtls");
}

/* More flows than lines. */
static void
test_many(void)
{
	unsigned i;

	world_begin(&w, 1);
	world_pool(&w, "tcp", ",pool=1", "");
	for (i = 0; i < 200; i++) {
		app_open(&app[i], &w, i + 1);
		app_send(&app[i], 100);
		sim_run_ms(10);
	}
	sim_run_ms(500);
	is_int(proc_flows(&w.right), 200, "200 flows are up");
	ok(logged_text("tcp:10.0.0.1:8443 is up: ") < 140 &&
	    logged_text("tcp:10.0.0.1:8443 is up: ") >= 100, "beyond 128 most "
	    "lines are held back");
	end(200, "many");
}

int
main(void)
{
	test_tls();
	test_tcp();
	test_uott();
	if (end_find("dtls") != NULL)
		test_dtls();
	test_many();
	return done_testing();
}
