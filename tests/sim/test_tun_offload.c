/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * TUN devices that pass super-packets, over each kind of carrier.
 *
 * A build without TUN leaves this out.
 */

#include "compat.h"

#include "tun_world.h"

#include "../unit/super_packets.h"

#define CLIENT "10.8.0.2"
#define SERVER "10.8.0.1"

/* What a device got of one flow of TCP. */
struct tally {
	struct got got;
	uint32_t expected;	/* sequence number of the next packet */
	unsigned right, wrong;	/* packets */
	size_t longest;
};

static struct tally at_server, at_client;
static uint8_t super[SUPER_ROOM];

/* Counts a packet: the right ones follow each other, and have right
 * checksums. */
static void
count(void *arg, const uint8_t *p, size_t n)
{
	struct tally *t = arg;
	size_t head;

	note(&t->got, p, n);
	if (n < 40 || p[9] != IP_TCP)
		return;
	head = 20 + (size_t)(p[32] >> 4) * 4;
	if (n > t->longest)
		t->longest = n;
	if (get_be32(p + 24) == t->expected && transport_checksum(p, n,
	    20) == 0 && plain_fold(plain_sum(p, 20)) == 0)
		t->right++;
	else
		t->wrong++;
	t->expected = get_be32(p + 24) + (uint32_t)(n - head);
}

/* A server and a client whose packets are counted; more is for the client's
 * device. */
static void
begin_counted(const char *listen, const char *dial, const char *more)
{
	char tun[200];

	begin(listen, "tun:tuns,addr=10.8.0.1/24");
	snprintf(tun, sizeof(tun), "tun:tunc,addr=10.8.0.2/24%s", more);
	client_set(&a, w.client, tun, dial);
	client_start(&a);
	memset(&at_server, 0, sizeof(at_server));
	memset(&at_client, 0, sizeof(at_client));
	server_dev->fn = a.dev->fn = count;
	server_dev->arg = &at_server;
	a.dev->arg = &at_client;
	at_server.expected = at_client.expected = 1000;
	/* So that the server knows the address. */
	say(a.dev, CLIENT, SERVER);
}

/* A system hands a super-packet over, of that payload and segment size. */
static void
send_super(struct sim_tun *dev, const char *src, const char *dst,
    size_t payload, size_t size, uint16_t word)
{
	struct wanted want = { .version = 4, .payload = payload,
	    .sequence = 1000 };
	size_t n = make_packet(super, &want);
	struct vnet v;

	put_ip(super + 12, src);
	put_ip(super + 16, dst);
	put_be16(super + 6, word);
	sum_ip4(super);
	make_super(super, n, size, &v);
	sim_tun_send_super(dev, &v, super, n);
}

/* A stream crosses both ways in super-packets. */
static void
test_crosses(const char *listen, const char *dial, const char *what)
{
	uint64_t passed;

	begin_counted(listen, dial, "");
	passed = a.proc.tunnel->passed[LEFT];
	send_super(a.dev, CLIENT, SERVER, 60000, 1300, 0x4000);
	sim_run_ms(300);
	is_int(at_server.right, 47, "%s: a super-packet crosses as packets",
	    what);
	is_int(at_server.wrong, 0, "  in order, with right checksums");
	is_int(at_server.longest, 1340, "  of the size that it says");
	is_int(a.proc.tunnel->passed[LEFT] - passed, 47,
	    "  and they are counted as packets");
	ok(server_dev->supers > 0, "  and they are joined again: %u",
	    server_dev->supers);
	send_super(server_dev, SERVER, CLIENT, 65000, 100, 0x4000);
	sim_run_ms(300);
	is_int(at_client.right, 650, "  one of ten batches comes back");
	is_int(at_client.wrong, 0, "  in order, with right checksums");
	ok(a.dev->supers > 0, "  and they are joined");
	is_int(proc_lost(&a.proc), 0, "  nothing is lost");
	end(what);
}

/* Segments that do not fit are treated as packets are. */
static void
test_too_long(void)
{
	begin_counted("dtls-listen:0.0.0.0:2815,psk=" WORLD_PSK,
	    "dtls:10.0.0.1:2815,psk=" WORLD_PSK, ",mtu=1500,mss=off");
	send_super(a.dev, CLIENT, SERVER, 5800, 1450, 0x4000);
	sim_run_ms(100);
	is_int(at_server.right + at_server.wrong, 0,
	    "segments that are too long and may not be cut do not cross");
	is_int(a.proc.tunnel->lost[LOST_TOO_BIG], 4, "each is counted");
	is_int(at_client.got.n, 4, "and answered");
	is_int(at_client.got.packet[21], 4, "by ICMP");
	at_server.got.payload = at_server.got.n = 0;
	send_super(a.dev, CLIENT, SERVER, 5800, 1450, 0);
	sim_run_ms(100);
	is_int(at_server.got.n, 8, "those that may be cut cross in fragments");
	is_int(at_server.got.payload, 5800 + 4 * 20, "which have all of them");
	end("too long");
}

