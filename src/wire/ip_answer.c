/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * IP packets: the ICMP errors about those that cannot be carried.
 */

#include "compat.h"

#include "wire/ip.h"
#include "base/bytes.h"

enum {
	ICMP_HEADER = 8,
	ICMP4_MAX = 576,	/* bytes of an error's packet, at most (RFC
				 * 1812 4.3.2.3) */
	ICMP4_UNREACHABLE = 3,
	ICMP4_ECHO_REPLY = 0,
	ICMP4_ECHO = 8,
	ICMP4_TIMESTAMP = 13,	/* and its reply, information, address mask */
	ICMP4_MASK_REPLY = 18,
	ICMP6_UNREACHABLE = 1,
	ICMP6_TOO_BIG = 2,
	ICMP6_QUERIES = 128,	/* types from here on are not errors */
	ICMP6_REDIRECT = 137,	/* not an error, but causes none either */
	TTL = 255,

	ANSWERS_MAX = 100,	/* errors in ANSWERS_MS */
	ANSWERS_MS = 500,
};

/* May there be an ICMP error about an ICMP message of that type? */
static bool
icmp_is_query(uint8_t version, uint8_t type)
{
	if (version == 6)
		return type >= ICMP6_QUERIES && type != ICMP6_REDIRECT;
	return type == ICMP4_ECHO || type == ICMP4_ECHO_REPLY ||
	    (type >= ICMP4_TIMESTAMP && type <= ICMP4_MASK_REPLY);
}

/* May there be an ICMP error about a packet?  See NOTES of ip.h. */
static bool
answer_allowed(const struct ip *ip, const uint8_t *p, size_t n)
{
	uint8_t icmp = ip->version == 4 ? IP_ICMP : IP_ICMP6;

	/* Also 0 in a later fragment. */
	if (ip->payload == 0)
		return false;
	if (!ip_is_host(&ip->src) || !ip_is_host(&ip->dst))
		return false;
	return ip->protocol != icmp || (ip->payload < n &&
	    icmp_is_query(ip->version, p[ip->payload]));
}

/* Replaces an IPv4 packet by the ICMP error about it; writes before it. */
static void
answer_ip4(enum ip_trouble trouble, size_t mtu, const struct ip *ip,
    const struct addr *from, uint8_t **data, size_t *len)
{
	uint8_t *p = *data - IP4_HEADER - ICMP_HEADER, *icmp = p + IP4_HEADER;
	/* The codes of "unreachable", in the order of enum ip_trouble. */
	static const uint8_t codes[] = { 1, 0, 4 };
	size_t quote = ip->payload + 8;

	if (trouble == IP_TOO_BIG)
		quote = ICMP4_MAX - IP4_HEADER - ICMP_HEADER;
	if (quote > *len)
		quote = *len;
	memset(p, 0, IP4_HEADER + ICMP_HEADER);
	p[0] = 0x45;
	put_be16(p + 2, (uint16_t)(IP4_HEADER + ICMP_HEADER + quote));
	p[8] = TTL;
	p[9] = IP_ICMP;
	memcpy(p + 12, from->ip, 4);
	memcpy(p + 16, ip->src.ip, 4);
	put_be16(p + 10, ip_checksum(p, IP4_HEADER));
	icmp[0] = ICMP4_UNREACHABLE;
	icmp[1] = codes[trouble];
	if (trouble == IP_TOO_BIG)
		put_be16(icmp + 6, (uint16_t)(mtu < IP_MAX ? mtu : IP_MAX));
	put_be16(icmp + 2, ip_checksum(icmp, ICMP_HEADER + quote));
	*data = p;
	*len = IP4_HEADER + ICMP_HEADER + quote;
}

/* Does the same for IPv6. */
static void
answer_ip6(enum ip_trouble trouble, size_t mtu, const struct ip *ip,
    const struct addr *from, uint8_t **data, size_t *len)
{
	uint8_t *p = *data - IP6_HEADER - ICMP_HEADER, *icmp = p + IP6_HEADER;
	size_t body = ICMP_HEADER + *len;

	if (body > IP6_MTU_MIN - IP6_HEADER)
		body = IP6_MTU_MIN - IP6_HEADER;
	memset(p, 0, IP6_HEADER + ICMP_HEADER);
	icmp[0] = trouble == IP_TOO_BIG ? ICMP6_TOO_BIG : ICMP6_UNREACHABLE;
	icmp[1] = trouble == IP_NO_HOST ? 3 : 0;
	if (trouble == IP_TOO_BIG)
		put_be32(icmp + 4, (uint32_t)(mtu < UINT32_MAX ? mtu :
		    UINT32_MAX));
	memcpy(p + 8, from->ip, 16);
	memcpy(p + 24, ip->src.ip, 16);
	/* The pseudo-header of the checksum is made in place: length and
	 * protocol are put before the addresses for now.  RFC 8200 8.1 has
	 * them in a different order, which does not change a sum. */
	put_be16(p + 4, (uint16_t)body);
	p[7] = IP_ICMP6;
	put_be16(icmp + 2, ip_checksum(p + 4, 36 + body));
	p[0] = 0x60;
	p[6] = IP_ICMP6;
	p[7] = TTL;
	*data = p;
	*len = IP6_HEADER + body;
}

bool
ip_answers_left(const struct ip_answers *a, uint64_t now_ms)
{
	return a->n < ANSWERS_MAX || now_ms - a->since_ms >= ANSWERS_MS;
}

void
ip_answers_count(struct ip_answers *a, uint64_t now_ms)
{
	if (now_ms - a->since_ms >= ANSWERS_MS) {
		a->since_ms = now_ms;
		a->n = 0;
	}
	a->n++;
}

int
ip_answer(enum ip_trouble trouble, size_t mtu, const struct addr *from,
    uint8_t **data, size_t *len)
{
	struct ip ip;

	if (ip_parse(&ip, *data, *len) != IP_WHOLE ||
	    !answer_allowed(&ip, *data, *len))
		return -1;
	if (trouble == IP_TOO_BIG && ip.version == 4 &&
	    ((*data)[6] & 0x40) == 0)
		return -1;
	if (from == NULL || from->family != ip.version)
		from = &ip.dst;
	if (ip.version == 4)
		answer_ip4(trouble, mtu, &ip, from, data, len);
	else
		answer_ip6(trouble, mtu, &ip, from, data, len);
	return 0;
}
