/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Connections that a proxy forwards: whom the server sees, and which headers
 * it takes.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "strangers.h"

#include "wire/proxy_header.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define IP4 "\300\0\2\1\12\0\0\1\303\120\40\373"
#define IP6 "\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1" \
	    "\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\2\303\120\40\373"
#define LINE "PROXY TCP4 192.0.2.1 10.0.0.1 50000 8443\r\n"
#define PROXY "10.6.6.6"

/* The proxy is the strangers' host. */
static void
begin(struct world *w, const char *kind, const char *server_keys)
{
	char keys[200];

	world_begin(w, 1);
	snprintf(keys, sizeof(keys), ",proxy-protocol=192.168.0.0/16,,"
	    PROXY "%s", server_keys);
	world_pool(w, kind, "", keys);
	begin_strangers(w);
	proc_stop(&w->left);
	logged_reset();
}

/* What the proxy sends first. */
static fd_t
forward(const char *header, size_t n)
{
	fd_t fd = stranger();

	sim_run_ms(30);
	send_all(fd, header, n);
	return fd;
}

/* Then an identifier and a datagram of one byte. */
static void
send_datagram(fd_t fd, const char *id)
{
	must(strlen(id) == 16);
	sim_as(evil);
	send_all(fd, id, 16);
	send_all(fd, "\0\1x", 3);
	sim_run_ms(50);
}

/* The only flow of the server, whose client is that; PROXY: its own address,
 * with any port. */
static void
check_client(const struct world *w, const char *client, const char *what)
{
	struct flow *f = proc_flow(&w->right);
	char shown[ADDR_TEXT] = "none";

	if (f != NULL && strcmp(client, PROXY) == 0)
		addr_ip_text(&f->peer.addr, shown);
	else if (f != NULL)
		addr_text(&f->peer.addr, shown);
	is_str(shown, client, "%s: the client is %s", what, client);
}

/* A header after which the client is that; "": it is refused. */
static void
check(const char *header, size_t n, const char *client, const char *what)
{
	struct world w;
	fd_t fd;

	begin(&w, "tcp", "");
	fd = forward(header, n);
	if (*client != '\0') {
		send_datagram(fd, "0123456789abcdef");
		is_int(w.echo.received, 1, "%s: the datagram arrives", what);
		check_client(&w, client, what);
		ok(!is_closed(fd), "%s: the connection stays", what);
	} else {
		sim_run_ms(50);
		ok(is_closed(fd), "%s: refused at once", what);
		is_int(logged_text("no PROXY header"), 1, "%s: in words", what);
		is_int(proc_flows(&w.right), 0, "%s: no session", what);
	}
	sock_close(fd);
	end(&w, what);
}

#define CHECK(header, client, what) \
	check(header, sizeof(header) - 1, client, what)

static void
test_headers(void)
{
	static char big[PROXY_HEADER_MAX + 1] =
	    SIGNATURE "\41\21\17\360" IP4;

	CHECK(LINE, "192.0.2.1:50000", "a line");
	CHECK("PROXY UNKNOWN\r\n", PROXY, "UNKNOWN");
	CHECK(SIGNATURE "\41\41\0\53" IP6 "\4\0\4abcd",
	    "[2001:db8::1]:50000", "IPv6 and a field");
	CHECK(SIGNATURE "\40\0\0\0", PROXY, "LOCAL");
	CHECK(SIGNATURE "\41\0\0\3abc", PROXY, "UNSPEC");
	check(big, PROXY_HEADER_MAX, "192.0.2.1:50000", "4 KiB");
	big[15]++;
	check(big, sizeof(big), "", "4 KiB and a byte");
	CHECK(SIGNATURE "\41\21\0\13" IP4, "", "a length that lies");
	CHECK(SIGNATURE "\41\21\377\377" IP4, "", "64 KiB");
	CHECK("PROXY TCP4 nonsense\r\n", "", "nonsense");
	CHECK("0123456789abcdef\0\1x", "", "no header");
	memset(big, 0, sizeof(big));
	memcpy(big, SIGNATURE "\41\61\0\330", 16);
	check(big, 16 + 216, PROXY, "UNIX");
}

