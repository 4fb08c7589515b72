/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * wire/route_message.h: which messages report a change.
 */

#include "compat.h"

#include "wire/route_message.h"

#include "tap.h"

enum {
	MORE = 4,		/* of the longest test message, in headers */
	ERROR_AT = 24,		/* of rtm_errno, as most systems have it */
};

static uint8_t message[16 * (MORE + 1)];

/* A message of a routing socket: struct rt_msghdr as all systems begin it. */
static bool
bsd(uint8_t type, size_t n)
{
	memset(message, 0, sizeof(message));
	message[0] = (uint8_t)sizeof(message);
	message[2] = 5;
	message[3] = type;
	return route_message_bsd_is_change(message, n, ERROR_AT);
}

static void
test_bsd(void)
{
	/* RTM_GET, RTM_LOSING, RTM_MISS, RTM_LOCK, RTM_RESOLVE. */
	static const uint8_t idle[] = { 4, 5, 7, 8, 11 };
	unsigned i, type, changes = 0;

	for (i = 0; i < sizeof(idle); i++) {
		ok(!bsd(idle[i], sizeof(message)), "type %u is no change",
		    idle[i]);
		ok(!bsd(idle[i], 4), "nor is its beginning");
	}
	for (type = 0; type < 256; type++)
		changes += bsd((uint8_t)type, sizeof(message));
	is_int(changes, 256 - sizeof(idle), "all others are changes");
	ok(bsd(7, 3), "and what is too short to have a type");
	ok(bsd(7, 0), "even nothing");
}

/* A request whose error has this byte. */
static bool
answered(uint8_t type, uint8_t error, size_t n)
{
	(void)bsd(type, n);
	message[ERROR_AT + 1] = error;
	return route_message_bsd_is_change(message, n, ERROR_AT);
}

static void
test_bsd_refused(void)
{
	uint8_t type;

	/* RTM_ADD, RTM_DELETE, RTM_CHANGE. */
	for (type = 1; type <= 3; type++) {
		ok(answered(type, 0, 80), "request %u is a change", type);
		ok(!answered(type, 17, 80), "but not when it was refused");
		ok(!answered(type, 17, 28), "as its head tells");
		ok(answered(type, 17, 27), "if it is there");
		ok(answered(type, 17, 4), "which may be cut off");
		ok(answered(type, 17, 3), "with all of it");
	}
	ok(answered(12, 17, 80), "other types have no error there");
	ok(!answered(7, 0, 80), "and what is no change has none");
	(void)bsd(1, 80);
	memset(message, 1, sizeof(message));
	ok(route_message_bsd_is_change(message, 80, SIZE_MAX),
	    "no error is read behind a message");
}

/* Appends the header of an rtnetlink message; returns where the next one
 * begins. */
static size_t
netlink(size_t at, uint16_t type, uint32_t len)
{
	memset(message + at, 0, 16);
	memcpy(message + at, &len, sizeof(len));
	memcpy(message + at + 4, &type, sizeof(type));
	return at + 16;
}

static bool
change(size_t n)
{
	return route_message_netlink_is_change(message, n);
}

static void
test_netlink(void)
{
	/* RTM_NEWADDR, RTM_DELADDR, RTM_NEWROUTE, RTM_DELROUTE; and what the
	 * system says when messages were lost, NLMSG_OVERRUN. */
	static const uint16_t changes[] = { 20, 21, 24, 25, 4 };
	size_t at;
	unsigned i;

	for (i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		netlink(0, changes[i], 80);
		ok(change(80), "type %u is a change", changes[i]);
		ok(change(16), "and so is its header");
	}
	for (i = 1; i < 4; i++) {
		netlink(0, (uint16_t)i, 16);
		ok(!change(16), "type %u is none", i);
		at = netlink(netlink(0, (uint16_t)i, 16), 3, 16);
		ok(!change(at), "nor is a group of two");
	}
	at = netlink(netlink(netlink(0, 1, 16), 3, 16), 24, 16);
	ok(change(at), "a change may follow others");
	ok(change(at - 1), "cut or not");
	ok(!change(at - 16), "if it is there");
	netlink(netlink(0, 1, 18) + 4, 24, 16);
	ok(change(36), "a message is padded");
	netlink(netlink(0, 1, 18) + 4, 3, 16);
	ok(!change(36), "and so is one before others that are none");
	netlink(0, 1, 15);
	ok(change(64), "one that is shorter than its header is a change");
	netlink(0, 1, 0);
	ok(change(64), "even one of no length");
	netlink(0, 1, UINT32_MAX);
	ok(!change(64), "one that is longer than what came is the last");
	netlink(0, 1, UINT32_MAX - 15);
	ok(!change(64), "however long");
	ok(change(15), "half a header is a change");
	ok(!change(0), "nothing is none");
}

int
main(void)
{
	test_bsd();
	test_bsd_refused();
	test_netlink();
	return done_testing();
}
