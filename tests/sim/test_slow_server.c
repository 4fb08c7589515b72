/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Servers whose TLS handshakes take long, or never end, and paths that swallow
 * these: how many connections are made, and when one is up.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "net/sockaddr.h"
#include "world.h"

#include "base/addrgroup.h"

#include "../unit/tap.h"

enum {
	CROWD = 10000,
	TIMEOUT_S = 4,		/* the default of that setting */
};

static struct app app;
static char client_keys[600], server_keys[600];

/* Sets both ends: "tls", or "uott" with TLS. */
static void
set(struct world *w, const char *kind, const char *right, const char *keys)
{
	const char *data = getenv("ADIT_TEST_DATA");
	bool uott = strcmp(kind, "uott") == 0;
	char listen[900], dial[900];

	if (data == NULL)
		data = "tests/data";
	snprintf(server_keys, sizeof(server_keys), "%s,cert=%s/tls/p256.pem,"
	    "key=%s/tls/p256.key", uott ? ",tls" : "", data, data);
	snprintf(client_keys, sizeof(client_keys), "%s,cafile=%s/tls/ca.pem,"
	    "name=10.0.0.1%s", uott ? ",tls" : "", data, keys);
	snprintf(listen, sizeof(listen), "%s-listen:0.0.0.0:443%s", kind,
	    server_keys);
	snprintf(dial, sizeof(dial), "%s:%s%s", kind, right, client_keys);
	proc_set(&w->left, w->client, "udp-listen:0.0.0.0:8911", dial);
	proc_set(&w->right, w->server, listen, "udp:10.0.2.1:7");
	app_open(&app, w, 1);
}

static void
end(struct world *w, const char *what)
{
	app_close(&app);
	is_int(world_end(w), 0, "%s: nothing stays open", what);
}

/* A server on a port of that host that accepts nothing: TCP connects, and
 * nothing answers. */
static fd_t
hang(struct sim_host *h, uint16_t port)
{
	union sock_addr sa;
	struct addr at = { 0 };
	fd_t fd;

	sim_as(h);
	fd = sock_open(AF_INET, SOCK_STREAM);
	at.family = 4;
	at.port = port;
	must(sock_bind(fd, &sa, sockaddr_from(&sa, &at)) == 0);
	must(sock_listen(fd, CROWD) == 0);
	return fd;
}

/* Sends a datagram each 50 ms until one is answered; milliseconds, at most
 * that. */
static unsigned
answer_ms(size_t len, unsigned most_ms)
{
	uint32_t received = app.received;
	unsigned ms;

	for (ms = 0; ms < most_ms && app.received == received; ms += 50) {
		app_send(&app, len);
		sim_run_ms(50);
	}
	return ms;
}

/* The same with connections that are closed after so many milliseconds in which
 * nothing came; 0: never. */
static unsigned
answer_closed_ms(struct world *w, unsigned close_ms)
{
	uint32_t received = app.received;
	unsigned ms;

	for (ms = 0; ms < 60000 && app.received == received; ms += 50) {
		app_send(&app, 100);
		sim_run_ms(50);
		if (close_ms > 0)
			(void)sim_tcp_cut(w->client, w->server,
			    close_ms * SIM_MS, true);
	}
	return ms;
}

/* Each handshake takes that long. */
static void
test_slow(const char *kind, const char *keys, unsigned slow_ms,
    unsigned most)
{
	unsigned long asked;
	char what[100];
	struct world w;
	unsigned ms;

	snprintf(what, sizeof(what), "%s%s, handshakes of %u ms", kind, keys,
	    slow_ms);
	world_begin(&w, 1);
	set(&w, kind, "10.0.0.1:443", keys);
	sim_link(w.server, w.client)->slow_us = slow_ms * SIM_MS;
	must(proc_start(&w.right) == 0 && proc_start(&w.left) == 0);
	ms = answer_ms(100, 60000);
	ok(ms >= slow_ms && ms <= slow_ms + 300, "%s: the first one is used: "
	    "%u ms", what, ms);
	sim_run_s(20);
	asked = sim_tcp_asked(w.server);
	ok(asked <= most, "%s: the server sees %lu connections, %u allowed",
	    what, asked, most);
	is_int(sim_tcp_lowest_mss(w.client), 0, "%s: the MSS is the full one",
	    what);
	is_int(logged_text("makes that permanent"), 0, "%s: no hole is "
	    "reported", what);
	/* From then on this is known. */
	asked = sim_tcp_asked(w.server);
	(void)sim_tcp_reset(w.client, w.server);
	ms = answer_ms(100, 60000);
	ok(ms <= slow_ms + 1300, "%s: it is used again: %u ms", what, ms);
	sim_run_s(20);
	asked = sim_tcp_asked(w.server) - asked;
	ok(asked <= (strstr(keys, "pool=4") != NULL ? 4 : 1), "%s: and no "
	    "handshake is taken for a stall: %lu connections", what, asked);
	end(&w, what);
}

