/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/ip.h: what is a packet, its addresses and ports, checksums, the MSS,
 * fragments, room.
 */

#include "compat.h"

#include "wire/ip.h"
#include "base/bytes.h"
#include "ip_packets.h"
#include "tap.h"

/* What is one whole packet, and what is not. */
static void
test_whole(void)
{
	uint8_t p[128];
	struct ip ip;
	size_t n = packet4(p, IP_UDP, 8);

	memset(&ip, 0x55, sizeof(ip));
	is_int(ip_parse(&ip, p, 0), IP_EMPTY, "nothing is no packet");
	is_int(ip_parse(&ip, (const uint8_t *)"gibberish", 9), IP_HEADER_CUT,
	    "gibberish is none");
	is_int(ip_parse(&ip, p, 1), IP_HEADER_CUT, "nor is one byte");
	is_int(ip_parse(&ip, p, 19), IP_HEADER_CUT, "nor part of a header");
	is_int(ip_parse(&ip, p, n - 1), IP_LENGTH, "nor one less than said");
	is_int(ip_parse(&ip, p, n + 1), IP_LENGTH, "nor one more");
	p[0] = 0x44;
	is_int(ip_parse(&ip, p, n), IP_HEADER_SHORT,
	    "nor one with a header of 16 bytes");
	p[0] = 0x4f;
	is_int(ip_parse(&ip, p, n), IP_HEADER_CUT,
	    "nor one with a header beyond its end");
	p[0] = 0x45;
	put_be16(p + 2, 32);
	is_int(ip_parse(&ip, p, 20), IP_LENGTH,
	    "nor a bare header that says 32 bytes");
	ok(ip.version == 0x55, "and nothing is filled in");
	p[0] = 0x05;
	is_int(ip_parse(&ip, p, n), IP_VERSION, "version 0 is unknown");
	n = packet6(p, IP_UDP, 8);
	is_int(ip_parse(&ip, p, n), IP_WHOLE, "IPv6 is taken");
	is_int(ip_parse(&ip, p, 39), IP_HEADER_CUT, "whole headers only");
	is_int(ip_parse(&ip, p, n - 1), IP_LENGTH, "of the right length");
	is_int(ip_parse(&ip, p, n + 1), IP_LENGTH, "neither less nor more");
	is_str(ip_fault_text(IP_LENGTH), "its length is not that in its "
	    "header", "faults have words");
}

/* Addresses and ports. */
static void
test_fields(void)
{
	char text[ADDR_TEXT];
	uint8_t p[128];
	struct ip ip;
	size_t n;

	n = packet4(p, IP_UDP, 8);
	is_int(ip_parse(&ip, p, n), IP_WHOLE, "an IPv4 packet");
	ok(ip.version == 4 && ip.protocol == IP_UDP && ip.payload == 20 &&
	    !ip.fragment && ip.first && ip.ports, "of UDP");
	is_str(addr_text(&ip.src, text), "10.0.0.1:1234", "from there");
	is_str(addr_text(&ip.dst, text), "10.0.0.2:80", "to there");
	n = packet4(p, IP_TCP, 3);
	(void)ip_parse(&ip, p, n);
	ok(!ip.ports && ip.src.port == 0, "three bytes hold no ports");
	n = packet4(p, IP_ICMP, 8);
	(void)ip_parse(&ip, p, n);
	ok(!ip.ports && ip.dst.port == 0, "ICMP has none");
	n = packet4(p, IP_UDP, 28);
	p[0] = 0x4a;
	(void)ip_parse(&ip, p, n);
	is_int(ip.payload, 40, "options are passed over");
	n = packet4(p, IP_TCP, 8);
	put_be16(p + 6, 0x2000);
	(void)ip_parse(&ip, p, n);
	ok(ip.fragment && ip.first && ip.ports,
	    "the first fragment has ports");
	put_be16(p + 6, 0x0001);
	(void)ip_parse(&ip, p, n);
	ok(ip.fragment && !ip.first && !ip.ports && ip.payload == 0 &&
	    ip.protocol == IP_TCP, "later ones have none");
	put_be16(p + 6, 0x4000);
	(void)ip_parse(&ip, p, n);
	ok(!ip.fragment, "\"don't fragment\" makes no fragment");
	n = packet6(p, IP_TCP, 20);
	is_int(ip_parse(&ip, p, n), IP_WHOLE, "an IPv6 packet");
	ok(ip.version == 6 && ip.protocol == IP_TCP && ip.payload == 40 &&
	    ip.first && ip.ports, "of TCP");
	is_str(addr_text(&ip.src, text), "[fd00::1]:1234", "from there");
	is_str(addr_text(&ip.dst, text), "[fd00::2]:80", "to there");
}

