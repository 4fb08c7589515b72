/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/coalesce.h: packets that follow each other are joined, and nothing else
 * is; what was joined is cut into the same packets again.
 */

#include "compat.h"

#include "wire/coalesce.h"
#include "base/log.h"
#include "wire/segment.h"
#include "super_packets.h"
#include "tap.h"

enum { MOST = 600 };

static struct coalesce c;
static uint8_t bytes[MOST][2000];
static size_t len[MOST];
static unsigned n_put;
static uint8_t whole[SUPER_ROOM + VNET_HEADER], out[SUPER_ROOM];

static void
begin(void)
{
	memset(&c, 0, sizeof(c));
	c.tcp = c.udp = true;
	n_put = 0;
}

/* Puts the packet that is ready in its place. */
static bool
put(size_t n)
{
	len[n_put] = n;
	if (!coalesce_put(&c, bytes[n_put], n))
		return false;
	n_put++;
	return true;
}

/* Makes a packet and puts it. */
static bool
put_packet(const struct wanted *w)
{
	return put(make_packet(bytes[n_put], w));
}

/* Writes run i in one piece; returns its bytes. */
static size_t
run_bytes(unsigned i)
{
	struct coalesce_part part[COALESCE_RUN];
	size_t n = coalesce_head(&c, i, whole);
	unsigned k, parts = coalesce_parts(&c, i, part);

	for (k = 0; k < parts; k++) {
		memcpy(whole + n, part[k].p, part[k].n);
		n += part[k].n;
	}
	return n;
}

/* Cuts run i; do its packets follow each other among those put, from number
 * *at on, byte for byte? */
static bool
run_is(unsigned i, unsigned *at)
{
	size_t n = run_bytes(i), k;
	struct segments s;
	struct vnet v;

	vnet_get(&v, whole);
	if (segment_begin(&s, &v, whole + VNET_HEADER, n - VNET_HEADER) != 0)
		return false;
	for (; (k = segment_next(&s)) > 0; (*at)++) {
		segment_cut(&s, out);
		if (*at == n_put || k != len[*at] ||
		    memcmp(out, bytes[*at], k) != 0)
			return false;
	}
	return true;
}

/* The runs are so many, and in their order all that was put. */
static void
check(unsigned runs, const char *what)
{
	unsigned i, at = 0;
	bool same = true;

	is_int(c.n_runs, runs, "%s", what);
	for (i = 0; i < c.n_runs; i++)
		same = same && run_is(i, &at);
	ok(same && at == n_put, "  they are cut into the same");
}

/* The next packet of a flow. */
static void
follow(struct wanted *w)
{
	w->sequence += (uint32_t)w->payload;
	w->id++;
}

/* Puts n packets that follow each other. */
static void
put_run(struct wanted *w, unsigned n)
{
	while (n-- > 0) {
		must(put_packet(w));
		follow(w);
	}
}

/* What is joined. */
static void
test_joined(unsigned version, bool udp, size_t options)
{
	struct wanted w = { .version = version, .udp = udp, .payload = 1200,
	    .options = options, .id = 0xfffe, .sequence = 0xffffff00 };

	begin();
	put_run(&w, 40);
	check(1, "packets that follow each other");
	begin();
	put_run(&w, 10);
	w.payload = 7;
	put_run(&w, 2);
	check(2, "a shorter one is the last");
	begin();
	put_run(&w, 3);
	w.payload = 8;
	put_run(&w, 3);
	check(2, "a longer one is the next");
	begin();
	w.payload = 1200;
	put_run(&w, 1);
	check(1, "one alone");
	is_int(whole[1], VNET_WHOLE, "  is no super-packet");
	begin();
	w.payload = 0;
	put_run(&w, 3);
	check(3, "those without payload");
	begin();
	w.payload = 1200;
	put_run(&w, 100);
	check(2, "and those that are more than 65535 bytes");
	begin();
	w.payload = 10;
	put_run(&w, 2 * COALESCE_RUN + 1);
	check(udp ? 5 : 3, "a run has so many packets at most");
}

/* What a packet is changed by. */
struct change {
	unsigned version;	/* 0: both */
	int udp;		/* -1: both */
	int at;			/* from the header of TCP or UDP on; below that
				 * of the packet: 1000 less */
	uint8_t xor;
	const char *what;
};

enum { IP = -1000 };

