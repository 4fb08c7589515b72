/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A stand-in of <net/if.h> for tests on other systems: the request that adds an address;
 * the rest is the system's.
 */

#ifndef STAND_IN_NET_IF_H
#define STAND_IN_NET_IF_H

#include_next <net/if.h>

#define sin_len sin_zero[0]
#define sin6_len sin6_flowinfo

struct ifaliasreq {
	char ifra_name[IFNAMSIZ];
	struct sockaddr ifra_addr;
	struct sockaddr ifra_broadaddr;
	struct sockaddr ifra_mask;
};

#endif
