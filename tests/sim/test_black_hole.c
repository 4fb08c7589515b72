/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Paths that swallow long packets under the carriers over TCP: an MSS that
 * fits is set by the user, or found.
 *
 * A build without TLS leaves this out.
 */

#include "compat.h"

#include "net/sockaddr.h"
#include "net/tcp.h"
#include "world.h"

#include "../unit/tap.h"

static struct app app;

/* The kinds of carriers. */
enum { TCP, TLS, UOTT, UOTT_TLS, UDP2TCP, KINDS };
static const char *const kinds[KINDS] = {
	"tcp", "tls", "uott", "uott", "udp2tcp"
};

/* A client and a server of that kind, with more keys for each; both start. */
static void
begin(struct world *w, unsigned kind, uint64_t seed, const char *client,
    const char *server)
{
	const char *on = kind == UOTT_TLS ? ",tls" : "";
	bool tls = kind == TLS || kind == UOTT_TLS;
	char left[1500], right[1500];

	world_begin(w, seed);
	snprintf(left, sizeof(left), "%s-listen:0.0.0.0:443%s%s%s",
	    kinds[kind], on, tls ? world_server_keys() : "", server);
	snprintf(right, sizeof(right), "%s:10.0.0.1:443%s%s%s", kinds[kind],
	    on, tls ? world_trust() : "", client);
	proc_set(&w->left, w->client, "udp-listen:0.0.0.0:8911", right);
	proc_set(&w->right, w->server, left, "udp:10.0.2.1:7");
	if (proc_start(&w->right) != 0 || proc_start(&w->left) != 0) {
		printf("Bail out! the tunnels do not start\n");
		exit(1);
	}
	app_open(&app, w, 1);
}

static void
end(struct world *w, const char *what)
{
	is_int(app.twice + app.bad + w->echo.twice + w->echo.bad, 0,
	    "%s: nothing comes twice, or changed", what);
	app_close(&app);
	is_int(world_end(w), 0, "%s: nothing stays open", what);
}

/* IP packets that are longer get lost, both ways. */
static void
swallow(struct world *w, size_t bytes)
{
	sim_link(w->client, w->server)->swallows = bytes;
	sim_link(w->server, w->client)->swallows = bytes;
}

/* A datagram of that length each 50 ms, until one that was sent after now is
 * answered; how long that takes in milliseconds, at most `most`. */
static uint64_t
answer_ms(size_t len, uint64_t most)
{
	uint64_t from_us = sim_now_us();
	uint32_t first = app.sent;

	do {
		app_send(&app, len);
		sim_run_ms(50);
	} while ((app.received == 0 || app.newest < first) &&
	    sim_now_us() < from_us + most * SIM_MS);
	return (sim_now_us() - from_us) / SIM_MS;
}

/* The user knows. */
static void
test_set(unsigned kind, bool server)
{
	char what[100];
	struct world w;
	uint64_t took_ms;

	snprintf(what, sizeof(what), "%s%s, an MSS at the %s", kinds[kind],
	    kind == UOTT_TLS ? " in TLS" : "", server ? "server" : "client");
	begin(&w, kind, 1, server ? "" : ",mss=900", server ? ",mss=900" : "");
	swallow(&w, 1000);
	took_ms = answer_ms(1200, 5000);
	if (!ok(took_ms <= 300, "%s: long datagrams pass", what))
		printf("# %llu ms\n", (unsigned long long)took_ms);
	end(&w, what);
}

/* Talks for so long, a datagram of that length in that time; returns how many
 * were answered in percent. */
static unsigned
talk_each(size_t len, uint64_t ms, uint64_t each_ms)
{
	uint64_t end_us = sim_now_us() + ms * SIM_MS;
	uint32_t sent = app.sent, received = app.received;

	while (sim_now_us() < end_us) {
		app_send(&app, len);
		sim_run_ms(each_ms);
	}
	return 100 * (app.received - received) / (app.sent - sent);
}

static unsigned
talk(size_t len, uint64_t ms)
{
	return talk_each(len, ms, 50);
}

static unsigned
slowly(size_t len, uint64_t ms)
{
	return talk_each(len, ms, 500);
}