static const struct change changes[] = {
	{ 4, -1, IP + 1, 0x04, "traffic class" },
	{ 4, -1, IP + 1, 0x01, "ECN" },
	{ 4, -1, IP + 4, 0x40, "ID" },
	{ 4, -1, IP + 6, 0x40, "DF" },
	{ 4, -1, IP + 6, 0x80, "the reserved bit" },
	{ 4, -1, IP + 8, 0x01, "TTL" },
	{ 4, -1, IP + 15, 0x01, "the source" },
	{ 4, -1, IP + 19, 0x01, "the destination" },
	{ 6, -1, IP + 0, 0x01, "traffic class" },
	{ 6, -1, IP + 1, 0x10, "ECN" },
	{ 6, -1, IP + 3, 0x01, "flow label" },
	{ 6, -1, IP + 7, 0x01, "hop limit" },
	{ 6, -1, IP + 23, 0x01, "the source" },
	{ 6, -1, IP + 39, 0x01, "the destination" },
	{ 0, -1, 1, 0x01, "the port" },
	{ 0, -1, 3, 0x01, "the port there" },
	{ 0, 0, 7, 0x01, "the sequence number" },
	{ 0, 0, 11, 0x01, "the acknowledgement" },
	{ 0, 0, 12, 0x01, "a reserved bit" },
	{ 0, 0, 13, 0x02, "SYN" },
	{ 0, 0, 13, 0x04, "RST" },
	{ 0, 0, 13, 0x20, "URG" },
	{ 0, 0, 13, 0x40, "ECE" },
	{ 0, 0, 13, 0x80, "CWR" },
	{ 0, 0, 13, 0x10, "no ACK" },
	{ 0, 0, 15, 0x01, "the window" },
	{ 0, 0, 19, 0x01, "the urgent pointer" },
	{ 0, 0, 27, 0x01, "an option" },
};

/* Two packets follow each other, of which the second one is changed so, with
 * right checksums. */
static void
test_change(const struct change *g, unsigned version, bool udp)
{
	size_t head = version == 4 ? 20 : 40, n;
	struct wanted w = { .version = version, .udp = udp, .payload = 100,
	    .options = udp ? 0 : 12, .sequence = 5 };
	uint8_t *p;

	begin();
	put_run(&w, 1);
	p = bytes[1];
	n = make_packet(p, &w);
	if (g->at < 0)
		p[g->at - IP] ^= g->xor;
	else
		p[head + (size_t)g->at] ^= g->xor;
	if (version == 4)
		sum_ip4(p);
	sum_transport(p, n, head, udp);
	must(put(n));
	check(2, g->what);
	(void)run_bytes(0);
	is_int(whole[1], VNET_WHOLE, "  nothing is joined");
}

static void
test_changes(void)
{
	const struct change *g;
	unsigned version;
	int udp;

	for (g = changes; g < changes + sizeof(changes) / sizeof(changes[0]);
	    g++)
		for (version = 4; version <= 6; version += 2)
			for (udp = 0; udp <= 1; udp++)
				if ((g->version == 0 ||
				    g->version == version) &&
				    (g->udp == -1 || g->udp == udp))
					test_change(g, version, udp == 1);
}

/* Wrong checksums stay wrong. */
static void
test_wrong_checksums(void)
{
	static const struct wanted kinds[] = {
		{ .version = 4, .payload = 100 },
		{ .version = 6, .payload = 100 },
		{ .version = 4, .udp = true, .payload = 100 },
		{ .version = 6, .udp = true, .payload = 100 },
	};
	unsigned k, which;
	struct wanted w;
	size_t n;

	for (k = 0; k < 4; k++) {
		for (which = 0; which < 3; which++) {
			w = kinds[k];
			begin();
			put_run(&w, which);
			n = make_packet(bytes[n_put], &w);
			bytes[n_put][n - 1] ^= 1;
			must(put(n));
			follow(&w);
			put_run(&w, 2 - which);
			check(which == 1 ? 3 : 2, "a wrong byte in one");
		}
	}
	w = kinds[0];
	begin();
	put_run(&w, 1);
	n = make_packet(bytes[1], &w);
	bytes[1][10] ^= 1;
	must(put(n));
	check(2, "a wrong checksum of IPv4");
	w = kinds[2];
	begin();
	put_run(&w, 1);
	n = make_packet(bytes[1], &w);
	put_be16(bytes[1] + 26, 0);
	must(put(n));
	follow(&w);
	put_run(&w, 1);
	check(3, "UDP without a checksum");
	/* The one form that is not written. */
	w = kinds[0];
	begin();
	put_run(&w, 1);
	n = make_packet(bytes[1], &w);
	put_be16(bytes[1] + 40, 0);
	put_be16(bytes[1] + 36, 0);
	put_be16(bytes[1] + 40, transport_checksum(bytes[1], n, 20));
	put_be16(bytes[1] + 36, 0xffff);
	must(transport_checksum(bytes[1], n, 20) == 0);
	must(put(n));
	check(2, "a checksum of ones in TCP");
	begin();
	w = kinds[0];
	put_run(&w, 1);
	put_be16(bytes[1] + 36, 0);
	must(put(n));
	check(1, "and of zeros, which is the one that is");
}