/* Chains of extension headers. */
static void
test_extensions(void)
{
	uint8_t p[512];
	struct ip ip;
	size_t n, i;

	n = packet6(p, IP_HOP_BY_HOP, 8 + 24 + 8 + 8);
	memset(p + 40, 0, 40);
	p[40] = IP_DESTINATION;
	p[48] = IP_FRAGMENT;
	p[49] = 2;
	p[72] = IP_UDP;
	(void)ip_parse(&ip, p, n);
	ok(ip.protocol == IP_UDP && ip.payload == 80 && ip.ports,
	    "extension headers are passed over");
	ok(!ip.fragment && ip.first, "a fragment header alone makes none");
	p[75] = 1;
	(void)ip_parse(&ip, p, n);
	ok(ip.fragment && ip.first && ip.ports, "a first fragment");
	p[75] = 8;
	(void)ip_parse(&ip, p, n);
	ok(ip.fragment && !ip.first && !ip.ports && ip.payload == 0,
	    "a later one");
	p[49] = 200;
	(void)ip_parse(&ip, p, n);
	ok(ip.payload == 0 && !ip.ports && ip.protocol == IP_DESTINATION,
	    "a header that goes beyond the end is not followed");
	n = packet6(p, IP_AH, 32);
	(void)ip_parse(&ip, p, n);
	ok(ip.protocol == IP_AH && ip.payload == 40, "AH is a payload");
	n = packet6(p, IP_DESTINATION, 8 * IP_EXTENSIONS + 8);
	for (i = 0; i < IP_EXTENSIONS; i++) {
		memset(p + 40 + 8 * i, 0, 8);
		p[40 + 8 * i] = IP_DESTINATION;
	}
	p[40 + 8 * (IP_EXTENSIONS - 1)] = IP_UDP;
	(void)ip_parse(&ip, p, n);
	ok(ip.ports, "eight headers are followed");
	n = packet6(p, IP_DESTINATION, 8 * IP_EXTENSIONS + 16);
	for (i = 0; i <= IP_EXTENSIONS; i++) {
		memset(p + 40 + 8 * i, 0, 8);
		p[40 + 8 * i] = IP_DESTINATION;
	}
	p[40 + 8 * IP_EXTENSIONS] = IP_UDP;
	(void)ip_parse(&ip, p, n);
	ok(!ip.ports && ip.payload == 0 && ip.protocol == IP_DESTINATION,
	    "nine are not");
}

/* Which addresses are those of one host. */
static void
test_hosts(void)
{
	static const char *const hosts[] = { "1.0.0.0", "10.0.0.1",
		"126.255.255.255", "128.0.0.0", "223.255.255.255", "::2",
		"fe80::1", "fd00::", "2001:db8::1", "::1:0:0" };
	static const char *const others[] = { "0.0.0.0", "0.1.2.3",
		"127.0.0.1", "127.255.0.0", "224.0.0.1", "239.1.1.1",
		"240.0.0.1", "255.255.255.255", "::", "::1", "ff02::1",
		"ffff::" };
	struct addr a = { 0 };
	size_t i;

	ok(!ip_is_host(&a), "none is not a host's");
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		ok(addr_parse_ip(&a, hosts[i]) == 0 && ip_is_host(&a),
		    "%s may be a host's", hosts[i]);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ok(addr_parse_ip(&a, others[i]) == 0 && !ip_is_host(&a),
		    "%s is not", others[i]);
}

