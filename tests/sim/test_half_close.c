/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * TLS handshakes that fail: the peer receives our alert, and the connection is
 * neither pending nor open for long after it.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "strangers.h"

#include "net/linger.h"

enum {
	MANY = 300,
	HANDSHAKE_FAILURE = 40,
	PROTOCOL_VERSION = 70,
};

static const char bad_hello[] = "GET / HTTP/1.1\r\n\r\n";

/* A ClientHello with one cipher suite, which the server does not have. */
static const char old_hello[] = "\26\3\3\0\55\1\0\0\51\3\3"
    "0123456789abcdef0123456789abcdef" "\0\0\2\0\57\1";

static void
begin(struct world *w)
{
	world_begin(w, 1);
	world_pool(w, "tls", "", "");
	begin_strangers(w);
	honest("before");
}

/* The alert comes, and after it the end of the connection, no reset. */
static void
check_alert(fd_t fd, uint8_t which, const char *what)
{
	const uint8_t alert[] = { 21, 3, 3, 0, 2, 2, which };
	uint8_t bytes[100];
	ssize_t n = sock_recv(fd, bytes, sizeof(bytes));

	is_int(n, (long)sizeof(alert), "%s: an alert comes", what);
	ok(n == (ssize_t)sizeof(alert) &&
	    memcmp(bytes, alert, sizeof(alert)) == 0, "%s: the right one",
	    what);
	is_int(sock_recv(fd, bytes, sizeof(bytes)), 0,
	    "%s: and the connection ends", what);
}

static void
test_alert_comes(void)
{
	static char much[100000];
	struct world w;
	unsigned open;
	fd_t fd;

	begin(&w);
	sim_run_s(1);
	open = sim_tcp_count(w.server);
	fd = stranger();
	sim_run_ms(100);
	send_all(fd, bad_hello, sizeof(bad_hello) - 1);
	sim_run_ms(100);
	is_int(logged_text("does not speak TLS"), 1, "the log has the cause");
	check_alert(fd, PROTOCOL_VERSION, "at once");
	sim_run_ms(700);
	is_int(sim_tcp_count(w.server), open + 1, "a peer that does not close "
	    "has a while to read it");
	sim_run_ms(300);
	is_int(sim_tcp_count(w.server), open, "of a second");
	sock_close(fd);

	fd = stranger();
	sim_run_ms(100);
	send_all(fd, bad_hello, sizeof(bad_hello) - 1);
	send_all(fd, much, sizeof(much));
	sim_run_ms(100);
	check_alert(fd, PROTOCOL_VERSION, "input that comes later");
	sock_close(fd);
	sim_run_ms(100);
	is_int(sim_tcp_count(w.server), open, "and when the peer closes, so "
	    "does the server");

	fd = stranger();
	sim_run_ms(100);
	send_all(fd, old_hello, sizeof(old_hello));
	sim_run_ms(100);
	is_int(logged_text("no cipher suite in common"), 1, "no suite in "
	    "common: the log has the cause");
	check_alert(fd, HANDSHAKE_FAILURE, "no suite in common");
	sock_close(fd);
	end(&w, "an alert");
}

/* A stranger that sends on and on. */
static void
test_sends_on(void)
{
	struct world w;
	unsigned open, i;
	fd_t fd;

	begin(&w);
	sim_run_s(1);
	open = sim_tcp_count(w.server);
	fd = stranger();
	sim_run_ms(100);
	for (i = 0; i < 15; i++) {
		(void)sock_send(fd, bad_hello, sizeof(bad_hello) - 1);
		sim_run_ms(100);
	}
	is_int(sim_tcp_count(w.server), open, "one that sends on and on is "
	    "closed after a second");
	sock_close(fd);
	end(&w, "sends on");
}

/* More failed handshakes than may be pending. */
static void
test_many(void)
{
	static fd_t fd[MANY];
	unsigned open, most = 0, i;
	struct world w;

	begin(&w);
	sim_run_s(1);
	open = w.server->n_fds;
	for (i = 0; i < MANY; i++) {
		fd[i] = stranger();
		sim_run_ms(1);
	}
	sim_run_ms(30);
	for (i = 0; i < MANY; i++)
		(void)sock_send(fd[i], bad_hello, sizeof(bad_hello) - 1);
	for (i = 0; i < 50; i++) {
		sim_run_ms(1);
		if (w.server->n_fds > open && i > 20)
			most = w.server->n_fds - open > most ?
			    w.server->n_fds - open : most;
	}
	ok(most > 0 && most <= LINGER_MAX, "%d failed handshakes: at most %d "
	    "are open (%u)", MANY, LINGER_MAX, most);
	w.right.tunnel->refused = 0;
	close_all(fd, MANY);
	for (i = 0; i < MANY; i++) {
		fd[i] = stranger();
		sim_run_ms(30);
		(void)sock_send(fd[i], bad_hello, sizeof(bad_hello) - 1);
	}
	is_int(w.right.tunnel->refused, 0, "%d failed handshakes one after "
	    "the other: none is pending", MANY);
	ok(logged(LEVEL_WARN) < 40, "not each is a line of the log");
	honest("beside them");
	sim_run_s(2);
	is_int(w.server->n_fds, open, "and none stays");
	close_all(fd, MANY);
	end(&w, "many");
}

/* The tunnel ends while some linger. */
static void
test_stop(void)
{
	struct world w;
	fd_t fd;

	begin(&w);
	fd = stranger();
	sim_run_ms(100);
	send_all(fd, bad_hello, sizeof(bad_hello) - 1);
	sim_run_ms(100);
	proc_stop(&w.right);
	is_int(w.server->n_fds, 0, "a tunnel that ends closes what lingers");
	sock_close(fd);
	end(&w, "a tunnel that ends");
}

int
main(void)
{
	test_alert_comes();
	test_sends_on();
	test_many();
	test_stop();
	return done_testing();
}
