/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * For the fuzz targets of packets: checksums, summed in another way than
 * in wire/checksum.c.
 */

#ifndef FUZZ_PACKETS_H
#define FUZZ_PACKETS_H

#include "compat.h"

#include "wire/ip.h"
#include "base/bytes.h"
#include "base/log.h"

/* What would have to stand in a checksum; 0 when the right one does. */
static inline uint16_t
sum_of(uint64_t sum, const uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		sum += i % 2 == 0 ? (uint64_t)p[i] << 8 : p[i];
	while (sum > 0xffff)
		sum = sum % 0x10000 + sum / 0x10000;
	return (uint16_t)(0xffff - sum);
}

/* The sum of the pseudo-header of a packet whose payload has n bytes. */
static inline uint64_t
pseudo_sum(const struct ip *ip, size_t n)
{
	uint64_t sum = n + ip->protocol;
	size_t i;

	for (i = 0; i < 16; i++)
		sum += (uint64_t)(ip->src.ip[i] + ip->dst.ip[i]) <<
		    (i % 2 == 0 ? 8 : 0);
	return sum;
}

/* The same of a payload with the pseudo-header of its packet. */
static inline uint16_t
payload_sum(const struct ip *ip, const uint8_t *p, size_t n)
{
	return sum_of(pseudo_sum(ip, n - ip->payload), p + ip->payload,
	    n - ip->payload);
}

/* A copy of n bytes in memory of just that size. */
static inline uint8_t *
just(const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n > 0 ? n : 1);

	must(copy != NULL);
	if (n > 0)
		memcpy(copy, p, n);
	return copy;
}

#endif
