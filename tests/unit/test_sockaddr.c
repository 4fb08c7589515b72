/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Addresses keep their meaning on the way to the socket calls and back.
 */

#include "compat.h"

#include "net/sockaddr.h"

#include "tap.h"

/* An address comes back from the system's form as it went in. */
static void
test_round_trip(const char *text, int family, size_t len)
{
	struct addr a, b;
	union sock_addr sa;

	memset(&a, 0, sizeof(a));
	is_int(addr_parse(&a, text), 0, "%s is an address", text);
	memset(&sa, 0xaa, sizeof(sa));
	is_int(sockaddr_from(&sa, &a), len, "%s has the right length", text);
	is_int(sa.sa.sa_family, family, "%s has its family", text);
	is_int(sockaddr_family(&a), family, "%s: family by itself", text);
	memset(&b, 0xaa, sizeof(b));
	sockaddr_to(&b, &sa);
	is_mem(&b, &a, sizeof(a), "%s comes back, every byte", text);
}

int
main(void)
{
	static const uint8_t bytes[4] = { 192, 0, 2, 1 };
	struct addr a;
	union sock_addr sa;

	test_round_trip("192.0.2.1:53", AF_INET, sizeof(sa.in));
	test_round_trip("0.0.0.0:0", AF_INET, sizeof(sa.in));
	test_round_trip("[2001:db8::1]:65535", AF_INET6, sizeof(sa.in6));
	test_round_trip("[fe80::1%7]:9", AF_INET6, sizeof(sa.in6));
	test_round_trip("[::ffff:192.0.2.1]:80", AF_INET6, sizeof(sa.in6));

	memset(&a, 0, sizeof(a));
	a.family = 4;
	memcpy(a.ip, bytes, 4);
	a.port = 0x1234;
	sockaddr_from(&sa, &a);
	is_mem(&sa.in.sin_addr, bytes, 4, "an address is in network order");
	is_mem(&sa.in.sin_port, "\x12\x34", 2, "a port is in network order");

	memset(&a, 0, sizeof(a));
	is_int(sockaddr_from(&sa, &a), 0, "no address has no length");
	is_int(sa.sa.sa_family, AF_UNSPEC, "no address is AF_UNSPEC");
	memset(&a, 0xaa, sizeof(a));
	sockaddr_to(&a, &sa);
	is_int(a.family, 0, "AF_UNSPEC is no address");
	is_int(a.port, 0, "and has no port");
	return done_testing();
}
