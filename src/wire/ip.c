/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * IP packets: headers, checksums, MSS, fragments, payload sizes.
 */

#include "compat.h"

#include "wire/ip.h"
#include "base/bytes.h"
#include "wire/checksum.h"

enum {
	TCP_HEADER = 20,	/* bytes without options */
	TCP_SYN = 0x02,		/* in the byte of flags */
	UDP_HEADER = 8,
	DONT_FRAGMENT = 0x4000,	/* in the word of flags and offset */
	MORE_FRAGMENTS = 0x2000,
	OFFSET = 0x1fff,	/* in units of 8 bytes */
};

/* Where the payload of a packet is; the members are as in struct ip. */
struct place {
	uint8_t protocol;
	bool fragment, first;
	size_t payload;
};

/* Checks the version and the lengths of a datagram. */
static enum ip_fault
ip_check(const uint8_t *p, size_t n)
{
	size_t header;

	if (n == 0)
		return IP_EMPTY;
	if (p[0] >> 4 == 4) {
		header = (size_t)(p[0] & 0xf) * 4;
		if (n < IP4_HEADER || (header >= IP4_HEADER && header > n))
			return IP_HEADER_CUT;
		if (header < IP4_HEADER)
			return IP_HEADER_SHORT;
		return get_be16(p + 2) == n ? IP_WHOLE : IP_LENGTH;
	}
	if (p[0] >> 4 != 6)
		return IP_VERSION;
	if (n < IP6_HEADER)
		return IP_HEADER_CUT;
	return n <= IP_MAX && (size_t)get_be16(p + 4) + IP6_HEADER == n ?
	    IP_WHOLE : IP_LENGTH;
}

/* Finds the payload of a whole IPv4 packet. */
static void
ip4_locate(struct place *at, const uint8_t *p)
{
	unsigned word = get_be16(p + 6);

	at->protocol = p[9];
	at->fragment = (word & (MORE_FRAGMENTS | OFFSET)) != 0;
	at->first = (word & OFFSET) == 0;
	at->payload = at->first ? (size_t)(p[0] & 0xf) * 4 : 0;
}

/* Is it the number of an extension header that is skipped? */
static bool
is_extension(uint8_t protocol)
{
	return protocol == IP_HOP_BY_HOP || protocol == IP_ROUTING ||
	    protocol == IP_FRAGMENT || protocol == IP_DESTINATION ||
	    protocol == IP_MOBILITY;
}

/* Finds the payload of a whole IPv6 packet. */
static void
ip6_locate(struct place *at, const uint8_t *p, size_t n)
{
	struct bytes in = { p + IP6_HEADER, n - IP6_HEADER, false };
	const uint8_t *head;
	unsigned i, word;

	at->protocol = p[6];
	at->fragment = false;
	at->first = true;
	at->payload = 0;
	for (i = 0; is_extension(at->protocol); i++) {
		head = bytes_take(&in, 8);
		if (head == NULL || i == IP_EXTENSIONS)
			return;
		if (at->protocol == IP_FRAGMENT) {
			word = get_be16(head + 2);
			/* Offset or "more"; both are 0 in a packet of one
			 * fragment (RFC 6946). */
			at->fragment = at->fragment || (word & 0xfff9) != 0;
			at->first = word >> 3 == 0;
		} else if (bytes_take(&in, (size_t)head[1] * 8) == NULL) {
			return;
		}
		at->protocol = head[0];
		if (!at->first)
			return;
	}
	at->payload = n - in.len;
}

/* Finds the payload of a whole packet. */
static void
ip_locate(struct place *at, const uint8_t *p, size_t n)
{
	if (p[0] >> 4 == 4)
		ip4_locate(at, p);
	else
		ip6_locate(at, p, n);
}

enum ip_fault
ip_parse(struct ip *ip, const uint8_t *p, size_t n)
{
	enum ip_fault fault = ip_check(p, n);
	size_t addresses, len;
	struct place at;

	if (fault != IP_WHOLE)
		return fault;
	ip_locate(&at, p, n);
	memset(ip, 0, sizeof(*ip));
	ip->version = p[0] >> 4;
	ip->protocol = at.protocol;
	ip->fragment = at.fragment;
	ip->first = at.first;
	ip->payload = at.payload;
	ip->src.family = ip->dst.family = ip->version;
	addresses = ip->version == 4 ? 12 : 8;
	len = ip->version == 4 ? 4 : 16;
	memcpy(ip->src.ip, p + addresses, len);
	memcpy(ip->dst.ip, p + addresses + len, len);
	ip->ports = (at.protocol == IP_TCP || at.protocol == IP_UDP) &&
	    at.payload > 0 && n - at.payload >= 4;
	if (ip->ports) {
		ip->src.port = get_be16(p + at.payload);
		ip->dst.port = get_be16(p + at.payload + 2);
	}
	return IP_WHOLE;
}

const char *
ip_fault_text(enum ip_fault fault)
{
	switch (fault) {
	case IP_WHOLE:
		return "a whole packet";
	case IP_EMPTY:
		return "empty";
	case IP_VERSION:
		return "neither IPv4 nor IPv6";
	case IP_HEADER_CUT:
		return "shorter than its header";
	case IP_HEADER_SHORT:
		return "its header is too short";
	case IP_LENGTH:
		return "its length is not that in its header";
	}
	return "";
}

bool
ip_is_host(const struct addr *a)
{
	if (a->family == 4)
		return a->ip[0] != 0 && a->ip[0] < 224 && !addr_is_loopback(a);
	return a->family == 6 && a->ip[0] != 0xff && !addr_is_any(a) &&
	    !addr_is_loopback(a);
}

