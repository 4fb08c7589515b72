/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Conversion between struct addr and the addresses of the socket calls.
 */

#ifndef NET_SOCKADDR_H
#define NET_SOCKADDR_H

#include "sock.h"

#include "base/addr.h"

/* Fills sa and returns its length; AF_UNSPEC and 0 for no address. */
socklen_t sockaddr_from(union sock_addr *sa, const struct addr *a);

/* Fills a; family 0 if sa is neither IPv4 nor IPv6.  An IPv4-mapped IPv6
 * address stays IPv6. */
void sockaddr_to(struct addr *a, const union sock_addr *sa);

/* AF_INET or AF_INET6 for an address. */
int sockaddr_family(const struct addr *a);

#endif
