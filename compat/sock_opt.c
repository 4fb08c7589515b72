/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Socket options; the macro of each shows whether a system has it.
 */

#include "sock.h"

#ifdef _WIN32
#include <mswsock.h>
#include <mstcpip.h>
#else
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#endif

/*
 * Other names of options on some systems, and -1 for options that are missing.
 */
#ifndef IPV6_RECVPKTINFO
#ifdef IPV6_PKTINFO		/* Windows, and RFC 2292 */
#define IPV6_RECVPKTINFO IPV6_PKTINFO
#else
#define IPV6_RECVPKTINFO (-1)
#endif
#endif

#if defined(IP_SENDSRCADDR) && defined(IP_RECVDSTADDR)	/* as sock_cmsg.c */
#define LOCAL4 IP_RECVDSTADDR
#elif defined(IP_RECVPKTINFO)	/* Solaris, NetBSD */
#define LOCAL4 IP_RECVPKTINFO
#elif defined(IP_PKTINFO)
#define LOCAL4 IP_PKTINFO
#else
#define LOCAL4 (-1)
#endif

#ifndef TCP_KEEPIDLE
#ifdef TCP_KEEPALIVE		/* macOS */
#define TCP_KEEPIDLE TCP_KEEPALIVE
#else
#define TCP_KEEPIDLE (-1)
#endif
#endif
#ifndef TCP_KEEPINTVL
#define TCP_KEEPINTVL (-1)
#endif
#ifndef TCP_KEEPCNT
#define TCP_KEEPCNT (-1)
#endif

#if defined(TCP_USER_TIMEOUT)
#define TIMEOUT TCP_USER_TIMEOUT
#define TIMEOUT_UNIT_MS 1
#elif defined(TCP_RXT_CONNDROPTIME)	/* macOS */
#define TIMEOUT TCP_RXT_CONNDROPTIME
#define TIMEOUT_UNIT_MS 1000
#elif defined(TCP_MAXRT)		/* Windows */
#define TIMEOUT TCP_MAXRT
#define TIMEOUT_UNIT_MS 1000
#else
#define TIMEOUT (-1)
#define TIMEOUT_UNIT_MS 1
#endif

#ifndef TCP_NOTSENT_LOWAT
#define TCP_NOTSENT_LOWAT (-1)
#endif
#ifndef TCP_MAXSEG
#define TCP_MAXSEG (-1)
#endif
#ifndef SIOCOUTQNSD		/* linux/sockios.h, one number for all CPUs */
#define SIOCOUTQNSD 0x894B
#endif

/* Which routes packets take: a mark of Linux, or the number of a routing table
 * (FreeBSD, DragonFly; OpenBSD). */
#if defined(SO_MARK)
#define MARK SO_MARK
#elif defined(SO_SETFIB)
#define MARK SO_SETFIB
#elif defined(SO_RTABLE)
#define MARK SO_RTABLE
#else
#define MARK (-1)
#endif

/* "Don't fragment" of datagrams: the option, and its values. */
#if defined(IP_MTU_DISCOVER) && defined(IP_PMTUDISC_DONT)	/* Linux */
#define DF4 IP_MTU_DISCOVER
#define DF4_YES IP_PMTUDISC_DO
#define DF4_NO IP_PMTUDISC_DONT
#else
#if defined(IP_DONTFRAG)	/* FreeBSD, macOS */
#define DF4 IP_DONTFRAG
#elif defined(IP_DONTFRAGMENT)	/* Windows */
#define DF4 IP_DONTFRAGMENT
#else
#define DF4 (-1)
#endif
#define DF4_YES 1
#define DF4_NO 0
#endif
#if defined(IPV6_MTU_DISCOVER) && defined(IPV6_PMTUDISC_DONT)
#define DF6 IPV6_MTU_DISCOVER
#define DF6_YES IPV6_PMTUDISC_DO
#define DF6_NO IPV6_PMTUDISC_DONT
#else
#if defined(IPV6_DONTFRAG)
#define DF6 IPV6_DONTFRAG
#else
#define DF6 (-1)
#endif
#define DF6_YES 1
#define DF6_NO 0
#endif

