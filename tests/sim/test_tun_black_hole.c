/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Paths that swallow long packets and say nothing, under TUN devices.
 *
 * A build without TUN leaves this out.
 */

#include "compat.h"

#include "tun_world.h"

#include "tunnel/tun_dev.h"

#define PSK "psk=" WORLD_PSK
#define CLIENT "10.8.0.2"
#define SERVER "10.8.0.1"

enum { CROWD = 1000 };

/* A pair of specs for server and client. */
static const struct carrier {
	const char *kind, *listen, *dial;
} carriers[] = {
	{ "udp", "udp-listen:0.0.0.0:9000", "udp:10.0.0.1:9000" },
	{ "dtls", "dtls-listen:0.0.0.0:2815," PSK, "dtls:10.0.0.1:2815," PSK },
};

enum { CARRIERS = sizeof(carriers) / sizeof(carriers[0]) };

/* The path: what it lets through, and what became of padded probes. */
static struct {
	size_t limit[2];	/* payload of UDP; LEFT: up, RIGHT: down */
	bool old[2];		/* no padded probe gets to the RIGHT, LEFT */
	uint64_t late_us;	/* answers take so much longer */
	bool twice;		/* and come twice */
	unsigned long padded[2], bytes[2];	/* probes that were seen */
} path;

/* Is it a probe with padding, or the answer to one?  Over plain UDP only. */
static bool
is_padded(const struct sim_passing *p)
{
	return p->len >= 8 && p->data[0] <= 1 && p->data[1] == 1;
}

static unsigned
swallow(void *arg, struct sim_passing *p)
{
	enum side side = p->from == w.server ? RIGHT : LEFT;
	bool padded = is_padded(p);

	(void)arg;
	if (padded && p->data[0] == 0) {
		path.padded[side]++;
		path.bytes[side] += p->len;
	}
	if (p->len > path.limit[side] || (padded && path.old[side]))
		return 0;
	if (!padded || p->data[0] == 0)
		return 1;
	p->late_us = path.late_us;
	return path.twice ? 2 : 1;
}

static void
set_limit(size_t limit)
{
	path.limit[LEFT] = path.limit[RIGHT] = limit;
}

static void
begin_path(const struct carrier *c, const char *keys, size_t limit)
{
	char tun[80];

	memset(&path, 0, sizeof(path));
	set_limit(limit);
	begin(c->listen, "tun:tuns,addr=10.8.0.1/24");
	sim_rules.fate = swallow;
	snprintf(tun, sizeof(tun), "tun:tunc,addr=10.8.0.2/24%s", keys);
	client_set(&a, w.client, tun, c->dial);
	client_start(&a);
}

/* The rooms of both ends. */
static size_t
room_up(void)
{
	return tun_leg_of(flow_leg(proc_flow(&a.proc), LEFT))->room;
}

static size_t
room_down(void)
{
	return tun_leg_of(flow_leg(proc_flow(&w.right), RIGHT))->room;
}

/* Bulk one way, 10 packets of n bytes a second, and small ones back. */
static void
bulk(struct sim_tun *dev, size_t n, unsigned ms)
{
	bool up = dev == a.dev;

	for (; ms > 0; ms -= 100) {
		sim_tun_send(dev, packet, make(up ? CLIENT : SERVER,
		    up ? SERVER : CLIENT, n));
		sim_tun_send(up ? server_dev : a.dev, packet, make(up ?
		    SERVER : CLIENT, up ? CLIENT : SERVER, 60));
		sim_run_ms(100);
	}
}

/* The same, as long as packets are as long as the room and do not arrive;
 * milliseconds. */
static unsigned
until_through(struct sim_tun *dev, struct got *got, size_t (*room)(void),
    unsigned max_ms)
{
	unsigned ms;

	for (ms = 0; ms < max_ms; ms += 100) {
		bulk(dev, room(), 100);
		if (got->len > 60)
			break;
	}
	return ms;
}

