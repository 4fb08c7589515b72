/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * TUN devices: one on the LEFT of a client, one on the RIGHT of a server.
 *
 * A build without TUN leaves this out.
 */

#include "compat.h"

#include "tun_world.h"

#define LISTEN "tcp-listen:0.0.0.0:8443"
#define DIAL "tcp:10.0.0.1:8443"
#define DIAL_ONE "tcp:10.0.0.1:8443,pool=1"
#define PSK "psk=" WORLD_PSK
#define INNER_FILE "inner.tmp"

/* Makes a TCP SYN with an MSS of 1460. */
static size_t
make_syn(const char *src, const char *dst)
{
	size_t n = make(src, dst, 44), i;
	uint32_t sum = 0;

	packet[9] = IP_TCP;
	packet[32] = 6 << 4;
	packet[33] = 0x02;
	packet[40] = 2;
	packet[41] = 4;
	put_be16(packet + 42, 1460);
	for (i = 12; i < n; i += 2)
		sum += get_be16(packet + i);
	sum += 24 + IP_TCP;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	put_be16(packet + 36, (uint16_t)~sum);
	return n;
}

/* Is the TCP checksum of that packet right? */
static bool
is_right(const uint8_t *p, size_t n)
{
	uint32_t sum = (uint32_t)(n - 20) + IP_TCP;
	size_t i;

	for (i = 12; i < n; i += 2)
		sum += get_be16(p + i);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

/* One client over TCP. */
static void
begin_pair(void)
{
	begin(LISTEN, "tun:tuns,addr=10.8.0.1/24");
	client_set(&a, w.client, "tun:tunc,addr=10.8.0.2/24,addr=fd08::2/64",
	    DIAL);
	client_start(&a);
}

/*
 * The promises
 */

static void
test_pair(void)
{
	static const uint8_t *echo = server_got.packet;
	size_t n;

	begin_pair();
	is_int(proc_flows(&a.proc), 1, "a flow begins without any packet");
	is_int(a.dev->n_addresses, 2, "the device has its addresses");
	n = make("10.8.0.2", "10.8.0.1", 1500);
	sim_tun_send(a.dev, packet, n);
	sim_run_ms(100);
	is_int(server_got.n, 1, "a packet crosses");
	ok(server_got.len == n && memcmp(echo, packet, n) == 0, "unchanged");
	say(server_dev, "10.8.0.1", "10.8.0.2");
	is_int(a.got.n, 1, "and one comes back");
	is_int(a.dev->mtu, 1500, "streams take packets of 1500 bytes");
	say(a.dev, "fd08::2", "fd08::1");
	is_int(server_got.n, 2, "IPv6 crosses");
	say(server_dev, "fd08::1", "fd08::2");
	is_int(a.got.n, 2, "and comes back");
	say(server_dev, "10.8.0.1", "10.8.0.9");
	is_int(a.got.n, 2, "what is for nobody goes nowhere");
	is_int(server_got.n, 3, "and is answered");
	is_int(echo[20], 3, "by ICMP: unreachable,");
	is_int(echo[21], 1, "the host");
	is_int(w.right.tunnel->lost[LOST_NO_ROUTE], 1, "and counted");
	end("pair");
}

static void
test_kinds(void)
{
	unsigned i;

	begin_pair();
	say(a.dev, "10.8.0.2", "10.8.0.1");
	server_got.n = 0;
	say(server_dev, "10.8.0.1", "224.0.0.251");
	say(server_dev, "10.8.0.1", "10.8.0.255");
	say(server_dev, "10.8.0.1", "255.255.255.255");
	say(server_dev, "fd08::1", "ff02::1");
	is_int(w.right.tunnel->lost[LOST_MULTICAST], 4, "multicast and "
	    "broadcast of a server's device is dropped and counted");
	is_int(server_got.n, 0, "without an answer");
	say(a.dev, "0.0.0.0", "10.8.0.1");
	say(a.dev, "127.0.0.1", "10.8.0.1");
	say(a.dev, "224.0.0.1", "10.8.0.1");
	say(a.dev, "255.255.255.255", "10.8.0.1");
	say(a.dev, "10.8.0.255", "10.8.0.1");
	say(a.dev, "10.8.0.1", "10.8.0.1");
	say(a.dev, "::", "fd08::1");
	say(a.dev, "::1", "fd08::1");
	is_int(w.right.tunnel->lost[LOST_SOURCE], 8, "nobody sends from an "
	    "address that is none of one host, or is the server's");
	is_int(server_got.n, 0, "none of that gets in");
	for (i = 0; i < 1000; i++)
		sim_tun_send(server_dev, packet,
		    make("10.8.0.1", "10.8.0.77", 100));
	sim_run_ms(400);
	ok(server_got.n > 0 && server_got.n <= 100, "%u of 1000 answers: "
	    "they are limited", server_got.n);
	end("kinds");
}

/* What each system sends on a device as soon as it is up. */
static void
test_multicast_is_usual(void)
{
	begin_pair();
	say(a.dev, "10.8.0.2", "10.8.0.1");
	say(a.dev, "fe80::2", "ff02::2");
	say(a.dev, "::", "ff02::16");
	say(a.dev, "0.0.0.0", "224.0.0.22");
	say(server_dev, "fe80::1", "ff02::2");
	say(server_dev, "10.8.0.1", "224.0.0.251");
	is_int(w.right.tunnel->lost[LOST_MULTICAST], 4, "multicast of a new "
	    "device that goes nowhere is counted");
	is_int(proc_lost(&w.right), 4, "as nothing else");
	sim_run_s(30);
	is_int(logged(LEVEL_WARN), 0, "without a warning");
	end("multicast is usual");
}

/* A device whose addresses are the user's. */
static void
test_kinds_of_user(void)
{
	begin(LISTEN, "tun:tuns");
	client_set(&a, w.client, "tun:tunc,addr=10.8.0.2/24", DIAL);
	client_start(&a);
	server_dev->n_addresses = 1;
	put_ip(server_dev->address[0].addr.ip, "10.8.0.1");
	server_dev->address[0].addr.family = 4;
	server_dev->address[0].prefix = 24;
	sim_run_s(6);
	say(server_dev, "10.8.0.1", "10.8.0.255");
	is_int(w.right.tunnel->lost[LOST_MULTICAST], 1, "broadcast is known "
	    "when the address is the user's");
	say(a.dev, "10.8.0.1", "10.8.0.1");
	is_int(w.right.tunnel->lost[LOST_SOURCE], 1, "and nobody takes that");
	is_int(server_got.n, 0, "none of it gets anywhere");
	end("kinds of user");
}

static void
test_gibberish(void)
{
	unsigned i;
	size_t n;

	begin_pair();
	say(a.dev, "10.8.0.2", "10.8.0.1");
	for (i = 0; i < 200; i++) {
		/* An IPv6 packet of 40 bytes could be one. */
		while ((n = sim_random(80)) == 40)
			;
		make("10.8.0.2", "10.8.0.1", 100);
		packet[0] ^= (uint8_t)sim_random(256);
		sim_tun_send(i % 2 ? a.dev : server_dev, packet, n);
		sim_run_ms(5);
	}
	sim_run_ms(100);
	is_int(server_got.n + a.got.n, 1, "what is no packet does not cross");
	is_int(a.proc.tunnel->lost[LOST_NOT_IP], 100, "and is counted at the "
	    "client");
	is_int(w.right.tunnel->lost[LOST_NOT_IP], 100, "and at the server");
	say(a.dev, "10.8.0.2", "10.8.0.1");
	is_int(server_got.n, 2, "packets cross as before");
	end("gibberish");
}

static void
test_mtu(void)
{
	size_t n;

	if (end_find("dtls") == NULL) {
		ok(true, "# SKIP no DTLS");
		return;
	}
	begin("dtls-listen:0.0.0.0:2815," PSK, "tun:tuns,addr=10.8.0.1/24");
	client_set(&a, w.client, "tun:tunc,addr=10.8.0.2/24",
	    "dtls:10.0.0.1:2815," PSK);
	client_start(&a);
	ok(a.dev->mtu > 1380 && a.dev->mtu < 1472, "the device of a client "
	    "gets an MTU that fits DTLS: %d", a.dev->mtu);
	ok(server_dev->mtu > 1380 && server_dev->mtu < 1472, "and so does "
	    "the server's: %d", server_dev->mtu);
	n = make_syn("10.8.0.2", "10.8.0.1");
	sim_tun_send(a.dev, packet, n);
	sim_run_ms(100);
	is_int(get_be16(server_got.packet + 42), a.dev->mtu - 40,
	    "the MSS of TCP is what fits");
	ok(is_right(server_got.packet, n), "with the right checksum");
	sim_tun_send(server_dev, packet, make_syn("10.8.0.1", "10.8.0.2"));
	sim_run_ms(100);
	is_int(get_be16(a.got.packet + 42), a.dev->mtu - 40,
	    "so it is the other way");

	a.got.n = server_got.n = 0;
	n = make("10.8.0.2", "10.8.0.1", 1450);
	sim_tun_send(a.dev, packet, n);
	sim_run_ms(100);
	is_int(server_got.n, 0, "a longer packet that may not be cut does not "
	    "cross");
	is_int(a.got.n, 1, "and is answered");
	is_int(a.got.packet[21], 4, "fragmentation needed");
	is_int(get_be16(a.got.packet + 26), a.dev->mtu, "with what fits");
	sim_tun_send(a.dev, packet, make("fd08::2", "fd08::1", 1450));
	sim_run_ms(100);
	is_int(a.got.n, 2, "IPv6, too");
	is_int(a.got.packet[40], 2, "packet too big");
	is_int(get_be32(a.got.packet + 44), a.dev->mtu, "with what fits");
	is_int(a.proc.tunnel->lost[LOST_TOO_BIG], 2, "both are counted");
	is_int(a.proc.tunnel->passed[RIGHT], 6, "and the answers are not");

	server_got.payload = 0;
	n = make("10.8.0.2", "10.8.0.1", 4000);
	packet[6] = 0;
	sim_tun_send(a.dev, packet, n);
	sim_run_ms(100);
	is_int(server_got.n, 3, "one that may be cut crosses in fragments");
	is_int(server_got.payload, 3980, "which have all of it");
	end("mtu");
}

static void
test_mtu_given(void)
{
	begin("dtls-listen:0.0.0.0:2815," PSK,
	    "tun:tuns,addr=10.8.0.1/24,mtu=1300,mss=1000");
	client_set(&a, w.client, "tun:tunc,addr=10.8.0.2/24,mss=off",
	    "dtls:10.0.0.1:2815," PSK);
	a.dev->there = true;
	client_start(&a);
	is_int(server_dev->mtu, 1300, "an MTU that is given wins");
	is_int(a.dev->mtu, 1500, "a device that was there keeps its own");
	sim_tun_send(a.dev, packet, make_syn("10.8.0.2", "10.8.0.1"));
	sim_run_ms(100);
	is_int(get_be16(server_got.packet + 42), 1000, "and so does an MSS");
	sim_tun_send(server_dev, packet, make_syn("10.8.0.1", "10.8.0.2"));
	sim_run_ms(100);
	is_int(get_be16(a.got.packet + 42), 1000, "both ways");
	client_set(&b, other_host(), "tun:tunc,addr=10.8.0.3/24,mtu=auto",
	    "dtls:10.0.0.1:2815," PSK);
	b.dev->may_not_set = true;
	client_start(&b);
	is_int(logged_text("cannot be set"), 1, "one that cannot be set is "
	    "told");
	sim_tun_send(b.dev, packet, make("10.8.0.3", "10.8.0.1", 1450));
	sim_run_ms(100);
	is_int(b.got.packet[21], 4, "and ICMP does it then");
	end("mtu given");
}

/* The MSS of a TCP connection from one device as it arrives at the other. */
static int
mss_between(struct sim_tun *from, const char *src, const char *dst,
    const struct got *to)
{
	sim_tun_send(from, packet, make_syn(src, dst));
	sim_run_ms(100);
	return get_be16(to->packet + 42);
}

static void
test_mss_off(void)
{
	begin(LISTEN, "tun:tuns,addr=10.8.0.1/24,mtu=1300,mss=off");
	client_set(&a, w.client, "tun:tunc,addr=10.8.0.2/24,mtu=1300,mss=off",
	    DIAL);
	client_set(&b, other_host(), "tun:tunc,addr=10.8.0.3/24,mtu=1300",
	    DIAL);
	client_start(&a);
	client_start(&b);
	is_int(mss_between(a.dev, "10.8.0.2", "10.8.0.1", &server_got), 1460,
	    "with mss=off an MSS is left alone, whatever the MTU");
	is_int(mss_between(server_dev, "10.8.0.1", "10.8.0.2", &a.got), 1460,
	    "both ways");
	is_int(mss_between(b.dev, "10.8.0.3", "10.8.0.1", &server_got), 1260,
	    "without it, it is what fits");
	is_int(mss_between(server_dev, "10.8.0.1", "10.8.0.3", &b.got), 1260,
	    "both ways, too");
	end("mss off");
}

/* A device goes, and is there again, as new, when it is opened next. */
static void
come_back(struct sim_tun *dev)
{
	dev->gone = true;
	dev->mtu = TUN_MTU_USUAL;	/* as a new one */
	say(dev, "10.8.0.1", "10.8.0.2");
	dev->gone = false;
	sim_run_s(6);
}

static void
test_up(void)
{
	begin(LISTEN, "tun:tuns,addr=10.8.0.1/24,no-up");
	client_set(&a, w.client, "tun:tunc,addr=10.8.0.2/24", DIAL);
	client_start(&a);
	ok(a.dev->up, "a device is raised");
	ok(!server_dev->up, "but not with no-up");
	come_back(server_dev);
	ok(!server_dev->up, "nor is it when it comes back");
	end("up");
}

static void
test_mtu_again(void)
{
	int mtu, servers;

	begin("dtls-listen:0.0.0.0:2815," PSK, "tun:tuns,addr=10.8.0.1/24");
	sim_cut(w.client, w.server, true);
	client_set(&a, w.client, "tun:tunc,addr=10.8.0.2/24",
	    "dtls:10.0.0.1:2815," PSK);
	client_start(&a);
	is_int(a.dev->mtu, 1500, "an MTU before the carrier is up");
	a.dev->gone = true;
	a.dev->refuse = "not now";
	say(a.dev, "10.8.0.2", "10.8.0.1");
	is_int(logged_text("device is gone"), 1, "a device goes");
	sim_cut(w.client, w.server, false);
	sim_run_s(40);
	is_int(proc_flows(&w.right), 1, "while it is away the carrier comes");
	a.dev->gone = false;
	a.dev->refuse = NULL;
	sim_run_s(6);
	mtu = a.dev->mtu;
	ok(mtu > 1380 && mtu < 1472, "it comes back and gets what fits: %d",
	    mtu);
	come_back(a.dev);
	is_int(a.dev->mtu, mtu, "so does one that goes later");
	servers = server_dev->mtu;
	ok(servers > 1380 && servers < 1472, "and what fits the server (%d)",
	    servers);
	come_back(server_dev);
	is_int(server_dev->mtu, servers, "is there again, too");
	say(a.dev, "10.8.0.2", "10.8.0.1");
	ok(server_got.n > 0, "packets cross");
	a.dev->may_not_set = true;
	come_back(a.dev);
	is_int(logged_text("cannot be set"), 1, "where it cannot be set, that "
	    "is told");
	a.got.n = 0;
	say(server_dev, "10.8.0.1", "10.8.0.2");
	is_int(a.got.n, 1, "and packets cross all the same");
	end("mtu again");
}

static void
test_mtu_given_again(void)
{
	begin(LISTEN, "tun:tuns,addr=10.8.0.1/24,mtu=1300");
	client_set(&a, w.client, "tun:tunc,addr=10.8.0.2/24,mtu=1340", DIAL);
	client_start(&a);
	come_back(a.dev);
	come_back(server_dev);
	is_int(a.dev->mtu, 1340, "an MTU that is given is there again");
	is_int(server_dev->mtu, 1300, "on both sides");
	end("mtu given again");
}

/* The server goes and comes back. */
static void
test_again(void)
{
	uint64_t begun;

	begin_pair();
	say(a.dev, "10.8.0.2", "10.8.0.1");
	proc_stop(&w.right);
	sim_run_s(600);
	begun = a.proc.tunnel->last_number;
	ok(begun < 60, "%u flows were begun in 10 minutes without server",
	    (unsigned)begun);
	say(a.dev, "10.8.0.2", "10.8.0.1");
	server_got.n = 0;
	proc_start(&w.right);
	sim_run_s(31);
	say(a.dev, "10.8.0.2", "10.8.0.1");
	ok(server_got.n > 0, "packets cross again once it is back");
	is_int(proc_flows(&a.proc), 1, "in one flow");
	end("again");
}

/* Two clients. */
static void
test_addresses(void)
{
	begin(LISTEN, "tun:tuns,addr=10.8.0.1/24");
	client_set(&a, w.client, "tun:tunc,addr=10.8.0.2/24,keepalive=0",
	    DIAL);
	client_set(&b, other_host(), "tun:tunc,addr=10.8.0.3/24,keepalive=0",
	    DIAL);
	client_start(&a);
	client_start(&b);
	say(a.dev, "10.8.0.4", "10.8.0.1");
	say(a.dev, "10.8.0.2", "10.8.0.1");
	say(b.dev, "10.8.0.3", "10.8.0.1");
	say(server_dev, "10.8.0.1", "10.8.0.2");
	say(server_dev, "10.8.0.1", "10.8.0.3");
	ok(a.got.n == 1 && b.got.n == 1, "each client gets its own");
	server_got.n = 2;
	say(b.dev, "10.8.0.2", "10.8.0.1");
	is_int(server_got.n, 2, "none gets the other's address");
	is_int(w.right.tunnel->lost[LOST_TAKEN], 1, "which is counted");
	is_int(logged_text("10.8.0.2 is that of flow"), 1, "and told");
	say(server_dev, "10.8.0.1", "10.8.0.2");
	is_int(a.got.n, 2, "it stays where it was");
	sim_run_s(10);
	say(b.dev, "10.8.0.2", "10.8.0.1");
	is_int(server_got.n, 3, "after 10 s of silence it moves");
	say(server_dev, "10.8.0.1", "10.8.0.2");
	is_int(b.got.n, 2, "and gets what is for it");
	sim_run_s(120);
	is_int(proc_flows(&w.right), 2, "the other flow has an address left, "
	    "and stays");
	say(b.dev, "10.8.0.4", "10.8.0.1");
	say(server_dev, "10.8.0.1", "10.8.0.4");
	sim_run_s(59);
	is_int(logged_text("no inner address"), 0, "when it has none");
	sim_run_s(2);
	is_int(logged_text("no inner address"), 1, "it ends after a minute");
	end("addresses");
}

/* Writes a small file. */
static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		abort();
}

