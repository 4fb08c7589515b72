/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * IP packets as they come from and go to a TUN device: what their headers say,
 * checksums, ICMP answers, the MSS of TCP, fragments, and room.
 *
 * NOTES.  RFC 791, 8200.  A packet here is all of a datagram: one whose lengths
 * say anything else is none.  Header checksums of IPv4 are not looked at; the
 * kernel does that.
 *
 * IPv6 extension headers are passed over, IP_EXTENSIONS of them at most.  AH
 * and ESP are taken for the payload: what they protect must not be changed.
 *
 * An answer is never given (RFC 1122 3.2.2, RFC 1812 4.3.2.7, RFC 4443 2.4)
 * to an ICMP error or an ICMP message of unknown kind; to or from an address
 * that is not that of one host (multicast, broadcast, unspecified, loopback);
 * to a fragment other than the first; to what has no readable payload header,
 * as that could be an ICMP error.  RFC 4443 would allow "packet too big" for
 * multicast; that is not used.  Broadcast addresses of subnets are not known
 * here, and how often answers are given is the caller's to limit.
 *
 * The one who answers is the destination of the packet, unless the caller has
 * an address of its own: the way back to the destination leads through the
 * device, so reverse path filters let it pass.
 */

#ifndef WIRE_IP_H
#define WIRE_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* Protocols (IANA). */
enum {
	IP_HOP_BY_HOP = 0,
	IP_ICMP = 1,
	IP_TCP = 6,
	IP_UDP = 17,
	IP_ROUTING = 43,
	IP_FRAGMENT = 44,
	IP_ESP = 50,
	IP_AH = 51,
	IP_ICMP6 = 58,
	IP_NONE = 59,
	IP_DESTINATION = 60,
	IP_MOBILITY = 135,
};

enum {
	IP4_HEADER = 20,	/* bytes without options */
	IP6_HEADER = 40,	/* bytes without extension headers */
	IP_MAX = 65535,		/* bytes of the longest packet that is taken */
	IP_EXTENSIONS = 8,	/* extension headers, at most */
	IP_ANSWER_HEAD = 48,	/* bytes that an answer puts before a packet */
	IP4_MTU_MIN = 68,	/* what every link must carry (RFC 791) */
	IP6_MTU_MIN = 1280,	/* the same (RFC 8200 5) */
};

/* What is wrong with a datagram. */
enum ip_fault {
	IP_WHOLE,		/* nothing: it is one packet */
	IP_EMPTY,		/* it has no byte */
	IP_VERSION,		/* neither 4 nor 6 */
	IP_HEADER_CUT,		/* the header goes beyond the end */
	IP_HEADER_SHORT,	/* a header length of less than 20 */
	IP_LENGTH,		/* the total length is another */
};

/* What the headers of a packet say. */
struct ip {
	uint8_t version;	/* 4 or 6 */
	uint8_t protocol;	/* of the payload; where that was not reached,
				 * of the last header that was */
	bool fragment;		/* it is part of a packet */
	bool first;		/* and has its beginning; or is no fragment */
	bool ports;		/* TCP or UDP, and the ports are there */
	size_t payload;		/* bytes before the payload; 0 where that was
				 * not reached, or does not begin here */
	struct addr src, dst;	/* with port where ports is true */
};

/* For what an answer is. */
enum ip_trouble {
	IP_NO_HOST,	/* host unreachable (RFC 792), address unreachable
			 * (RFC 4443) */
	IP_NO_ROUTE,	/* net unreachable, no route to destination */
	IP_TOO_BIG,	/* fragmentation needed (RFC 1191), packet too big */
};

/* Reads the headers of a datagram of n bytes.  On IP_WHOLE *ip is filled;
 * otherwise it is not touched. */
enum ip_fault ip_parse(struct ip *ip, const uint8_t *p, size_t n);

/* Says in words what is wrong; static text. */
const char *ip_fault_text(enum ip_fault fault);

/* Is it an address of one host, neither unspecified nor loopback, multicast or
 * broadcast (that of all nets)? */
bool ip_is_host(const struct addr *a);

/* The checksum of RFC 1071 over n bytes, as it stands in a header; over bytes
 * with the right one in them it is 0. */
uint16_t ip_checksum(const uint8_t *p, size_t n);

/* The checksum after a 16-bit word of what it covers, at an even place, became
 * another (RFC 1624). */
uint16_t ip_checksum_update(uint16_t checksum, uint16_t old, uint16_t new);

/* The budget of ICMP answers: 100 in 500 ms.  Zeroed is ready to use. */
struct ip_answers {
	uint64_t since_ms;	/* when the 500 ms began */
	unsigned n;		/* answers since */
};

/* May one more answer be given? */
bool ip_answers_left(const struct ip_answers *, uint64_t now_ms);

/* Counts an answer that was given. */
void ip_answers_count(struct ip_answers *, uint64_t now_ms);

/* Makes a packet the ICMP answer to it, in place: IP_ANSWER_HEAD writable
 * bytes are before *data; *data and *len become the answer.  mtu, for
 * IP_TOO_BIG, is what would fit; from is who answers, NULL or of another
 * version for the destination.  0; -1: none must be given (see NOTES; or
 * IP_TOO_BIG and IPv4 that may be fragmented), and nothing was changed. */
int ip_answer(enum ip_trouble trouble, size_t mtu, const struct addr *from,
    uint8_t **data, size_t *len);

/* Lowers the MSS of a TCP SYN to what fits into packets of mtu bytes, if it is
 * greater; the checksum stays right if it was.  Anything else is left as it
 * is.  Was something changed? */
bool ip_clamp_mss(uint8_t *p, size_t n, size_t mtu);

/* Writes the next fragment, of at most mtu >= IP4_MTU_MIN bytes, of a whole
 * IPv4 packet to `to`, which has room for mtu bytes.  *at is 0 before the first
 * one.  Returns its bytes; 0 when there is none left, or the packet may not be
 * fragmented or is not IPv4. */
size_t ip_fragment(const uint8_t *p, size_t n, size_t mtu, size_t *at,
    uint8_t *to);

/* Bytes of payload in a UDP datagram over IP of that version (4 or 6) on a
 * path of that MTU; 0 when there is none. */
size_t ip_udp_room(size_t mtu, unsigned version);

/* The MSS (RFC 6691) of TCP in packets of mtu bytes; 0 when there is none. */
uint16_t ip_mss(size_t mtu, unsigned version);

#endif
