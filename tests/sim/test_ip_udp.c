/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * `ip-udp` over hours: what it learns, forgets, repeats and counts.
 *
 * A build without TUN leaves this out.
 */

#include "compat.h"

#include <bearssl.h>

#include "world.h"

#include "../unit/tap.h"

#include "base/bytes.h"
#include "wire/ip.h"
#include "wire/portfilter.h"

enum { PACKET = 2048, PORT = 8000, PREFIX = 16 };

/* What came last to a device, or to a socket of the test. */
struct got {
	unsigned n;		/* packets */
	unsigned empty;		/* of them heartbeats */
	size_t len;		/* of the newest */
	uint8_t packet[PACKET];	/* the newest */
	struct addr from;
	uint64_t at_us;		/* when it came */
};

static struct world w;
static struct sim_tun *dev;	/* of the process */
static struct got dev_got, peer_got, other_got;
static struct sim_host *peer, *other;
static fd_t peer_fd, other_fd;	/* sockets of the test, port PORT */
static uint8_t packet[PACKET], magic[PREFIX];

/* Writes an address. */
static void
put_ip(uint8_t *to, const char *text)
{
	struct addr addr;

	if (addr_parse_ip(&addr, text) != 0)
		abort();
	memcpy(to, addr.ip, addr.family == 4 ? 4 : 16);
}

/* Makes a packet of n bytes with a UDP header; returns n. */
static size_t
make(const char *src, uint16_t src_port, const char *dst, uint16_t dst_port,
    size_t n)
{
	memset(packet, 0, sizeof(packet));
	packet[0] = 0x45;
	put_be16(packet + 2, (uint16_t)n);
	packet[8] = 64;
	packet[9] = IP_UDP;
	put_ip(packet + 12, src);
	put_ip(packet + 16, dst);
	put_be16(packet + 20, src_port);
	put_be16(packet + 22, dst_port);
	return n;
}

/* The process sends a packet to the other side. */
static void
say(const char *dst, uint16_t src_port, uint16_t dst_port)
{
	sim_tun_send(dev, packet, make("10.8.0.1", src_port, dst, dst_port,
	    100));
	sim_run_ms(100);
}

/* One of the test's sockets sends a packet, behind a prefix if there is one. */
static void
answer(fd_t fd, const uint8_t *prefix, uint16_t src_port, uint16_t dst_port)
{
	size_t n = make("10.8.0.2", src_port, "10.8.0.1", dst_port, 60);
	uint8_t whole[PREFIX + PACKET];
	struct addr to;
	size_t head = prefix == NULL ? 0 : PREFIX;

	if (addr_parse(&to, "10.0.3.2:8000") != 0)
		abort();
	if (prefix != NULL)
		memcpy(whole, prefix, PREFIX);
	memcpy(whole + head, packet, n);
	sim_udp_send(fd, &to, whole, head + n);
	sim_run_ms(100);
}

static void
note(struct got *got, const uint8_t *p, size_t n)
{
	got->n++;
	got->len = n;
	got->at_us = sim_now_us();
	if (n <= PREFIX)
		got->empty++;
	memcpy(got->packet, p, n < PACKET ? n : PACKET);
}

static void
note_device(void *arg, const uint8_t *p, size_t n)
{
	note(arg, p, n);
}

static void
note_socket(void *arg, fd_t fd, const uint8_t *p, size_t n,
    const struct addr *from)
{
	struct got *got = arg;

	(void)fd;
	note(got, p, n);
	got->from = *from;
}

/* Begins with a process whose RIGHT end that is. */
static void
begin(const char *right)
{
	br_md5_context md5;

	world_begin(&w, 1);
	logged_reset();
	memset(&dev_got, 0, sizeof(dev_got));
	memset(&peer_got, 0, sizeof(peer_got));
	memset(&other_got, 0, sizeof(other_got));
	br_md5_init(&md5);
	br_md5_update(&md5, "sesame", 6);
	br_md5_out(&md5, magic);
	peer = w.server;
	other = sim_host_add("other", "10.0.4.1");
	sim_link_both(other, w.client, 10 * SIM_MS, 0);
	peer_fd = sim_udp_open(peer, PORT, note_socket, &peer_got);
	other_fd = sim_udp_open(other, PORT, note_socket, &other_got);
	dev = sim_tun(w.client, "tunc");
	dev->fn = note_device;
	dev->arg = &dev_got;
	proc_set(&w.left, w.client, "tun:tunc,addr=10.8.0.1/24,mtu=1300",
	    right);
	proc_option(&w.left, "idle", "0");
}

