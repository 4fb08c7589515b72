/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * IP packets of a TUN device: headers, checksums, ICMP errors in answer to a
 * packet, the MSS of TCP, fragments, and payload sizes for an MTU.
 *
 * NOTES.  RFC 791, 8200.  The length in the header of a packet must be that of
 * its datagram.  Header checksums of IPv4 are left to the kernel to check.
 *
 * IPv6 extension headers are skipped, at most IP_EXTENSIONS of them.  AH and
 * ESP are taken for the payload: what they protect must not be changed.
 *
 * No ICMP error is sent (RFC 1122 3.2.2, RFC 1812 4.3.2.7, RFC 4443 2.4) about
 *
 *	an ICMP error, or an ICMP message of unknown type;
 *	a packet to or from an address that is not that of one host (multicast,
 *	broadcast, unspecified, loopback);
 *	a fragment other than the first;
 *	a packet without a readable payload header, as it could be an ICMP
 *	error.
 *
 * RFC 4443 would allow "packet too big" for multicast; it is not sent.
 * Broadcast addresses of subnets are not known here.  The caller limits the
 * rate of errors with struct ip_answers.
 *
 * The source of an error is the destination of the packet, unless the caller
 * has an address of its own: the route to the destination leads through the
 * device, so reverse path filters accept it.
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
	IP_MAX = 65535,		/* bytes of a packet, at most */
	IP_EXTENSIONS = 8,	/* extension headers, at most */
	IP_ANSWER_HEAD = 48,	/* bytes of an ICMP error before the packet */
	IP4_MTU_MIN = 68,	/* the least MTU of a link (RFC 791) */
	IP6_MTU_MIN = 1280,	/* the same (RFC 8200 5) */
};

/* What is wrong with a datagram. */
enum ip_fault {
	IP_WHOLE,		/* nothing: it is one packet */
	IP_EMPTY,		/* it has no byte */
	IP_VERSION,		/* neither 4 nor 6 */
	IP_HEADER_CUT,		/* it ends inside the header */
	IP_HEADER_SHORT,	/* a header length of less than 20 */
	IP_LENGTH,		/* the length in the header is not its own */
};

/* What the headers of a packet say. */
struct ip {
	uint8_t version;	/* 4 or 6 */
	uint8_t protocol;	/* of the payload; where that was not reached,
				 * the last "next header" that was read */
	bool fragment;		/* it is a fragment */
	bool first;		/* it is the first one, or not a fragment */
	bool ports;		/* it is TCP or UDP, and ports were read */
	size_t payload;		/* offset of the payload; 0 where that was not
				 * reached, or in a later fragment */
	struct addr src, dst;	/* with port where ports is true */
};

/* The cause of an ICMP error. */
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

/* Is it a unicast address that is neither unspecified nor loopback?  Of IPv4,
 * 0.0.0.0/8 and 240.0.0.0/4, which has the broadcast address, are none. */
bool ip_is_host(const struct addr *a);

/* The checksum of RFC 1071 over n bytes, for a header; 0 over bytes that
 * include their right checksum. */
uint16_t ip_checksum(const uint8_t *p, size_t n);

/* The sum (wire/checksum.h) of the pseudo-header of a packet without extension
 * headers, of which n bytes are those of that protocol (RFC 9293 3.1, RFC 8200
 * 8.1). */
uint64_t ip_pseudo_sum(const uint8_t *p, uint8_t protocol, size_t n);

/* The checksum after a 16-bit word that it covers, at an even offset, changed
 * from old to new (RFC 1624). */
uint16_t ip_checksum_update(uint16_t checksum, uint16_t old, uint16_t new);

/* The rate limit of ICMP errors: 100 in 500 ms.  Zeroed is ready to use. */
struct ip_answers {
	uint64_t since_ms;	/* when the 500 ms began */
	unsigned n;		/* errors sent since */
};

/* Does the rate limit allow an ICMP error? */
bool ip_answers_left(const struct ip_answers *, uint64_t now_ms);

/* Counts an ICMP error that was sent. */
void ip_answers_count(struct ip_answers *, uint64_t now_ms);

/* Replaces a packet by the ICMP error about it, in place: IP_ANSWER_HEAD bytes
 * before *data must be writable; *data and *len become those of the error.  mtu
 * is the MTU that IP_TOO_BIG reports.  from is the source of the error; where
 * it is NULL or of the other version, the packet's destination is.  0; -1, and
 * nothing is changed, when no error may be sent: see NOTES, and IP_TOO_BIG for
 * IPv4 without "don't fragment". */
int ip_answer(enum ip_trouble trouble, size_t mtu, const struct addr *from,
    uint8_t **data, size_t *len);

/* Lowers the MSS of a TCP SYN to what fits into packets of mtu bytes, if it is
 * greater, and updates the checksum.  Other packets are left as they are.
 * Returns whether it changed something. */
bool ip_clamp_mss(uint8_t *p, size_t n, size_t mtu);

/* Writes the next fragment, of at most mtu >= IP4_MTU_MIN bytes, of a whole
 * IPv4 packet to `to`, which has room for mtu bytes.  *at is 0 before the first
 * one.  Returns its bytes; 0 after the last one, and when the packet may not be
 * fragmented or is not IPv4. */
size_t ip_fragment(const uint8_t *p, size_t n, size_t mtu, size_t *at,
    uint8_t *to);

/* The largest payload of UDP in packets of mtu bytes of that IP version (4 or
 * 6); 0 when the headers do not fit. */
size_t ip_udp_room(size_t mtu, unsigned version);

/* The MSS (RFC 6691) of TCP in such packets; 0 when the headers do not fit. */
uint16_t ip_mss(size_t mtu, unsigned version);

#endif
