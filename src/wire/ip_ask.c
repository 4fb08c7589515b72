/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Tells packets that ask for a reply from those that do not.
 */

#include "compat.h"

#include "wire/ip_ask.h"

#include "base/bytes.h"

enum {
	ASK_TCP_HEADER = 20,	/* bytes without options */
	ASK_TCP_SYN = 0x02,	/* in the byte of flags */
	ASK_TCP_RST = 0x04,
	ASK_TCP_ACK = 0x10,
	ASK_ECHO = 8,		/* type of ICMP */
	ASK_ECHO6 = 128,	/* the same of ICMPv6 */
	ASK_DNS = 53,		/* ports of UDP */
	ASK_NTP = 123,
	ASK_QUIC = 443,
	ASK_DNS_DTLS = 853,
};

/* Does a TCP segment of n bytes ask? */
static enum ip_ask
ask_tcp(const uint8_t *p, size_t n)
{
	size_t header;
	uint8_t flags;

	if (n < ASK_TCP_HEADER)
		return IP_ASKS_NOT;
	header = (size_t)(p[12] >> 4) * 4;
	flags = p[13];
	if ((flags & ASK_TCP_RST) != 0)
		return IP_ASKS_NOT;
	if ((flags & ASK_TCP_SYN) != 0)
		return (flags & ASK_TCP_ACK) == 0 ? IP_ASKS : IP_ASKS_NOT;
	return header >= ASK_TCP_HEADER && n > header ? IP_ASKS : IP_ASKS_NOT;
}

enum ip_ask
ip_ask(const struct ip *ip, const uint8_t *p, size_t n)
{
	if (!ip_is_host(&ip->dst) || !ip_is_host(&ip->src) ||
	    addr_is_link_local(&ip->dst) || addr_is_link_local(&ip->src))
		return IP_ASKS_NOT;
	if (ip->payload == 0 || ip->fragment)
		return IP_MAY_ASK;
	p += ip->payload;
	n -= ip->payload;
	switch (ip->protocol) {
	case IP_TCP:
		return ask_tcp(p, n);
	case IP_ICMP:
		return n > 0 && p[0] == ASK_ECHO ? IP_ASKS : IP_ASKS_NOT;
	case IP_ICMP6:
		return n > 0 && p[0] == ASK_ECHO6 ? IP_ASKS : IP_ASKS_NOT;
	case IP_UDP:
		return ip->dst.port == ASK_DNS || ip->dst.port == ASK_NTP ||
		    ip->dst.port == ASK_QUIC || ip->dst.port == ASK_DNS_DTLS ?
		    IP_ASKS : IP_MAY_ASK;
	}
	return IP_MAY_ASK;
}

bool
ip_is_to_many(const uint8_t *p, size_t n)
{
	if (n >= IP4_HEADER && p[0] >> 4 == 4)
		return p[16] >> 4 == 14 || get_be32(p + 16) == UINT32_MAX;
	return n >= IP6_HEADER && p[0] >> 4 == 6 && p[24] == 0xff;
}