static void
start(void)
{
	if (proc_start(&w.left) != 0)
		abort();
	sim_run_ms(500);
}

static void
end(const char *what)
{
	sim_as(peer);
	sock_close(peer_fd);
	sim_as(other);
	sock_close(other_fd);
	is_int(world_end(&w), 0, "%s: nothing stays open", what);
}

/* Losses of that cause. */
static int64_t
lost(enum cause cause)
{
	return (int64_t)w.left.tunnel->lost[cause];
}

/*
 * The promises
 */

static void
test_fixed(void)
{
	static const uint8_t none[PREFIX];

	begin("ip-udp:10.0.0.1:8000,local=8000,prefix=sesame");
	start();
	is_int(peer_got.n, 0, "nothing is sent without need");
	say("10.8.0.2", 1, 2);
	is_int(peer_got.n, 1, "a packet goes to the one host");
	is_int(peer_got.len, 116, "behind a prefix");
	is_mem(peer_got.packet, magic, PREFIX, "which is the MD5 of the text");
	is_mem(peer_got.packet + PREFIX, packet, 100, "unchanged");
	is_int(peer_got.from.port, PORT, "from the port that was asked for");
	answer(peer_fd, magic, 2, 1);
	is_int(dev_got.n, 1, "one comes back");
	is_mem(dev_got.packet, packet, 60, "without prefix");
	answer(other_fd, magic, 2, 1);
	is_int(dev_got.n, 2, "from others, too, who know it");
	answer(peer_fd, none, 2, 1);
	answer(peer_fd, NULL, 2, 1);
	is_int(dev_got.n, 2, "but not without it");
	is_int(lost(LOST_FORGED), 2, "that is counted");
	is_int(logged_text("without the right prefix"), 2, "and said");
	say("10.8.0.2", 1, 2);
	is_int(peer_got.n, 2, "others do not change where packets go");
	sim_run_s(3600);
	is_int(peer_got.n, 2, "an hour of silence is silence");
	is_int(proc_flow(&w.left)->number, 1, "and no reason to begin anew");
	while (sim_now_us() < 3700 * SIM_S)
		say("10.8.0.2", 1, 2);
	is_int(proc_flow(&w.left)->number, 1, "nor is a peer that never "
	    "answers");
	end("fixed");
}

/* Packets of IPv6 without more headers, both ways. */
static void
test_ip6(const char *keys, bool passes)
{
	char right[100];
	struct addr to;

	snprintf(right, sizeof(right), "ip-udp:10.0.0.1:8000,local=8000%s",
	    keys);
	begin(right);
	start();
	memset(packet, 0, IP6_HEADER);
	packet[0] = 0x60;
	packet[6] = 59;
	packet[7] = 64;
	put_ip(packet + 8, "fd08::1");
	put_ip(packet + 24, "fd08::2");
	sim_tun_send(dev, packet, IP6_HEADER);
	sim_run_ms(100);
	is_int(peer_got.n, passes, "IPv6 %s out%s", passes ? "goes" :
	    "does not go", keys);
	if (addr_parse(&to, "10.0.3.2:8000") != 0)
		abort();
	sim_udp_send(peer_fd, &to, packet, IP6_HEADER);
	sim_run_ms(100);
	is_int(dev_got.n, passes, "and %s in%s", passes ? "comes" :
	    "does not come", keys);
	is_int(lost(LOST_IP6), passes ? 0 : 2, "what is dropped is counted%s",
	    keys);
	say("10.8.0.2", 1, 2);
	answer(peer_fd, NULL, 2, 1);
	ok(peer_got.n == 1u + passes && dev_got.n == 1u + passes,
	    "IPv4 passes%s", keys);
	end("IPv6");
}

