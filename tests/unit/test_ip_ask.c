/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/ip_ask.h: after which packets a silence means something.
 */

#include "compat.h"

#include "wire/ip_ask.h"

#include "base/bytes.h"
#include "tap.h"

static uint8_t packet[200];

/* Makes an IPv4 packet of that protocol with n bytes of payload; returns the
 * payload. */
static uint8_t *
make4(const char *dst, uint8_t protocol, size_t n)
{
	struct addr to;

	memset(packet, 0, sizeof(packet));
	packet[0] = 0x45;
	put_be16(packet + 2, (uint16_t)(20 + n));
	packet[9] = protocol;
	put_be32(packet + 12, 0x0a080002);
	if (addr_parse_ip(&to, dst) != 0)
		abort();
	memcpy(packet + 16, to.ip, 4);
	return packet + 20;
}

/* The same of IPv6. */
static uint8_t *
make6(const char *src, const char *dst, uint8_t protocol, size_t n)
{
	struct addr a;

	memset(packet, 0, sizeof(packet));
	packet[0] = 0x60;
	put_be16(packet + 4, (uint16_t)n);
	packet[6] = protocol;
	if (addr_parse_ip(&a, src) != 0)
		abort();
	memcpy(packet + 8, a.ip, 16);
	if (addr_parse_ip(&a, dst) != 0)
		abort();
	memcpy(packet + 24, a.ip, 16);
	return packet + 40;
}

/* Does the packet ask? */
static enum ip_ask
asks(void)
{
	size_t n = packet[0] >> 4 == 4 ? get_be16(packet + 2) :
	    get_be16(packet + 4) + 40u;
	struct ip ip;

	if (ip_parse(&ip, packet, n) != IP_WHOLE)
		abort();
	return ip_ask(&ip, packet, n);
}

/* Does a TCP segment with those flags and so much data ask? */
static enum ip_ask
tcp(uint8_t flags, size_t data)
{
	uint8_t *p = make4("10.8.0.1", IP_TCP, 32 + data);

	p[12] = 8 << 4;
	p[13] = flags;
	return asks();
}

static void
test_tcp(void)
{
	is_int(tcp(0x02, 0), IP_ASKS, "a SYN asks");
	is_int(tcp(0xc2, 0), IP_ASKS, "with ECN, too");
	is_int(tcp(0x12, 0), IP_ASKS_NOT, "a SYN with ACK does not");
	is_int(tcp(0x10, 0), IP_ASKS_NOT, "nor does a pure ACK,");
	is_int(tcp(0x11, 0), IP_ASKS_NOT, "a FIN,");
	is_int(tcp(0x14, 0), IP_ASKS_NOT, "a RST,");
	is_int(tcp(0x14, 5), IP_ASKS_NOT, "or one with words in it");
	is_int(tcp(0x18, 1), IP_ASKS, "data ask for an ACK");
	make4("10.8.0.1", IP_TCP, 19);
	is_int(asks(), IP_ASKS_NOT, "what is cut does not");
}

static void
test_icmp(void)
{
	make4("10.8.0.1", IP_ICMP, 8)[0] = 8;
	is_int(asks(), IP_ASKS, "an echo request asks");
	make4("10.8.0.1", IP_ICMP, 8)[0] = 0;
	is_int(asks(), IP_ASKS_NOT, "its reply does not");
	make4("10.8.0.1", IP_ICMP, 36)[0] = 3;
	is_int(asks(), IP_ASKS_NOT, "nor does an error");
	make6("fd08::2", "fd08::1", IP_ICMP6, 8)[0] = 128;
	is_int(asks(), IP_ASKS, "an echo request of IPv6 asks");
	make6("fd08::2", "fd08::1", IP_ICMP6, 8)[0] = 129;
	is_int(asks(), IP_ASKS_NOT, "its reply does not");
	make6("fd08::2", "fd08::1", IP_ICMP6, 48)[0] = 1;
	is_int(asks(), IP_ASKS_NOT, "nor does an error");
	make6("fe80::1", "ff02::2", IP_ICMP6, 8)[0] = 133;
	is_int(asks(), IP_ASKS_NOT, "nor a router solicitation");
}

static void
test_udp(void)
{
	put_be16(make4("10.8.0.1", IP_UDP, 20) + 2, 53);
	is_int(asks(), IP_ASKS, "a question to a name server asks");
	put_be16(make4("10.8.0.1", IP_UDP, 20) + 2, 5300);
	is_int(asks(), IP_MAY_ASK, "other UDP may");
	put_be16(make4("224.0.0.251", IP_UDP, 20) + 2, 53);
	is_int(asks(), IP_ASKS_NOT, "not to a group");
	put_be16(make4("255.255.255.255", IP_UDP, 20) + 2, 53);
	is_int(asks(), IP_ASKS_NOT, "nor to all");
	put_be16(make4("169.254.3.4", IP_UDP, 20) + 2, 53);
	is_int(asks(), IP_ASKS_NOT, "nor on a link");
	make4("10.8.0.1", 47, 20);
	is_int(asks(), IP_MAY_ASK, "other protocols may");
	make4("10.8.0.1", IP_UDP, 20);
	packet[6] = 0x20;
	is_int(asks(), IP_MAY_ASK, "and so may a fragment");
}

static void
test_many(void)
{
	make4("224.0.0.22", 2, 8);
	ok(ip_is_to_many(packet, 28), "IGMP is for many");
	make4("255.255.255.255", IP_UDP, 8);
	ok(ip_is_to_many(packet, 28), "and so is broadcast");
	make4("10.8.0.255", IP_UDP, 8);
	ok(!ip_is_to_many(packet, 28), "that of a net is not known");
	make4("240.0.0.1", IP_UDP, 8);
	ok(!ip_is_to_many(packet, 28), "what is reserved is not");
	make6("fe80::1", "ff02::16", IP_ICMP6, 8);
	ok(ip_is_to_many(packet, 48), "MLD is for many");
	ok(!ip_is_to_many(packet, 39), "unless it is cut");
	make6("fe80::1", "fe80::2", IP_ICMP6, 8);
	ok(!ip_is_to_many(packet, 48), "a neighbour is one");
	ok(!ip_is_to_many(packet, 0), "nothing is for nobody");
}

int
main(void)
{
	test_tcp();
	test_icmp();
	test_udp();
	test_many();
	return done_testing();
}