static void
test_at_start(const struct carrier *c)
{
	begin_path(c, "", 1000);
	sim_run_s(9);
	ok(room_up() > 920 && room_up() <= 1000, "%s: a client knows its path "
	    "before it sends: %lu", c->kind, (unsigned long)room_up());
	is_int(a.dev->mtu, room_up(), "and its device has that MTU");
	is_int(server_dev->mtu, tun_leg_of(flow_leg(proc_flow(&w.right),
	    RIGHT))->
	    carrier, "a server's has what its carriers take");
	sim_tun_send(a.dev, packet, make(CLIENT, SERVER, room_up()));
	sim_run_ms(100);
	is_int(server_got.len, room_up(), "what fits arrives");
	ok(until_through(server_dev, &a.got, room_down, 10000) < 10000,
	    "the server finds the other direction as soon as it uses it");
	a.got.n = 0;
	sim_tun_send(server_dev, packet, make(SERVER, CLIENT, 1300));
	sim_run_ms(100);
	is_int(a.got.n, 0, "then longer packets do not go out");
	is_int(server_got.packet[20], 3, "but are answered");
	is_int(server_got.packet[21], 4, "as too big");
	is_int((size_t)server_got.packet[26] << 8 | server_got.packet[27],
	    room_down(), "with what would fit");
	sim_run_s(5);
	is_int(logged_text("flow 1: datagrams over"), 2, "each end logs it "
	    "once");
	is_int(a.proc.tunnel->black_holes, 1, "and counts it, the client");
	is_int(w.right.tunnel->black_holes, 1, "and the server");
	end("at start");
}

static void
test_later(const struct carrier *c)
{
	unsigned took;

	begin_path(c, "", 65535);
	bulk(a.dev, 1300, 20000);
	ok(server_got.n >= 200, "%s: a good path", c->kind);
	took = (unsigned)room_up();
	set_limit(1000);
	server_got.len = 0;
	ok(until_through(a.dev, &server_got, room_up, 20000) < 10000,
	    "a black hole that comes later is left within 10 s");
	a.got.len = 0;
	ok(until_through(server_dev, &a.got, room_down, 20000) < 10000,
	    "in both directions");
	bulk(a.dev, 600, 10000);
	is_int(a.dev->mtu, room_up(), "the MTU follows");
	set_limit(65535);
	bulk(a.dev, 600, 5000);
	ok(room_up() <= 1000, "it is not tried at once whether it has gone");
	bulk(a.dev, 600, 60000);
	is_int(room_up(), took, "but in the next minute");
	is_int(a.dev->mtu, took, "and the MTU follows");
	is_int(logged_text("get through again"), 2, "which both log");
	end("later");
}

/* Who waits for a packet that was lost need not wait long, and the server knows
 * before it sends anything. */
static void
test_meanwhile(const struct carrier *c)
{
	unsigned ms;
	size_t room;

	begin_path(c, "", 65535);
	bulk(a.dev, 1300, 20000);
	set_limit(1000);
	room = room_up();
	a.got.n = 0;
	sim_tun_send(a.dev, packet, make(CLIENT, SERVER, 1300));
	sim_run_s(4);
	sim_tun_send(a.dev, packet, make(CLIENT, SERVER, 1300));
	for (ms = 0; ms < 5000 && room_up() == room; ms += 10)
		sim_run_ms(10);
	ok(room_up() < room && a.got.n == 1, "%s: what was lost during the "
	    "search is answered at once", c->kind);
	is_int(a.got.packet[21], 4, "as too big");
	is_int(get_be16(a.got.packet + 26), room_up(), "with what fits");
	sim_run_s(5);
	ok(room_down() > 900 && room_down() <= 1000, "the server follows: %lu",
	    (unsigned long)room_down());
	sim_run_s(60);
	is_int(a.got.n, 1, "once");
	end("meanwhile");
}

static void
test_one_way(const struct carrier *c)
{
	size_t before;

	begin_path(c, "", 65535);
	before = room_up();
	path.limit[RIGHT] = 1000;
	bulk(a.dev, 1300, 20000);
	is_int(room_up(), before, "%s: a client does not suffer from the other "
	    "direction", c->kind);
	ok(until_through(server_dev, &a.got, room_down, 10000) < 10000,
	    "which the server finds");
	is_int(room_up(), before, "alone");
	end("one way");
	begin_path(c, "", 65535);
	before = room_down();
	path.limit[LEFT] = 1000;
	bulk(server_dev, 1300, 20000);
	is_int(room_down(), before, "and the other way round");
	end("one way");
}

