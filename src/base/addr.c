/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Addresses of hosts and ports, and their text.
 *
 * NOTES.  The text of IPv6 is that of RFC 5952: lower case, no leading zeros,
 * the first of the longest runs of two or more zero groups as "::", and an
 * IPv4-mapped address with its last part in dots.
 */

#include "compat.h"

#include "base/addr.h"
#include "base/text.h"

enum { GROUPS = 8 };		/* 16-bit groups in an IPv6 address */

/* Reads a decimal number of at most max_digits digits; returns what follows,
 * or NULL when there is no digit, too many, or too large a number. */
static const char *
read_decimal(const char *p, size_t max_digits, uint32_t max, uint32_t *value)
{
	size_t n = strspn(p, "0123456789"), i;
	uint64_t v = 0;

	if (n == 0 || n > max_digits)
		return NULL;
	for (i = 0; i < n; i++)
		v = v * 10 + (uint64_t)(p[i] - '0');
	if (v > max)
		return NULL;
	*value = (uint32_t)v;
	return p + n;
}

/* Reads "10.0.0.1"; returns what follows, or NULL.  Leading zeros are refused
 * because some parsers read them as octal. */
static const char *
read_ip4(const char *p, uint8_t *ip)
{
	uint32_t v;
	int i;

	for (i = 0; i < 4; i++) {
		if (i > 0 && *p++ != '.')
			return NULL;
		if (p[0] == '0' && p[1] >= '0' && p[1] <= '9')
			return NULL;
		p = read_decimal(p, 3, 255, &v);
		if (p == NULL)
			return NULL;
		ip[i] = (uint8_t)v;
	}
	return p;
}

/* Reads a group of 1 to 4 hexadecimal digits; returns what follows, or
 * NULL. */
static const char *
read_group(const char *p, uint8_t *ip)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	size_t n = strspn(p, digits), i;
	unsigned v = 0;

	if (n == 0 || n > 4)
		return NULL;
	for (i = 0; i < n; i++)
		v = v << 4 | (unsigned)(strchr(digits, p[i]) - digits) % 16;
	ip[0] = (uint8_t)(v >> 8);
	ip[1] = (uint8_t)v;
	return p + n;
}

/* Reads the groups of an IPv6 address up to the first character that does not
 * belong to it; returns what follows, or NULL. */
static const char *
read_ip6(const char *p, uint8_t *ip)
{
	const char *next;
	int n = 0, gap = -1;		/* groups read; how many before "::" */

	if (p[0] == ':' && p[1] == ':') {
		gap = 0;
		p += 2;
	}
	while (n < GROUPS) {
		if (n <= GROUPS - 2 &&
		    (next = read_ip4(p, ip + 2 * n)) != NULL) {
			p = next;
			n += 2;
			break;
		}
		next = read_group(p, ip + 2 * n);
		if (next == NULL) {
			/* "::" may end an address, a single ":" may not. */
			if (gap == n)
				break;
			return NULL;
		}
		p = next;
		n++;
		if (p[0] == ':' && p[1] == ':' && gap < 0) {
			gap = n;
			p += 2;
		} else if (p[0] == ':' && n < GROUPS) {
			p++;
		} else {
			break;
		}
	}
	if (gap < 0)
		return n == GROUPS ? p : NULL;
	if (n == GROUPS)
		return NULL;
	memmove(ip + 2 * (GROUPS - (n - gap)), ip + 2 * gap,
	    2 * (size_t)(n - gap));
	memset(ip + 2 * gap, 0, 2 * (size_t)(GROUPS - n));
	return p;
}

/* Reads a literal; returns what follows, or NULL. */
static const char *
read_ip(const char *p, struct addr *a)
{
	const char *end;

	memset(a, 0, sizeof(*a));
	end = read_ip4(p, a->ip);
	if (end != NULL) {
		a->family = 4;
		return end;
	}
	memset(a, 0, sizeof(*a));
	end = read_ip6(p, a->ip);
	if (end == NULL)
		return NULL;
	a->family = 6;
	return *end == '%' ? read_decimal(end + 1, 10, UINT32_MAX, &a->scope) :
	    end;
}

int
addr_parse_ip(struct addr *a, const char *text)
{
	struct addr tmp;
	const char *end = read_ip(text, &tmp);

	if (end == NULL || *end != '\0')
		return -1;
	memcpy(a, &tmp, sizeof(*a));
	return 0;
}

int
addr_parse(struct addr *a, const char *text)
{
	bool bracket = *text == '[';
	struct addr tmp;
	const char *p = read_ip(text + bracket, &tmp);
	uint32_t port;

	if (p == NULL || (tmp.family == 6) != bracket)
		return -1;
	if (bracket && *p++ != ']')
		return -1;
	if (*p++ != ':')
		return -1;
	p = read_decimal(p, 5, 65535, &port);
	if (p == NULL || *p != '\0')
		return -1;
	tmp.port = (uint16_t)port;
	memcpy(a, &tmp, sizeof(*a));
	return 0;
}

