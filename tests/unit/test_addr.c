/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * base/addr.h: addresses and their text.
 */

#include "compat.h"

#include "base/addr.h"
#include "base/text.h"
#include "tap.h"

/* Literals without port, and how they are written again; NULL: refused. */
static const char *const literals[][2] = {
	{ "10.0.0.1", "10.0.0.1" },
	{ "0.0.0.0", "0.0.0.0" },
	{ "255.255.255.255", "255.255.255.255" },
	{ "::", "::" },
	{ "::1", "::1" },
	{ "1::", "1::" },
	{ "2001:db8::1", "2001:db8::1" },
	{ "2001:DB8:0:0:0:0:0:1", "2001:db8::1" },
	{ "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1" },
	{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
	{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
	{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
	{ "1:2:3::5:6:7:8", "1:2:3:0:5:6:7:8" },
	/* RFC 5952 4.2.3: the longest run, of equal ones the first. */
	{ "1:0:0:2:0:0:0:3", "1:0:0:2::3" },
	{ "1:0:0:2:3:0:0:4", "1::2:3:0:0:4" },
	{ "0:0:1:0:0:0:0:0", "0:0:1::" },
	{ "0:0:0:0:0:1:0:0", "::1:0:0" },
	{ "fe80::1%2", "fe80::1%2" },
	{ "fe80::1%4294967295", "fe80::1%4294967295" },
	{ "fe80::1%0", "fe80::1" },
	{ "::ffff:10.0.0.1", "::ffff:10.0.0.1" },
	{ "::FFFF:a00:1", "::ffff:10.0.0.1" },
	{ "::1.2.3.4", "::102:304" },
	{ "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
	{ "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304" },
	{ "", NULL }, { " ", NULL }, { "1", NULL }, { "1.2.3", NULL },
	{ "1.2.3.4.5", NULL }, { "1.2.3.256", NULL }, { "1.2.3.-4", NULL },
	{ "1.2.3.4 ", NULL }, { " 1.2.3.4", NULL }, { "1.2.3.", NULL },
	{ "1..2.3", NULL }, { "01.2.3.4", NULL }, { "1.2.3.0004", NULL },
	{ "1.2.3.4%1", NULL }, { "1.2.3.4:80", NULL }, { "0x1.2.3.4", NULL },
	{ ":", NULL }, { ":::", NULL }, { "1:::2", NULL }, { ":1", NULL },
	{ "1:", NULL }, { "1::2:", NULL }, { "::1::", NULL },
	{ "1:2:3:4:5:6:7", NULL }, { "1:2:3:4:5:6:7:8:9", NULL },
	{ "1:2:3:4:5:6:7:8::", NULL }, { "::1:2:3:4:5:6:7:8", NULL },
	{ "1:2:3:4::5:6:7:8", NULL }, { "1:2:3:4:5:6:7:1.2.3.4", NULL },
	{ "12345::", NULL }, { "g::", NULL }, { "::1.2.3", NULL },
	{ "::1.2.3.4:5", NULL }, { "1.2.3.4::", NULL }, { "::1%", NULL },
	{ "::1%x", NULL }, { "::1%4294967296", NULL }, { "[::1]", NULL },
	{ "::01.2.3.4", NULL },
};

/* With port. */
static const char *const endpoints[][2] = {
	{ "10.0.0.1:80", "10.0.0.1:80" },
	{ "10.0.0.1:0", "10.0.0.1:0" },
	{ "10.0.0.1:65535", "10.0.0.1:65535" },
	{ "[::1]:80", "[::1]:80" },
	{ "[FE80::1%2]:80", "[fe80::1%2]:80" },
	{ "[::ffff:1.2.3.4]:5", "[::ffff:1.2.3.4]:5" },
	{ "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535",
	    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535" },
	{ "10.0.0.1", NULL }, { "10.0.0.1:", NULL }, { "10.0.0.1:a", NULL },
	{ "10.0.0.1:65536", NULL }, { "10.0.0.1:-1", NULL },
	{ "10.0.0.1:+1", NULL }, { "10.0.0.1:000080", NULL },
	{ "10.0.0.1:80 ", NULL }, { "[10.0.0.1]:80", NULL },
	{ "::1:80", NULL }, { "[::1]", NULL }, { "[::1]80", NULL },
	{ "[::1:80", NULL }, { "::1]:80", NULL }, { "[]:80", NULL },
	{ "localhost:80", NULL }, { ":80", NULL }, { "", NULL },
};

/* Hosts: text, default port, and what hostport_text() makes of it; or what is
 * said against it. */
static const struct {
	const char *text;
	uint16_t port;
	const char *again, *why;
} hosts[] = {
	{ "example.com:443", 0, "example.com:443", NULL },
	{ "example.com", 53, "example.com:53", NULL },
	{ "example.com:443", 53, "example.com:443", NULL },
	{ "10.0.0.1:80", 0, "10.0.0.1:80", NULL },
	{ "10.0.0.1", 80, "10.0.0.1:80", NULL },
	{ "[::1]:80", 0, "[::1]:80", NULL },
	{ "[::1]", 80, "[::1]:80", NULL },
	{ "::1", 80, "[::1]:80", NULL },
	{ "[fe80::1%eth0]:80", 0, "[fe80::1%eth0]:80", NULL },
	{ "fe80::1%2", 80, "[fe80::1%2]:80", NULL },
	{ ":80", 0, ":80", NULL },
	{ ":80", 90, ":80", NULL },
	{ "host:0", 0, "host:0", NULL },
	{ "host_1-x.example.", 1, "host_1-x.example.:1", NULL },
	{ "", 0, NULL, "missing" }, { "", 80, NULL, "missing" },
	{ "example.com", 0, NULL, "port is missing" },
	{ "[::1]", 0, NULL, "port is missing" },
	{ "::1", 0, NULL, "[ADDRESS]:PORT" },
	{ "::1:80", 0, NULL, "[ADDRESS]:PORT" },
	{ "::1:80:", 0, NULL, "[ADDRESS]:PORT" },
	{ "1:2:3:4:5:6:7:8:80", 0, NULL, "[ADDRESS]:PORT" },
	{ "a:b:80", 0, NULL, "only IPv6" },
	{ "[::1:80", 0, NULL, "]" },
	{ "[host]:80", 0, NULL, "not an IPv6" },
	{ "[]:80", 0, NULL, "not an IPv6" },
	{ "[10.0.0.1]:80", 0, NULL, "not an IPv6" },
	{ "[::1]x:80", 0, NULL, "not a number" },
	{ "host:", 0, NULL, "not a number" },
	{ "host:", 80, NULL, "not a number" },
	{ "host:65536", 0, NULL, "0 to 65535" },
	{ "host:http", 0, NULL, "not a number" },
	{ "ho st:80", 0, NULL, "character" },
	{ "http://host:80", 0, NULL, "only IPv6" },
	{ "host/a:80", 0, NULL, "character" },
	{ "host\n:80", 0, NULL, "character" },
};

/* Literals with and without port. */
static void
test_literals(void)
{
	char text[ADDR_TEXT];
	struct addr a;
	size_t i;
	int result;

	for (i = 0; i < sizeof(literals) / sizeof(literals[0]); i++) {
		memset(&a, 0xff, sizeof(a));
		result = addr_parse_ip(&a, literals[i][0]);
		if (literals[i][1] == NULL)
			is_int(result, -1, "\"%s\" is refused",
			    literals[i][0]);
		else
			is_str(result == 0 && a.port == 0 ?
			    addr_ip_text(&a, text) : NULL, literals[i][1],
			    "%s is %s", literals[i][0], literals[i][1]);
	}
	for (i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
		memset(&a, 0xff, sizeof(a));
		result = addr_parse(&a, endpoints[i][0]);
		if (endpoints[i][1] == NULL)
			is_int(result, -1, "\"%s\" is refused",
			    endpoints[i][0]);
		else
			is_str(result == 0 ? addr_text(&a, text) : NULL,
			    endpoints[i][1], "%s is %s", endpoints[i][0],
			    endpoints[i][1]);
	}
}

/* The members, not only their text. */
static void
test_members(void)
{
	static const uint8_t ip4[16] = { 10, 0, 0, 1 };
	static const uint8_t ip6[16] = {
		0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xab, 0xcd, 0, 1,
	};
	struct addr a, b;
	char text[ADDR_TEXT];

	memset(&a, 0xff, sizeof(a));
	addr_parse(&a, "10.0.0.1:258");
	ok(a.family == 4 && a.port == 258 && a.scope == 0, "IPv4: members");
	is_mem(a.ip, ip4, 16, "IPv4: the first 4 bytes, then zeros");
	addr_parse(&b, "10.0.0.1:258");
	ok(memcmp(&a, &b, sizeof(a)) == 0, "all bytes are defined");
	addr_parse(&a, "[fe80::abcd:1%7]:258");
	ok(a.family == 6 && a.port == 258 && a.scope == 7, "IPv6: members");
	is_mem(a.ip, ip6, 16, "IPv6: 16 bytes");
	b = a;
	is_int(addr_parse(&a, "nonsense"), -1, "nonsense is refused");
	ok(addr_same(&a, &b), "and leaves the address as it was");
	memset(&a, 0xee, sizeof(a));
	b.family = a.family = 0;
	ok(addr_same(&a, &b), "no address is like no other, whatever is left "
	    "in it");
	a.family = 4;
	ok(!addr_same(&a, &b), "and unlike any");
	memset(&a, 0, sizeof(a));
	is_str(addr_text(&a, text), "-", "no address is \"-\"");
	is_str(addr_ip_text(&a, text), "-", "without port, too");
}

/* Do two literals name the same? */
static bool
same(const char *one, const char *two)
{
	struct addr a, b;

	return addr_parse(&a, one) == 0 && addr_parse(&b, two) == 0 &&
	    addr_same(&a, &b);
}

/* Is the address that the text names link-local? */
static bool
is_link_local(const char *text)
{
	struct addr a;

	return addr_parse_ip(&a, text) == 0 && addr_is_link_local(&a);
}

/* Comparing, and addresses of a kind. */
static void
test_kinds(void)
{
	static const struct {
		const char *text;
		bool any, loopback;
	} rows[] = {
		{ "0.0.0.0:5", true, false }, { "[::]:5", true, false },
		{ "127.0.0.1:5", false, true }, { "[::1]:5", false, true },
		{ "127.255.255.255:0", false, true },
		{ "128.0.0.1:0", false, false }, { "[::2]:0", false, false },
		{ "[7f00::1]:0", false, false }, { "0.0.0.1:0", false, false },
		{ "[1::]:0", false, false },
	};
	struct addr a;
	size_t i;

	ok(same("10.0.0.1:80", "10.0.0.1:80"), "the same");
	ok(same("[::A]:80", "[0:0::a]:80"), "the same, written otherwise");
	ok(!same("10.0.0.1:80", "10.0.0.1:81"), "another port");
	ok(!same("10.0.0.1:80", "10.0.0.2:80"), "another address");
	ok(!same("[fe80::1%1]:80", "[fe80::1%2]:80"), "another zone");
	ok(!same("0.0.0.0:80", "[::]:80"), "another family");
	ok(!same("10.0.0.1:80", "[::ffff:10.0.0.1]:80"), "mapped is another");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		addr_parse(&a, rows[i].text);
		is_int(addr_is_any(&a), rows[i].any, "%s: any address?",
		    rows[i].text);
		is_int(addr_is_loopback(&a), rows[i].loopback,
		    "%s: loopback?", rows[i].text);
	}
	ok(is_link_local("169.254.0.1") && is_link_local("169.254.255.255"),
	    "169.254.0.0/16 is link-local");
	ok(!is_link_local("169.253.0.1") && !is_link_local("170.254.0.1") &&
	    !is_link_local("254.128.0.1"), "its neighbours are not");
	ok(is_link_local("fe80::1%2") && is_link_local("febf::1"),
	    "fe80::/10 is link-local");
	ok(!is_link_local("fe7f::1") && !is_link_local("fec0::1") &&
	    !is_link_local("a9fe::1"), "its neighbours are not");
	memset(&a, 0, sizeof(a));
	ok(!addr_is_any(&a) && !addr_is_loopback(&a), "none is no kind");
}

/* Hosts with ports. */
static void
test_hosts(void)
{
	char text[HOST_TEXT + 16], longest[HOST_TEXT + 4];
	struct hostport hp;
	const char *why;
	size_t i;
	int result;

	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		why = NULL;
		result = hostport_parse(&hp, hosts[i].text, hosts[i].port,
		    &why);
		if (hosts[i].why == NULL)
			is_str(result == 0 ? hostport_text(&hp, text) : why,
			    hosts[i].again, "%s is %s", hosts[i].text,
			    hosts[i].again);
		else
			ok(result == -1 && why != NULL && strstr(why,
			    hosts[i].why) != NULL, "host %lu: %s",
			    (unsigned long)i, why != NULL ? why : "(null)");
	}
	memset(longest, 'a', sizeof(longest));
	strlcpy(longest + HOST_TEXT - 1, ":80", 4);
	is_int(hostport_parse(&hp, longest, 0, &why), 0,
	    "255 characters are a host");
	is_str(hostport_text(&hp, text), longest, "and are written whole");
	longest[HOST_TEXT - 1] = 'a';
	strlcpy(longest + HOST_TEXT, ":80", 4);
	is_int(hostport_parse(&hp, longest, 0, &why), -1, "256 are none");
	is_str(why, "the host name is too long", "which is said");
}

static void
test_in_prefix(void)
{
	struct addr a, net;

	(void)addr_parse_ip(&a, "10.8.0.130");
	(void)addr_parse_ip(&net, "10.8.0.1");
	ok(addr_in_prefix(&a, &net, 24), "an address is in its network");
	ok(!addr_in_prefix(&a, &net, 25), "and not in a smaller one");
	ok(addr_in_prefix(&a, &net, 0), "all are in that of all");
	ok(addr_in_prefix(&net, &net, 32) && !addr_in_prefix(&a, &net, 32),
	    "one is alone in the smallest");
	(void)addr_parse_ip(&a, "::");
	ok(!addr_in_prefix(&a, &net, 0), "families are apart");
	(void)addr_parse_ip(&a, "fd08:0:0:7::1");
	(void)addr_parse_ip(&net, "fd08::1");
	ok(addr_in_prefix(&a, &net, 61) && !addr_in_prefix(&a, &net, 62),
	    "IPv6, too");
	ok(addr_in_prefix(&net, &net, 128), "up to all bits");
}

static void
test_unmap(void)
{
	static const char *const rows[][2] = {
		{ "[::ffff:192.0.2.7]:80", "192.0.2.7:80" },
		{ "[::ffff:c000:207]:80", "192.0.2.7:80" },
		{ "[::192.0.2.7]:80", "[::c000:207]:80" },
		{ "[::fffe:c000:207]:80", "[::fffe:c000:207]:80" },
		{ "192.0.2.7:80", "192.0.2.7:80" },
	};
	struct addr a, want;
	char text[ADDR_TEXT];
	unsigned i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)addr_parse(&a, rows[i][0]);
		(void)addr_parse(&want, rows[i][1]);
		addr_unmap(&a);
		is_str(addr_text(&a, text), rows[i][1], "an address is IPv4 "
		    "if it is mapped: %s", rows[i][0]);
		ok(addr_same(&a, &want), "in all bytes");
	}
}

static void
test_of_literal(void)
{
	struct addr a, before;
	char text[ADDR_TEXT];

	is_int(addr_of_literal(&a, "::ffff:192.0.2.7", 80), 0, "a literal");
	is_str(addr_text(&a, text), "192.0.2.7:80", "is where to send");
	is_int(addr_of_literal(&a, "fe80::1%2", 81), 0, "one with a zone");
	is_str(addr_text(&a, text), "[fe80::1%2]:81", "keeps it");
	before = a;
	is_int(addr_of_literal(&a, "vpn.example.com", 82), -1, "a name");
	ok(addr_same(&a, &before), "changes nothing");
}

int
main(void)
{
	test_unmap();
	test_of_literal();
	test_literals();
	test_members();
	test_kinds();
	test_hosts();
	test_in_prefix();
	return done_testing();
}
