/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/ip.h: ICMP answers, and to what none is given.
 */

#include "compat.h"

#include "wire/ip.h"
#include "base/bytes.h"
#include "ip_packets.h"
#include "tap.h"

/* A packet with room before it. */
static uint8_t room[IP_ANSWER_HEAD + 2000];
static uint8_t *const packet = room + IP_ANSWER_HEAD;

/* What was in it before it became an answer. */
static uint8_t before[2000];

/* The bytes of the last answer. */
static size_t len;

/* The answer to the packet of n bytes; NULL when there is none, and then
 * nothing may have changed. */
static uint8_t *
answer(enum ip_trouble trouble, size_t mtu, const struct addr *from, size_t n)
{
	static uint8_t all[sizeof(room)];
	uint8_t *p = packet;

	memcpy(before, packet, n);
	memcpy(all, room, sizeof(room));
	len = n;
	if (ip_answer(trouble, mtu, from, &p, &len) == 0)
		return p;
	ok(p == packet && len == n && memcmp(all, room, sizeof(room)) == 0,
	    "a packet without answer stays as it is");
	return NULL;
}

/* Checks an IPv4 answer: what it says, and that it is a right packet. */
static void
check4(const uint8_t *p, unsigned type_code, size_t quote, unsigned mtu)
{
	struct ip ip;

	if (!ok(p != NULL, "there is an answer"))
		return;
	is_int(ip_parse(&ip, p, len), IP_WHOLE, "which is one packet");
	is_int(len, 28 + quote, "that quotes %lu bytes", (unsigned long)quote);
	ok(p[0] == 0x45 && p[8] == 255 && p[9] == 1,
	    "with TTL 255 and protocol 1");
	is_int(plain_fold(plain_sum(p, 20)), 0, "its header sums up");
	is_int(plain_fold(plain_sum(p + 20, len - 20)), 0, "so does its ICMP");
	is_int(get_be16(p + 20), type_code, "type and code");
	ok(get_be16(p + 24) == 0 && get_be16(p + 26) == mtu,
	    "the MTU, else zeroes");
	ok(memcmp(p + 16, before + 12, 4) == 0, "to the packet's source");
	ok(memcmp(p + 28, before, quote) == 0, "quoting the packet");
}

/* The same for IPv6. */
static void
check6(const uint8_t *p, unsigned type_code, size_t quote, unsigned mtu)
{
	struct ip ip;

	if (!ok(p != NULL, "there is an answer"))
		return;
	is_int(ip_parse(&ip, p, len), IP_WHOLE, "which is one packet");
	is_int(len, 48 + quote, "that quotes %lu bytes", (unsigned long)quote);
	ok(get_be32(p) == 0x60000000 && p[6] == IP_ICMP6 && p[7] == 255,
	    "with hop limit 255 and next header 58");
	is_int(transport_checksum(p, len, 40), 0, "its ICMP sums up");
	is_int(get_be16(p + 40), type_code, "type and code");
	is_int(get_be32(p + 44), mtu, "the MTU, else zeroes");
	ok(memcmp(p + 24, before + 8, 16) == 0, "to the packet's source");
	ok(memcmp(p + 48, before, quote) == 0, "quoting the packet");
}

/* Answers to IPv4. */
static void
test_ip4(void)
{
	struct addr from = { 0 };
	size_t n;
	uint8_t *p;

	n = packet4(packet, IP_ICMP, 64);
	packet[20] = 8;
	p = answer(IP_NO_HOST, 0, NULL, n);
	check4(p, 0x0301, 28, 0);
	ok(p != NULL && memcmp(p + 12, before + 16, 4) == 0,
	    "the destination answers");
	n = packet4(packet, IP_UDP, 3);
	check4(answer(IP_NO_ROUTE, 9, NULL, n), 0x0300, 23, 0);
	n = packet4(packet, IP_UDP, 0);
	check4(answer(IP_NO_HOST, 0, NULL, n), 0x0301, 20, 0);
	n = packet4(packet, IP_UDP, 60);
	packet[0] = 0x48;
	check4(answer(IP_NO_HOST, 0, NULL, n), 0x0301, 40, 0);
	n = packet4(packet, IP_TCP, 1480);
	put_be16(packet + 6, 0x4000);
	check4(answer(IP_TOO_BIG, 1300, NULL, n), 0x0304, 548, 1300);
	n = packet4(packet, IP_TCP, 101);
	put_be16(packet + 6, 0x4000);
	check4(answer(IP_TOO_BIG, 100000, NULL, n), 0x0304, 121, 65535);
	n = packet4(packet, IP_TCP, 1480);
	put_be16(packet + 6, 0x2000);
	check4(answer(IP_NO_HOST, 0, NULL, n), 0x0301, 28, 0);
	n = packet4(packet, IP_UDP, 8);
	(void)addr_parse_ip(&from, "192.0.2.1");
	p = answer(IP_NO_HOST, 0, &from, n);
	check4(p, 0x0301, 28, 0);
	ok(p != NULL && memcmp(p + 12, from.ip, 4) == 0,
	    "who answers may be told");
	n = packet4(packet, IP_UDP, 8);
	(void)addr_parse_ip(&from, "2001:db8::1");
	p = answer(IP_NO_HOST, 0, &from, n);
	ok(p != NULL && memcmp(p + 12, before + 16, 4) == 0,
	    "but not with an address of IPv6");
}