/* The path is slow and swallows long packets, so that only a lower MSS does. */
static void
test_slow_hole(const char *kind, const char *keys, size_t hole,
    unsigned slow_ms)
{
	char what[100];
	struct world w;
	unsigned ms;

	snprintf(what, sizeof(what), "%s%s, handshakes of %u ms, a hole of "
	    "%zu bytes", kind, keys, slow_ms, hole);
	world_begin(&w, 2);
	set(&w, kind, "10.0.0.1:443", keys);
	sim_link(w.server, w.client)->slow_us = slow_ms * SIM_MS;
	sim_link(w.server, w.client)->swallows = hole;
	sim_link(w.client, w.server)->swallows = hole;
	must(proc_start(&w.right) == 0 && proc_start(&w.left) == 0);
	ms = answer_ms(100, 60000);
	ok(ms <= 6000 + slow_ms + 300, "%s: it is up: %u ms", what, ms);
	is_int(logged_text("makes that permanent"), 1, "%s: a hole is "
	    "reported", what);
	end(&w, what);
}

/* A member of a group accepts connections, sends nothing, and closes them after
 * a while, as a proxy does whose own server is away; 0: never. */
static void
test_group(const char *kind, unsigned close_ms)
{
	unsigned left_ms = close_ms > 0 ? close_ms : TIMEOUT_S * 1000;
	struct addrgroup *group;
	char why[GROUP_WHY];
	unsigned i, ms, worst_ms = 0;
	struct world w;
	fd_t fd;

	world_begin(&w, 3);
	must(group_parse(&group, "{10.0.0.1:443-444}", why) == 0);
	set(&w, kind, "group:1", "");
	w.left.plan.end[RIGHT].settings.group = group;
	fd = hang(w.server, 444);
	must(proc_start(&w.right) == 0);
	for (i = 0; i < 16; i++) {
		must(proc_start(&w.left) == 0);
		ms = answer_closed_ms(&w, close_ms);
		if (ms > worst_ms)
			worst_ms = ms;
		proc_stop(&w.left);
		app_close(&app);
		app_open(&app, &w, 2 + i);
	}
	ok(worst_ms >= left_ms, "%s: a member of the group hangs", kind);
	ok(worst_ms <= left_ms + 500, "%s: it is left when it closes, or at "
	    "the usual time-out: %u ms", kind, worst_ms);
	sim_as(w.server);
	sock_close(fd);
	group_free(group);
	end(&w, "a group");
}

static struct {
	fd_t fd;
	bool answered;
} crowd[CROWD];

static void
crowd_receive(void *arg, fd_t fd, const uint8_t *bytes, size_t len,
    const struct addr *from)
{
	(void)fd;
	(void)bytes;
	(void)len;
	(void)from;
	crowd[(size_t)arg].answered = true;
}

/* Opens n sockets. */
static void
crowd_open(struct world *w, unsigned n)
{
	unsigned i;

	w->client->max_fds = w->app->max_fds = 2 * CROWD;
	for (i = 0; i < n; i++) {
		crowd[i].fd = sim_udp_open(w->app, 0, crowd_receive,
		    (void *)(size_t)i);
		crowd[i].answered = false;
	}
}

/* Closes them; returns how many flows were answered. */
static unsigned
crowd_close(unsigned n)
{
	unsigned i, answered = 0;

	for (i = 0; i < n; i++) {
		answered += crowd[i].answered;
		sock_close(crowd[i].fd);
	}
	return answered;
}

/* n flows send a datagram each. */
static void
crowd_send(struct world *w, unsigned n)
{
	static const uint8_t zeroes[100];
	struct addr to = { 0 };
	unsigned i;

	to.family = 4;
	memcpy(to.ip, w->client->addr[0].ip, 4);
	to.port = 8911;
	for (i = 0; i < n; i++) {
		sim_udp_send(crowd[i].fd, &to, zeroes, sizeof(zeroes));
		if (i % 100 == 99)
			sim_run_ms(1);
	}
}