static void
test_pieces(void)
{
	static const char all[] = LINE "0123456789abcdef\0\1x";
	struct world w;
	unsigned i;
	fd_t fd;

	begin(&w, "tcp", "");
	fd = stranger();
	sim_run_ms(30);
	for (i = 0; i < sizeof(all) - 1; i++) {
		sock_send(fd, all + i, 1);
		sim_run_ms(100);
	}
	is_int(w.echo.received, 1, "bytes one by one make a header, too");
	check_client(&w, "192.0.2.1:50000", "pieces");
	ok(logged_text("192.0.2.1:50000") >= 1, "and the log has the client");
	sock_close(fd);
	fd = forward(all, sizeof(all) - 1);
	sim_run_ms(50);
	is_int(w.echo.received, 2, "as does a packet that has all of it");
	sock_close(fd);
	end(&w, "pieces");
}

static void
test_time(void)
{
	struct world w;
	fd_t mute, half;

	begin(&w, "tcp", ",identify=7");
	mute = stranger();
	half = forward("PROXY TCP4 ", 11);
	sim_run_ms(6800);
	ok(!is_closed(mute) && !is_closed(half), "a header may take as long "
	    "as identify says");
	sim_run_ms(400);
	ok(is_closed(mute) && is_closed(half), "and no longer");
	ok(logged_text("no PROXY header in time") >= 1, "in words");
	sock_close(mute);
	sock_close(half);
	mute = forward(LINE, sizeof(LINE) - 1);
	sim_run_ms(6900);
	ok(!is_closed(mute), "the identifier has its own time");
	sim_run_ms(400);
	ok(is_closed(mute), "of the same length");
	sock_close(mute);
	end(&w, "time");
}

/* Others may not come, whatever they say. */
static void
test_elsewhere(void)
{
	struct world w;
	fd_t fd;

	begin(&w, "tcp", "");
	evil = w.client;
	fd = forward(LINE, sizeof(LINE) - 1);
	sim_run_ms(50);
	ok(is_closed(fd), "a header from an address that is no proxy's is "
	    "refused");
	is_int(logged_text("does not come from a proxy"), 1, "in words");
	is_int(w.right.tunnel->refused, 1, "and counted");
	sock_close(fd);
	end(&w, "elsewhere");
}

/* A proxy that looks whether we are there. */
static void
test_health(void)
{
	struct world w;
	fd_t fd;

	begin(&w, "tls", "");
	fd = stranger();
	sim_run_ms(30);
	sock_close(fd);
	fd = forward(SIGNATURE "\40\0\0\0", 16);
	sim_run_ms(30);
	sock_close(fd);
	fd = forward(SIGNATURE "\40\0\0\0", 16);
	sim_run_ms(30);
	is_int(sim_tcp_reset(evil, w.server), 1, "a proxy resets its look");
	sock_close(fd);
	sim_run_ms(100);
	is_int(logged(LEVEL_WARN), 0, "a proxy's look is no line of the log");
	fd = forward("PROXY ", 6);
	sim_run_ms(30);
	sock_close(fd);
	sim_run_ms(100);
	is_int(logged_text("its PROXY header is not complete"), 1,
	    "half a header is one");
	end(&w, "health");
}

/* Header and garbage for TLS: the log has the real client, as for all. */
static void
test_tls(void)
{
	struct world w;
	fd_t fd;

	begin(&w, "tls", "");
	fd = forward(LINE "GET / HTTP/1.1\r\n\r\n", sizeof(LINE) + 17);
	sim_run_ms(100);
	is_int(logged_text("does not speak TLS"), 1, "TLS begins behind the "
	    "header");
	is_int(logged_text("(192.0.2.1:50000)"), 1, "and the log has the "
	    "client");
	sock_close(fd);
	end(&w, "tls");
}

/* Many that wait. */
static void
test_many(void)
{
	struct world w;
	fd_t fd[60];
	unsigned i, fds;

	begin(&w, "tcp", ",max-pending=20");
	fds = w.server->n_fds;
	for (i = 0; i < 60; i++) {
		fd[i] = stranger();
		sim_run_ms(1);
	}
	sim_run_ms(100);
	is_int(w.server->n_fds - fds, 20, "no more than max-pending wait");
	is_int(count_closed(fd, 60), 40, "the others were closed");
	ok(is_closed(fd[0]) && !is_closed(fd[59]), "the oldest of them");
	proc_stop(&w.right);
	is_int(w.server->n_fds, 0, "all are closed with the tunnel");
	close_all(fd, 60);
	end(&w, "many");
}

