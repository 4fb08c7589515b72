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
/* tcpi_segs_out of Linux 4.2, which not each libc has in its struct. */
#define INFO_SEGMENTS_AT 136

static void
read_info(fd_t fd, const INFO_STRUCT *info, struct sock_tcp *t)
{
	(void)fd;
	/* Probes of a closed window count until one is answered.  They are
	 * also sent when the system cannot send, as our address is gone. */
	t->on_way = info->tcpi_unacked > 0 || info->tcpi_probes > 1;
	t->rtt_us = info->tcpi_rtt;
	t->heard_ms = info->tcpi_last_ack_recv;
	t->again = info->tcpi_total_retrans;
}

#elif (defined(__FreeBSD__) || defined(__DragonFly__)) && defined(TCP_INFO)

#define INFO_OPTION	TCP_INFO
#define INFO_STRUCT	struct tcp_info

static void
read_info(fd_t fd, const INFO_STRUCT *info, struct sock_tcp *t)
{
	t->on_way = info->tcpi_snd_wnd > 0 && sock_unsent(fd) > 0;
	t->rtt_us = info->tcpi_rtt;
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
	t->rtt_us = info->tcpi_srtt * 1000;
	t->heard_ms = SOCK_TCP_NOT_TOLD;
	t->segments = (uint32_t)info->tcpi_txpackets;
	t->again = (uint32_t)info->tcpi_txretransmitpackets;
}

#endif

#ifdef INFO_OPTION

int
sock_tcp(fd_t fd, struct sock_tcp *t)
{
	union {
		INFO_STRUCT info;
		unsigned char bytes[256];
	} u;
	socklen_t len = sizeof(u);

	memset(&u, 0, sizeof(u));
	memset(t, 0, sizeof(*t));
	if (getsockopt(fd, IPPROTO_TCP, INFO_OPTION, &u, &len) == -1)
		return -1;
	read_info(fd, &u.info, t);
	t->rtt_ms = t->rtt_us / 1000;
#ifdef INFO_SEGMENTS_AT
	if (len >= INFO_SEGMENTS_AT + sizeof(t->segments))
		memcpy(&t->segments, u.bytes + INFO_SEGMENTS_AT,
		    sizeof(t->segments));
#endif
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
