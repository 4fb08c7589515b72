/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The web server of the status among slow, silent and many clients.
 *
 * A build without STATUS leaves this out.
 */

#include "compat.h"

#include "stranger.h"

#include "base/fault.h"
#include "daemon/process.h"
#include "daemon/web.h"

enum {
	PORT = 8443,		/* that of stranger() */
	CONNECTIONS = 16,	/* at the same time, as web.h promises */
	GOT = 1 << 20,
};

static struct process process;
static struct member member, *all = &member;
static char here[] = "here";
static struct web *web;

/* In place of daemon/process.c, which would bring real look-ups. */
const char *const process_levels[] = { "", "", "", "", "", "", NULL };

/* What a client has received. */
static char got[GOT];
static size_t got_len;

/* A server that has a tunnel, and a status. */
static void
begin(struct world *w)
{
	struct web_settings s = { "10.0.0.1:8443", NULL, NULL };
	struct fault f;

	world_begin(w, 1);
	s.token = "0123456789abcdef";
	proc_set(&w->right, w->server, "udp-listen:10.0.0.1:5", "udp:10.0.2.1:7");
	(void)proc_start(&w->right);
	memset(&process, 0, sizeof(process));
	memset(&member, 0, sizeof(member));
	member.name = here;
	member.plan = &w->right.plan;
	member.tunnel = w->right.tunnel;
	process.members.at = &all;
	process.members.n = 1;
	process.members.loop = w->right.sim->loop;
	member.all = &process.members;
	process.loop = w->right.sim->loop;
	evil = sim_host_add("evil", "10.6.6.6");
	sim_link_both(evil, w->server, 100, 0);
	sim_as(w->server);
	web = web_open(&process, process.loop, &s, &f);
	must(web != NULL);
}

static void
finish(struct world *w, const char *what)
{
	sim_as(w->server);
	web_close(web);
	is_int(world_end(w), 0, "%s: nothing stays open", what);
}

/* A connection that is made. */
static fd_t
connected(void)
{
	fd_t fd = stranger();

	sim_run_ms(5);
	return fd;
}

static void
send_text(fd_t fd, const char *text)
{
	(void)sock_send(fd, text, strlen(text));
}

/* Reads what has come, at most so many bytes; returns whether the connection
 * has ended. */
static bool
receive(fd_t fd, size_t most)
{
	ssize_t n = 1;
	size_t part;

	while (most > 0 && got_len < GOT - 1) {
		part = most < GOT - 1 - got_len ? most : GOT - 1 - got_len;
		n = sock_recv(fd, got + got_len, part);
		if (n <= 0)
			break;
		got_len += (size_t)n;
		most -= (size_t)n;
	}
	got[got_len] = '\0';
	return n == 0 || (n < 0 && errno != EAGAIN);
}

/* Asks, and reads the whole answer; returns its status, 0 for none in so long,
 * and in *ms the time that it took. */