/* The path has the hole from the start. */
static void
test_start(unsigned kind, size_t hole)
{
	char what[100];
	size_t len = hole > 1240 ? 1400 : 1200;
	struct world w;
	uint64_t took_ms;

	snprintf(what, sizeof(what), "%s%s, a hole of %zu bytes at the start",
	    kinds[kind], kind == UOTT_TLS ? " in TLS" : "", hole);
	begin(&w, kind, 2, "", "");
	swallow(&w, hole);
	took_ms = answer_ms(len, 15000);
	ok(took_ms <= 9000, "%s: long datagrams pass after %u ms", what,
	    (unsigned)took_ms);
	(void)talk(len, 10000);
	is_int(logged_text("makes that permanent") >= 1, 1, "%s: it is said",
	    what);
	ok(slowly(len, 500000) >= 99, "%s: that lasts", what);
	is_int(logged_text("makes that permanent"), 1, "%s: and said once",
	    what);
	ok(slowly(len, 2000000) >= 99, "%s: that lasts while the full one is "
	    "tried", what);
	end(&w, what);
}

/* The path gets one. */
static void
test_later(unsigned kind, size_t hole, size_t small)
{
	char what[100];
	size_t len = hole > 1240 ? 1400 : 1200;
	struct world w;
	uint64_t took_ms;

	snprintf(what, sizeof(what), "%s%s, a hole of %zu bytes later%s",
	    kinds[kind], kind == UOTT_TLS ? " in TLS" : "", hole,
	    small > 0 ? ", short ones before" : "");
	begin(&w, kind, 3, "", "");
	(void)talk(small > 0 ? small : len, 8000);
	is_int(sim_tcp_lowest_mss(w.client), 0, "%s: no MSS before", what);
	swallow(&w, hole);
	took_ms = answer_ms(len, 15000);
	ok(took_ms <= 9000, "%s: long datagrams pass after %u ms", what,
	    (unsigned)took_ms);
	ok(slowly(len, 500000) >= 99, "%s: that lasts", what);
	is_int(logged_text("makes that permanent"), 1, "%s: it is said once",
	    what);
	/* The hole is gone. */
	swallow(&w, 0);
	ok(slowly(1430, 2000000) >= 99, "%s: nothing is lost when the path is "
	    "well", what);
	ok(sim_tcp_lowest_mss(w.client) == 0 || kind >= UOTT, "%s: the full "
	    "MSS is back", what);
	ok(sim_tcp_lowest_mss(w.client) % 1360 == 0, "%s: or almost", what);
	end(&w, what);
}

/* A path that is gone for a while, and has no hole. */
static void
test_outage(unsigned kind, uint64_t ms, size_t len)
{
	char what[100];
	struct world w;

	snprintf(what, sizeof(what), "%s%s, an outage of %u ms, datagrams of "
	    "%zu", kinds[kind], kind == UOTT_TLS ? " in TLS" : "",
	    (unsigned)ms, len);
	begin(&w, kind, 4, "", "");
	(void)talk(len, 8000);
	sim_cut(w.client, w.server, true);
	(void)talk(len, ms);
	sim_cut(w.client, w.server, false);
	(void)talk(len, 8000);
	ok(sim_tcp_lowest_mss(w.client) % 1360 == 0, "%s: the MSS is hardly "
	    "lower: %u", what, sim_tcp_lowest_mss(w.client));
	ok(slowly(len, 100000) >= 99, "%s: all is well", what);
	(void)slowly(1430, 600000);
	ok(sim_tcp_lowest_mss(w.client) == 0 || (kind >= UOTT &&
	    sim_tcp_lowest_mss(w.client) == 1360), "%s: the full MSS is back",
	    what);
	is_int(logged_text("makes that permanent"), 0, "%s: no hole is "
	    "reported", what);
	end(&w, what);
}

/* A group of endpoints: what was learnt at one holds for the next. */
static void
test_group(void)
{
	char trust[700];
	struct world w;
	uint64_t took_ms;

	begin(&w, TLS, 5, "", "");
	sim_host_address(w.server, "10.0.0.2");
	proc_forget(&w.left);
	snprintf(trust, sizeof(trust), "tls:{10.0.0.1..10.0.0.2:443}%s,"
	    "name=10.0.0.1", world_trust());
	proc_set(&w.left, w.client, "udp-listen:0.0.0.0:8911", trust);
	must(proc_start(&w.left) == 0);
	swallow(&w, 1000);
	took_ms = answer_ms(1200, 15000);
	ok(took_ms <= 9000, "a group, a hole of 1000 bytes at the start: long "
	    "datagrams pass after %u ms", (unsigned)took_ms);
	ok(slowly(1200, 100000) >= 99, "a group: that lasts");
	app_close(&app);
	app_open(&app, &w, 2);
	took_ms = answer_ms(1200, 15000);
	ok(took_ms <= 300, "a group: the next flow begins with what was "
	    "learnt: %u ms", (unsigned)took_ms);
	end(&w, "a group");
}