/* Nothing is asked that need not be. */
static void
test_idle(void)
{
	begin_path(&carriers[0], "", 65535);
	is_int(path.padded[LEFT], 3, "a client asks at the start: whether it "
	    "may, and how long packets may be");
	is_int(path.padded[RIGHT], 0, "a server asks nothing");
	sim_run_s(86400);
	is_int(path.padded[LEFT], 3, "in a day of silence neither");
	is_int(path.padded[RIGHT], 0, "asks again");
	bulk(a.dev, 200, 60000);
	is_int(path.padded[LEFT], 3, "nor for short packets");
	bulk(a.dev, 1400, 60000);
	ok(path.padded[LEFT] <= 40, "long ones cost a question now and then: "
	    "%lu", path.padded[LEFT]);
	end("idle");
	begin_path(&carriers[0], ",keepalive=0", 1000);
	bulk(a.dev, 1400, 60000);
	is_int(path.padded[LEFT], 0, "with keepalive=0 nothing is asked");
	end("idle");
	if (end_find("tcp") == NULL)
		return;
	begin("tcp-listen:0.0.0.0:8443", "tun:tuns,addr=10.8.0.1/24");
	client_set(&a, w.client, "tun:tunc,addr=10.8.0.2/24",
	    "tcp:10.0.0.1:8443");
	client_start(&a);
	bulk(a.dev, 1400, 60000);
	is_int(tun_leg_of(flow_leg(proc_flow(&a.proc), LEFT))->path.state,
	    PATH_MTU_DISABLED, "nor is it over a stream");
	end("idle");
}

static void
test_old_peers(void)
{
	size_t before;

	begin_path(&carriers[0], "", 65535);
	path.old[LEFT] = path.old[RIGHT] = true;
	proc_stop(&a.proc);
	client_start(&a);
	before = room_up();
	bulk(a.dev, 1400, 60000);
	bulk(server_dev, 1400, 60000);
	is_int(room_up(), before, "with a peer that knows one byte only the "
	    "room stays");
	is_int(room_down(), before, "on both sides");
	is_int(path.padded[RIGHT], 4, "after four questions");
	is_int(logged_text("datagrams over"), 0, "and no word");
	end("old peers");
}

static void
test_late_answers(void)
{
	size_t before;

	begin_path(&carriers[0], "", 65535);
	path.twice = true;
	path.late_us = 1500 * SIM_MS;
	before = room_up();
	bulk(a.dev, 1400, 60000);
	is_int(room_up(), before, "answers that are late and double confirm");
	set_limit(1000);
	bulk(a.dev, 900, 20000);
	ok(room_up() > 950 && room_up() <= 1000, "and a black hole is found: "
	    "%lu", (unsigned long)room_up());
	end("late answers");
}

static void
test_forged(void)
{
	struct addr from = { .family = 4, .port = 9000 };
	struct addr to = { .family = 4 };
	uint8_t forged[8] = { 1, 1 };
	unsigned i;

	begin_path(&carriers[0], "", 1000);
	sim_run_s(9);
	from.ip[0] = 10;
	from.ip[3] = 1;
	to = w.client->addr[0];
	for (i = 1; i < 65535; i++) {
		to.port = (uint16_t)i;
		put_be32(forged + 2, i);
		put_be16(forged + 6, 1472);
		sim_udp_forge(&from, &to, forged, sizeof(forged));
	}
	sim_run_s(1);
	ok(room_up() <= 1000, "answers to nothing raise nothing");
	is_int(proc_lost(&a.proc), 0, "and are no losses");
	end("forged");
}

/* A client of the crowd. */
static struct one {
	fd_t fd;
	unsigned asked, padded;	/* questions that came */
	size_t longest;		/* of the packets that came */
} crowd[CROWD];