/* The option of Linux works for IPv6, too, which got one of its own in 4.15. */
#ifdef IP_FREEBIND
#define FREEBIND IP_FREEBIND
#else
#define FREEBIND (-1)
#endif

#ifdef SO_EXCLUSIVEADDRUSE	/* Windows */
#define LISTEN_AGAIN SO_EXCLUSIVEADDRUSE
#else
#define LISTEN_AGAIN SO_REUSEADDR
#endif

/* Sets an option that is an int. */
static int
set(fd_t fd, int level, int name, int value)
{
	if (name == -1) {
		errno = ENOPROTOOPT;
		return -1;
	}
	/* Windows requires a char pointer; others accept it. */
	if (setsockopt(fd, level, name, (const char *)&value,
	    sizeof(value)) == 0)
		return 0;
#ifdef _WIN32
	errno = sock_errno(WSAGetLastError());
#endif
	return -1;
}

int
sock_opt_reuseaddr(fd_t fd)
{
	return set(fd, SOL_SOCKET, LISTEN_AGAIN, 1);
}

int
sock_opt_v6only(fd_t fd, bool on)
{
	return set(fd, IPPROTO_IPV6, IPV6_V6ONLY, on);
}

int
sock_opt_nodelay(fd_t fd)
{
	return set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

int
sock_opt_user_timeout(fd_t fd, int timeout_ms)
{
	return set(fd, IPPROTO_TCP, TIMEOUT,
	    (timeout_ms + TIMEOUT_UNIT_MS - 1) / TIMEOUT_UNIT_MS);
}

int
sock_opt_notsent_lowat(fd_t fd, int bytes)
{
	return set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, bytes);
}

bool
sock_opt_has_same(fd_t fd, fd_t other)
{
#ifdef SIO_KEEPALIVE_VALS	/* Windows has no function that reads them */
	(void)fd;
	(void)other;
	return false;
#else
	static const struct { int level, name; } set_by_us[] = {
		{ IPPROTO_TCP, TCP_NODELAY },
		{ SOL_SOCKET, SO_KEEPALIVE },
		{ IPPROTO_TCP, TCP_KEEPIDLE },
		{ IPPROTO_TCP, TCP_KEEPINTVL },
		{ IPPROTO_TCP, TCP_KEEPCNT },
		{ IPPROTO_TCP, TIMEOUT },
		{ IPPROTO_TCP, TCP_NOTSENT_LOWAT },
	};
	int value, wanted;
	socklen_t len;
	size_t i;

	for (i = 0; i < sizeof(set_by_us) / sizeof(set_by_us[0]); i++) {
		if (set_by_us[i].name == -1)
			continue;
		len = sizeof(value);
		if (getsockopt(fd, set_by_us[i].level, set_by_us[i].name,
		    &value, &len) == -1)
			return false;
		len = sizeof(wanted);
		if (getsockopt(other, set_by_us[i].level, set_by_us[i].name,
		    &wanted, &len) == -1 || value != wanted)
			return false;
	}
	return true;
#endif
}

int
sock_opt_mss(fd_t fd, int bytes)
{
	return set(fd, IPPROTO_TCP, TCP_MAXSEG, bytes);
}

int
sock_opt_freebind(fd_t fd)
{
	return set(fd, IPPROTO_IP, FREEBIND, 1);
}

int
sock_opt_mark(fd_t fd, uint32_t mark)
{
#if defined(IP_BOUND_IF) && defined(IPV6_BOUND_IF)	/* macOS, illumos */
	union sock_addr sa;

	if (sock_local(fd, &sa) == 0 && sa.sa.sa_family == AF_INET6)
		return set(fd, IPPROTO_IPV6, IPV6_BOUND_IF, (int)mark);
	return set(fd, IPPROTO_IP, IP_BOUND_IF, (int)mark);
#else
	return set(fd, SOL_SOCKET, MARK, (int)mark);
#endif
}