/* A carrier that stalls while a super-packet is passed on. */
static void
test_hold(void)
{
	unsigned i;

	begin_counted("tcp-listen:0.0.0.0:8443", "tcp:10.0.0.1:8443,pool=1",
	    "");
	sim_tcp_window(w.client, w.server, 0);
	for (i = 0; i < 100; i++)
		send_super(a.dev, CLIENT, SERVER, 60000, 1300, 0x4000);
	sim_run_ms(10);
	is_int(a.dev->waiting, 0, "super-packets are read while the carrier "
	    "stalls");
	ok(a.proc.tunnel->lost[LOST_QUEUE_FULL] > 1000, "those are dropped "
	    "that are more than may wait");
	sim_tcp_window(w.client, w.server, 1 << 20);
	sim_run_s(3);
	is_int(at_server.right + at_server.wrong + proc_lost(&a.proc),
	    100 * 47, "and all packets arrive, or are counted");
	end("hold");
}

/* What a device does not take is counted for the leg, packet by packet. */
static void
test_full(void)
{
	begin_counted("tcp-listen:0.0.0.0:8443", "tcp:10.0.0.1:8443,pool=1",
	    "");
	server_dev->full = 10;
	send_super(a.dev, CLIENT, SERVER, 13000, 1300, 0x4000);
	sim_run_ms(100);
	is_int(w.right.tunnel->lost[LOST_SOCKET_FULL], 10,
	    "a device without room loses packets, which are counted");
	is_int(at_server.got.n, 1, "and nothing else is written");
	end("full");
}

/* The port filter sees packets. */
static void
test_filter(void)
{
	begin_empty();
	server_dev = device(w.server, "tuns", &server_got);
	proc_set(&w.right, w.server, "tcp-listen:0.0.0.0:8443",
	    "tun:tuns,addr=10.8.0.1/24");
	proc_option(&w.right, "idle", "0");
	proc_option(&w.right, "allowed-ports", "81");
	if (proc_start(&w.right) != 0)
		abort();
	client_set(&a, w.client, "tun:tunc,addr=10.8.0.2/24",
	    "tcp:10.0.0.1:8443,pool=1");
	client_start(&a);
	send_super(a.dev, CLIENT, SERVER, 13000, 1300, 0x4000);
	sim_run_ms(100);
	is_int(w.right.tunnel->lost[LOST_FILTERED], 10,
	    "each packet of a super-packet is filtered");
	is_int(server_got.n, 0, "and none is written");
	end("filter");
}

/* offload=no: single packets in both directions. */
static void
test_off(void)
{
	unsigned i;

	begin_counted("tcp-listen:0.0.0.0:8443", "tcp:10.0.0.1:8443,pool=1",
	    ",offload=no");
	ok(!a.dev->vnet && server_dev->vnet, "a device has no super-packets "
	    "if the settings say so");
	send_super(server_dev, SERVER, CLIENT, 60000, 1300, 0x4000);
	sim_run_ms(200);
	is_int(at_client.right, 47, "it gets the packets");
	is_int(a.dev->supers, 0, "one by one");
	for (i = 0; i < 5; i++)
		say(a.dev, CLIENT, SERVER);
	is_int(at_server.got.n, 6, "and sends them so");
	end("off");
}

/* What is for nobody, and what is none. */
static void
test_strange(void)
{
	struct vnet v = { VNET_UNSUMMED, 99, 40, 1000, 20, 16 };

	begin_counted("tcp-listen:0.0.0.0:8443", "tcp:10.0.0.1:8443,pool=1",
	    "");
	send_super(server_dev, SERVER, "10.8.0.77", 13000, 1300, 0x4000);
	sim_run_ms(100);
	is_int(w.right.tunnel->lost[LOST_NO_ROUTE], 10,
	    "a super-packet for nobody is ten packets for nobody");
	memset(packet, 0, 100);
	sim_tun_send_super(a.dev, &v, packet, 100);
	sim_run_ms(100);
	is_int(a.proc.tunnel->lost[LOST_NOT_IP], 1,
	    "an unknown kind is counted");
	is_int(proc_flows(&a.proc), 1, "and harms nothing");
	end("strange");
}

int
main(void)
{
	if (getenv("SIM_PLAIN") != NULL) {
		ok(true, "# SKIP devices are to be plain");
		return done_testing();
	}
	test_crosses("tcp-listen:0.0.0.0:8443", "tcp:10.0.0.1:8443", "tcp");
	test_crosses("uott-listen:0.0.0.0:8443", "uott:10.0.0.1:8443", "uott");
	if (end_find("dtls") != NULL) {
		test_crosses("dtls-listen:0.0.0.0:2815,psk=" WORLD_PSK,
		    "dtls:10.0.0.1:2815,psk=" WORLD_PSK, "dtls");
		test_too_long();
	}
	test_hold();
	test_full();
	test_filter();
	test_off();
	test_strange();
	return done_testing();
}
