/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What the system reports of a TCP connection.
 *
 * NOTES.  Bytes that wait for a window of the peer that is closed are not on
 * their way: the peer answers, but takes no more.
 */

#include "sock.h"

#ifdef _WIN32
#include <mstcpip.h>
#else
#include <netinet/tcp.h>
#endif

#if defined(__linux__) && defined(TCP_INFO)	/* tcp(7) */

#define INFO_OPTION	TCP_INFO
#define INFO_STRUCT	struct tcp_info

static void
read_info(fd_t fd, const INFO_STRUCT *info, struct sock_tcp *t)
{
	(void)fd;
	/* Probes of a closed window count until one is answered.  They are
	 * also sent when the system cannot send, as our address is gone. */
	t->on_way = info->tcpi_unacked > 0 || info->tcpi_probes > 1;
	t->rtt_ms = info->tcpi_rtt / 1000;
	t->heard_ms = info->tcpi_last_ack_recv;
}

#elif (defined(__FreeBSD__) || defined(__DragonFly__)) && defined(TCP_INFO)

#define INFO_OPTION	TCP_INFO
#define INFO_STRUCT	struct tcp_info

static void
read_info(fd_t fd, const INFO_STRUCT *info, struct sock_tcp *t)
{
	t->on_way = info->tcpi_snd_wnd > 0 && sock_unsent(fd) > 0;
	t->rtt_ms = info->tcpi_rtt / 1000;
	/* Of the newest segment, with or without data. */
	t->heard_ms = info->tcpi_last_data_recv / 1000;
}

#elif defined(TCP_CONNECTION_INFO)	/* macOS */

#define INFO_OPTION	TCP_CONNECTION_INFO
#define INFO_STRUCT	struct tcp_connection_info

static void
read_info(fd_t fd, const INFO_STRUCT *info, struct sock_tcp *t)
{
	(void)fd;
	t->on_way = info->tcpi_snd_wnd > 0 && info->tcpi_snd_sbbytes > 0;
	t->rtt_ms = info->tcpi_srtt;
	t->heard_ms = SOCK_TCP_NOT_TOLD;
}

#endif

#ifdef INFO_OPTION

int
sock_tcp(fd_t fd, struct sock_tcp *t)
{
	INFO_STRUCT info;
	socklen_t len = sizeof(info);

	memset(&info, 0, sizeof(info));
	if (getsockopt(fd, IPPROTO_TCP, INFO_OPTION, &info, &len) == -1)
		return -1;
	read_info(fd, &info, t);
	return 0;
}

#else

int
sock_tcp(fd_t fd, struct sock_tcp *t)
{
	(void)fd;
	(void)t;
	errno = ENOPROTOOPT;
	return -1;
}

#endif