/* PSH and FIN end a run. */
static void
test_flags(void)
{
	struct wanted w = { .version = 4, .payload = 100 };
	unsigned i;

	for (i = 0; i < 2; i++) {
		begin();
		put_run(&w, 2);
		w.flags = i == 0 ? 0x18 : 0x11;
		put_run(&w, 1);
		w.flags = 0;
		put_run(&w, 2);
		check(2, i == 0 ? "PSH ends a run" : "FIN does");
	}
	begin();
	w.flags = 0x50;
	put_run(&w, 3);
	check(1, "ECE in all");
	begin();
	w.flags = 0xd0;
	put_run(&w, 3);
	check(3, "CWR in all");
}

/* Flows beside each other, and what must not be overtaken. */
static void
test_flows(void)
{
	struct wanted a = { .version = 4, .payload = 100 };
	struct wanted b = { .version = 6, .payload = 200 };
	struct wanted u = { .version = 4, .udp = true, .payload = 300 };
	unsigned i;

	begin();
	for (i = 0; i < 10; i++) {
		put_run(&a, 1);
		put_run(&b, 1);
		put_run(&u, 1);
	}
	is_int(c.n_runs, 3, "three flows in turns are three runs");
	(void)run_bytes(0);
	is_int(whole[1], VNET_TCP4, "the first is of TCP over IPv4");
	(void)run_bytes(1);
	is_int(whole[1], VNET_TCP6, "the second over IPv6");
	is_int(run_bytes(2), VNET_HEADER + 28 + 3000, "the third is");
	is_int(whole[1], VNET_UDP, "of UDP");

	/* An acknowledgement of the same flow. */
	begin();
	put_run(&a, 2);
	a.payload = 0;
	must(put_packet(&a));
	a.id++;
	a.payload = 100;
	put_run(&a, 2);
	check(3, "what is alone divides its flow");

	/* ICMP is of no flow, a fragment may be of any. */
	begin();
	put_run(&a, 1);
	i = (unsigned)packet4(bytes[n_put], IP_ICMP, 50);
	must(put(i));
	put_run(&a, 1);
	is_int(c.n_runs, 2, "ICMP does not divide a flow");
	begin();
	put_run(&a, 1);
	i = (unsigned)packet4(bytes[n_put], IP_TCP, 50);
	put_be16(bytes[n_put] + 6, 0x2000);
	must(put(i));
	put_run(&a, 1);
	check(3, "a fragment divides all");
	begin();
	put_run(&b, 1);
	i = (unsigned)packet6(bytes[n_put], IP_DESTINATION, 50);
	must(put(i));
	put_run(&b, 1);
	check(3, "an extension header does");
	begin();
	put_run(&a, 1);
	i = (unsigned)packet4(bytes[n_put], IP_TCP, 50);
	bytes[n_put][0] = 0x46;
	must(put(i));
	put_run(&a, 1);
	check(3, "and an IP option");
	begin();
	put_run(&a, 1);
	i = (unsigned)packet4(bytes[n_put], IP_UDP, 3);
	must(put(i));
	put_run(&a, 1);
	check(3, "and what has no ports");
	begin();
	must(put(packet4(bytes[0], IP_TCP, 4)));
	must(put(packet4(bytes[1], IP_TCP, 19)));
	must(put(packet4(bytes[2], IP_UDP, 8)));
	bytes[3][0] = 0x45;
	must(put(1));
	must(put(0));
	is_int(c.n_runs, 5, "gibberish is kept as it is");
}

static void
test_limits(void)
{
	struct wanted w = { .version = 4, .payload = 0 };
	unsigned i;

	begin();
	for (i = 0; i < COALESCE_PACKETS; i++)
		if (!put_packet(&w))
			break;
	is_int(i, COALESCE_PACKETS, "so many packets are gathered");
	ok(!put_packet(&w), "and no more");
	coalesce_clear(&c);
	n_put = 0;
	ok(put_packet(&w), "until they were written");
	is_int(c.n_runs, 1, "then it begins anew");

	begin();
	c.tcp = false;
	w.payload = 100;
	put_run(&w, 3);
	is_int(c.n_runs, 3, "a device that takes none of TCP gets none");
	begin();
	c.udp = false;
	put_run(&w, 3);
	is_int(c.n_runs, 1, "one that takes none of UDP gets those of TCP");
	w.udp = true;
	put_run(&w, 3);
	is_int(c.n_runs, 4, "and none of UDP");
}

int
main(void)
{
	test_joined(4, false, 0);
	test_joined(4, false, 12);
	test_joined(6, false, 12);
	test_joined(4, true, 0);
	test_joined(6, true, 0);
	test_changes();
	test_wrong_checksums();
	test_flags();
	test_flows();
	test_limits();
	return done_testing();
}