/* Is it ::ffff:0.0.0.0/96? */
static bool
is_mapped(const uint8_t ip[16])
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(ip, prefix, sizeof(prefix)) == 0;
}

void
addr_unmap(struct addr *a)
{
	if (a->family != 6 || !is_mapped(a->ip))
		return;
	a->family = 4;
	memmove(a->ip, a->ip + 12, 4);
	memset(a->ip + 4, 0, sizeof(a->ip) - 4);
	a->scope = 0;
}

int
addr_of_literal(struct addr *a, const char *host, uint16_t port)
{
	if (addr_parse_ip(a, host) != 0)
		return -1;
	addr_unmap(a);
	a->port = port;
	return 0;
}

enum addr_prefix
addr_parse_prefix(struct addr *a, unsigned *bits, const char *text, size_t n)
{
	const char *slash = memchr(text, '/', n), *end;
	char copy[ADDR_TEXT + 4];
	uint32_t most, count;
	struct addr tmp;
	bool mapped;

	if (n >= sizeof(copy) || memchr(text, '\0', n) != NULL)
		return ADDR_PREFIX_NO_ADDRESS;
	memcpy(copy, text, n);
	copy[n] = '\0';
	if (slash != NULL)
		copy[slash - text] = '\0';
	if (addr_parse_ip(&tmp, copy) != 0 || tmp.scope != 0)
		return ADDR_PREFIX_NO_ADDRESS;
	mapped = tmp.family == 6 && is_mapped(tmp.ip);
	count = most = tmp.family == 4 ? 32 : 128;
	if (slash != NULL) {
		end = read_decimal(copy + (slash - text) + 1, 3, most, &count);
		if (end == NULL || *end != '\0' || (mapped && count < 96))
			return ADDR_PREFIX_NO_BITS;
	}
	addr_unmap(&tmp);
	*a = tmp;
	*bits = mapped ? count - 96 : count;
	return ADDR_PREFIX_GOOD;
}

/* Appends four bytes as "10.0.0.1". */
static void
add_ip4(struct text *t, const uint8_t *ip)
{
	text_add(t, "%d.%d.%d.%d", ip[0], ip[1], ip[2], ip[3]);
}

/* The group of an IPv6 address. */
static unsigned
group(const uint8_t ip[16], int i)
{
	return (unsigned)ip[2 * i] << 8 | ip[2 * i + 1];
}

/* Appends an IPv6 address without its zone. */
static void
add_ip6(struct text *t, const uint8_t ip[16])
{
	int i, n, gap = GROUPS, gap_len = 1;	/* the run that is left out */

	if (is_mapped(ip)) {
		text_add(t, "::ffff:");
		add_ip4(t, ip + 12);
		return;
	}
	for (i = 0; i < GROUPS; i += n + 1) {
		for (n = 0; i + n < GROUPS && group(ip, i + n) == 0; n++)
			;
		if (n > gap_len) {
			gap = i;
			gap_len = n;
		}
	}
	for (i = 0; i < GROUPS; i++) {
		if (i == gap) {
			text_add(t, "::");
			i += gap_len - 1;
		} else {
			text_add(t, "%s%x", i == 0 || i == gap + gap_len ?
			    "" : ":", group(ip, i));
		}
	}
}

/* Appends an address without port and brackets. */
static void
add_ip(struct text *t, const struct addr *a)
{
	if (a->family == 4) {
		add_ip4(t, a->ip);
	} else if (a->family == 6) {
		add_ip6(t, a->ip);
		if (a->scope != 0)
			text_add(t, "%%%lu", (unsigned long)a->scope);
	} else {
		text_add(t, "-");
	}
}

const char *
addr_text(const struct addr *a, char text[ADDR_TEXT])
{
	struct text t;

	text_init(&t, text, ADDR_TEXT);
	if (a->family == 6)
		text_add(&t, "[");
	add_ip(&t, a);
	if (a->family == 6)
		text_add(&t, "]");
	if (a->family != 0)
		text_add(&t, ":%u", (unsigned)a->port);
	return text;
}

const char *
addr_ip_text(const struct addr *a, char text[ADDR_TEXT])
{
	struct text t;

	text_init(&t, text, ADDR_TEXT);
	add_ip(&t, a);
	return text;
}

bool
addr_same(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && (a->family == 0 ||
	    (a->port == b->port && a->scope == b->scope &&
	    memcmp(a->ip, b->ip, sizeof(a->ip)) == 0));
}