/* A datagram comes to one of them. */
static void
crowd_take(void *arg, fd_t fd, const uint8_t *data, size_t n,
    const struct addr *from)
{
	struct one *one = arg;
	uint8_t answer[PATH_PROBE_HEAD] = { PATH_PROBE_ANSWERS };

	if (n == 1 && data[0] == 0) {
		one->asked++;
		sim_udp_send(fd, from, answer, 1);
	} else if (n >= sizeof(answer) && data[0] == 0) {
		one->padded++;
		memcpy(answer, data, sizeof(answer));
		path_probe_answer(answer);
		sim_udp_send(fd, from, answer, sizeof(answer));
	} else if (n > one->longest) {
		one->longest = n;
	}
}

/* The server sends a packet of n bytes to each of the first so many. */
static void
crowd_send(unsigned clients, size_t n)
{
	char ip[20];
	unsigned i;

	for (i = 0; i < clients; i++) {
		snprintf(ip, sizeof(ip), "10.8.%u.%u", i / 200 + 1,
		    i % 200 + 1);
		sim_tun_send(server_dev, packet, make(SERVER, ip, n));
		if (i % 10 == 0)
			sim_run_ms(1);
	}
	sim_run_ms(1000);
}

static void
crowd_join(void)
{
	static const uint8_t asks;
	struct addr to = { .family = 4, .port = 9000 };
	char ip[20];
	unsigned i;

	to.ip[0] = 10;
	to.ip[3] = 1;
	for (i = 0; i < CROWD; i++) {
		crowd[i].fd = sim_udp_open(w.client, 0, crowd_take, &crowd[i]);
		snprintf(ip, sizeof(ip), "10.8.%u.%u", i / 200 + 1,
		    i % 200 + 1);
		sim_udp_send(crowd[i].fd, &to, packet, make(ip, SERVER, 100));
		sim_udp_send(crowd[i].fd, &to, &asks, 1);
		if (i % 10 == 0)
			sim_run_ms(1);
	}
	sim_run_ms(1000);
}

/* A thousand clients: none is asked without need, each is found out, and none
 * pays for a neighbour. */
static void
test_crowd(void)
{
	unsigned i, asked = 0, padded = 0, through = 0;

	memset(&path, 0, sizeof(path));
	memset(crowd, 0, sizeof(crowd));
	set_limit(1000);
	begin("udp-listen:0.0.0.0:9000", "tun:tuns,addr=10.8.0.1/16");
	sim_rules.fate = swallow;
	crowd_join();
	crowd_send(CROWD, 100);
	is_int(proc_flows(&w.right), CROWD, "a crowd");
	for (i = 0; i < CROWD; i++)
		asked += crowd[i].asked;
	is_int(asked, CROWD, "each of which is asked once");
	is_int(path.padded[RIGHT], 0, "and not with padding");
	crowd_send(10, 1400);
	sim_run_s(10);
	for (i = 0; i < CROWD; i++)
		padded += crowd[i].padded > 0;
	is_int(padded, 10, "those are that get long packets");
	crowd_send(20, 940);
	for (i = 0; i < CROWD; i++)
		through += crowd[i].longest == 940;
	is_int(through, 20, "what fits the paths arrives");
	is_int(server_dev->mtu, 1472, "the MTU is that of the others");
	path.padded[RIGHT] = path.bytes[RIGHT] = 0;
	crowd_send(CROWD, 1400);
	ok(path.bytes[RIGHT] < 3000000, "a thousand are not asked all at once: "
	    "%lu questions, %lu bytes in a second", path.padded[RIGHT],
	    path.bytes[RIGHT]);
	for (i = 0; i < 15; i++)
		crowd_send(CROWD, 1400);
	crowd_send(CROWD, 940);
	for (i = through = 0; i < CROWD; i++)
		through += crowd[i].longest == 940;
	is_int(through, CROWD, "yet all are found out");
	for (i = 0; i < CROWD; i++)
		sock_close(crowd[i].fd);
	end("crowd");
}

int
main(void)
{
	unsigned i;

	for (i = 0; i < CARRIERS; i++) {
		if (end_find(carriers[i].kind) == NULL)
			continue;
		test_at_start(&carriers[i]);
		test_later(&carriers[i]);
		test_meanwhile(&carriers[i]);
		test_one_way(&carriers[i]);
	}
	test_idle();
	test_old_peers();
	test_late_answers();
	test_forged();
	test_crowd();
	return done_testing();
}