/* Clients by name. */
static void
test_names(void)
{
	char listen[2000], dial[2000];

	if (end_find("tls") == NULL) {
		ok(true, "# SKIP no TLS");
		return;
	}
	write_file(INNER_FILE, "# who\n\"client one\" 10.8.0.2 10.9.0.0/24 "
	    "fd08::2\nsomebody 10.8.0.3 10.9.0.7\n");
	snprintf(listen, sizeof(listen), "tls-listen:0.0.0.0:8443%s%s",
	    world_server_keys(), world_trust());
	snprintf(dial, sizeof(dial), "tls:10.0.0.1:8443,no-name-check,pool=1"
	    "%s%s", world_client_keys(), world_trust());
	begin(listen, "tun:tuns,addr=10.8.0.1/24,inner-file=" INNER_FILE);
	client_set(&a, w.client, "tun:tunc,addr=10.8.0.2/24", dial);
	client_set(&b, other_host(), "tun:tunc,addr=10.8.0.2/24", dial);
	client_start(&a);
	client_start(&b);
	say(a.dev, "10.8.0.2", "10.8.0.1");
	say(a.dev, "10.9.0.200", "10.8.0.1");
	say(a.dev, "fd08::2", "fd08::1");
	is_int(server_got.n, 3, "a client may use what stands behind its "
	    "name");
	say(a.dev, "10.8.0.3", "10.8.0.1");
	say(a.dev, "10.9.0.7", "10.8.0.1");
	say(a.dev, "10.8.0.4", "10.8.0.1");
	say(a.dev, "fd08::3", "fd08::1");
	is_int(server_got.n, 3, "and nothing else");
	is_int(w.right.tunnel->lost[LOST_SOURCE], 4, "which is counted");
	is_int(logged_text("client one may not use the inner address"), 4,
	    "and told");
	say(a.dev, "fe80::1234", "ff02::2");
	is_int(logged_text("may not use the inner address"), 4,
	    "link-local ones are not");
	say(b.dev, "10.8.0.2", "10.8.0.1");
	is_int(server_got.n, 4, "an address moves at once to another flow of "
	    "the same name");
	say(server_dev, "10.8.0.1", "10.8.0.2");
	ok(a.got.n == 0 && b.got.n == 1, "and gets what is for it");
	(void)remove(INNER_FILE);
	end("names");
}

