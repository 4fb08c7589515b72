/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A stand-in of <netinet6/in6_var.h> for tests on other systems: the request that adds an
 * IPv6 address.
 */

#ifndef STAND_IN_NETINET6_IN6_VAR_H
#define STAND_IN_NETINET6_IN6_VAR_H

struct in6_aliasreq {
	char ifra_name[IFNAMSIZ];
	struct sockaddr_in6 ifra_addr;
	struct sockaddr_in6 ifra_dstaddr;
	struct sockaddr_in6 ifra_prefixmask;
	int ifra_flags;
	struct {
		time_t ia6t_expire, ia6t_preferred;
		uint32_t ia6t_vltime, ia6t_pltime;
	} ifra_lifetime;
};

#define SIOCAIFADDR_IN6	_IOW('i', 27, struct in6_aliasreq)

#endif