static void
test_learned(void)
{
	static const uint8_t none[PREFIX];
	unsigned i;

	begin("ip-udp::8000,prefix=sesame");
	start();
	say("10.8.0.2", 1, 2);
	is_int(lost(LOST_NO_PEER), 1, "before there is a remote, packets are "
	    "dropped");
	answer(other_fd, none, 2, 1);
	say("10.8.0.2", 1, 2);
	is_int(other_got.n, 0, "whoever lacks the prefix is none");
	answer(peer_fd, magic, 2, 1);
	is_int(dev_got.n, 1, "who has it is heard");
	say("10.8.0.2", 1, 2);
	is_int(peer_got.n, 1, "and is the remote");
	answer(other_fd, magic, 2, 1);
	say("10.8.0.2", 1, 2);
	is_int(other_got.n, 1, "until another one sends");
	is_int(peer_got.n, 1, "who then has it all");
	is_int(logged_text("the remote address is 10.0.4.1:8000, no longer "
	    "10.0.0.1:8000"), 1, "which is said");
	for (i = 0; i < 100; i++) {
		answer(peer_fd, magic, 2, 1);
		answer(other_fd, magic, 2, 1);
	}
	ok(logged_text("the remote address is") < 30, "but not too often");
	say("10.8.0.2", 1, 2);
	is_int(other_got.n, 2, "however often it changes");
	end("learned");
}

static void
test_heartbeat(void)
{
	uint64_t at;
	unsigned i;

	begin("ip-udp:10.0.0.1:8000,local=8000,prefix=sesame,heartbeat=30");
	proc_option(&w.left, "allowed-ports", "22");
	start();
	is_int(peer_got.n, 1, "the peer hears of us at once");
	is_int(peer_got.len, PREFIX, "by the prefix alone");
	is_mem(peer_got.packet, magic, PREFIX, "the right one");
	at = peer_got.at_us;
	sim_run_s(30);
	is_int(peer_got.n, 2, "and again every 30 s");
	ok(peer_got.at_us - at >= 29900 * SIM_MS &&
	    peer_got.at_us - at <= 30100 * SIM_MS, "as exactly as may be");
	for (i = 0; i < 10; i++) {
		say("10.8.0.2", 22, 22);
		sim_run_s(20);
	}
	is_int(peer_got.empty, 2, "packets that are sent take their place");
	is_int(peer_got.n, 12, "all of them");
	for (i = 0; i < 10; i++) {
		say("10.8.0.2", 23, 24);
		sim_run_s(20);
	}
	is_int(peer_got.n - peer_got.empty, 10, "those that the filter "
	    "drops are not sent");
	ok(peer_got.empty >= 7 && peer_got.empty <= 9,
	    "and take no heartbeat's place: %u", peer_got.empty - 2);
	sim_rules.slept_ms += 3600 * 1000;
	at = peer_got.empty;
	sim_run_ms(31000);
	ok(peer_got.empty > at, "after a sleep the peer hears of us soon");
	end("heartbeat");
}

static void
test_names(void)
{
	unsigned i, asked;

	begin("ip-udp:vpn.example.com:8000,local=8000");
	sim_name_fail("vpn.example.com", "not today");
	start();
	say("10.8.0.2", 1, 2);
	is_int(lost(LOST_NO_PEER), 1, "without an address packets are dropped");
	sim_run_s(120);
	asked = sim_name_asked("vpn.example.com");
	ok(asked >= 5 && asked <= 10, "it is asked for again, ever more "
	    "seldom: %u times in 2 minutes", asked);
	sim_name_fail("vpn.example.com", NULL);
	sim_name_set("vpn.example.com", "10.0.0.1");
	sim_run_s(31);
	say("10.8.0.2", 1, 2);
	is_int(peer_got.n, 1, "until it is there");
	asked = sim_name_asked("vpn.example.com");
	sim_run_s(3600);
	is_int(sim_name_asked("vpn.example.com"), asked, "without traffic "
	    "nobody asks");
	sim_name_clear("vpn.example.com");
	sim_name_set("vpn.example.com", "10.0.4.1");
	say("10.8.0.2", 1, 2);
	say("10.8.0.2", 1, 2);
	is_int(other_got.n, 1, "with traffic a new address counts at once "
	    "when the old one is stale");
	asked = sim_name_asked("vpn.example.com");
	for (i = 0; i < 100; i++) {
		say("10.8.0.2", 1, 2);
		sim_run_ms(900);
	}
	is_int(sim_name_asked("vpn.example.com") - asked, 3, "it is asked for "
	    "every 30 s of traffic");
	sim_name_fail("vpn.example.com", "gone");
	sim_run_s(31);
	say("10.8.0.2", 1, 2);
	say("10.8.0.2", 1, 2);
	is_int(logged_text("gone; the address before stays"), 1, "when that "
	    "fails,");
	is_int(other_got.n, 103, "packets go where they went");
	/* One of several is as good as another. */
	sim_name_fail("vpn.example.com", NULL);
	sim_name_clear("vpn.example.com");
	sim_name_set("vpn.example.com", "10.0.0.1");
	sim_name_set("vpn.example.com", "10.0.4.1");
	sim_run_s(31);
	say("10.8.0.2", 1, 2);
	say("10.8.0.2", 1, 2);
	is_int(other_got.n, 105, "an address that is still among them stays");
	end("names");
}

