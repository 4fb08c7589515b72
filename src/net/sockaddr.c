/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Conversion between struct addr and the addresses of the socket calls.
 */

#include "compat.h"

#include "net/sockaddr.h"

socklen_t
sockaddr_from(union sock_addr *sa, const struct addr *a)
{
	memset(sa, 0, sizeof(*sa));
	if (a->family == 4) {
		sa->in.sin_family = AF_INET;
		sa->in.sin_port = htons(a->port);
		memcpy(&sa->in.sin_addr, a->ip, 4);
		return sizeof(sa->in);
	}
	if (a->family == 6) {
		sa->in6.sin6_family = AF_INET6;
		sa->in6.sin6_port = htons(a->port);
		memcpy(&sa->in6.sin6_addr, a->ip, 16);
		sa->in6.sin6_scope_id = a->scope;
		return sizeof(sa->in6);
	}
	sa->sa.sa_family = AF_UNSPEC;
	return 0;
}

void
sockaddr_to(struct addr *a, const union sock_addr *sa)
{
	memset(a, 0, sizeof(*a));
	if (sa->sa.sa_family == AF_INET) {
		a->family = 4;
		a->port = ntohs(sa->in.sin_port);
		memcpy(a->ip, &sa->in.sin_addr, 4);
	} else if (sa->sa.sa_family == AF_INET6) {
		a->family = 6;
		a->port = ntohs(sa->in6.sin6_port);
		memcpy(a->ip, &sa->in6.sin6_addr, 16);
		a->scope = (uint32_t)sa->in6.sin6_scope_id;
	}
}

int
sockaddr_family(const struct addr *a)
{
	return a->family == 6 ? AF_INET6 : AF_INET;
}
