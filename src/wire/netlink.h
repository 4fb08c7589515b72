/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Messages of Linux's rtnetlink: addresses, routes and rules.
 *
 * NOTES.  netlink(7), rtnetlink(7).  The kernel's headers are missing from some
 * toolchains, so the few numbers and structs that are needed are defined here.
 * All numbers have the machine's byte order.  A message is a head, a struct
 * that depends on its type, and attributes; all begin at multiples of 4 bytes.
 */

#ifndef WIRE_NETLINK_H
#define WIRE_NETLINK_H

#include "compat.h"

#include "base/addr.h"

enum {
	NETLINK_SIZE = 256,	/* of the longest message that we write */
	NETLINK_READ = 16384,	/* of the longest group that we read */
};

/* Types of messages. */
enum {
	NETLINK_REPLY = 2,	/* NLMSG_ERROR: the result of a request */
	NETLINK_END = 3,	/* NLMSG_DONE: the last one of a dump */
	NETLINK_NEW_ADDRESS = 20,	/* RTM_NEWADDR */
	NETLINK_NEW_ROUTE = 24,	/* RTM_NEWROUTE */
	NETLINK_DEL_ROUTE = 25,
	NETLINK_GET_ROUTE = 26,
	NETLINK_NEW_RULE = 32,	/* RTM_NEWRULE */
	NETLINK_DEL_RULE = 33,
	NETLINK_GET_RULE = 34,
	NETLINK_NEW_COUNTERS = 92,	/* RTM_NEWSTATS */
	NETLINK_GET_COUNTERS = 94,
};

/* Flags of requests. */
enum {
	NETLINK_REQUEST = 0x1,	/* of all of them */
	NETLINK_ACK = 0x4,	/* the result is wanted */
	NETLINK_DUMP = 0x300,	/* all that there is */
	NETLINK_REPLACE = 0x100,	/* of NEW: what is there already */
	NETLINK_ONLY_NEW = 0x200,	/* EEXIST if it is there already */
	NETLINK_CREATE = 0x400,
};

/* Numbers in addresses, routes and rules. */
enum {
	NETLINK_NO_DAD = 0x02,	/* IFA_F_NODAD */
	NETLINK_PEER = 1,	/* attribute IFA_ADDRESS */
	NETLINK_LOCAL = 2,	/* attribute IFA_LOCAL */
	NETLINK_TO = 1,		/* attribute RTA_DST */
	NETLINK_DEVICE = 4,	/* attribute RTA_OIF */
	NETLINK_PRIORITY = 6,	/* attribute RTA_PRIORITY, FRA_PRIORITY */
	NETLINK_MARK = 10,	/* attribute FRA_FWMARK */
	NETLINK_SUPPRESS = 14,	/* attribute FRA_SUPPRESS_PREFIXLEN */
	NETLINK_TABLE = 15,	/* attribute RTA_TABLE, FRA_TABLE */
	NETLINK_MASK = 16,	/* attribute FRA_FWMASK */
	NETLINK_PROTOCOL = 21,	/* attribute FRA_PROTOCOL */
	NETLINK_MAIN = 254,	/* RT_TABLE_MAIN */
	NETLINK_UNICAST = 1,	/* type RTN_UNICAST */
	NETLINK_UNREACHABLE = 7,	/* type RTN_UNREACHABLE */
	NETLINK_TO_TABLE = 1,	/* action FR_ACT_TO_TBL */
	NETLINK_INVERT = 0x2,	/* FIB_RULE_INVERT */
	NETLINK_SCOPE_LINK = 253,	/* RT_SCOPE_LINK */
};

/* struct nlmsghdr. */
struct netlink_head {
	uint32_t len;
	uint16_t type, flags;
	uint32_t number, port;
};

/* struct ifaddrmsg. */
struct netlink_address {
	uint8_t family, prefix, flags, scope;
	uint32_t index;
};

/* struct rtmsg, and struct fib_rule_hdr, which differs in the last members: of
 * a rule protocol and scope are unused, and type is its action. */
struct netlink_route {
	uint8_t family, to_bits, from_bits, tos;
	uint8_t table, protocol, scope, type;
	uint32_t flags;
};

/* A message that is written. */
struct netlink_message {
	struct netlink_head head;
	uint8_t rest[NETLINK_SIZE - sizeof(struct netlink_head)];
};

/* Begins a message with len bytes of its struct. */
void netlink_begin(struct netlink_message *, uint16_t type, uint16_t flags,
    const void *body, size_t len);

/* Appends an attribute of len bytes; all attributes must fit. */
void netlink_put(struct netlink_message *, uint16_t type, const void *bytes,
    size_t len);

/* Appends one that is a number. */
void netlink_put_number(struct netlink_message *, uint16_t type,
    uint32_t number);

/* Appends one that is an address. */
void netlink_put_address(struct netlink_message *, uint16_t type,
    const struct addr *);

/* A message that was read. */
struct netlink_view {
	uint16_t type;
	const uint8_t *body;	/* what follows its head; borrowed */
	size_t len;		/* bytes of that */
};

/* Reads the message at *p, of *n bytes, and moves both behind it.  False when
 * there is none, or only a part of one. */
bool netlink_next(const uint8_t **p, size_t *n, struct netlink_view *);

/* The result in a NETLINK_REPLY: 0 or errno; EPROTO when it is too short. */
int netlink_result(const struct netlink_view *);

/* What is asked about a route, or a rule. */
struct netlink_entry {
	struct netlink_route of;
	uint32_t table;		/* any, where of.table has 8 bits only */
	uint32_t priority;	/* 0: none */
	uint32_t device;	/* its index; 0: none */
	uint32_t suppress;	/* of a rule: prefix length; UINT32_MAX: none */
	bool has_protocol;	/* of a rule: the kernel says who made it, */
	uint8_t protocol;	/* so */
};

/* Reads a route or a rule; false when it is too short to be one. */
bool netlink_read_entry(const struct netlink_view *, struct netlink_entry *);

#endif