/* Ports that may answer, by udptunnel's rules. */
static void
test_filter(void)
{
	br_md5_context md5;
	unsigned i;

	begin("ip-udp:10.0.0.1:8000,local=8000,prefix=");
	proc_option(&w.left, "allowed-ports", "22,80-90");
	start();
	br_md5_init(&md5);
	br_md5_out(&md5, magic);
	answer(peer_fd, magic, 22, 4000);
	is_int(dev_got.n, 0, "from an allowed port to another: not before "
	    "that has spoken");
	is_int(lost(LOST_FILTERED), 1, "which is counted");
	say("10.8.0.2", 4000, 22);
	is_int(peer_got.n, 1, "to an allowed port: always");
	is_mem(peer_got.packet, magic, PREFIX, "(the empty prefix is the MD5 "
	    "of nothing)");
	sim_run_s(298);
	answer(peer_fd, magic, 22, 4000);
	is_int(dev_got.n, 1, "then for 300 s");
	sim_run_s(3);
	answer(peer_fd, magic, 22, 4000);
	is_int(dev_got.n, 1, "and no longer");
	for (i = 0; i < 5; i++) {
		say("10.8.0.2", 4000, 90);
		sim_run_s(200);
	}
	answer(peer_fd, magic, 85, 4000);
	is_int(dev_got.n, 2, "unless it speaks again");
	answer(peer_fd, magic, 80, 22);
	is_int(dev_got.n, 3, "both allowed: always");
	answer(peer_fd, magic, 4001, 4000);
	is_int(dev_got.n, 3, "neither: never");
	end("filter");
}

static void
test_statistics(void)
{
	unsigned i, told;

	begin("ip-udp:10.0.0.1:8000,local=8000");
	proc_option(&w.left, "packet-stats", NULL);
	start();
	say("10.8.0.2", 1, 2);
	sim_run_s(3500);
	is_int(logged_text("packet statistics"), 0, "a few packets are not "
	    "worth a report,");
	sim_run_s(200);
	is_int(logged_text("packet statistics of 3"), 1, "but for once in an "
	    "hour");
	is_int(logged_text("Tx passed UDP 10.8.0.1:1 > 10.8.0.2:2: 1 packet, "
	    "100 B"), 1, "with their addresses");
	sim_run_s(7200);
	is_int(logged_text("packet statistics"), 1, "no packets, no report");
	for (i = 0; i < 40; i++) {
		sim_tun_send(dev, packet, make("10.8.0.1", 7, "10.8.0.2", 8,
		    1000));
		sim_run_ms(10);
	}
	for (i = 0; i < 1000; i++) {
		sim_tun_send(dev, packet, make("10.8.0.1", 7, "10.8.0.2", 8,
		    1000));
		sim_run_ms(100);
	}
	told = logged_text("packet statistics of");
	ok(told >= 4 && told <= 5, "many bytes: every 30 s, %u reports in 100 "
	    "s", told - 1);
	is_int(logged_text("packet statistics of 30 s"), told - 2, "(so it "
	    "says)");
	end("statistics");
}