/* The checksum and its update. */
static void
test_checksum(void)
{
	/* The example of RFC 1071 3. */
	static const uint8_t rfc[] = { 0, 1, 0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7 };
	uint8_t p[64];
	uint16_t old, sum;
	bool right = true;
	unsigned i;

	is_int(ip_checksum(rfc, 8), 0xffff & ~0xddf2, "RFC 1071's example");
	is_int(ip_checksum(rfc, 7), 0xffff & ~(0xddf2 - 0xf7),
	    "an odd byte counts as the high one");
	is_int(ip_checksum(rfc, 0), 0xffff, "of nothing");
	/* RFC 1624 4: the case in which RFC 1141 goes wrong. */
	is_int(ip_checksum_update(0xdd2f, 0x5555, 0x3285), 0,
	    "RFC 1624's example");
	for (i = 0; i < sizeof(p); i++)
		p[i] = (uint8_t)(i * 37 + 11);
	sum = ip_checksum(p, sizeof(p));
	for (i = 0; i < 65536; i += 255) {
		old = get_be16(p + 10);
		put_be16(p + 10, (uint16_t)i);
		sum = ip_checksum_update(sum, old, (uint16_t)i);
		right = right && sum == ip_checksum(p, sizeof(p));
	}
	ok(right, "updates are what is summed anew");
}

/* A SYN with these TCP options. */
static size_t
syn(uint8_t *p, unsigned version, uint8_t flags, const void *options, size_t n)
{
	size_t len, head = version == 4 ? 20 : 40;

	len = version == 4 ? packet4(p, IP_TCP, 20 + n + 3) :
	    packet6(p, IP_TCP, 20 + n + 3);
	p[head + 12] = (uint8_t)((20 + n) / 4 << 4);
	p[head + 13] = flags;
	memcpy(p + head + 20, options, n);
	put_be16(p + head + 16, 0);
	put_be16(p + head + 16, transport_checksum(p, len, head));
	return len;
}

/* Clamps, and sees what became of the MSS at that place. */
static void
clamps(unsigned version, uint8_t flags, const char *options, size_t n,
    size_t at, unsigned mtu, unsigned want, const char *name)
{
	uint8_t p[128], before[128];
	size_t head = version == 4 ? 20 : 40, len;
	bool changed;

	len = syn(p, version, flags, options, n);
	memcpy(before, p, len);
	changed = get_be16(p + head + 20 + at) != want;
	is_int(ip_clamp_mss(p, len, mtu), changed, "%s", name);
	is_int(get_be16(p + head + 20 + at), want, "the MSS then");
	is_int(transport_checksum(p, len, head), 0, "a right checksum");
	put_be16(p + head + 20 + at, get_be16(before + head + 20 + at));
	put_be16(p + head + 16, get_be16(before + head + 16));
	ok(memcmp(p, before, len) == 0, "nothing else changed");
}

#define CLAMPS(version, flags, options, at, mtu, want, name) \
	clamps(version, flags, options, sizeof(options) - 1, at, mtu, want, \
	    name)

