/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Datagrams of one size as one message, on Windows 10 2004 and later.
 */

#ifndef SOCK_JOINED_H
#define SOCK_JOINED_H

#include "sock.h"

enum { SOCK_PIECES = 64 };	/* datagrams in a message that is sent */

/* A datagram. */
struct sock_piece {
	const void *data;
	size_t len;
};

/* Can a UDP socket send, or receive, such messages? */
bool sock_joined_can_send(fd_t fd);
bool sock_joined_can_receive(fd_t fd);

/* Asks for messages of at most so many bytes from now on; 0, or -1 and
 * errno. */
int sock_joined_ask(fd_t fd, size_t bytes);

/* Receives a message.  *size becomes the bytes of its datagrams, of which the
 * last may be shorter; 0: it is one datagram.  The rest is as in
 * sock_recv_from(). */
ssize_t sock_joined_receive(fd_t fd, void *buf, size_t space,
    union sock_addr *from, union sock_addr *local, size_t *size,
    bool *truncated);

/* Sends n datagrams as one message: all are as long as the first, but for the
 * last, which may be shorter.  to and local are as in sock_send_to().  0, or -1
 * and errno. */
int sock_joined_send(fd_t fd, const struct sock_piece *, unsigned n,
    const union sock_addr *to, socklen_t to_len, const union sock_addr *local);

#endif