static void
test_kinds(void)
{
	unsigned i, answers;

	begin("ip-udp::8000,hosts-file=hosts.tmp");
	start();
	is_int(logged_text("a map of 3 hosts"), 1, "a map is read");
	say("10.8.0.2", 1, 2);
	is_int(peer_got.n, 1, "packets go where it says");
	is_int(peer_got.len, 100, "as they are");
	say("10.8.0.3", 1, 2);
	is_int(other_got.n, 1, "each of them, names looked up");
	say("10.8.0.4", 1, 2);
	is_int(other_got.n, 2, "and literals that are mapped");
	say("10.8.0.9", 1, 2);
	is_int(dev_got.n, 1, "what is for nobody is answered");
	is_int(dev_got.packet[9], IP_ICMP, "by ICMP");
	is_int(dev_got.packet[8], 255, "with a TTL of 255");
	is_mem(dev_got.packet + 12, "\x0a\x08\x00\x09\x0a\x08\x00\x01", 8,
	    "from there, to the sender");
	is_mem(dev_got.packet + 20, "\x03\x01", 2, "host unreachable");
	is_mem(dev_got.packet + 24, "\0\0\0\0", 4, "four zero bytes");
	ok(dev_got.len >= 56 && memcmp(dev_got.packet + 28, packet, 28) == 0,
	    "and the packet");
	is_int(ip_checksum(dev_got.packet, 20), 0, "the checksum of the "
	    "header is right");
	is_int(ip_checksum(dev_got.packet + 20, dev_got.len - 20), 0,
	    "that of ICMP as well");
	is_int(w.left.tunnel->passed[RIGHT], 0, "it counts as nothing");
	is_int(lost(LOST_NO_PEER), 1, "the packet is lost");
	say("10.8.0.255", 1, 2);
	is_int(lost(LOST_NO_PEER), 2, "so is broadcast to the device's net");
	is_int(dev_got.n, 1, "which is not answered");
	sim_run_s(1);
	answers = dev_got.n;
	for (i = 0; i < 400; i++)
		sim_tun_send(dev, packet, make("10.8.0.1", 1, "10.8.0.9", 2,
		    100));
	sim_run_ms(400);
	is_int(dev_got.n - answers, 100, "of very many only some are");
	is_int(lost(LOST_NO_PEER), 402, "though all are counted");
	memset(packet, 0, 40);
	packet[0] = 0x60;
	sim_tun_send(dev, packet, 40);
	sim_run_ms(100);
	is_int(lost(LOST_IP6), 1, "IPv6 is not carried by a map");
	answer(peer_fd, NULL, 2, 1);
	is_int(dev_got.n - answers, 101, "packets of anyone come in");
	end("map");
}

/* An IPv4 address that is written as IPv6. */
static void
test_mapped(void)
{
	begin("ip-udp:[::ffff:10.0.0.1]:8000,local=8000");
	start();
	say("10.8.0.2", 1, 2);
	is_int(peer_got.n, 1, "a mapped literal is an IPv4 address");
	end("mapped");
}

/* What makes no sense together, or cannot be. */
static void
test_second_flow(void)
{
	begin("ip-udp:10.0.0.1:8000,local=8000");
	proc_forget(&w.left);
	proc_set(&w.left, w.client, "udp-listen:0.0.0.0:9000",
	    "ip-udp:10.0.0.1:8000,local=8000");
	start();
	sim_udp_send(peer_fd, &(struct addr){ 4, { 10, 0, 3, 2 }, 0, 9000, 0 },
	    (const uint8_t *)"a", 1);
	sim_run_ms(100);
	is_int(proc_flows(&w.left), 1, "any end may stand LEFT of it");
	is_int(peer_got.n, 1, "whose datagrams it carries");
	sim_udp_send(other_fd, &(struct addr){ 4, { 10, 0, 3, 2 }, 0, 9000, 0 },
	    (const uint8_t *)"b", 1);
	sim_run_ms(100);
	is_int(proc_flows(&w.left), 1, "but there is one flow only");
	is_int(logged_text("carries one flow only"), 1, "which is said");
	end("second flow");
}

int
main(void)
{
	FILE *f = fopen("hosts.tmp", "w");

	if (f == NULL)
		abort();
	fputs("{ nodes: { \"10.8.0.2\": { host: \"10.0.0.1\", port: 8000 },\n"
	    "\"10.8.0.3\": { host: \"other.example.com\", port: 8000 },\n"
	    "\"10.8.0.4\": { host: \"::ffff:10.0.4.1\", port: 8000 }, } }",
	    f);
	fclose(f);
	test_fixed();
	test_ip6("", true);
	test_ip6(",no-ipv6", false);
	test_learned();
	test_heartbeat();
	test_names();
	test_filter();
	test_statistics();
	sim_name_set("other.example.com", "10.0.4.1");
	test_kinds();
	test_mapped();
	test_second_flow();
	(void)remove("hosts.tmp");
	return done_testing();
}
