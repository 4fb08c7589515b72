/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Requests to Linux's rtnetlink, for the files of Linux.
 *
 * NOTES.  The kernel works while send() runs: its reply, or the next part of a
 * dump, is there when that returns.  So nothing waits here.
 */

#ifndef NET_RTNETLINK_H
#define NET_RTNETLINK_H

#include "sock.h"

#include "wire/netlink.h"

/* Opens a socket.  port: its number among those of this network namespace, or
 * 0 for any; the kernel frees it with the process.  FD_NONE and errno
 * (EADDRINUSE: a process has that port) on failure.  The caller closes it with
 * sock_close(). */
fd_t rtnetlink_open(uint32_t port);

/* Makes dumps have only what the request names, with kernels from 4.20 on;
 * false with older ones. */
bool rtnetlink_filter(fd_t fd);

/* Sends a request with NETLINK_ACK and reads its result; 0, or -1 and errno. */
int rtnetlink_ask(fd_t fd, const struct netlink_message *);

/* Called for each message of a dump. */
typedef void rtnetlink_fn(void *arg, const struct netlink_view *);

/* Sends a request with NETLINK_DUMP and calls fn for each message that comes.
 * 0, or -1 and errno. */
int rtnetlink_dump(fd_t fd, const struct netlink_message *, rtnetlink_fn *fn,
    void *arg);

#endif
