/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The header in which a proxy says whose connection it forwards.
 */

#include "compat.h"

#include <string.h>

#include "wire/proxy_header.h"

#include "base/bytes.h"

enum {
	V1_MAX = 107,		/* bytes of the longest line */
	V2_HEAD = 16,		/* bytes before the addresses */
	V2_VERSION = 2,
	V2_LOCAL = 0,		/* commands */
	V2_PROXY = 1,
	V2_IP4 = 1,		/* families */
	V2_IP6 = 2,
	V2_UNIX = 3,
	V2_STREAM = 1,		/* transports */
	V2_DATAGRAM = 2,
};

static const uint8_t v1_begin[] = { 'P', 'R', 'O', 'X', 'Y', ' ' };
static const uint8_t v2_begin[] = {
	'\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'
};

/* Bytes of the addresses by family. */
static const size_t v2_addresses[] = { 0, 12, 36, 216 };

/* Do the n bytes begin like that, as far as they go? */
static bool
begins(const uint8_t *p, size_t n, const uint8_t *begin, size_t begin_len)
{
	return memcmp(p, begin, n < begin_len ? n : begin_len) == 0;
}

/* Reads a port of n digits; false: it is none. */
static bool
read_decimal_port(const char *p, size_t n, uint16_t *port)
{
	uint32_t v = 0;
	size_t i;

	if (n == 0 || n > 5 || (p[0] == '0' && n > 1))
		return false;
	for (i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		v = v * 10 + (uint32_t)(p[i] - '0');
	}
	*port = (uint16_t)v;
	return v <= 65535;
}

/* Reads an address of n bytes of text and of that family; false: it is none. */
static bool
read_address(const char *p, size_t n, uint8_t family, struct addr *a)
{
	char text[ADDR_TEXT];

	if (n >= sizeof(text) || memchr(p, '\0', n) != NULL)
		return false;
	memcpy(text, p, n);
	text[n] = '\0';
	return addr_parse_ip(a, text) == 0 && a->family == family &&
	    a->scope == 0;
}

/* Reads "SOURCE DESTINATION SOURCE-PORT DESTINATION-PORT". */
static int
read_endpoints(const char *p, size_t n, uint8_t family, struct addr *client)
{
	const char *field[4];
	size_t len[4], i;
	struct addr target;
	const char *space;
	uint16_t port;

	for (i = 0; i < 4; i++) {
		space = memchr(p, ' ', n);
		if ((space == NULL) != (i == 3))
			return -1;
		field[i] = p;
		len[i] = space == NULL ? n : (size_t)(space - p);
		p += len[i] + 1;
		n -= space == NULL ? n : len[i] + 1;
	}
	if (!read_address(field[0], len[0], family, client) ||
	    !read_address(field[1], len[1], family, &target) ||
	    !read_decimal_port(field[2], len[2], &client->port) ||
	    !read_decimal_port(field[3], len[3], &port))
		return -1;
	addr_unmap(client);
	return 0;
}

/* Does text of n bytes begin with a word and a blank, or end with the word? */
static bool
has_word(const char *p, size_t n, const char *word)
{
	size_t len = strlen(word);

	return n >= len && memcmp(p, word, len) == 0 &&
	    (n == len || p[len] == ' ');
}

static int
parse_v1(const uint8_t *bytes, size_t n, struct addr *client)
{
	const char *p = (const char *)bytes + sizeof(v1_begin);
	const uint8_t *end = memchr(bytes, '\n', n < V1_MAX ? n : V1_MAX);
	size_t len;

	if (end == NULL)
		return n < V1_MAX ? 0 : -1;
	if (end[-1] != '\r')
		return -1;
	len = (size_t)(end - bytes) - sizeof(v1_begin) - 1;
	if (has_word(p, len, "UNKNOWN"))
		return (int)(end + 1 - bytes);
	if (len < 5 || (!has_word(p, len, "TCP4") &&
	    !has_word(p, len, "TCP6")) ||
	    read_endpoints(p + 5, len - 5, p[3] == '4' ? 4 : 6, client) != 0)
		return -1;
	return (int)(end + 1 - bytes);
}

static int
parse_v2(const uint8_t *p, size_t n, struct addr *client)
{
	size_t len, ip;
	unsigned command, family, transport;

	if (n < V2_HEAD)
		return 0;
	command = p[12] & 0x0f;
	family = p[13] >> 4;
	transport = p[13] & 0x0f;
	len = V2_HEAD + (size_t)get_be16(p + 14);
	if (p[12] >> 4 != V2_VERSION || command > V2_PROXY ||
	    family > V2_UNIX || transport > V2_DATAGRAM ||
	    len > PROXY_HEADER_MAX)
		return -1;
	if (command == V2_PROXY && len < V2_HEAD + v2_addresses[family])
		return -1;
	if (n < len)
		return 0;
	if (command == V2_LOCAL || transport != V2_STREAM ||
	    (family != V2_IP4 && family != V2_IP6))
		return (int)len;
	ip = family == V2_IP4 ? 4 : 16;
	client->family = family == V2_IP4 ? 4 : 6;
	memcpy(client->ip, p + V2_HEAD, ip);
	client->port = get_be16(p + V2_HEAD + 2 * ip);
	addr_unmap(client);
	return (int)len;
}

int
proxy_header_parse(const uint8_t *p, size_t n, struct addr *client)
{
	struct addr a = { 0 };
	int used;

	memset(client, 0, sizeof(*client));
	if (n == 0)
		return 0;
	if (begins(p, n, v1_begin, sizeof(v1_begin)))
		used = n < sizeof(v1_begin) ? 0 : parse_v1(p, n, &a);
	else if (begins(p, n, v2_begin, sizeof(v2_begin)))
		used = parse_v2(p, n, &a);
	else
		return -1;
	if (used > 0)
		*client = a;
	return used;
}

size_t
proxy_header_need(const uint8_t *p, size_t n)
{
	struct addr client;

	/* The shortest header has more bytes than that. */
	if (n == 0)
		return sizeof(v2_begin);
	if (proxy_header_parse(p, n, &client) != 0)
		return 0;
	if (n < sizeof(v2_begin))
		return sizeof(v2_begin) - n;
	if (p[0] == v1_begin[0])
		return 1;
	if (n < V2_HEAD)
		return V2_HEAD - n;
	return V2_HEAD + (size_t)get_be16(p + 14) - n;
}
