/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Addresses of hosts and ports: one small struct for IPv4 and IPv6, their
 * text, and names that are still to be resolved.
 */

#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ADDR_TEXT = 64,		/* holds the text of any address, with port */
	HOST_TEXT = 256,	/* holds a host name (RFC 1035 2.3.4) */
	ADDR_SITE = 9,		/* bytes of a site, see addr_site() */
};

/* An address.  All bytes count when two are compared: make one by zeroing. */
struct addr {
	uint8_t family;		/* 0 for none, 4 or 6 */
	uint8_t ip[16];		/* network byte order; IPv4 in the first 4 */
	uint8_t zero;		/* in the place of padding */
	uint16_t port;		/* host byte order; 0 where there is none */
	uint32_t scope;		/* IPv6 zone index, 0 where there is none */
};

/* A host, a name or a literal, and a port. */
struct hostport {
	char host[HOST_TEXT];	/* without brackets; "" for none */
	uint16_t port;
};

/* Reads a literal without port ("10.0.0.1", "fe80::1%2"; the zone as a
 * number); 0, or -1 when it is not one.  Port becomes 0. */
int addr_parse_ip(struct addr *a, const char *text);

/* Makes an IPv4 address of an IPv4-mapped one (::ffff:a.b.c.d, RFC 4291
 * 2.5.5.2), to which our UDP sockets cannot send; others stay as they are. */
void addr_unmap(struct addr *a);

/* Reads a host that may be a literal, without brackets, as the address to send
 * to, with that port: addr_parse_ip() and addr_unmap().  0, or -1 when it is a
 * name; then *a is not changed. */
int addr_of_literal(struct addr *a, const char *host, uint16_t port);

/* Reads "10.0.0.1:80" or "[::1]:80"; 0, or -1 when it is not one. */
int addr_parse(struct addr *a, const char *text);

/* Writes address and port as addr_parse() reads them; "-" for none.
 * Returns text. */
const char *addr_text(const struct addr *a, char text[ADDR_TEXT]);

/* The same without port and brackets. */
const char *addr_ip_text(const struct addr *a, char text[ADDR_TEXT]);

/* Do both have the same address, port and zone?  Two of family 0 are the same;
 * their other members are not compared. */
bool addr_same(const struct addr *a, const struct addr *b);

/* 0.0.0.0 or ::, with any port? */
bool addr_is_any(const struct addr *a);

/* 127.0.0.0/8 or ::1? */
bool addr_is_loopback(const struct addr *a);

/* Is it in the network of that address, whose prefix has so many bits? */
bool addr_in_prefix(const struct addr *a, const struct addr *net,
    unsigned bits);

/* What addr_parse_prefix() finds. */
enum addr_prefix {
	ADDR_PREFIX_GOOD,
	ADDR_PREFIX_NO_ADDRESS,	/* there is no address before the slash */
	ADDR_PREFIX_NO_BITS,	/* nor a number of its bits behind it */
};

/* Reads n bytes, "10.0.0.0/8" or an address alone, which has all its bits; no
 * zone.  Of an IPv4-mapped one, whose prefix has 96 bits at least, it makes
 * IPv4.  *a and *bits are set only if it is ADDR_PREFIX_GOOD. */
enum addr_prefix addr_parse_prefix(struct addr *a, unsigned *bits,
    const char *text, size_t n);

/* 169.254.0.0/16 or fe80::/10, which are valid on one link only? */
bool addr_is_link_local(const struct addr *a);

/* Writes what one user has of addresses, the unit that limits for strangers
 * count by: an IPv4 address, or an IPv6 network of 64 bits. */
void addr_site(const struct addr *a, uint8_t site[ADDR_SITE]);

/* Reads HOST:PORT, [V6]:PORT or, where default_port is not 0, a HOST alone;
 * an empty host (":80") is taken as "".  0, or -1 with *why saying in words
 * what is wrong (static text). */
int hostport_parse(struct hostport *hp, const char *text,
    uint16_t default_port, const char **why);

/* Writes HOST:PORT, with brackets where they are needed; returns text. */
const char *hostport_text(const struct hostport *hp,
    char text[HOST_TEXT + 16]);

#endif
