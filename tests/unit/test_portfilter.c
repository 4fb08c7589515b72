/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/portfilter.h: what passes, and for how long.
 */

#include "compat.h"

#include "wire/portfilter.h"
#include "tap.h"

static struct portfilter f;
static uint64_t now_ms;

/* Does a packet of UDP between these ports pass? */
static bool
pass(enum portfilter_way way, unsigned src, unsigned dst)
{
	struct ip ip = { 0 };

	ip.version = 4;
	ip.protocol = IP_UDP;
	ip.ports = true;
	ip.first = true;
	ip.src.port = (uint16_t)src;
	ip.dst.port = (uint16_t)dst;
	return portfilter_pass(&f, way, &ip, now_ms);
}

/* A filter that allows 22 and 80. */
static void
begin(uint64_t at_ms)
{
	now_ms = at_ms;
	portfilter_init(&f, now_ms);
	portfilter_allow(&f, 22);
	portfilter_allow(&f, 80);
}

/* What passes without anything to remember. */
static void
test_kinds(void)
{
	struct ip ip = { 0 };
	unsigned way;

	begin(0);
	for (way = 0; way < 2; way++) {
		ip.version = 4;
		ip.protocol = IP_ICMP;
		ok(portfilter_pass(&f, way, &ip, 0), "ICMP passes");
		ip.fragment = true;
		ok(portfilter_pass(&f, way, &ip, 0), "in fragments, too");
		ip.protocol = IP_UDP;
		ok(!portfilter_pass(&f, way, &ip, 0),
		    "UDP without ports does not");
		ip.protocol = IP_TCP;
		ok(!portfilter_pass(&f, way, &ip, 0), "nor TCP");
		ip.protocol = IP_ESP;
		ok(!portfilter_pass(&f, way, &ip, 0), "nor another protocol");
		ip.version = 6;
		ip.protocol = IP_ICMP;
		ok(!portfilter_pass(&f, way, &ip, 0), "nor IPv6");
		ip.protocol = IP_UDP;
		ip.ports = true;
		ip.src.port = ip.dst.port = 80;
		ok(!portfilter_pass(&f, way, &ip, 0), "whatever its ports");
		memset(&ip, 0, sizeof(ip));
		ok(pass(way, 22, 80) && pass(way, 80, 80),
		    "allowed ports on both sides pass");
		ok(!pass(way, 1000, 2000), "on none they do not");
		ok(!pass(way, 80, 2000) && !pass(way, 22, 2000),
		    "from an allowed port nothing is begun");
		ok(!pass(way, 0, 80), "from port 0 neither");
		ok(!pass(way, 80, 0), "to port 0 neither");
	}
}

/* What is answered, each way. */
static void
test_answers(void)
{
	enum portfilter_way out, in;
	unsigned way;

	for (way = 0; way < 2; way++) {
		out = way == 0 ? PORTFILTER_OUT : PORTFILTER_IN;
		in = way == 0 ? PORTFILTER_IN : PORTFILTER_OUT;
		begin(1000);
		ok(pass(out, 40000, 80), "to an allowed port a packet passes");
		ok(pass(in, 80, 40000), "and its answer does");
		ok(pass(in, 22, 40000), "from every allowed port");
		ok(!pass(in, 80, 40001), "not to another port");
		ok(!pass(out, 80, 40000), "not the same way");
		ok(!pass(in, 81, 40000), "not from a port not allowed");
		ok(pass(out, 22, 80) && !pass(in, 80, 80 + 1),
		    "an allowed source is not remembered");
		ok(pass(out, 65535, 80) && pass(in, 80, 65535),
		    "the last port is one");
	}
}

/* How long a port is remembered. */
static void
test_time(void)
{
	begin(12345);
	(void)pass(PORTFILTER_OUT, 40000, 80);
	now_ms += 299900;
	ok(pass(PORTFILTER_IN, 80, 40000), "for 300 s a port is remembered");
	now_ms += 200;
	ok(!pass(PORTFILTER_IN, 80, 40000),
	    "no longer, and answers do not renew it");
	(void)pass(PORTFILTER_OUT, 40000, 80);
	now_ms += 200000;
	(void)pass(PORTFILTER_OUT, 40000, 22);
	now_ms += 299900;
	ok(pass(PORTFILTER_IN, 80, 40000), "passing again renews it");
	now_ms += 200;
	ok(!pass(PORTFILTER_IN, 80, 40000), "for as long");
}

/* The numbers come round, and old times do not come back. */
static void
test_round(void)
{
	uint64_t round = (uint64_t)65535 * PORTFILTER_UNIT_MS, at;
	bool old = false, fresh = true;
	unsigned i;

	begin(3 * round - 5000);
	(void)pass(PORTFILTER_OUT, 40000, 80);
	now_ms += 10000;
	ok(pass(PORTFILTER_IN, 80, 40000), "a port outlives the number 0");
	now_ms += round - 10000;
	ok(!pass(PORTFILTER_IN, 80, 40000),
	    "but not a whole round without packets");
	begin(500);
	(void)pass(PORTFILTER_OUT, 40000, 80);
	/* Traffic of another port, for some rounds. */
	at = now_ms;
	for (i = 0; now_ms < at + 5 * round; i++) {
		now_ms += 997 + i % 50000;
		(void)pass(PORTFILTER_OUT, 50000, 80);
		fresh = fresh && pass(PORTFILTER_IN, 80, 50000);
		old = old || (now_ms > at + 301000 &&
		    pass(PORTFILTER_IN, 80, 40000));
	}
	ok(!old, "nor with them");
	ok(fresh, "while what is used is never forgotten");
	(void)pass(PORTFILTER_OUT, 40000, 80);
	now_ms += (uint64_t)1 << 40;
	ok(!pass(PORTFILTER_IN, 80, 40000), "nor years later");
}

int
main(void)
{
	test_kinds();
	test_answers();
	test_time();
	test_round();
	return done_testing();
}
