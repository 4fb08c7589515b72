/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Which messages of the system about its routes report a change.
 */

#include "compat.h"

#include "wire/route_message.h"

/* Offsets in struct rt_msghdr, its types that say what became of a request, and
 * those that are no changes. */
enum {
	BSD_TYPE = 3,		/* one byte, after length and version */
	BSD_ADD = 0x1,
	BSD_DELETE = 0x2,
	BSD_CHANGE = 0x3,
	BSD_GET = 0x4,		/* somebody has asked for a route */
	BSD_LOSING = 0x5,	/* a connection is retransmitting */
	BSD_MISS = 0x7,		/* a look-up failed */
	BSD_LOCK = 0x8,		/* of metrics */
	BSD_RESOLVE = 0xb,	/* a link address is looked for */
};

/* The same of struct nlmsghdr. */
enum {
	NETLINK_TYPE = 4,	/* 16 bits, after the length of 32 */
	NETLINK_HEAD = 16,	/* length of the struct */
	NETLINK_ALIGN = 4,	/* a message begins at a multiple of it */
	NETLINK_NOOP = 1,
	NETLINK_ERROR = 2,	/* the reply to a request */
	NETLINK_DONE = 3,	/* the end of a group of messages */
};

/* Has the system refused that request? */
static bool
bsd_is_refused(const uint8_t *p, size_t n, size_t error_at)
{
	int32_t error;

	if (n < sizeof(error) || error_at > n - sizeof(error))
		return false;
	memcpy(&error, p + error_at, sizeof(error));
	return error != 0;
}

bool
route_message_bsd_is_change(const uint8_t *p, size_t n, size_t error_at)
{
	if (n <= BSD_TYPE)
		return true;
	switch (p[BSD_TYPE]) {
	case BSD_ADD:
	case BSD_DELETE:
	case BSD_CHANGE:
		return !bsd_is_refused(p, n, error_at);
	case BSD_GET:
	case BSD_LOSING:
	case BSD_MISS:
	case BSD_LOCK:
	case BSD_RESOLVE:
		return false;
	default:
		return true;
	}
}

/* Is that a type of message that says nothing? */
static bool
netlink_is_idle(uint16_t type)
{
	return type == NETLINK_NOOP || type == NETLINK_ERROR ||
	    type == NETLINK_DONE;
}

bool
route_message_netlink_is_change(const uint8_t *p, size_t n)
{
	size_t padded;		/* from one message to the next */
	uint32_t len;
	uint16_t type;

	while (n > 0) {
		if (n < NETLINK_HEAD)
			return true;
		memcpy(&len, p, sizeof(len));
		memcpy(&type, p + NETLINK_TYPE, sizeof(type));
		if (len < NETLINK_HEAD || !netlink_is_idle(type))
			return true;
		if (len >= n)
			return false;
		padded = len + (NETLINK_ALIGN - len % NETLINK_ALIGN) %
		    NETLINK_ALIGN;
		if (padded >= n)
			return false;
		p += padded;
		n -= padded;
	}
	return false;
}
