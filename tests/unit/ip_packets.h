/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * IP packets for tests, and checksums that are summed in another way than in
 * wire/ip.c.
 */

#ifndef IP_PACKETS_H
#define IP_PACKETS_H

#include "compat.h"

#include "base/bytes.h"

/* One's complement sum of n bytes, plain. */
static inline uint64_t
plain_sum(const uint8_t *p, size_t n)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += i % 2 == 0 ? (uint64_t)p[i] << 8 : p[i];
	return sum;
}

/* What a checksum field would have to be for that sum. */
static inline uint16_t
plain_fold(uint64_t sum)
{
	while (sum > 0xffff)
		sum = sum % 0x10000 + sum / 0x10000;
	return (uint16_t)(0xffff - sum);
}

/* The checksum of TCP, UDP or ICMPv6 at p + head over all of its packet; 0
 * when the right one stands there. */
static inline uint16_t
transport_checksum(const uint8_t *p, size_t n, size_t head)
{
	uint64_t sum = plain_sum(p + head, n - head) + (n - head);

	if (p[0] >> 4 == 4)
		return plain_fold(sum + plain_sum(p + 12, 8) + p[9]);
	return plain_fold(sum + plain_sum(p + 8, 32) +
	    (head == 40 ? p[6] : 6));
}

/* Fills bytes with others than zero. */
static inline void
pattern(uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 7 % 255 + 1);
}

/* Writes an IPv4 packet from 10.0.0.1 to 10.0.0.2 with so many bytes of
 * payload, at their beginning ports 1234 and 80; returns its bytes. */
static inline size_t
packet4(uint8_t *p, uint8_t protocol, size_t payload)
{
	memset(p, 0, 20);
	pattern(p + 20, payload);
	p[0] = 0x45;
	put_be16(p + 2, (uint16_t)(20 + payload));
	p[8] = 64;
	p[9] = protocol;
	memcpy(p + 12, "\x0a\0\0\1\x0a\0\0\2", 8);
	put_be16(p + 10, plain_fold(plain_sum(p, 20)));
	if (payload >= 4)
		put_be32(p + 20, (uint32_t)1234 << 16 | 80);
	return 20 + payload;
}

/* The same of IPv6, from fd00::1 to fd00::2. */
static inline size_t
packet6(uint8_t *p, uint8_t protocol, size_t payload)
{
	memset(p, 0, 40);
	pattern(p + 40, payload);
	p[0] = 0x60;
	put_be16(p + 4, (uint16_t)payload);
	p[6] = protocol;
	p[7] = 64;
	p[8] = p[24] = 0xfd;
	p[23] = 1;
	p[39] = 2;
	if (payload >= 4)
		put_be32(p + 40, (uint32_t)1234 << 16 | 80);
	return 40 + payload;
}

#endif