uint16_t
ip_checksum(const uint8_t *p, size_t n)
{
	return checksum_end(checksum_add(0, p, n));
}

uint64_t
ip_pseudo_sum(const uint8_t *p, uint8_t protocol, size_t n)
{
	uint64_t sum = checksum_add_word(checksum_add_word(0, protocol),
	    (uint16_t)n);

	return p[0] >> 4 == 4 ? checksum_add(sum, p + 12, 8) :
	    checksum_add(sum, p + 8, 32);
}

uint16_t
ip_checksum_update(uint16_t checksum, uint16_t old, uint16_t new)
{
	uint32_t sum = (uint32_t)(uint16_t)~checksum + (uint16_t)~old + new;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Lowers the MSS at offset mss of a TCP segment to max; returns whether it was
 * greater. */
static bool
mss_lower(uint8_t *tcp, size_t mss, uint16_t max)
{
	uint16_t checksum = get_be16(tcp + 16), old = get_be16(tcp + mss);
	uint8_t *p = tcp + mss;

	if (old <= max)
		return false;
	/* At an odd offset the MSS is in two words of the sum, as the low byte
	 * of one and the high byte of the next: it is summed byte-swapped. */
	if (mss % 2 == 0)
		checksum = ip_checksum_update(checksum, old, max);
	else
		checksum = ip_checksum_update(checksum,
		    (uint16_t)(old << 8 | old >> 8),
		    (uint16_t)((max & 0xff) << 8 | max >> 8));
	put_be16(tcp + 16, checksum);
	put_be16(p, max);
	return true;
}

bool
ip_clamp_mss(uint8_t *p, size_t n, size_t mtu)
{
	size_t header, at, len;
	bool changed = false;
	struct place place;
	uint16_t max;
	uint8_t *tcp;

	if (ip_check(p, n) != IP_WHOLE)
		return false;
	ip_locate(&place, p, n);
	max = ip_mss(mtu, p[0] >> 4);
	if (place.protocol != IP_TCP || place.payload == 0 || max == 0 ||
	    n - place.payload < TCP_HEADER)
		return false;
	tcp = p + place.payload;
	header = (size_t)(tcp[12] >> 4) * 4;
	if ((tcp[13] & TCP_SYN) == 0 || header > n - place.payload)
		return false;
	for (at = TCP_HEADER; at < header && tcp[at] != 0; at += len) {
		len = 1;
		if (tcp[at] == 1)
			continue;
		len = header - at < 2 ? 0 : tcp[at + 1];
		if (len < 2 || len > header - at)
			break;
		if (tcp[at] == 2 && len == 4 && mss_lower(tcp, at + 2, max))
			changed = true;
	}
	return changed;
}

/* Writes the header of a fragment: the first has all options of the packet, the
 * others those with the "copied" flag (0x80).  Returns its bytes. */
static size_t
fragment_header(const uint8_t *p, bool first, uint8_t *to)
{
	size_t header = (size_t)(p[0] & 0xf) * 4, at, len, n = IP4_HEADER;

	memcpy(to, p, first ? header : IP4_HEADER);
	if (first)
		return header;
	for (at = IP4_HEADER; at < header && p[at] != 0; at += len) {
		len = 1;
		if (p[at] == 1)
			continue;
		len = header - at < 2 ? 0 : p[at + 1];
		if (len < 2 || len > header - at)
			break;
		if ((p[at] & 0x80) != 0) {
			memcpy(to + n, p + at, len);
			n += len;
		}
	}
	while (n % 4 != 0)
		to[n++] = 0;
	to[0] = (uint8_t)(0x40 | n / 4);
	return n;
}

size_t
ip_fragment(const uint8_t *p, size_t n, size_t mtu, size_t *at, uint8_t *to)
{
	size_t begin, header, room;
	unsigned word;

	if (ip_check(p, n) != IP_WHOLE || p[0] >> 4 != 4 || mtu < IP4_MTU_MIN)
		return 0;
	word = get_be16(p + 6);
	begin = (size_t)(p[0] & 0xf) * 4;
	if ((word & DONT_FRAGMENT) != 0 || *at >= n - begin ||
	    (word & OFFSET) * 8 + n - begin > IP_MAX)
		return 0;
	header = fragment_header(p, *at == 0, to);
	room = n - begin - *at;
	if (room > mtu - header) {
		room = (mtu - header) / 8 * 8;
		word |= MORE_FRAGMENTS;
	}
	word += (unsigned)(*at / 8);
	memcpy(to + header, p + begin + *at, room);
	put_be16(to + 2, (uint16_t)(header + room));
	put_be16(to + 6, (uint16_t)word);
	put_be16(to + 10, 0);
	put_be16(to + 10, ip_checksum(to, header));
	*at += room;
	return header + room;
}

/* Bytes of an MTU that headers leave; 0 when they do not fit. */
static size_t
room_behind(size_t mtu, size_t headers)
{
	return mtu > headers ? mtu - headers : 0;
}

size_t
ip_udp_room(size_t mtu, unsigned version)
{
	return room_behind(mtu, (version == 4 ? IP4_HEADER : IP6_HEADER) +
	    UDP_HEADER);
}

uint16_t
ip_mss(size_t mtu, unsigned version)
{
	size_t mss = room_behind(mtu, (version == 4 ? IP4_HEADER :
	    IP6_HEADER) + TCP_HEADER);

	return mss < 65535 ? (uint16_t)mss : 65535;
}
