/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The sockets of an association of a `dtls` end: which ones it has and when is
 * in the notes of dtls_call.h, whose file alone calls this.
 */

#ifndef TUNNEL_DTLS_SOCKET_H
#define TUNNEL_DTLS_SOCKET_H

#include "tunnel/dtls_call.h"

static inline struct loop *
call_loop(const struct call *c)
{
	return c->calls->shared.end.tunnel->loop;
}

/* The number of its flow, for the log. */
static inline unsigned long
call_number(const struct call *c)
{
	return c->owner->leg->flow->number;
}

/* The socket has datagrams; that of dtls_call.c. */
void call_readable(struct watch *, unsigned events);

/* Opens the socket, connected to the server.  Returns 0; -1: errno is set, and
 * *step names the call that failed. */
int dtls_socket_open(struct call *, const struct addr *to, const char **step);

/* Marks the socket for packets to that address, where that is wanted; 0, or -1
 * and errno. */
int dtls_socket_mark(struct call *, const struct addr *to);

/* Replaces the socket of an association that is up, which keeps the old one
 * when the system gives none; with only_moved, also when the new one has the
 * same address.  True: it was replaced. */
bool dtls_socket_reopen(struct call *, bool only_moved);

/* The ClientHello is sent again, since the server has not answered: has that
 * done from a new port; that and the first one receive from all addresses from
 * now on.  False: the system gives no socket, and the old one is closed. */
bool dtls_socket_change(struct call *);

/* Closes the first port if the association sends from another; harmless when it
 * has one only. */
void dtls_socket_close_former(struct call *);

/* Counts what a socket has lost, and closes it. */
void dtls_socket_close_udp(struct call *, struct udp *);

#endif