/* Devices that go, refuse, or are full. */
static void
test_device(void)
{
	unsigned i;

	begin_pair();
	say(a.dev, "10.8.0.2", "10.8.0.1");
	server_dev->full = 3;
	for (i = 0; i < 4; i++)
		say(a.dev, "10.8.0.2", "10.8.0.1");
	is_int(server_got.n, 2, "what a device does not take is lost");
	is_int(w.right.tunnel->lost[LOST_SOCKET_FULL], 3, "and counted");
	a.dev->gone = true;
	sim_tun_send(a.dev, packet, make("10.8.0.2", "10.8.0.1", 100));
	sim_run_ms(50);
	a.dev->gone = false;
	sim_run_ms(100);
	is_int(server_got.n, 3, "after a read that failed the packet is there "
	    "within 0.15 s");
	is_int(logged_text("device is gone"), 0, "and the device stays open");
	a.dev->gone = true;
	a.dev->refuse = "not now";
	say(a.dev, "10.8.0.2", "10.8.0.1");
	sim_run_ms(200);
	is_int(logged_text("device is gone"), 1, "a device that goes is told");
	sim_run_s(60);
	is_int(logged_text("device is gone"), 1, "once");
	a.dev->gone = false;
	a.dev->refuse = NULL;
	sim_run_s(6);
	say(a.dev, "10.8.0.2", "10.8.0.1");
	is_int(server_got.n, 4, "it is opened again when it is back");
	a.dev->gone = true;
	say(a.dev, "10.8.0.2", "10.8.0.1");
	is_int(logged_text("device is gone"), 2, "when it goes again");
	a.dev->gone = false;
	say(a.dev, "10.8.0.2", "10.8.0.1");
	is_int(server_got.n, 5, "it is opened again at once");
	end("device");
	begin_pair();
	proc_stop(&a.proc);
	a.dev->refuse = "not now";
	is_int(proc_start(&a.proc), -1, "a device that cannot be opened is "
	    "an error at the start");
	is_int(logged_text("tun:tunc: not now"), 1, "with its words");
	end("device again");
}

