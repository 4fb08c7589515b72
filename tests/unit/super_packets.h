/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Packets of TCP and UDP with right checksums, and super-packets, for tests.
 */

#ifndef SUPER_PACKETS_H
#define SUPER_PACKETS_H

#include "ip_packets.h"

#include "wire/ip.h"
#include "wire/vnet.h"

enum { SUPER_ROOM = 66000 };

/* What a packet is to be like. */
struct wanted {
	unsigned version;	/* 4 or 6 */
	bool udp;
	size_t payload;		/* bytes */
	uint16_t id;		/* IPv4 */
	uint32_t sequence;	/* TCP */
	uint8_t flags;		/* TCP; 0: ACK */
	size_t options;		/* bytes of TCP's */
};

/* Writes the right checksum of TCP or UDP into a packet. */
static inline void
sum_transport(uint8_t *p, size_t n, size_t head, bool udp)
{
	size_t at = head + (udp ? 6 : 16);
	uint16_t sum;

	put_be16(p + at, 0);
	sum = transport_checksum(p, n, head);
	put_be16(p + at, sum == 0 && udp ? 0xffff : sum);
}

/* The same of IPv4's header. */
static inline void
sum_ip4(uint8_t *p)
{
	put_be16(p + 10, 0);
	put_be16(p + 10, plain_fold(plain_sum(p, (size_t)(p[0] & 15) * 4)));
}

/* Makes a packet; returns its bytes.  The payload depends on its place in the
 * flow. */
static inline size_t
make_packet(uint8_t *p, const struct wanted *want)
{
	size_t head = want->version == 4 ? 20 : 40, header, n, i;
	uint8_t *t = p + head;

	header = want->udp ? 8 : 20 + want->options;
	n = want->version == 4 ?
	    packet4(p, want->udp ? IP_UDP : IP_TCP, header + want->payload) :
	    packet6(p, want->udp ? IP_UDP : IP_TCP, header + want->payload);
	if (want->version == 4) {
		put_be16(p + 4, want->id);
		put_be16(p + 6, 0x4000);
		sum_ip4(p);
	}
	if (want->udp) {
		put_be16(t + 4, (uint16_t)(n - head));
	} else {
		put_be32(t + 4, want->sequence);
		put_be32(t + 8, 77);
		t[12] = (uint8_t)(header / 4 << 4);
		t[13] = want->flags == 0 ? 0x10 : want->flags;
		put_be16(t + 14, 500);
		put_be16(t + 18, 0);
	}
	for (i = 0; i < want->payload; i++)
		t[header + i] = (uint8_t)((want->sequence + (uint32_t)i) * 7 +
		    want->id + (want->sequence + (uint32_t)i) / 251);
	sum_transport(p, n, head, want->udp);
	return n;
}

/* Makes what a kernel sends for a packet that is longer than a segment: returns
 * the same packet with the sum of its pseudo-header alone, and the header. */
static inline void
make_super(uint8_t *p, size_t n, size_t size, struct vnet *v)
{
	size_t head = p[0] >> 4 == 4 ? 20 : 40;
	bool udp = p[p[0] >> 4 == 4 ? 9 : 6] == IP_UDP;
	size_t at = head + (udp ? 6 : 16);

	memset(v, 0, sizeof(*v));
	v->flags = VNET_UNSUMMED;
	v->type = udp ? VNET_UDP : head == 20 ? VNET_TCP4 : VNET_TCP6;
	v->headers = (uint16_t)(head + (udp ? 8 : (p[head + 12] >> 4) * 4));
	v->size = (uint16_t)size;
	v->sum_begin = (uint16_t)head;
	v->sum_at = udp ? 6 : 16;
	put_be16(p + at, (uint16_t)~plain_fold((n - head) + (udp ? 17u : 6u) +
	    (head == 20 ? plain_sum(p + 12, 8) : plain_sum(p + 8, 32))));
}

#endif
