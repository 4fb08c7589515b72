/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What strangers may send to a port that takes uott.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "strangers.h"

/* Both processes, inside TLS or not; more keys begin with a comma. */
static void
begin(struct world *w, bool tls, const char *client_keys,
    const char *server_keys)
{
	world_begin(w, 1);
	world_uott(w, tls, client_keys, server_keys);
	begin_strangers(w);
}

/* Another client in the place of the first, with those keys. */
static void
another_client(struct world *w, const char *keys)
{
	char spec[500];

	proc_forget(&w->left);
	snprintf(spec, sizeof(spec), "uott:10.0.0.1:8443%s", keys);
	proc_set(&w->left, w->client, "udp-listen:0.0.0.0:8911", spec);
	must(proc_start(&w->left) == 0);
}

/* One stranger's bytes, in one piece or one by one; is it closed then? */
static bool
closes(const char *bytes, size_t n, bool chop)
{
	fd_t fd = stranger();
	bool closed;
	size_t i;

	sim_run_ms(20);
	for (i = 0; i < n; i += chop ? 1 : n) {
		sock_send(fd, bytes + i, chop ? 1 : n);
		sim_run_ms(1);
	}
	sim_run_ms(50);
	closed = is_closed(fd);
	sock_close(fd);
	sim_run_ms(50);
	return closed;
}

static void
test_wrong_words(bool chop)
{
	const char *what = chop ? "byte by byte" : "at once";
	struct world w;

	begin(&w, false, "", "");
	honest(what);
	ok(closes("GET / HTTP/1.0\r\n\r\n", 18, chop), "%s: HTTP is closed",
	    what);
	is_int(logged_text(chop ? "does not begin with UOTT" :
	    "an HTTP request came"), 1, "%s: and the log says why", what);
	ok(closes("\026\003\001\002", 4, chop), "%s: a hello of TLS is "
	    "closed", what);
	is_int(logged_text("use TLS on both sides, or on neither"), 1,
	    "%s: and the log says what to do", what);
	ok(closes("UOTX", 4, chop), "%s: one wrong letter is enough", what);
	ok(!closes("UOT", 3, chop), "%s: but not none", what);
	ok(!closes("UOTT\007\000\001\000", 8, chop), "%s: nor half a frame",
	    what);
	is_int(w.right.tunnel->last_number, 1, "%s: none of them began a "
	    "flow", what);
	ok(closes("UOTT\007\000\001\000xUOTT\007\000\000\000Uott", 21, chop),
	    "%s: garbage behind whole frames", what);
	is_int(w.right.tunnel->last_number, 2, "%s: whose flow began", what);
	is_int(w.echo.received, 3, "%s: and whose datagrams got through",
	    what);
	is_int(proc_flows(&w.right), 1, "%s: but has ended", what);
	honest(what);
	end(&w, what);
}

/* A frame of 65535 bytes that comes a byte a second. */
static void
test_dribble(void)
{
	struct world w;
	fd_t fd;

	begin(&w, false, "", "");
	fd = stranger();
	sim_run_ms(50);
	sock_send(fd, "UOTT\000\000\377\377", 8);
	dribble(fd);
	end(&w, "a slow frame");
}

/* A whole frame, and the header of one. */
static void
begin_frame(fd_t fd, unsigned number)
{
	(void)number;
	send_all(fd, "UOTT\000\000\000\000UOTT\000\000\377\377", 16);
}

static void
test_parts(void)
{
	struct world w;

	begin(&w, false, "", "");
	send_parts(&w, begin_frame);
	end(&w, "parts");
}

/* More strangers than there may be. */
static void
test_pending(void)
{
	unsigned i;
	struct world w;
	fd_t fd[60];

	begin(&w, false, "", ",max-pending=20");
	honest("max-pending");
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
	is_int(w.left.tunnel->last_number, 1, "on its old connection");
	sim_run_s(600);
	ok(!is_closed(fd[59]), "one that says nothing for ten minutes may "
	    "stay");
	ok(logged(LEVEL_WARN) < 15, "a few lines told of it");
	close_all(fd, 60);
	end(&w, "max-pending");
}

/* n strangers, each with a flow. */
static void
begin_flows(fd_t *fd, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		fd[i] = stranger();
		sim_run_ms(30);
		sock_send(fd[i], "UOTT\001\000\001\000x", 9);
		sim_run_ms(30);
	}
}

