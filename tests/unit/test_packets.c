/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/packets.h: rows, totals, when they are reported, and in what words.
 */

#include "compat.h"

#include "wire/packets.h"
#include "tap.h"

static const uint8_t seed[TABLE_SEED] = { 1, 2, 3 };
static struct packets p;
static char text[PACKETS_TEXT];

/* A packet between two hosts. */
static struct ip
packet(uint8_t protocol, const char *src, const char *dst)
{
	struct ip ip = { 0 };

	ip.protocol = protocol;
	if (addr_parse(&ip.src, src) != 0)
		(void)addr_parse_ip(&ip.src, src);
	if (addr_parse(&ip.dst, dst) != 0)
		(void)addr_parse_ip(&ip.dst, dst);
	ip.version = ip.src.family;
	return ip;
}

/* What rows say. */
static void
test_rows(void)
{
	struct ip udp = packet(IP_UDP, "10.0.0.1:1234", "10.0.0.2:53");
	struct ip tcp = packet(IP_TCP, "[fd00::1]:80", "[fd00::2]:4000");
	struct ip ping = packet(IP_ICMP, "10.0.0.1", "10.0.0.2");
	struct ip odd = packet(132, "10.0.0.1", "10.0.0.2");

	packets_init(&p, seed, 0);
	packets_add(&p, PORTFILTER_OUT, true, &udp, 640);
	packets_add(&p, PORTFILTER_IN, true, &tcp, 1500);
	packets_add(&p, PORTFILTER_OUT, true, &udp, 640);
	packets_add(&p, PORTFILTER_OUT, false, &udp, 100);
	packets_add(&p, PORTFILTER_OUT, true, &ping, 84);
	packets_add(&p, PORTFILTER_IN, false, &odd, 50);
	packets_add(&p, PORTFILTER_IN, false, NULL, 9);
	is_int(packets_sort(&p), 6, "each combination has a row");
	is_str(packets_row_text(&p, 0, text), "Rx passed TCP [fd00::1]:80 > "
	    "[fd00::2]:4000: 1 packet, 1.46 KiB", "the busiest comes first");
	is_str(packets_row_text(&p, 1, text), "Tx passed UDP 10.0.0.1:1234 > "
	    "10.0.0.2:53: 2 packets, 1.25 KiB", "equal ones are one row");
	is_str(packets_row_text(&p, 2, text), "Tx dropped UDP 10.0.0.1:1234 > "
	    "10.0.0.2:53: 1 packet, 100 B", "what was dropped is another");
	is_str(packets_row_text(&p, 3, text), "Tx passed ICMP 10.0.0.1 > "
	    "10.0.0.2: 1 packet, 84 B", "where there are no ports");
	is_str(packets_row_text(&p, 4, text), "Rx dropped protocol 132 "
	    "10.0.0.1 > 10.0.0.2: 1 packet, 50 B", "a protocol without name");
	is_str(packets_row_text(&p, 5, text), "Rx dropped no IP packet: 1 "
	    "packet, 9 B", "what is no packet");
	is_str(packets_total_text(&p, PORTFILTER_OUT, text), "Tx: 3 packets "
	    "(1.33 KiB) passed, 1 packet (100 B) dropped", "totals out");
	is_str(packets_total_text(&p, PORTFILTER_IN, text), "Rx: 1 packet "
	    "(1.46 KiB) passed, 2 packets (59 B) dropped", "totals in");
	packets_reset(&p, 1);
	is_int(packets_sort(&p), 0, "a reset empties the rows");
	packets_add(&p, PORTFILTER_OUT, true, &ping, 84);
	is_int(packets_sort(&p), 1, "which fill anew");
	is_str(packets_total_text(&p, PORTFILTER_OUT, text), "Tx: 4 packets "
	    "(1.41 KiB) passed, 1 packet (100 B) dropped",
	    "totals go on from where they were");
}

