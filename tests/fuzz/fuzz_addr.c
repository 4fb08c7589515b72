/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Fuzz target: addresses, and hosts with ports.  What is read must come back
 * the same when it is written and read again.
 */

#include "compat.h"

#include "base/addr.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Literals, with a port or without. */
static void
check_literal(const char *text)
{
	char with[ADDR_TEXT], without[ADDR_TEXT];
	struct addr a, b;

	if (addr_parse(&a, text) == 0) {
		must(addr_parse(&b, addr_text(&a, with)) == 0);
		must(addr_same(&a, &b) && memcmp(&a, &b, sizeof(a)) == 0);
		must(addr_parse_ip(&b, addr_ip_text(&a, without)) == 0);
		must(memcmp(a.ip, b.ip, sizeof(a.ip)) == 0);
		must(strlen(with) + 1 < sizeof(with));
	}
	if (addr_parse_ip(&a, text) == 0) {
		must(a.port == 0 && (a.family == 4 || a.family == 6));
		must(addr_parse_ip(&b, addr_ip_text(&a, without)) == 0);
		must(addr_same(&a, &b));
		must(!addr_is_any(&a) || !addr_is_loopback(&a));
		must(addr_parse(&b, text) == -1);
	}
}

/* An address and its bits. */
static void
check_prefix(const char *text, size_t n)
{
	char again[ADDR_TEXT + 4], ip[ADDR_TEXT];
	unsigned bits = 0, most;
	struct addr a, b;

	if (addr_parse_prefix(&a, &bits, text, n) != ADDR_PREFIX_GOOD)
		return;
	must(a.port == 0 && a.scope == 0);
	b = a;
	addr_unmap(&b);
	must(addr_same(&a, &b));
	snprintf(again, sizeof(again), "%s/%u", addr_ip_text(&a, ip), bits);
	must(addr_parse_prefix(&b, &most, again, strlen(again)) ==
	    ADDR_PREFIX_GOOD);
	must(most == bits && addr_same(&a, &b));
	must(addr_in_prefix(&a, &b, bits));
}

/* Hosts, with that default port. */
static void
check_host(const char *input, uint16_t port)
{
	char text[HOST_TEXT + 16];
	struct hostport a, b;
	struct addr addr;
	const char *why = NULL;

	if (hostport_parse(&a, input, port, &why) != 0) {
		must(why != NULL);
		/* Whatever is a literal is also a host with a port. */
		must(addr_parse(&addr, input) != 0);
		return;
	}
	must(strlen(a.host) < HOST_TEXT);
	must(hostport_parse(&b, hostport_text(&a, text), 0, &why) == 0);
	must(strcmp(a.host, b.host) == 0 && a.port == b.port);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	check_literal(text);
	check_prefix(text, size);
	check_host(text, 0);
	check_host(text, 443);
	free(text);
	return 0;
}