bool
addr_is_any(const struct addr *a)
{
	static const uint8_t zero[16];

	return a->family != 0 && memcmp(a->ip, zero, sizeof(zero)) == 0;
}

bool
addr_is_loopback(const struct addr *a)
{
	static const uint8_t one[16] = { [15] = 1 };

	if (a->family == 4)
		return a->ip[0] == 127;
	return a->family == 6 && memcmp(a->ip, one, sizeof(one)) == 0;
}

bool
addr_in_prefix(const struct addr *a, const struct addr *net, unsigned bits)
{
	unsigned mask = (0xff00u >> bits % 8) & 0xff;

	return a->family == net->family &&
	    memcmp(a->ip, net->ip, bits / 8) == 0 && (mask == 0 ||
	    ((a->ip[bits / 8] ^ net->ip[bits / 8]) & mask) == 0);
}

bool
addr_is_link_local(const struct addr *a)
{
	if (a->family == 4)
		return a->ip[0] == 169 && a->ip[1] == 254;
	return a->family == 6 && a->ip[0] == 0xfe &&
	    (a->ip[1] & 0xc0) == 0x80;
}

void
addr_site(const struct addr *a, uint8_t site[ADDR_SITE])
{
	memset(site, 0, ADDR_SITE);
	site[0] = a->family;
	memcpy(site + 1, a->ip, a->family == 6 ? 8 : 4);
}

/* What is wrong with a host of n bytes, or NULL. */
static const char *
host_fault(const char *host, size_t n, bool bracket)
{
	char copy[HOST_TEXT];
	struct addr a;
	size_t i;

	if (n >= HOST_TEXT)
		return "the host name is too long";
	for (i = 0; i < n; i++)
		if ((unsigned char)host[i] <= ' ' || host[i] == 0x7f ||
		    strchr("/@[]", host[i]) != NULL)
			return "the host name holds a character that no "
			    "name has";
	memcpy(copy, host, n);
	copy[n] = '\0';
	if (!bracket)
		return NULL;
	/* The zone may be an interface's name, for the resolver to read. */
	copy[strcspn(copy, "%")] = '\0';
	if (addr_parse_ip(&a, copy) != 0 || a.family != 6)
		return "the text in brackets is not an IPv6 address";
	return NULL;
}

/* Finds the end of the host in text, where ":PORT" or nothing follows (after
 * a bracket); returns what is wrong, or NULL. */
static const char *
find_host(const char *text, const char **host, size_t *n, const char **rest)
{
	struct addr a;

	*host = text;
	if (*text == '[') {
		*host = text + 1;
		*n = strcspn(*host, "]");
		if ((*host)[*n] == '\0')
			return "the ] of an IPv6 address is missing";
		*rest = *host + *n + 1;
	} else if (addr_parse_ip(&a, text) == 0) {
		*n = strlen(text);
		*rest = text + *n;
	} else {
		*n = strcspn(text, ":");
		*rest = text + *n;
	}
	return host_fault(*host, *n, *text == '[');
}

int
hostport_parse(struct hostport *hp, const char *text,
    uint16_t default_port, const char **why)
{
	const char *host, *rest = text;	/* for gcc 10's warning */
	uint32_t port = default_port;
	size_t n;

	*why = find_host(text, &host, &n, &rest);
	if (*why != NULL)
		return -1;
	if (*text == '\0') {
		*why = "a host is missing";
		return -1;
	}
	if (*rest == '\0' && default_port == 0) {
		*why = memchr(host, ':', n) != NULL && *text != '[' ?
		    "an IPv6 address with a port is written [ADDRESS]:PORT" :
		    "a port is missing (HOST:PORT)";
		return -1;
	}
	if (*rest == ':' && strchr(rest + 1, ':') != NULL) {
		*why = "only IPv6 addresses contain colons; they are written "
		    "[ADDRESS]:PORT";
		return -1;
	}
	if (*rest != '\0' && (*rest != ':' ||
	    (rest = read_decimal(rest + 1, 5, 65535, &port)) == NULL ||
	    *rest != '\0')) {
		*why = "the port is not a number from 0 to 65535";
		return -1;
	}
	memcpy(hp->host, host, n);
	hp->host[n] = '\0';
	hp->port = (uint16_t)port;
	return 0;
}

const char *
hostport_text(const struct hostport *hp, char text[HOST_TEXT + 16])
{
	bool bracket = strchr(hp->host, ':') != NULL;
	struct text t;

	text_init(&t, text, HOST_TEXT + 16);
	text_add(&t, "%s%s%s:%u", bracket ? "[" : "", hp->host,
	    bracket ? "]" : "", (unsigned)hp->port);
	return text;
}