static unsigned
answer_to(fd_t fd, const char *request, unsigned most_ms, unsigned *ms)
{
	bool ended = false;

	got_len = 0;
	send_text(fd, request);
	for (*ms = 0; !ended && *ms < most_ms; ++*ms) {
		sim_run_ms(1);
		ended = receive(fd, GOT);
	}
	sock_close(fd);
	if (!ended || strncmp(got, "HTTP/1.1 ", 9) != 0)
		return 0;
	return (unsigned)strtoul(got + 9, NULL, 10);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: 10.0.0.1:8443\r\n" \
	"Authorization: Bearer 0123456789abcdef\r\n\r\n"

/* An honest client gets its answer at once. */
static void
honest(const char *what)
{
	unsigned ms, status = answer_to(connected(), GET("/healthz"), 1000,
	    &ms);

	ok(status == 200 && ms < 100, "%s: an honest client gets an answer "
	    "(%u, after %u ms)", what, status, ms);
}

/* What is asked, and what the answer is. */
static void
asked(const char *request, unsigned want, const char *name)
{
	unsigned ms;

	is_int(answer_to(connected(), request, 7000, &ms), want, "%s", name);
	ok(ms < 500, "%s: at once", name);
}

/* Are the chunks of the answer whole?  Joins them. */
static bool
join_chunks(void)
{
	char *from = strstr(got, "\r\n\r\n"), *to, *end;
	unsigned long n;

	if (from == NULL)
		return false;
	from += 4;
	to = from;
	for (;;) {
		n = strtoul(from, &end, 16);
		if (strncmp(end, "\r\n", 2) != 0 ||
		    n > (unsigned long)(got + got_len - end - 4))
			return false;
		memmove(to, end + 2, n);
		to += n;
		from = end + 2 + n;
		if (strncmp(from, "\r\n", 2) != 0)
			return false;
		from += 2;
		if (n > 0)
			continue;
		*to = '\0';
		return from == got + got_len;
	}
}

static void
test_answers(void)
{
	struct world w;

	begin(&w);
	asked(GET("/"), 200, "the page");
	ok(strstr(got, "\r\nContent-Security-Policy: default-src 'none'; "
	    "script-src 'sha256-") != NULL, "has a policy");
	ok(join_chunks() && strstr(got, "</script>") != NULL,
	    "comes in chunks, with its end");
	ok(strstr(got, "<bdi>here</bdi>") != NULL, "and has the tunnel");
	asked(GET("/metrics"), 200, "the metrics");
	ok(join_chunks() &&
	    strstr(got, "adit_tunnel_up{tunnel=\"here\"} 1\n") != NULL,
	    "have the tunnel");
	asked(GET("/healthz"), 200, "the health");
	asked(GET("/favicon.ico"), 404, "nothing else");
	asked(GET("/healthz/"), 404, "not with a slash");
	asked("GET /healthz?token=0123456789abcdef HTTP/1.0\r\n\r\n", 200,
	    "HTTP/1.0, and the token as a parameter");
	ok(strstr(got, "chunked") == NULL && strstr(got, "\r\n\r\nok\n") !=
	    NULL, "without chunks");
	asked("HEAD / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
	    "0123456789abcdef\r\n\r\n", 200, "HEAD");
	ok(got_len > 4 && strcmp(got + got_len - 4, "\r\n\r\n") == 0 &&
	    strstr(got, "\r\n\r\n") == got + got_len - 4, "has no body");
	asked("GET / HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n", 401, "no token");
	ok(strstr(got, "\r\nWWW-Authenticate: Bearer\r\n") != NULL,
	    "says what is needed");
	ok(strstr(got, "here") == NULL, "and no name");
	asked("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421,
	    "a name that is not ours");
	asked("POST / HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n", 405, "POST");
	ok(strstr(got, "\r\nAllow: GET, HEAD\r\n") != NULL,
	    "says what is allowed");
	asked("\x16\x03\x01\x02", 400, "TLS");
	asked(GET("/healthz") GET("/metrics"), 200, "two requests");
	ok(strstr(got, "adit_") == NULL, "of which one is answered");
	finish(&w, "answers");
}

static void
test_pieces(void)
{
	static const char request[] = GET("/healthz");
	struct world w;
	unsigned ms;
	size_t i;
	fd_t fd;

	begin(&w);
	fd = connected();
	for (i = 0; i + 2 < sizeof(request); i++) {
		(void)sock_send(fd, request + i, 1);
		sim_run_ms(30);
	}
	is_int(answer_to(fd, "\n", 100, &ms), 200,
	    "a request may come byte by byte");
	fd = connected();
	send_text(fd, "GET / HTTP/1.1\r\n");
	sim_run_ms(100);
	sock_close(fd);
	honest("after one that went in the middle");
	finish(&w, "pieces");
}

/* Sixteen send a byte a second, and then 160 say nothing. */
static void
test_slow_requests(void)
{
	fd_t fd[CONNECTIONS * 10];
	struct world w;
	unsigned i, s, closed = 0;

	begin(&w);
	for (i = 0; i < CONNECTIONS; i++) {
		fd[i] = connected();
		send_text(fd[i], "GET / HT");
	}
	sim_run_ms(50);
	honest("16 slow requests");
	for (s = 0; s < 4; s++) {
		for (i = 0; i < CONNECTIONS; i++)
			(void)sock_send(fd[i], "x", 1);
		sim_run_ms(900);
	}
	for (i = 0; i < CONNECTIONS; i++)
		closed += is_closed(fd[i]);
	is_int(closed, 1, "only one of them paid for the honest one");
	sim_run_ms(1500);
	for (i = closed = 0; i < CONNECTIONS; i++) {
		closed += is_closed(fd[i]);
		sock_close(fd[i]);
	}
	is_int(closed, CONNECTIONS, "and after 5 s all are closed");
	for (i = 0; i < CONNECTIONS * 10; i++)
		fd[i] = connected();
	honest("160 silent ones");
	for (i = closed = 0; i < CONNECTIONS * 10; i++)
		closed += is_closed(fd[i]);
	is_int(closed, CONNECTIONS * 9 + 1, "of which 16 are kept");
	for (i = 0; i < CONNECTIONS * 10; i++)
		sock_close(fd[i]);
	finish(&w, "slow requests");
}

/* The process has so many tunnels that its metrics are in no socket's buffer:
 * all of them are the one that it has, under different names. */
static void
add_tunnels(void)
{
	static struct member many[300], *at[300];
	static char names[300][8];
	unsigned i;

	for (i = 0; i < 300; i++) {
		many[i] = member;
		snprintf(names[i], sizeof(names[i]), "t%u", i);
		many[i].name = names[i];
		at[i] = &many[i];
	}
	process.members.at = at;
	process.members.n = 300;
}

/* Sixteen ask for a long answer, and read nothing of it; one reads slowly. */
static void
test_slow_readers(void)
{
	fd_t fd[CONNECTIONS], reader;
	struct world w;
	unsigned i, closed = 0, ms, before;
	bool ended = false;

	begin(&w);
	add_tunnels();
	before = w.server->n_fds;
	/* So little that not even a page fits. */
	sim_tcp_window(w.server, evil, 2000);
	for (i = 0; i < CONNECTIONS; i++) {
		fd[i] = connected();
		send_text(fd[i], GET("/metrics"));
	}
	sim_run_ms(100);
	honest("16 that read nothing");
	for (i = 0; i < CONNECTIONS; i++)
		closed += is_closed(fd[i]);
	ok(closed <= 1, "only one of them paid for the honest one");
	sim_run_s(3);
	is_int(w.server->n_fds, before + CONNECTIONS - 1, "the others are "
	    "kept for 3 s");
	sim_run_s(3);
	is_int(w.server->n_fds, before, "after 6 s none of them has a "
	    "descriptor");
	for (i = 0; i < CONNECTIONS; i++)
		sock_close(fd[i]);
	process.members.n = 1;
	/* One that takes 4 kB a second gets all of it. */
	reader = connected();
	send_text(reader, GET("/"));
	got_len = 0;
	for (ms = 0; !ended && ms < 60000; ms += 500) {
		sim_run_ms(500);
		ended = receive(reader, 2000);
	}
	ok(ended && join_chunks() && strstr(got, "</script>") != NULL,
	    "one that reads slowly gets all of it (%u bytes in %u ms)",
	    (unsigned)got_len, ms);
	sock_close(reader);
	finish(&w, "slow readers");
}

/* The address is taken, and gets free. */
static void
test_taken(void)
{
	struct web_settings s = { "10.0.0.1:9", NULL, NULL };
	struct addr at = { 0 };
	union sock_addr sa;
	struct web *second;
	struct fault f;
	struct world w;
	fd_t taken, fd;

	begin(&w);
	(void)addr_parse(&at, "10.0.0.1:9");
	taken = sock_open(AF_INET, SOCK_STREAM);
	is_int(sock_bind(taken, &sa, sockaddr_from(&sa, &at)), 0,
	    "something has the address");
	logged_reset();
	second = web_open(&process, process.loop, &s, &f);
	ok(second != NULL, "that is no reason not to start");
	sim_run_s(60);
	is_int(logged_text("status: cannot listen on 10.0.0.1:9"), 1,
	    "it is said once");
	sim_as(w.server);
	sock_close(taken);
	sim_run_s(11);
	sim_as(evil);
	fd = sock_open(AF_INET, SOCK_STREAM);
	(void)sock_connect(fd, &sa, sockaddr_from(&sa, &at));
	sim_run_ms(50);
	ok(logged_text("status: http://10.0.0.1:9/") == 1 && !is_closed(fd),
	    "within 10 s after it is free it listens");
	sock_close(fd);
	sim_as(w.server);
	web_close(second);
	web_close(NULL);
	finish(&w, "taken");
}

int
main(void)
{
	test_answers();
	test_pieces();
	test_slow_requests();
	test_slow_readers();
	test_taken();
	return done_testing();
}