/* Answers to IPv6. */
static void
test_ip6(void)
{
	struct addr from = { 0 };
	size_t n;
	uint8_t *p;

	n = packet6(packet, IP_UDP, 9);
	p = answer(IP_NO_HOST, 7, NULL, n);
	check6(p, 0x0103, 49, 0);
	ok(p != NULL && memcmp(p + 8, before + 24, 16) == 0,
	    "the destination answers");
	n = packet6(packet, IP_ICMP6, 8);
	packet[40] = 128;
	check6(answer(IP_NO_ROUTE, 0, NULL, n), 0x0100, 48, 0);
	n = packet6(packet, IP_TCP, 1460);
	check6(answer(IP_TOO_BIG, 1400, NULL, n), 0x0200, 1232, 1400);
	n = packet6(packet, IP_TCP, 1460);
	(void)addr_parse_ip(&from, "2001:db8::1");
	p = answer(IP_TOO_BIG, 1280, &from, n);
	check6(p, 0x0200, 1232, 1280);
	ok(p != NULL && memcmp(p + 8, from.ip, 16) == 0,
	    "who answers may be told");
}

/* Has a packet of n bytes no answer? */
static void
none(enum ip_trouble trouble, size_t n, const char *name)
{
	ok(answer(trouble, 1300, NULL, n) == NULL, "no answer %s", name);
}

/* With another address at that place. */
static void
none_address(unsigned version, size_t at, const char *text)
{
	struct addr a = { 0 };
	size_t n;

	n = version == 4 ? packet4(packet, IP_UDP, 8) :
	    packet6(packet, IP_UDP, 8);
	(void)addr_parse_ip(&a, text);
	memcpy(packet + at, a.ip, version == 4 ? 4 : 16);
	none(IP_NO_HOST, n, text);
}

/* To which addresses there is none. */
static void
test_addresses(void)
{
	static const char *const bad4[] = { "0.0.0.0", "127.0.0.1",
		"224.0.0.251", "255.255.255.255" };
	static const char *const bad6[] = { "::", "::1", "ff02::1" };
	size_t i;

	for (i = 0; i < sizeof(bad4) / sizeof(bad4[0]); i++) {
		none_address(4, 12, bad4[i]);
		none_address(4, 16, bad4[i]);
	}
	for (i = 0; i < sizeof(bad6) / sizeof(bad6[0]); i++) {
		none_address(6, 8, bad6[i]);
		none_address(6, 24, bad6[i]);
	}
}

/* Which messages of ICMP have none. */
static void
test_icmp(void)
{
	static const uint8_t queries4[] = { 0, 8, 13, 14, 15, 16, 17, 18 };
	size_t n;
	unsigned type;

	for (type = 0; type < 256; type++) {
		n = packet4(packet, IP_ICMP, 8);
		packet[20] = (uint8_t)type;
		if ((answer(IP_NO_HOST, 0, NULL, n) != NULL) !=
		    (memchr(queries4, (int)type, sizeof(queries4)) != NULL))
			break;
		n = packet6(packet, IP_ICMP6, 8);
		packet[40] = (uint8_t)type;
		if ((answer(IP_NO_HOST, 0, NULL, n) != NULL) !=
		    (type >= 128 && type != 137))
			break;
	}
	is_int(type, 256, "ICMP is answered only where it is no error");
	none(IP_NO_HOST, packet4(packet, IP_ICMP, 0), "to ICMP without type");
	none(IP_NO_HOST, packet6(packet, IP_ICMP6, 0), "nor of IPv6");
	n = packet6(packet, IP_DESTINATION, 16);
	memset(packet + 40, 0, 16);
	packet[40] = IP_ICMP6;
	packet[48] = 1;
	none(IP_NO_HOST, n, "to an error behind an extension header");
	packet[48] = 128;
	ok(answer(IP_NO_HOST, 0, NULL, n) != NULL,
	    "but to an echo request there");
}

/* Which packets have none besides. */
static void
test_others(void)
{
	size_t n;

	n = packet4(packet, IP_UDP, 8);
	none(IP_TOO_BIG, n, "that says too big to what may be fragmented");
	put_be16(packet + 6, 1);
	none(IP_NO_HOST, n, "to a later fragment");
	none(IP_NO_HOST, n - 1, "to what is no packet");
	none(IP_NO_HOST, 0, "to nothing");
	n = packet6(packet, IP_FRAGMENT, 16);
	memset(packet + 40, 0, 8);
	packet[40] = IP_UDP;
	packet[43] = 9;
	none(IP_NO_HOST, n, "to a later fragment of IPv6");
	packet[43] = 1;
	ok(answer(IP_NO_HOST, 0, NULL, n) != NULL,
	    "but to the first one");
	n = packet6(packet, IP_DESTINATION, 8);
	packet[41] = 9;
	none(IP_NO_HOST, n, "to a chain of headers that is cut");
}

/* How many answers are given. */
static void
test_budget(void)
{
	struct ip_answers answers = { 0 };
	unsigned n;

	for (n = 0; n < 1000 && ip_answers_left(&answers, 1000); n++)
		ip_answers_count(&answers, 1000);
	is_int(n, 100, "100 answers at once");
	ok(!ip_answers_left(&answers, 1499), "none for the rest of 500 ms");
	ok(ip_answers_left(&answers, 1500), "then there are more");
	for (n = 0; n < 1000 && ip_answers_left(&answers, 1500); n++)
		ip_answers_count(&answers, 1500);
	is_int(n, 100, "100 again");
}

int
main(void)
{
	test_ip4();
	test_ip6();
	test_addresses();
	test_icmp();
	test_others();
	test_budget();
	return done_testing();
}
