/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/ip_ecn.h: which packets can be marked, and what that changes.
 */

#include "compat.h"

#include "wire/ip_ecn.h"

#include "wire/ip.h"
#include "base/bytes.h"
#include "tap.h"

static uint8_t packet[60], before[60];

/* An IPv4 packet of 28 bytes with that type of service. */
static void
make4(uint8_t tos)
{
	memset(packet, 0, sizeof(packet));
	packet[0] = 0x45;
	packet[1] = tos;
	put_be16(packet + 2, 28);
	put_be16(packet + 4, 0xfffe);
	packet[8] = 64;
	packet[9] = IP_UDP;
	put_be32(packet + 12, 0x0a080002);
	put_be32(packet + 16, 0x0a080001);
	put_be16(packet + 10, ip_checksum(packet, 20));
	memcpy(before, packet, sizeof(packet));
}

/* An IPv6 packet with that traffic class and a flow label. */
static void
make6(uint8_t class)
{
	memset(packet, 0, sizeof(packet));
	put_be32(packet, 0x600abcde | (uint32_t)class << 20);
	put_be16(packet + 4, 8);
	packet[6] = IP_UDP;
	memcpy(before, packet, sizeof(packet));
}

static void
test_ip4(void)
{
	unsigned dscp, bad = 0;

	for (dscp = 0; dscp < 64; dscp++) {
		make4((uint8_t)(dscp << 2));
		bad += ip_ecn_mark(packet, 28) ||
		    memcmp(packet, before, sizeof(packet)) != 0;
	}
	is_int(bad, 0, "IPv4 without ECN is not marked, nor changed");
	for (dscp = 0; dscp < 64; dscp++) {
		make4((uint8_t)(dscp << 2 | 1));
		bad += !ip_ecn_mark(packet, 28) ||
		    packet[1] != (dscp << 2 | 3) ||
		    ip_checksum(packet, 20) != 0;
		make4((uint8_t)(dscp << 2 | 2));
		bad += !ip_ecn_mark(packet, 28) ||
		    packet[1] != (dscp << 2 | 3) ||
		    ip_checksum(packet, 20) != 0;
		bad += memcmp(packet + 2, before + 2, 8) != 0 ||
		    memcmp(packet + 12, before + 12, 16) != 0;
	}
	is_int(bad, 0, "ECT(0) and ECT(1) become CE, with each DSCP, and the "
	    "checksum stays right");
	make4(3);
	ok(ip_ecn_mark(packet, 28) &&
	    memcmp(packet, before, sizeof(packet)) == 0, "CE stays as it is");
	make4(2);
	packet[10] ^= 0x40;
	ok(ip_ecn_mark(packet, 28) && ip_checksum(packet, 20) != 0, "a wrong "
	    "checksum stays wrong");
}

static void
test_ip6(void)
{
	unsigned dscp, ecn, bad = 0;

	for (dscp = 0; dscp < 64; dscp++) {
		make6((uint8_t)(dscp << 2));
		bad += ip_ecn_mark(packet, 48) ||
		    memcmp(packet, before, sizeof(packet)) != 0;
		for (ecn = 1; ecn < 4; ecn++) {
			make6((uint8_t)(dscp << 2 | ecn));
			bad += !ip_ecn_mark(packet, 48) || get_be32(packet) !=
			    (0x600abcde | (dscp << 2 | 3) << 20) ||
			    memcmp(packet + 4, before + 4, 56) != 0;
		}
	}
	is_int(bad, 0, "IPv6 likewise, and keeps its flow label");
}

static void
test_others(void)
{
	unsigned version;

	make4(2);
	ok(!ip_ecn_mark(packet, 19), "half a header of IPv4 is not marked");
	make6(2);
	ok(!ip_ecn_mark(packet, 39), "nor is one of IPv6");
	ok(!ip_ecn_mark(packet, 0), "nor is nothing");
	for (version = 0; version < 16; version++) {
		make4(2);
		packet[0] = (uint8_t)(version << 4 | 5);
		if (version != 4 && version != 6 && ip_ecn_mark(packet, 60))
			break;
	}
	is_int(version, 16, "nor is any other version");
}

int
main(void)
{
	test_ip4();
	test_ip6();
	test_others();
	return done_testing();
}
