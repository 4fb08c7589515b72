/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Which IP packets ask for a reply, and which go to many hosts.
 *
 * NOTES.  The silence that follows a packet is a sign of a dead path only where
 * a reply was due.
 *
 *	IP_ASKS		TCP with SYN and no ACK, or with data; ICMP echo
 *			requests; UDP to port 53 (DNS), 123 (NTP), 443 (QUIC)
 *			and 853 (DNS)
 *	IP_MAY_ASK	all other UDP; the other protocols; fragments
 *	IP_ASKS_NOT	all other TCP: a pure ACK, FIN, RST, and SYN with ACK;
 *			all other ICMP: replies, errors, neighbour and router
 *			discovery; packets to or from an address that is not
 *			that of one host, or is link-local
 */

#ifndef WIRE_IP_ASK_H
#define WIRE_IP_ASK_H

#include "wire/ip.h"

/* How likely a reply is; in this order. */
enum ip_ask {
	IP_ASKS_NOT,		/* none is due */
	IP_MAY_ASK,		/* there may be one */
	IP_ASKS,		/* there is one, unless the other host is
				 * unwilling or down */
};

/* Does a whole packet of n bytes at p ask, whose headers ip_parse() read? */
enum ip_ask ip_ask(const struct ip *, const uint8_t *p, size_t n);

/* Is the destination of a datagram of n bytes a multicast address, or the
 * broadcast address of all nets?  False where it is too short to have one, or
 * neither IPv4 nor IPv6. */
bool ip_is_to_many(const uint8_t *p, size_t n);

#endif
