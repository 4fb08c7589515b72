/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The conversation of an IP packet, as a hash of its addresses, protocol and
 * ports.
 *
 * NOTES.  The hash is multilinear with secret keys (Lemire and Kaser, 2014), so
 * that those who choose addresses and ports do not know which of them meet.
 * Packets with extension headers or IPv4 options, and fragments, count without
 * ports.
 */

#ifndef WIRE_IP_FLOW_H
#define WIRE_IP_FLOW_H

#include <stddef.h>
#include <stdint.h>

enum { IP_FLOW_WORDS = 10 };

/* The keys: random numbers. */
struct ip_flow_key {
	uint64_t word[IP_FLOW_WORDS + 1];
};

/* The hash of a datagram of n bytes; that of what is no IP packet is that of no
 * words. */
uint32_t ip_flow(const struct ip_flow_key *, const uint8_t *p, size_t n);

#endif
