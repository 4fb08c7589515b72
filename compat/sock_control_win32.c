/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Control data of datagrams on Windows: local addresses.
 */

#include "sock_control_win32.h"

#include <windows.h>
#include <mswsock.h>

void
sock_control_function(fd_t fd, const void *id, void *function, size_t size)
{
	GUID copy;
	DWORD bytes;

	memcpy(&copy, id, sizeof(copy));
	/* Where there is none, the function stays NULL. */
	(void)WSAIoctl(fd, SIO_GET_EXTENSION_FUNCTION_POINTER, &copy,
	    sizeof(copy), function, (DWORD)size, &bytes, NULL, NULL);
}

void
sock_control_get(void *arg, union sock_addr *local)
{
	WSAMSG *msg = arg;
	WSACMSGHDR *c;

	for (c = WSA_CMSG_FIRSTHDR(msg); c != NULL;
	    c = WSA_CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == IPPROTO_IP &&
		    c->cmsg_type == IP_PKTINFO) {
			IN_PKTINFO info;

			memcpy(&info, WSA_CMSG_DATA(c), sizeof(info));
			local->in.sin_family = AF_INET;
			local->in.sin_addr = info.ipi_addr;
		}
		if (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_PKTINFO) {
			IN6_PKTINFO info;

			memcpy(&info, WSA_CMSG_DATA(c), sizeof(info));
			local->in6.sin6_family = AF_INET6;
			local->in6.sin6_addr = info.ipi6_addr;
			if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
				local->in6.sin6_scope_id = info.ipi6_ifindex;
		}
	}
}

size_t
sock_control_put(union sock_control *control, const union sock_addr *local)
{
	WSACMSGHDR *c = (WSACMSGHDR *)(void *)control;

	memset(control, 0, sizeof(*control));
	if (local->sa.sa_family == AF_INET) {
		IN_PKTINFO info;

		memset(&info, 0, sizeof(info));
		info.ipi_addr = local->in.sin_addr;
		c->cmsg_level = IPPROTO_IP;
		c->cmsg_type = IP_PKTINFO;
		c->cmsg_len = WSA_CMSG_LEN(sizeof(info));
		memcpy(WSA_CMSG_DATA(c), &info, sizeof(info));
		return WSA_CMSG_SPACE(sizeof(info));
	}
	if (local->sa.sa_family == AF_INET6) {
		IN6_PKTINFO info;

		memset(&info, 0, sizeof(info));
		info.ipi6_addr = local->in6.sin6_addr;
		info.ipi6_ifindex = local->in6.sin6_scope_id;
		c->cmsg_level = IPPROTO_IPV6;
		c->cmsg_type = IPV6_PKTINFO;
		c->cmsg_len = WSA_CMSG_LEN(sizeof(info));
		memcpy(WSA_CMSG_DATA(c), &info, sizeof(info));
		return WSA_CMSG_SPACE(sizeof(info));
	}
	return 0;
}
