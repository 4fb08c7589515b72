/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Many datagrams in a system call, for the programs of the benchmark: with
 * recvmmsg() and sendmmsg() if the system has them, else one by one.
 *
 * NOTES.  It shares no code with src/net/udp*, which it helps to measure.  It
 * supports only IPv4, on the loopback unless told of another address.
 */

#ifndef BATCH_H
#define BATCH_H

#include "compat.h"

#include "sock.h"

enum {
	BATCH = 64,		/* datagrams in a call */
	BATCH_PLAIN = 2048,	/* bytes of a slot that holds one datagram */
	BATCH_JOINED = 65536,	/* of one that holds joined datagrams */
};

/* A datagram, or several of one size that the kernel joined (UDP_GRO). */
struct packet {
	uint8_t *data;
	size_t len;
	size_t segment;		/* bytes of each but the last; 0: only one */
	struct sockaddr_in from;
};

struct batch_system;

struct batch {
	struct packet p[BATCH];
	struct batch_system *system;
};

/* A batch whose slots hold that many bytes; ends the process when there is no
 * memory.  Lives as long as the process. */
struct batch *batch_new(size_t slot);

/* Receives what is there into the first p[]; returns how many, 0 when there
 * is nothing.  With wait, sleeps until there is something. */
unsigned batch_receive(struct batch *, fd_t, bool wait);

/* Sends n of p[] from the first given one on, to an address or, when that is
 * NULL, on a connected socket; with join, runs of one size as one message
 * (UDP_SEGMENT).  What the socket does not take is lost; returns how many
 * datagrams were not. */
unsigned batch_send(struct batch *, fd_t, unsigned first, unsigned n,
    const struct sockaddr_in *to, bool join);

/* Asks the kernel to join datagrams on that socket; false: it cannot. */
bool batch_join(fd_t);

/* Uses that IPv4 address of another machine, or of another network namespace,
 * instead of the loopback; sockets are bound to any address then.  False: it is
 * not one. */
bool loopback_is(const char *address);

/* An address of the loopback. */
struct sockaddr_in loopback(unsigned port);

/* A non-blocking UDP socket, bound to port (0: any; -1: not bound) and
 * connected to peer (0: not), with as large a buffer for reading as may be
 * when large is said; ends the process when that fails. */
fd_t loopback_socket(int port, unsigned peer, bool large);

/* Nanoseconds of the monotonic clock. */
uint64_t now_ns(void);

#endif