/* Clients have their share, proxies are no clients. */
static void
test_share(void)
{
	static const char other[] = "PROXY TCP4 192.0.2.9 1.1.1.1 1 1\r\n";
	struct world w;
	unsigned i;
	fd_t fd[9];

	begin(&w, "tcp", ",max-connections=12");
	for (i = 0; i < 9; i++)
		fd[i] = forward(LINE, sizeof(LINE) - 1);
	sim_run_ms(50);
	is_int(count_closed(fd, 9), 2, "one client has its share of the "
	    "connections");
	close_all(fd, 9);
	sim_run_ms(50);
	for (i = 0; i < 7; i++)
		fd[i] = forward(LINE, sizeof(LINE) - 1);
	fd[7] = forward(other, sizeof(other) - 1);
	sim_run_ms(50);
	ok(!is_closed(fd[7]), "the share of one is not that of another one");
	close_all(fd, 8);
	sim_run_ms(50);
	for (i = 0; i < 9; i++)
		fd[i] = forward("PROXY UNKNOWN\r\n", 15);
	sim_run_ms(50);
	is_int(count_closed(fd, 9), 0, "the proxy's own address has no share");
	close_all(fd, 9);
	end(&w, "share");
}

/* The same before uott. */
static void
test_uott(void)
{
	struct world w;
	fd_t fd;

	world_begin(&w, 1);
	proc_set(&w.left, w.client, "udp-listen:0.0.0.0:8911",
	    "uott:10.0.0.1:8443");
	proc_set(&w.right, w.server, "uott-listen:0.0.0.0:8443,timeout=5,"
	    "proxy-protocol=" PROXY, "udp:10.0.2.1:7");
	proc_start(&w.right);
	begin_strangers(&w);
	fd = forward(LINE, sizeof(LINE) - 1);
	send_all(fd, "UOTT\1\0\1\0x", 9);
	sim_run_ms(50);
	is_int(w.echo.received, 1, "uott: the datagram arrives");
	check_client(&w, "192.0.2.1:50000", "uott");
	sock_close(fd);
	fd = stranger();
	sim_run_ms(4900);
	ok(!is_closed(fd), "uott: the time is that of the handshake");
	sim_run_ms(200);
	ok(is_closed(fd), "uott: and then over");
	sock_close(fd);
	end(&w, "uott");
}

/* Begins with a server that expects no header. */
static void
begin_misled(struct world *w, const char *kind)
{
	world_begin(w, 1);
	if (strcmp(kind, "uott") != 0) {
		world_pool(w, kind, "", "");
	} else {
		proc_set(&w->left, w->client, "udp-listen:0.0.0.0:8911",
		    "uott:10.0.0.1:8443");
		proc_set(&w->right, w->server, "uott-listen:0.0.0.0:8443",
		    "udp:10.0.2.1:7");
		must(proc_start(&w->right) == 0 && proc_start(&w->left) == 0);
	}
	begin_strangers(w);
}

/* A header that nobody expects. */
static void
check_misled(const char *kind, const char *bytes, size_t n, const char *words,
    const char *what)
{
	struct world w;
	fd_t fd;

	begin_misled(&w, kind);
	fd = forward(bytes, n);
	sim_run_ms(50);
	ok(is_closed(fd), "%s: refused at once", what);
	is_int(logged_text(words), 1, "%s at %s-listen: in words", what, kind);
	is_int(proc_flows(&w.right), 0, "%s: and not taken for an identifier",
	    what);
	sock_close(fd);
	honest(what);
	end(&w, what);
}

static void
test_misled(void)
{
	static const char line[] = LINE, request[] = "GET / HTTP/1.1\r\n\r\n";
	static const char binary[] = SIGNATURE "\41\21\0\14" IP4;
	static const char *const kinds[] = { "tcp", "tls", "uott" };
	struct world w;
	unsigned i;
	fd_t fd;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		check_misled(kinds[i], line, sizeof(line) - 1, "a proxy in "
		    "front sends a PROXY header", "version 1 without the key");
		check_misled(kinds[i], binary, sizeof(binary) - 1, "a proxy in "
		    "front sends a PROXY header", "version 2 without the key");
		check_misled(kinds[i], request, sizeof(request) - 1,
		    strcmp(kinds[i], "tls") == 0 ? "does not speak TLS" :
		    "an HTTP request came", "a browser");
	}
	begin_misled(&w, "tcp");
	fd = stranger();
	sim_run_ms(30);
	send_datagram(fd, "GET \1bcdefghijkl");
	is_int(w.echo.received, 1, "an identifier that begins like a request "
	    "is one");
	sock_close(fd);
	end(&w, "GET");
}

int
main(void)
{
	test_headers();
	test_pieces();
	test_time();
	test_elsewhere();
	test_health();
	test_tls();
	test_many();
	test_share();
	test_uott();
	test_misled();
	return done_testing();
}
