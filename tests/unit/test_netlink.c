/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/netlink.h: what is written is read back, and nothing is read beyond the
 * end of a message.
 */

#include "compat.h"

#include "wire/netlink.h"

#include "tap.h"

static struct netlink_message message;

/* A rule with all that is read of one. */
static void
make_rule(void)
{
	struct netlink_route of = { .family = 2, .table = 254, .type = 1 };
	uint8_t protocol = 173;

	netlink_begin(&message, NETLINK_NEW_RULE, NETLINK_REQUEST, &of,
	    sizeof(of));
	netlink_put(&message, NETLINK_PROTOCOL, &protocol, 1);
	netlink_put_number(&message, NETLINK_PRIORITY, 30710);
	netlink_put_number(&message, NETLINK_TABLE, 44311);
	netlink_put_number(&message, NETLINK_SUPPRESS, 0);
}

static void
test_what_is_written_is_read(void)
{
	const uint8_t *p = (const uint8_t *)&message;
	struct netlink_entry e;
	struct netlink_view v;
	size_t n;

	make_rule();
	is_int(message.head.len, 16 + 12 + 8 + 3 * 8, "its length is whole");
	n = message.head.len;
	ok(netlink_next(&p, &n, &v), "it is one message");
	is_int(n, 0, "and nothing follows");
	is_int(v.type, NETLINK_NEW_RULE, "its type");
	ok(netlink_read_entry(&v, &e), "it is a rule");
	is_int(e.of.family, 2, "its family");
	is_int(e.of.type, 1, "its action");
	is_int(e.priority, 30710, "its priority");
	is_int(e.table, 44311, "its table, which has more than 8 bits");
	is_int(e.suppress, 0, "it suppresses default routes");
	ok(e.has_protocol && e.protocol == 173, "who made it");
	ok(!netlink_next(&p, &n, &v), "there is no second one");
}

static void
test_what_is_not_said(void)
{
	struct netlink_route of = { .family = 10, .table = 254 };
	const uint8_t *p = (const uint8_t *)&message;
	struct netlink_entry e;
	struct netlink_view v;
	size_t n;

	netlink_begin(&message, NETLINK_NEW_ROUTE, 0, &of, sizeof(of));
	n = message.head.len;
	ok(netlink_next(&p, &n, &v) && netlink_read_entry(&v, &e),
	    "a route without attributes");
	is_int(e.table, 254, "has the table of its struct");
	is_int((long long)e.suppress, (long long)UINT32_MAX,
	    "suppresses nothing");
	ok(!e.has_protocol && e.device == 0 && e.priority == 0,
	    "and has nothing else");
}

static void
test_addresses_have_their_length(void)
{
	struct netlink_route of = { .family = 2 };
	struct addr a;
	size_t before;

	netlink_begin(&message, NETLINK_NEW_ROUTE, 0, &of, sizeof(of));
	before = message.head.len;
	ok(addr_parse_ip(&a, "10.1.2.3") == 0, "IPv4");
	netlink_put_address(&message, NETLINK_TO, &a);
	is_int(message.head.len - before, 8, "4 bytes and their head");
	before = message.head.len;
	ok(addr_parse_ip(&a, "fd00::1") == 0, "IPv6");
	netlink_put_address(&message, NETLINK_TO, &a);
	is_int(message.head.len - before, 20, "16 bytes and their head");
}

static void
test_cut_messages(void)
{
	struct netlink_entry e;
	struct netlink_view v;
	const uint8_t *p;
	uint8_t *copy;
	size_t n, len, good = 0;

	make_rule();
	for (len = 0; len < message.head.len; len++) {
		copy = malloc(len + 1);
		memcpy(copy, &message, len);
		p = copy;
		n = len;
		good += netlink_next(&p, &n, &v);
		free(copy);
	}
	is_int((long long)good, 0, "a part of a message is none");
	v.type = NETLINK_NEW_RULE;
	for (len = 0; len <= message.head.len - 16; len++) {
		copy = malloc(len + 1);
		memcpy(copy, message.rest, len);
		v.body = copy;
		v.len = len;
		good += netlink_read_entry(&v, &e);
		free(copy);
	}
	is_int((long long)good, (long long)message.head.len - 16 - 12 + 1,
	    "one with its struct is read, whatever attribute is cut");
}

static void
test_lengths_that_lie(void)
{
	const uint8_t *p = (const uint8_t *)&message;
	struct netlink_view v;
	uint16_t len = 3;
	struct netlink_entry e;
	size_t n = sizeof(message);

	make_rule();
	message.head.len = 15;
	ok(!netlink_next(&p, &n, &v), "shorter than a head");
	make_rule();
	memcpy(message.rest + sizeof(struct netlink_route), &len, 2);
	v.body = message.rest;
	v.len = message.head.len - 16;
	ok(netlink_read_entry(&v, &e) && e.priority == 0,
	    "an attribute shorter than its head ends the list");
}

static void
test_results(void)
{
	int32_t error = -17;
	struct netlink_view v = { NETLINK_REPLY, (const uint8_t *)&error, 4 };

	is_int(netlink_result(&v), 17, "an error");
	error = 0;
	is_int(netlink_result(&v), 0, "none");
	v.len = 3;
	is_int(netlink_result(&v), EPROTO, "a reply that is cut");
	v.len = 4;
	error = INT32_MIN;
	is_int(netlink_result(&v), EPROTO, "no error number");
}

int
main(void)
{
	test_what_is_written_is_read();
	test_what_is_not_said();
	test_addresses_have_their_length();
	test_cut_messages();
	test_lengths_that_lie();
	test_results();
	return done_testing();
}