/* More connections than there may be at all. */
static void
test_max_connections(void)
{
	struct world w;
	fd_t fd[4];
	unsigned i;

	begin(&w, false, "", ",max-connections=4");
	proc_restart(&w.right, "source-share", "100");
	sim_run_s(1);
	honest("max-connections");
	begin_flows(fd, 3);
	is_int(proc_flows(&w.right), 4, "all connections have flows");
	fd[3] = stranger();
	sim_run_ms(100);
	ok(is_closed(fd[3]), "beyond max-connections another is refused");
	sock_close(fd[3]);
	is_int(logged_text("max-connections sets the limit"), 1, "which is "
	    "logged");
	proc_stop(&w.right);
	for (i = 0; i < 3; i++)
		sock_close(fd[i]);
	proc_option(&w.right, "idle", "5");
	must(proc_start(&w.right) == 0);
	sim_run_s(5);
	honest("max-connections");
	begin_flows(fd, 3);
	sim_run_s(3);
	honest("max-connections");
	sim_run_s(3);
	is_int(proc_flows(&w.right), 1, "flows of some expire");
	fd[3] = stranger();
	sim_run_ms(100);
	ok(!is_closed(fd[3]), "then another gets in");
	ok(is_closed(fd[0]) && !is_closed(fd[1]), "for which the oldest "
	    "without flows makes way");
	honest("max-connections");
	for (i = 0; i < 4; i++)
		sock_close(fd[i]);
	end(&w, "max-connections");
}

/* More flows than there may be. */
static void
test_max_flows(void)
{
	char frames[10 * 9 + 1];
	struct world w;
	unsigned i;
	fd_t fd;

	begin(&w, false, "", "");
	proc_stop(&w.right);
	proc_option(&w.right, "max-flows", "5");
	proc_option(&w.right, "source-share", "100");
	must(proc_start(&w.right) == 0);
	sim_run_s(1);
	honest("max-flows");
	fd = stranger();
	sim_run_ms(50);
	for (i = 0; i < 10; i++) {
		memcpy(frames + 9 * i, "UOTT\000\001\001\000x", 9);
		frames[9 * i + 4] = (char)(i / 2);
	}
	sock_send(fd, frames, 90);
	sim_run_ms(100);
	is_int(proc_flows(&w.right), 5, "max-flows: no more are there");
	is_int(w.right.tunnel->lost[LOST_NO_FLOW], 2, "max-flows: each "
	    "datagram of the others is counted");
	ok(!is_closed(fd), "max-flows: their connection is not to blame");
	honest("max-flows");
	sock_close(fd);
	end(&w, "max-flows");
}

/* Half a handshake. */
static void
test_handshake(void)
{
	struct world w;
	fd_t mute, half;

	begin(&w, true, "", "");
	honest("handshake");
	mute = stranger();
	half = stranger();
	sim_run_ms(20);
	sock_send(half, "\026\003\001\002\000\001", 6);
	sim_run_ms(9900);
	ok(!is_closed(mute) && !is_closed(half), "a handshake may take 9.9 s");
	sim_run_ms(200);
	ok(is_closed(mute) && is_closed(half), "but not 10.1 s");
	ok(closes("UOTT\000\000\000\000", 8, false), "frames without TLS are "
	    "closed");
	honest("handshake");
	sock_close(mute);
	sock_close(half);
	end(&w, "handshake");
}

/* One end has TLS and the other has not. */
static void
test_one_sided(void)
{
	struct world w;

	begin(&w, true, "", "");
	another_client(&w, "");
	app_send(&app, 100);
	sim_run_s(20);
	is_int(app.received, 0, "without the key tls a client of a server "
	    "that has it gets nowhere");
	ok(logged_text("the peer does not speak TLS") >= 1, "and the "
	    "server's log says why");
	is_int(proc_flows(&w.right), 0, "no flow begins");
	end(&w, "one-sided");
}

/* A client's certificate is the peer's name. */
static void
test_identity(void)
{
	char trust[700];
	struct world w;

	begin(&w, true, world_client_keys(), world_trust());
	honest("certificate");
	ok(proc_flow(&w.right) != NULL &&
	    strcmp(proc_flow(&w.right)->peer.identity, "client one") == 0,
	    "certificate: the flow knows whose it is");
	snprintf(trust, sizeof(trust), ",tls%s", world_trust());
	another_client(&w, trust);
	app_send(&app, 100);
	sim_run_s(20);
	is_int(app.received, 1, "certificate: without one nobody gets in");
	is_int(proc_flows(&w.right), 0, "certificate: nor begins a flow");
	end(&w, "certificate");
}

int
main(void)
{
	test_wrong_words(false);
	test_wrong_words(true);
	test_dribble();
	test_parts();
	test_pending();
	test_max_connections();
	test_max_flows();
	test_handshake();
	test_one_sided();
	test_identity();
	return done_testing();
}
