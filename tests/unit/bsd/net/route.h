/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A stand-in of <net/route.h> for tests on other systems: messages of route(4), as
 * those of macOS.
 */

#ifndef STAND_IN_NET_ROUTE_H
#define STAND_IN_NET_ROUTE_H

#include <stdint.h>
#include <sys/types.h>

#undef PF_ROUTE
#define PF_ROUTE	17

#define RTM_VERSION	5
#define RTM_ADD		0x1
#define RTM_DELETE	0x2
#define RTM_CHANGE	0x3
#define RTF_UP		0x1
#define RTF_GATEWAY	0x2
#define RTF_HOST	0x4
#define RTF_REJECT	0x8
#define RTF_DYNAMIC	0x10
#define RTF_STATIC	0x800
#define RTF_BLACKHOLE	0x1000
#define RTF_PROTO2	0x4000
#define RTF_PROTO1	0x8000
#define RTF_WASCLONED	0x20000
#define RTF_IFSCOPE	0x1000000
#define RTA_DST		0x1
#define RTA_GATEWAY	0x2
#define RTA_NETMASK	0x4

/* Here the first bytes of an address are its family: NETMASK plus a length is
 * that of a mask, whose last bytes are missing. */
enum { NETMASK = 200 };
#define ROUTE_ADDRESS_SIZE(p) stand_in_size(p)
size_t stand_in_size(const unsigned char *p);

struct rt_msghdr {
	unsigned short rtm_msglen;
	unsigned char rtm_version, rtm_type;
	unsigned short rtm_index;
	int rtm_flags, rtm_addrs;
	pid_t rtm_pid;
	int rtm_seq, rtm_errno, rtm_use;
	uint32_t rtm_inits, rtm_rmx[14];
};

#endif