/* Which SYNs have their MSS lowered. */
static void
test_mss(void)
{
	CLAMPS(4, 0x02, "\2\4\5\264", 2, 1300, 1260, "SYN of IPv4");
	CLAMPS(4, 0x12, "\2\4\5\264", 2, 1300, 1260, "SYN and ACK");
	CLAMPS(6, 0x02, "\2\4\5\240", 2, 1300, 1240, "SYN of IPv6");
	CLAMPS(6, 0x12, "\2\4\5\240", 2, 1300, 1240, "SYN and ACK of IPv6");
	CLAMPS(4, 0x02, "\2\4\5\264", 2, 1500, 1460, "what fits is left");
	CLAMPS(4, 0x02, "\2\4\2\0", 2, 1500, 512, "what is less is left");
	CLAMPS(4, 0x10, "\2\4\5\264", 2, 1300, 1460, "no SYN, no change");
	CLAMPS(4, 0x02, "\1\1\4\2\2\4\5\264", 6, 576, 536, "behind others");
	CLAMPS(4, 0x02, "\1\2\4\377\377\1\1\1", 3, 1300, 1260,
	    "at an odd place");
	CLAMPS(4, 0x02, "\0\2\4\5\264\0\0\0", 3, 1300, 1460,
	    "behind the end of options it is none");
	CLAMPS(4, 0x02, "\3\0\2\4\5\264\0\0", 4, 1300, 1460,
	    "behind an option of length 0 nothing is read");
	CLAMPS(4, 0x02, "\3\1\2\4\5\264\0\0", 4, 1300, 1460,
	    "nor behind one of length 1");
	CLAMPS(4, 0x02, "\2\6\5\264\0\0\1\1", 2, 1300, 1460,
	    "an MSS has 4 bytes");
	CLAMPS(4, 0x02, "\1\1\2\4\5\264\1\2", 4, 1300, 1260,
	    "an option that is cut at the end");
	CLAMPS(4, 0x02, "\1\1\1\1\1\2\4\5", 6, 1300, 0x405,
	    "an MSS that is cut");
	CLAMPS(4, 0x02, "\2\4\5\264", 2, 40, 1460,
	    "an MTU without room is not told");
	CLAMPS(6, 0x02, "\2\4\5\264", 2, 60, 1460, "nor for IPv6");
}

/* Packets that are no SYN in another way. */
static void
test_mss_not(void)
{
	uint8_t p[128], before[128];
	size_t len = syn(p, 4, 0x02, "\2\4\5\264", 4);

	memcpy(before, p, len);
	put_be16(p + 6, 0x0010);
	ok(!ip_clamp_mss(p, len, 1300), "a later fragment is left");
	put_be16(p + 6, 0);
	p[9] = IP_UDP;
	ok(!ip_clamp_mss(p, len, 1300), "UDP is left");
	p[9] = IP_TCP;
	p[32] = 0xf0;
	ok(!ip_clamp_mss(p, len, 1300), "a header beyond the end is left");
	p[32] = 0x40;
	ok(!ip_clamp_mss(p, len, 1300), "a header that is too short, too");
	p[32] = before[32];
	ok(!ip_clamp_mss(p, len - 1, 1300), "and what is no packet");
	ok(memcmp(p, before, len) == 0, "not a byte of them changed");
	len = packet6(p, IP_DESTINATION, 8 + 24);
	memset(p + 40, 0, 32);
	p[40] = IP_TCP;
	p[48 + 12] = 0x60;
	p[48 + 13] = 0x02;
	memcpy(p + 68, "\2\4\5\264", 4);
	ok(ip_clamp_mss(p, len, 1300) && get_be16(p + 70) == 1240,
	    "behind extension headers it is found");
}

/* Cuts a packet and puts it together again; how many fragments. */
static unsigned
cut(const uint8_t *p, size_t n, size_t mtu, uint8_t *whole, bool *right)
{
	size_t at = 0, len, end = 0, offset;
	unsigned count = 0, word;
	static uint8_t to[2048];
	struct ip ip;

	*right = true;
	while ((len = ip_fragment(p, n, mtu, &at, to)) > 0) {
		count++;
		word = get_be16(to + 6);
		offset = (size_t)(word & 0x1fff) * 8;
		*right = *right && len <= mtu && offset == end &&
		    ip_parse(&ip, to, len) == IP_WHOLE &&
		    ip_checksum(to, (size_t)(to[0] & 15) * 4) == 0 &&
		    ((word & 0x2000) != 0) ==
		    (at < n - (size_t)(p[0] & 15) * 4);
		memcpy(whole + offset, to + (to[0] & 15) * 4,
		    len - (size_t)(to[0] & 15) * 4);
		end = offset + len - (size_t)(to[0] & 15) * 4;
	}
	return count;
}

