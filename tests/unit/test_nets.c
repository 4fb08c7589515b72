/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * base/nets.h: what is read as a list of networks, and who is in it.
 */

#include "compat.h"

#include "base/nets.h"
#include "tap.h"

/* Is the address in the list? */
static bool
have(const struct nets *nets, const char *ip)
{
	struct addr a;

	return addr_parse_ip(&a, ip) == 0 && nets_have(nets, &a);
}

static void
test_list(void)
{
	struct nets nets = { 0 };
	char text[NETS_TEXT];

	ok(!have(&nets, "10.0.0.1"), "an empty list has nobody");
	ok(nets_add(&nets, "10.1.0.0/16,192.0.2.7,2001:db8::/33") == NULL,
	    "three networks");
	is_int(nets.n, 3, "are three entries");
	is_str(nets_text(&nets, 0, text), "10.1.0.0/16", "the first");
	is_str(nets_text(&nets, 1, text), "192.0.2.7/32", "one address");
	is_str(nets_text(&nets, 2, text), "2001:db8::/33", "an IPv6 network");
	ok(nets_add(&nets, "fd00::/8") == NULL && nets.n == 4,
	    "a second text adds to them");
	ok(have(&nets, "10.1.255.9") && !have(&nets, "10.2.0.1"),
	    "16 bits count");
	ok(have(&nets, "192.0.2.7") && !have(&nets, "192.0.2.6"),
	    "all bits count");
	ok(have(&nets, "2001:db8:7fff::1") && !have(&nets, "2001:db8:8000::1"),
	    "33 bits count");
	ok(!have(&nets, "::10.1.0.1"), "the family counts");
	ok(nets_add(&nets, "::ffff:192.0.2.9,::ffff:10.3.0.0/112") == NULL &&
	    have(&nets, "192.0.2.9") && have(&nets, "10.3.7.7") &&
	    !have(&nets, "10.4.0.0"), "mapped networks are those of IPv4");
	is_str(nets_text(&nets, 5, text), "10.3.0.0/16", "and shown as such");
	ok(nets_add(&nets, "0.0.0.0/0") == NULL && have(&nets, "8.8.8.8"),
	    "no bits are everybody");
	ok(!have(&nets, "2001::1"), "of its family");
}

static void
test_wrong(void)
{
	static const char *const wrong[] = {
		"", ",", "10.0.0.0/8,", "10.0.0.0/33", "::/129", "10.0.0.0/",
		"10.0.0.0/-1", "10.0.0.0/8/8", "host", "10.0.0", "fe80::1%2",
		"10.0.0.0/8 ", "[::1]", "10.0.0.1:80", "::ffff:10.0.0.0/95",
		"10.0.0.0/+8", "10.0.0.0/0008",
		("1111111111111111111111111111111111111111111111111111111111111"
		"11111111111111111111111111111111"),
	};
	struct nets nets = { 0 };
	unsigned i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ok(nets_add(&nets, wrong[i]) != NULL, "\"%s\" is wrong",
		    wrong[i]);
	nets.n = 0;
	for (i = 0; i < NETS_MAX; i++)
		ok(nets_add(&nets, "10.0.0.1") == NULL, "there is room");
	ok(nets_add(&nets, "10.0.0.1") != NULL && nets.n == NETS_MAX,
	    "but not for more than %d", NETS_MAX);
}

int
main(void)
{
	test_list();
	test_wrong();
	return done_testing();
}
