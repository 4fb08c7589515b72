/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The local address of a datagram, in control data.
 *
 * NOTES.  For IPv4 there are two ways: IP_PKTINFO (Linux, macOS, Solaris) has
 * a struct for both directions; IP_RECVDSTADDR and IP_SENDSRCADDR (BSD) have
 * bare addresses.  For IPv6 all follow RFC 3542 6.  A control message may be
 * unaligned in a buffer, so bodies are copied.
 *
 * Nothing can be sent from the address of a broadcast or multicast.  Linux has
 * the address of ours to reply from in ipi_spec_dst; elsewhere no address is
 * given, and the system chooses one for the reply.
 */

#include "sock_cmsg.h"

#if defined(IP_SENDSRCADDR) && defined(IP_RECVDSTADDR)
#define LOCAL4_RECEIVED IP_RECVDSTADDR
#define LOCAL4_SENT IP_SENDSRCADDR
#define LOCAL4_STRUCT in_addr
#elif defined(IP_PKTINFO)
#define LOCAL4_RECEIVED IP_PKTINFO
#define LOCAL4_SENT IP_PKTINFO
#define LOCAL4_STRUCT in_pktinfo
#endif

#ifdef LOCAL4_STRUCT

static struct in_addr
local4_get(const struct LOCAL4_STRUCT *info)
{
#ifdef IP_SENDSRCADDR
	return *info;
#else
#if HAVE_IPI_SPEC_DST
	if (info->ipi_spec_dst.s_addr != INADDR_ANY)
		return info->ipi_spec_dst;
#endif
	return info->ipi_addr;
#endif
}

/* Can it be that of one host? */
static bool
is_of_one(struct in_addr addr)
{
	return !IN_MULTICAST(ntohl(addr.s_addr)) &&
	    addr.s_addr != INADDR_BROADCAST;
}

static void
local4_set(struct LOCAL4_STRUCT *info, struct in_addr addr)
{
	memset(info, 0, sizeof(*info));
#ifdef IP_SENDSRCADDR
	*info = addr;
#elif HAVE_IPI_SPEC_DST
	info->ipi_spec_dst = addr;
#else
	info->ipi_addr = addr;
#endif
}

#endif

void
sock_cmsg_local(struct msghdr *msg, union sock_addr *local)
{
	struct cmsghdr *c;

	memset(local, 0, sizeof(*local));
	local->sa.sa_family = AF_UNSPEC;
	for (c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
#ifdef LOCAL4_STRUCT
		if (c->cmsg_level == IPPROTO_IP &&
		    c->cmsg_type == LOCAL4_RECEIVED) {
			struct LOCAL4_STRUCT info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			if (!is_of_one(local4_get(&info)))
				continue;
			local->in.sin_family = AF_INET;
			local->in.sin_addr = local4_get(&info);
		}
#endif
#ifdef IPV6_PKTINFO
		if (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			if (IN6_IS_ADDR_MULTICAST(&info.ipi6_addr))
				continue;
			local->in6.sin6_family = AF_INET6;
			local->in6.sin6_addr = info.ipi6_addr;
			if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
				local->in6.sin6_scope_id =
				    (uint32_t)info.ipi6_ifindex;
		}
#endif
	}
}

/* Writes one control message; returns its bytes, 0 when it does not fit. */
static size_t
cmsg_put(void *control, size_t size, int level, int type, const void *body,
    size_t len)
{
	struct msghdr msg;
	struct cmsghdr *c;

	if (size < CMSG_SPACE(len))
		return 0;
	memset(control, 0, CMSG_SPACE(len));
	memset(&msg, 0, sizeof(msg));
	msg.msg_control = control;
	msg.msg_controllen = CMSG_SPACE(len);
	c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), body, len);
	return CMSG_SPACE(len);
}

size_t
sock_cmsg_put_local(void *control, size_t size, const union sock_addr *local)
{
	if (local == NULL ||
	    (local->sa.sa_family == AF_INET && !HAVE_LOCAL_REPORT))
		return 0;
#ifdef LOCAL4_STRUCT
	if (local->sa.sa_family == AF_INET) {
		struct LOCAL4_STRUCT info;

		local4_set(&info, local->in.sin_addr);
		return cmsg_put(control, size, IPPROTO_IP, LOCAL4_SENT, &info,
		    sizeof(info));
	}
#endif
#ifdef IPV6_PKTINFO
	if (local->sa.sa_family == AF_INET6) {
		struct in6_pktinfo info;

		memset(&info, 0, sizeof(info));
		info.ipi6_addr = local->in6.sin6_addr;
		info.ipi6_ifindex = local->in6.sin6_scope_id;
		return cmsg_put(control, size, IPPROTO_IPV6, IPV6_PKTINFO,
		    &info, sizeof(info));
	}
#endif
	return 0;
}