int
sock_opt_buffers(fd_t fd, int receive, int send)
{
	if (receive != 0 && set(fd, SOL_SOCKET, SO_RCVBUF, receive) == -1)
		return -1;
	if (send != 0 && set(fd, SOL_SOCKET, SO_SNDBUF, send) == -1)
		return -1;
	return 0;
}

int
sock_opt_pktinfo(fd_t fd, int family)
{
	errno = ENOPROTOOPT;
	if (family == AF_INET6)
		return set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	if (!HAVE_LOCAL_REPORT)
		return -1;
	return set(fd, IPPROTO_IP, LOCAL4, 1);
}

int
sock_opt_df(fd_t fd, int family, bool on)
{
	if (family == AF_INET6)
		return set(fd, IPPROTO_IPV6, DF6, on ? DF6_YES : DF6_NO);
	return set(fd, IPPROTO_IP, DF4, on ? DF4_YES : DF4_NO);
}

#ifdef _WIN32

#ifndef SIO_UDP_CONNRESET
#define SIO_UDP_CONNRESET _WSAIOW(IOC_VENDOR, 12)
#endif

/* Sends a control code to the provider of a socket; 0, or -1 and errno. */
static int
send_ioctl(fd_t fd, DWORD code, void *value, size_t size)
{
	DWORD bytes;

	if (WSAIoctl(fd, code, value, (DWORD)size, NULL, 0, &bytes, NULL,
	    NULL) == 0)
		return 0;
	errno = sock_errno(WSAGetLastError());
	return -1;
}

int
sock_opt_keepalive(fd_t fd, int idle_s, int interval_s, int count)
{
	struct tcp_keepalive values;

	values.onoff = 1;
	values.keepalivetime = (ULONG)idle_s * 1000;
	values.keepaliveinterval = (ULONG)interval_s * 1000;
	if (send_ioctl(fd, SIO_KEEPALIVE_VALS, &values, sizeof(values)) == -1)
		return -1;
	/* May fail: before Windows 10 of 2017 the count is always 10. */
	set(fd, IPPROTO_TCP, TCP_KEEPCNT, count);
	return 0;
}

int
sock_opt_udp_quiet(fd_t fd)
{
	BOOL on = FALSE;

	return send_ioctl(fd, SIO_UDP_CONNRESET, &on, sizeof(on));
}

#else

int
sock_opt_keepalive(fd_t fd, int idle_s, int interval_s, int count)
{
	if (set(fd, SOL_SOCKET, SO_KEEPALIVE, 1) == -1 ||
	    set(fd, IPPROTO_TCP, TCP_KEEPIDLE, idle_s) == -1 ||
	    set(fd, IPPROTO_TCP, TCP_KEEPINTVL, interval_s) == -1)
		return -1;
	return set(fd, IPPROTO_TCP, TCP_KEEPCNT, count);
}

int
sock_opt_udp_quiet(fd_t fd)
{
	(void)fd;
	return 0;
}

#endif

long
sock_unsent(fd_t fd)
{
#if defined(__linux__)		/* where this is SIOCOUTQ, tcp(7) */
	int bytes;

	return ioctl(fd, TIOCOUTQ, &bytes) == -1 ? -1 : bytes;
#elif defined(FIONWRITE)	/* FreeBSD, NetBSD */
	int bytes;

	return ioctl(fd, FIONWRITE, &bytes) == -1 ? -1 : bytes;
#elif defined(SO_NWRITE)	/* macOS */
	int bytes;
	socklen_t len = sizeof(bytes);

	if (getsockopt(fd, SOL_SOCKET, SO_NWRITE, &bytes, &len) == -1)
		return -1;
	return bytes;
#else
	(void)fd;
	return -1;
#endif
}

long
sock_notsent(fd_t fd)
{
#ifdef __linux__		/* tcp(7) lacks it */
	int bytes;

	return ioctl(fd, SIOCOUTQNSD, &bytes) == -1 ? -1 : bytes;
#else
	(void)fd;
	return -1;
#endif
}