/* A carrier that does not move. */
static void
test_hold(void)
{
	unsigned i;

	begin(LISTEN, "tun:tuns,addr=10.8.0.1/24");
	client_set(&a, w.client, "tun:tunc,addr=10.8.0.2/24", DIAL_ONE);
	client_start(&a);
	sim_tcp_window(w.client, w.server, 0);
	for (i = 0; i < 1000; i++) {
		sim_tun_send(a.dev, packet, make("10.8.0.2", "10.8.0.1",
		    1400));
		sim_run_us(100);
	}
	is_int(a.dev->waiting + a.dev->lost, 0, "a device is read while its "
	    "carrier stalls");
	is_int(proc_lost(&a.proc), 0, "and nothing is lost");
	sim_tcp_window(w.client, w.server, 1 << 20);
	sim_run_s(2);
	ok(server_got.n > 990, "all of it arrives then: %u", server_got.n);
	is_int(server_got.n + proc_lost(&a.proc), 1000, "but for what is "
	    "counted");
	end("hold");
}

int
main(void)
{
	test_pair();
	test_kinds();
	test_multicast_is_usual();
	test_kinds_of_user();
	test_gibberish();
	test_mtu();
	if (end_find("dtls") != NULL) {
		test_mtu_given();
		test_mtu_again();
	}
	test_mtu_given_again();
	test_mss_off();
	test_up();
	test_again();
	test_addresses();
	test_names();
	test_device();
	test_hold();
	return done_testing();
}
