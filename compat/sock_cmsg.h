/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The local address of a datagram, in the control data of recvmsg() and
 * sendmsg(); POSIX only.
 */

#ifndef SOCK_CMSG_H
#define SOCK_CMSG_H

#include "sock.h"

#include <sys/uio.h>

/* Space for the control data of a datagram. */
union sock_control {
	struct cmsghdr align;	/* for the alignment */
	uint8_t space[192];	/* a local address, and UDP_SEGMENT or GRO */
};

/* Reads the address that a received datagram was sent to from its control data:
 * port 0; family AF_UNSPEC when it is missing. */
void sock_cmsg_local(struct msghdr *msg, union sock_addr *local);

/* Writes control data for sending a datagram from that address; returns its
 * bytes (a whole CMSG_SPACE), 0 when local is NULL or AF_UNSPEC, when size is
 * too small, or when the system cannot do it. */
size_t sock_cmsg_put_local(void *control, size_t size,
    const union sock_addr *local);

#endif