/* A server that is stopped: TCP connects, and nothing answers. */
static void
test_stopped(uint64_t ms)
{
	union sock_addr sa;
	struct addr at = { 0 };
	struct world w;
	fd_t fd;

	begin(&w, TLS, 6, "", "");
	proc_stop(&w.right);
	sim_as(w.server);
	fd = sock_open(AF_INET, SOCK_STREAM);
	at.family = 4;
	at.port = 443;
	sock_bind(fd, &sa, sockaddr_from(&sa, &at));
	sock_listen(fd, 100);
	(void)talk(1200, ms);
	sock_close(fd);
	must(proc_start(&w.right) == 0);
	(void)talk(1430, 20000);
	ok(talk(1430, 2000) >= 99, "a server that was stopped for %u s is "
	    "used again", (unsigned)ms / 1000);
	(void)slowly(1430, 700000);
	is_int(sim_tcp_lowest_mss(w.client), 0, "with the full MSS");
	end(&w, "a stopped server");
}

/* The server is slow, but answers. */
static void
test_slow(void)
{
	struct world w;

	begin(&w, TLS, 7, "", "");
	sim_tcp_window(w.server, w.client, 0);
	(void)talk(1200, 2800);
	sim_tcp_window(w.server, w.client, 1 << 20);
	(void)talk(1430, 60000);
	is_int(logged(LEVEL_ERROR), 0, "a handshake of 3 s succeeds");
	is_int(logged_text("makes that permanent"), 0, "and no hole is "
	    "reported");
	is_int(sim_tcp_lowest_mss(w.client), 0, "the MSS is the full one");
	end(&w, "a slow server");
}

enum { FLOWS = 200 };

static struct {
	fd_t fd;
	unsigned received;
} crowd[FLOWS];

static void
crowd_receive(void *arg, fd_t fd, const uint8_t *bytes, size_t len,
    const struct addr *from)
{
	(void)fd;
	(void)bytes;
	(void)len;
	(void)from;
	crowd[(size_t)arg].received++;
}

/* Each flow sends four datagrams a second for so long; returns how many had an
 * answer to those of the last second. */
static unsigned
crowd_talk(struct world *w, size_t len, unsigned s)
{
	static const uint8_t zeroes[1500];
	unsigned i, t, n = 0;
	struct addr to = { 0 };

	to.family = 4;
	memcpy(to.ip, w->client->addr[0].ip, sizeof(to.ip));
	to.port = 8911;
	for (t = 0; t < 4 * s; t++) {
		for (i = 0; i < FLOWS; i++) {
			if (t == 4 * s - 4)
				crowd[i].received = 0;
			sim_udp_send(crowd[i].fd, &to, zeroes, len);
			sim_run_us(SIM_S / FLOWS / 4);
		}
	}
	sim_run_ms(100);
	for (i = 0; i < FLOWS; i++)
		n += crowd[i].received > 0;
	return n;
}

/* Many flows. */
static void
test_many(bool start)
{
	const char *when = start ? "at the start" : "later";
	unsigned long asked;
	struct world w;
	unsigned i;

	begin(&w, TCP, 8, ",pool=2", "");
	for (i = 0; i < FLOWS; i++)
		crowd[i].fd = sim_udp_open(w.app, 0, crowd_receive,
		    (void *)(size_t)i);
	if (!start)
		is_int(crowd_talk(&w, 1200, 5), FLOWS, "%u flows talk", FLOWS);
	swallow(&w, 1000);
	asked = sim_tcp_asked(w.server);
	is_int(crowd_talk(&w, 1200, 10), FLOWS, "a hole of 1000 bytes %s: all "
	    "%u flows are answered within 10 s", when, FLOWS);
	asked = sim_tcp_asked(w.server) - asked;
	ok(asked <= 10 * FLOWS, "with few connections: %lu", asked);
	for (i = 0; i < FLOWS; i++)
		sock_close(crowd[i].fd);
	app_close(&app);
	is_int(world_end(&w), 0, "many flows: nothing stays open");
}

int
main(void)
{
	static const uint64_t outages[] = { 2500, 4000, 10000, 30000, 90000 };
	unsigned i, j;

	for (i = 0; i < KINDS; i++) {
		test_set(i, false);
		test_set(i, true);
		test_start(i, 1000);
		test_start(i, 1300);
		test_later(i, 1000, 0);
		test_later(i, 1300, 0);
		test_later(i, 1000, 100);
		for (j = 0; j < sizeof(outages) / sizeof(*outages); j++) {
			test_outage(i, outages[j], 100);
			test_outage(i, outages[j], 1430);
		}
	}
	test_group();
	test_stopped(3000);
	test_stopped(5000);
	test_stopped(7000);
	test_stopped(30000);
	test_slow();
	test_many(true);
	test_many(false);
	return done_testing();
}