/* Ten thousand flows to a server that hangs. */
static void
test_crowd_hangs(void)
{
	unsigned i, s, n, most = 0;
	unsigned long asked;
	struct world w;
	fd_t fd;

	world_begin(&w, 4);
	set(&w, "tls", "10.0.0.1:443", ",timeout=10");
	fd = hang(w.server, 443);
	proc_option(&w.left, "max-flows", "20000");
	proc_option(&w.left, "source-share", "100");
	must(proc_start(&w.left) == 0);
	crowd_open(&w, CROWD);
	for (s = 0; s < 60; s++) {
		if (s % 20 == 0)
			crowd_send(&w, CROWD);
		for (i = 0; i < 10; i++) {
			sim_run_ms(100);
			n = sim_tcp_count(w.client);
			if (n > most)
				most = n;
		}
	}
	is_int(proc_flows(&w.left), CROWD, "ten thousand flows to a server "
	    "that hangs");
	asked = sim_tcp_asked(w.server);
	printf("# at most %u at once, %lu in all\n", most, asked);
	ok(most <= 64, "at most 64 connections are there at once");
	ok(asked <= 64 * 60 / 10, "each lasts as long as the time-out");
	sim_as(w.server);
	sock_close(fd);
	(void)crowd_close(CROWD);
	end(&w, "a crowd");
}

/* Many flows on a path that swallows the server's part of the handshake. */
static void
test_crowd_hole(void)
{
	enum { FLOWS = 500 };
	unsigned long asked;
	unsigned s;
	struct world w;

	world_begin(&w, 5);
	set(&w, "tls", "10.0.0.1:443", ",pool=1");
	sim_link(w.server, w.client)->swallows = 600;
	proc_option(&w.left, "source-share", "100");
	must(proc_start(&w.right) == 0 && proc_start(&w.left) == 0);
	crowd_open(&w, FLOWS);
	for (s = 0; s < 9; s++) {
		crowd_send(&w, FLOWS);
		sim_run_ms(995);
	}
	asked = sim_tcp_asked(w.server);
	is_int(crowd_close(FLOWS), FLOWS, "%u flows, a hole of 600 bytes: "
	    "all are answered within 9 s", FLOWS);
	ok(asked <= FLOWS + 100, "with %lu connections", asked);
	end(&w, "a crowd, a hole");
}

/* Has the client closed that? */
static bool
client_closed(fd_t fd)
{
	char buf[4096];
	ssize_t n;

	do
		n = sock_recv(fd, buf, sizeof(buf));
	while (n > 0);
	return n == 0;
}

/* The time for a handshake is that of the option. */
static void
test_timeout(const char *kind)
{
	struct world w;
	fd_t listener, fd;

	world_begin(&w, 1);
	set(&w, kind, "10.0.0.1:443", ",timeout=0.5");
	listener = hang(w.server, 443);
	proc_start(&w.left);
	app_send(&app, 100);
	sim_run_ms(450);
	sim_as(w.server);
	fd = sock_accept(listener, NULL, NULL);
	ok(fd != FD_NONE && !client_closed(fd), "%s: a handshake may take as "
	    "long as timeout says", kind);
	sim_run_ms(150);
	ok(client_closed(fd), "%s: and no longer", kind);
	sock_close(fd);
	sock_close(listener);
	end(&w, kind);
}

int
main(void)
{
	static const unsigned slow_ms[] = { 5000, 7000, 9500 };
	unsigned i;

	test_slow("tls", ",pool=1", 3500, 2);
	test_slow("tls", ",pool=4", 3500, 5);
	test_slow("uott", "", 3500, 2);
	for (i = 0; i < sizeof(slow_ms) / sizeof(*slow_ms); i++) {
		test_slow("tls", ",timeout=10,pool=1", slow_ms[i], 4);
		test_slow("tls", ",timeout=10,pool=4", slow_ms[i], 7);
		test_slow("uott", ",timeout=10", slow_ms[i], 4);
	}
	for (i = 0; i < 2; i++) {
		test_slow_hole("tls", ",timeout=10,pool=1", 600, i * 5000);
		test_slow_hole("tls", ",timeout=10,pool=4", 600, i * 5000);
		test_slow_hole("uott", ",timeout=10", 600, i * 5000);
	}
	test_group("tls", 0);
	test_group("uott", 0);
	test_group("tls", 3000);
	test_group("uott", 3000);
	test_crowd_hangs();
	test_crowd_hole();
	test_timeout("tls");
	test_timeout("uott");
	return done_testing();
}
