/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Cuts super-packets into packets.
 */

#include "compat.h"

#include <string.h>

#include "wire/segment.h"
#include "base/bytes.h"
#include "wire/checksum.h"
#include "wire/ip.h"

enum {
	TCP_HEADER = 20,	/* bytes without options */
	TCP_SEQUENCE = 4,	/* where it is in the header */
	TCP_LENGTH = 12,	/* of the header, in its high half byte */
	TCP_FLAGS = 13,
	TCP_SUM = 16,
	TCP_FIN = 0x01,
	TCP_PSH = 0x08,
	TCP_CWR = 0x80,
	UDP_HEADER = 8,
	UDP_LENGTH = 4,
	UDP_SUM = 6,
	IP4_LENGTH = 2,
	IP4_ID = 4,
	IP4_SUM = 10,
	IP6_LENGTH = 4,
};

/* Checks where a single packet wants its checksum. */
static int
begin_single(struct segments *s, const struct vnet *v)
{
	s->unsummed = (v->flags & VNET_UNSUMMED) != 0;
	s->sum_begin = v->sum_begin;
	s->sum_at = (size_t)v->sum_begin + v->sum_at;
	if (s->unsummed && s->sum_at + 2 > s->n)
		return -1;
	return 0;
}

/* Bytes of the header of TCP or UDP at p, of n bytes; 0: it is none. */
static size_t
transport_header(bool tcp, const uint8_t *p, size_t n)
{
	size_t header = UDP_HEADER;

	if (tcp) {
		if (n < TCP_HEADER)
			return 0;
		header = (size_t)(p[TCP_LENGTH] >> 4) * 4;
		if (header < TCP_HEADER)
			return 0;
	}
	return header <= n ? header : 0;
}

/* Adds the two bytes at p. */
static inline uint64_t
sum_half(uint64_t sum, const uint8_t *p)
{
	uint16_t half;

	memcpy(&half, p, sizeof(half));
	return sum + half;
}

/* Removes them: what they lack of all ones is added. */
static inline uint64_t
sum_without(uint64_t sum, const uint8_t *p)
{
	return sum + 0xffff - sum_half(0, p);
}

/* Adds a number. */
static inline uint64_t
sum_number(uint64_t sum, size_t number)
{
	uint8_t p[2];

	put_be16(p, (uint16_t)number);
	return sum_half(sum, p);
}

/* The sum of the pseudo-header without its length: mostly that of the
 * super-packet, which stands in place of its checksum.  Where a network card
 * has looked at the checksums of what it has joined, there is none. */
static uint64_t
sum_pseudo(const struct segments *s, const uint8_t *sum)
{
	if (!s->unsummed)
		return ip_pseudo_sum(s->p, s->tcp ? IP_TCP : IP_UDP, 0);
	return sum_number(sum_half(0, sum),
	    0xffff - (s->n - s->transport));
}

/* Sums what is the same in all packets. */
static void
begin_sums(struct segments *s)
{
	const uint8_t *p = s->p, *transport = p + s->transport;
	const uint8_t *place = transport + (s->tcp ? TCP_SUM : UDP_SUM);
	uint64_t sum;

	if (p[0] >> 4 == 4) {
		sum = checksum_add(0, p, (size_t)(p[0] & 0xf) * 4);
		sum = sum_without(sum, p + IP4_LENGTH);
		sum = sum_without(sum, p + IP4_ID);
		s->ip_sum = sum_without(sum, p + IP4_SUM);
	}
	sum = checksum_add(sum_pseudo(s, place), transport,
	    s->headers - s->transport);
	sum = sum_without(sum, place);
	if (s->tcp) {
		sum = sum_without(sum, transport + TCP_SEQUENCE);
		sum = sum_without(sum, transport + TCP_SEQUENCE + 2);
		s->sum = sum_without(sum, transport + TCP_LENGTH);
	} else {
		s->sum = sum_without(sum, transport + UDP_LENGTH);
	}
}

/* Checks the headers of a super-packet. */
static int
begin_super(struct segments *s, const struct vnet *v)
{
	unsigned type = v->type & ~(unsigned)VNET_ECN;
	size_t header;
	struct ip ip;

	if (ip_parse(&ip, s->p, s->n) != IP_WHOLE || ip.fragment ||
	    ip.payload == 0 || v->size == 0)
		return -1;
	s->tcp = type == VNET_TCP4 || type == VNET_TCP6;
	if (s->tcp ? ip.protocol != IP_TCP ||
	    ip.version != (type == VNET_TCP4 ? 4 : 6) :
	    v->type != VNET_UDP || ip.protocol != IP_UDP)
		return -1;
	header = transport_header(s->tcp, s->p + ip.payload,
	    s->n - ip.payload);
	s->unsummed = (v->flags & VNET_UNSUMMED) != 0;
	if (header == 0 || (s->unsummed && (v->sum_begin != ip.payload ||
	    v->sum_at != (s->tcp ? TCP_SUM : UDP_SUM))))
		return -1;
	/* Behind other headers it may have a different destination. */
	if (!s->unsummed && ip.version == 6 && ip.payload != IP6_HEADER)
		return -1;
	s->super = true;
	s->transport = ip.payload;
	s->headers = ip.payload + header;
	s->size = v->size;
	begin_sums(s);
	return 0;
}

