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
	PROXY_HEADER_LOOK = 16,		/* bytes for proxy_header_look() */
};

/* What the first bytes of a connection look like, where they should be
 * something else. */
enum proxy_look {
	PROXY_LOOK_NONE,	/* nothing of these */
	PROXY_LOOK_HEADER,	/* the header of a proxy, of either version */
	PROXY_LOOK_HTTP,	/* a request for a web page */
};

/* How many more bytes surely belong to the header that begins with these n, of
 * which no more must be read; 0: it is whole, or not a header. */
size_t proxy_header_need(const uint8_t *p, size_t n);

/* Reads the header at p.  Returns its length, 0 while the n bytes are too few,
 * -1 when they are not a header.  *client: the source of the connection; family
 * 0: the header has none, and the address of the socket holds. */
int proxy_header_parse(const uint8_t *p, size_t n, struct addr *client);

/* What PROXY_HEADER_LOOK bytes look like.  Random ones look like nothing. */
enum proxy_look proxy_header_look(const uint8_t p[PROXY_HEADER_LOOK]);

#endif
