/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The header in which a proxy says whose connection it forwards: the PROXY
 * protocol, versions 1 and 2 (haproxy, doc/proxy-protocol.txt).
 *
 * NOTES.  Version 1 is a line of at most 107 bytes:
 *
 *	PROXY TCP4 SOURCE DESTINATION SOURCE-PORT DESTINATION-PORT CR LF
 *	PROXY TCP6 ...
 *	PROXY UNKNOWN anything CR LF
 *
 * Version 2:
 *
 *	12	signature
 *	1	version 2, and command: 0 LOCAL, 1 PROXY
 *	1	family: 0 UNSPEC, 1 IPv4, 2 IPv6, 3 UNIX; and transport: 0
 *		UNSPEC, 1 stream, 2 datagrams
 *	2	bytes that follow
 *	n	addresses (12, 36 or 216 bytes), and fields of type, length and
 *		value, which we skip
 *
 * LOCAL is a connection of the proxy itself, as to see whether we are there.
 */

#ifndef WIRE_PROXY_HEADER_H
#define WIRE_PROXY_HEADER_H

#include "base/addr.h"

enum {
	PROXY_HEADER_MAX = 4096,	/* bytes of the longest one we read */
};

/* How many more bytes surely belong to the header that begins with these n, of
 * which no more must be read; 0: it is whole, or not a header. */
size_t proxy_header_need(const uint8_t *p, size_t n);

/* Reads the header at p.  Returns its length, 0 while the n bytes are too few,
 * -1 when they are not a header.  *client: the source of the connection; family
 * 0: the header has none, and the address of the socket holds. */
int proxy_header_parse(const uint8_t *p, size_t n, struct addr *client);

#endif