/* Fragments of IPv4. */
static void
test_fragments(void)
{
	static uint8_t p[1600], whole[1600], to[2048];
	size_t n = packet4(p, IP_UDP, 1480), at = 0, i;
	bool right;

	for (i = 20; i < n; i++)
		p[i] = (uint8_t)i;
	is_int(cut(p, n, 576, whole, &right), 3, "1500 bytes are three of 576");
	ok(right, "each is a right packet");
	ok(memcmp(whole, p + 20, 1480) == 0, "together they are the payload");
	is_int(cut(p, n, 68, whole, &right), 31, "31 of 68");
	ok(right && memcmp(whole, p + 20, 1480) == 0, "the same");
	is_int(cut(p, n, 1500, whole, &right), 1, "one, where it fits");
	is_int(ip_fragment(p, n, 67, &at, to), 0, "none for a lesser MTU");
	put_be16(p + 6, 0x4000);
	is_int(ip_fragment(p, n, 576, &at, to), 0,
	    "none where that is forbidden");
	put_be16(p + 6, 0x2000 | 5);
	ok(ip_fragment(p, n, 576, &at, to) == 572 &&
	    get_be16(to + 6) == (0x2000 | 5), "a fragment is cut again");
	ok(ip_fragment(p, n, 576, &at, to) == 572 &&
	    get_be16(to + 6) == (0x2000 | (5 + 69)), "at its own offset");
	ok(ip_fragment(p, n, 576, &at, to) == 396 &&
	    get_be16(to + 6) == (0x2000 | (5 + 138)), "and is not the last");
	is_int(ip_fragment(p, n, 576, &at, to), 0, "then there is no more");
	at = 0;
	put_be16(p + 6, 0x1fff);
	is_int(ip_fragment(p, n, 576, &at, to), 0,
	    "what ends beyond 65535 is not cut");
	put_be16(p + 6, 0);
	p[0] = 0x47;
	memcpy(p + 20, "\x07\x03\x04\x83\x03\x04\x00\x00", 8);
	ok(ip_fragment(p, n, 576, &at, to) == 572 && to[0] == 0x47 &&
	    memcmp(to + 20, p + 20, 8) == 0, "the first has all options");
	ok(ip_fragment(p, n, 576, &at, to) == 576 && to[0] == 0x46 &&
	    memcmp(to + 20, "\x83\x03\x04\x00", 4) == 0 &&
	    ip_checksum(to, 24) == 0, "the others those that are copied");
	n = packet6(p, IP_UDP, 1460);
	at = 0;
	is_int(ip_fragment(p, n, 576, &at, to), 0, "IPv6 is not cut");
}

/* What is left of an MTU. */
static void
test_room(void)
{
	is_int(ip_udp_room(1500, 4), 1472, "UDP over IPv4");
	is_int(ip_udp_room(1500, 6), 1452, "UDP over IPv6");
	is_int(ip_mss(1500, 4), 1460, "the MSS over IPv4");
	is_int(ip_mss(1500, 6), 1440, "and over IPv6");
	is_int(ip_udp_room(28, 4), 0, "no room is none");
	is_int(ip_udp_room(10, 6), 0, "nor is less");
	is_int(ip_mss(100000, 4), 65535, "no MSS is more than 65535");
}

int
main(void)
{
	test_whole();
	test_fields();
	test_extensions();
	test_hosts();
	test_checksum();
	test_mss();
	test_mss_not();
	test_fragments();
	test_room();
	return done_testing();
}