/* More rows than are kept. */
static void
test_bound(void)
{
	struct ip ip = packet(IP_UDP, "10.0.0.1:1", "10.0.0.2:2");
	uint64_t packets = 0;
	size_t i, n;

	packets_init(&p, seed, 0);
	for (i = 0; i < 3 * PACKETS_ROWS; i++) {
		ip.src.port = (uint16_t)(i + 1);
		packets_add(&p, PORTFILTER_IN, i % 2 == 0, &ip, 1);
		packets_add(&p, PORTFILTER_IN, i % 2 == 0, &ip, 2);
	}
	/* One that is the busiest, though it came late, yet in time. */
	ip.src.port = PACKETS_ROWS - 1;
	for (i = 0; i < 100; i++)
		packets_add(&p, PORTFILTER_IN, true, &ip, 1000);
	n = packets_sort(&p);
	is_int(n, PACKETS_SHOWN + 2, "64 rows are shown");
	for (i = 0; i < PACKETS_SHOWN; i++)
		packets += p.row[i].count.packets;
	is_int(packets, 2 * PACKETS_SHOWN + 100, "the busiest are");
	is_str(packets_row_text(&p, n - 2, text), "Rx dropped all others: "
	    "2946 packets, 4.31 KiB", "the others are counted together");
	is_str(packets_row_text(&p, n - 1, text), "Rx passed all others: "
	    "3070 packets, 4.49 KiB", "by their fate");
	is_str(packets_total_text(&p, PORTFILTER_IN, text), "Rx: 3172 packets "
	    "(102.15 KiB) passed, 3072 packets (4.50 KiB) dropped",
	    "and in the totals");
	packets_reset(&p, 0);
	is_int(packets_sort(&p), 0, "a reset forgets them, too");
}

/* When a report is due. */
static void
test_due(void)
{
	struct ip ip = packet(IP_UDP, "10.0.0.1:1", "10.0.0.2:2");
	unsigned i;

	packets_init(&p, seed, 5000);
	ok(packets_due_ms(&p) == UINT64_MAX, "without packets none is due");
	packets_add(&p, PORTFILTER_OUT, true, &ip, 1000);
	is_int(packets_due_ms(&p), 3605000, "with few, in an hour");
	for (i = 1; i < 4095; i++)
		packets_add(&p, PORTFILTER_OUT, true, &ip, 0);
	is_int(packets_due_ms(&p), 3605000, "with 4095, too");
	packets_add(&p, PORTFILTER_OUT, true, &ip, 0);
	is_int(packets_due_ms(&p), 35000, "with 4096, in 30 s");
	packets_reset(&p, 40000);
	ok(packets_due_ms(&p) == UINT64_MAX, "then not before the next one");
	packets_add(&p, PORTFILTER_IN, false, &ip, 256 * 1024 - 1);
	is_int(packets_due_ms(&p), 3640000, "with few bytes, in an hour");
	packets_add(&p, PORTFILTER_IN, false, &ip, 1);
	is_int(packets_due_ms(&p), 70000, "with 256 KiB, in 30 s");
}

/* Units. */
static void
test_bytes(void)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} t[] = {
		{ 0, "0 B" }, { 1023, "1023 B" }, { 1024, "1.00 KiB" },
		{ 1280, "1.25 KiB" }, { 1048575, "1023.99 KiB" },
		{ 1048576, "1.00 MiB" }, { (uint64_t)3 << 30, "3.00 GiB" },
		{ (uint64_t)1 << 40, "1.00 TiB" },
		{ (uint64_t)1536 << 40, "1.50 PiB" },
		{ UINT64_MAX, "15.99 EiB" },
	};
	char got[PACKETS_BYTES_TEXT];
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		is_str(packets_bytes_text(t[i].bytes, got), t[i].text, "%s",
		    t[i].text);
}

int
main(void)
{
	test_rows();
	test_bound();
	test_due();
	test_bytes();
	return done_testing();
}