int
segment_begin(struct segments *s, const struct vnet *v, const uint8_t *p,
    size_t n)
{
	memset(s, 0, sizeof(*s));
	s->p = p;
	s->n = n;
	if ((v->type == VNET_WHOLE ? begin_single(s, v) :
	    begin_super(s, v)) == 0)
		return 0;
	s->n = 0;
	return -1;
}

size_t
segment_next(const struct segments *s)
{
	size_t left;

	if (!s->super || s->n == 0)
		return s->n;
	left = s->n - s->headers - s->at;
	return s->headers + (left < s->size ? left : s->size);
}

size_t
segment_count(const struct segments *s)
{
	size_t left;

	if (!s->super || s->n == 0)
		return s->n > 0 ? 1 : 0;
	left = s->n - s->headers - s->at;
	return left == 0 ? 1 : (left + s->size - 1) / s->size;
}

/* Copies a single packet, and writes its checksum if that is wanted. */
static void
cut_single(const struct segments *s, uint8_t *to)
{
	uint16_t sum;

	if (!s->unsummed) {
		memcpy(to, s->p, s->n);
		return;
	}
	memcpy(to, s->p, s->sum_begin);
	sum = checksum_end(checksum_copy(0, to + s->sum_begin,
	    s->p + s->sum_begin, s->n - s->sum_begin));
	/* Zero says that UDP has no checksum. */
	if (sum == 0 && s->sum_at - s->sum_begin == UDP_SUM)
		sum = 0xffff;
	put_be16(to + s->sum_at, sum);
}

/* Sets what differs in the header of IP. */
static void
set_ip(const struct segments *s, uint8_t *to, size_t n)
{
	unsigned id;

	if (to[0] >> 4 == 6) {
		put_be16(to + IP6_LENGTH, (uint16_t)(n - IP6_HEADER));
		return;
	}
	id = get_be16(to + IP4_ID) + (unsigned)(s->at / s->size);
	put_be16(to + IP4_LENGTH, (uint16_t)n);
	put_be16(to + IP4_ID, (uint16_t)id);
	put_be16(to + IP4_SUM, checksum_end(sum_half(sum_half(s->ip_sum,
	    to + IP4_LENGTH), to + IP4_ID)));
}

/* Sets what differs in the header of TCP; returns the sum with that. */
static uint64_t
set_tcp(const struct segments *s, uint8_t *tcp, bool last)
{
	uint64_t sum;

	put_be32(tcp + TCP_SEQUENCE, get_be32(tcp + TCP_SEQUENCE) +
	    (uint32_t)s->at);
	if (!last)
		tcp[TCP_FLAGS] &= (uint8_t)~(TCP_FIN | TCP_PSH);
	if (s->at > 0)
		tcp[TCP_FLAGS] &= (uint8_t)~TCP_CWR;
	sum = sum_half(s->sum, tcp + TCP_SEQUENCE);
	sum = sum_half(sum, tcp + TCP_SEQUENCE + 2);
	return sum_half(sum, tcp + TCP_LENGTH);
}

/* The same for UDP, of n bytes. */
static uint64_t
set_udp(const struct segments *s, uint8_t *udp, size_t n)
{
	put_be16(udp + UDP_LENGTH, (uint16_t)n);
	return sum_half(s->sum, udp + UDP_LENGTH);
}

/* Writes the next packet, of n bytes. */
static void
cut_super(const struct segments *s, uint8_t *to, size_t n)
{
	size_t payload = n - s->headers, from = s->headers + s->at;
	uint8_t *transport = to + s->transport;
	uint8_t *place = transport + (s->tcp ? TCP_SUM : UDP_SUM);
	uint64_t sum;
	uint16_t end;

	memcpy(to, s->p, s->headers);
	set_ip(s, to, n);
	sum = s->tcp ? set_tcp(s, transport, from + payload == s->n) :
	    set_udp(s, transport, n - s->transport);
	sum = sum_number(sum, n - s->transport);
	end = checksum_end(checksum_copy(sum, to + s->headers, s->p + from,
	    payload));
	/* Zero says that UDP has no checksum. */
	put_be16(place, end == 0 && !s->tcp ? 0xffff : end);
}

void
segment_cut(struct segments *s, uint8_t *to)
{
	size_t n = segment_next(s);

	if (!s->super) {
		cut_single(s, to);
		s->n = 0;
		return;
	}
	cut_super(s, to, n);
	s->at += n - s->headers;
	if (s->headers + s->at == s->n)
		s->n = 0;
}
