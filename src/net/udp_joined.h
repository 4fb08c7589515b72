/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * For backends whose systems pass runs of datagrams of one size as one message,
 * the last of which may be shorter: UDP_SEGMENT and UDP_GRO of Linux,
 * UDP_SEND_MSG_SIZE and UDP_RECV_MAX_COALESCED_SIZE of Windows.
 */

#ifndef NET_UDP_JOINED_H
#define NET_UDP_JOINED_H

#include "net/udp.h"

/* How many datagrams from the first on may go as segments of one message; at
 * least 1. */
unsigned udp_run(const struct udp *, struct udp_msg *const *, unsigned n);

/* Cuts a message into segments of that size (0: it is none), which follow it;
 * there is room for max in all.  Returns how many, and counts those that are
 * too many.  Only the first has room before it, only the last behind it. */
unsigned udp_split(struct udp *, struct udp_msg *, size_t size, unsigned max);

/* Do n messages look like bulk from one peer, which the system might join?  A
 * whole batch of the arena's (net/dgram.h), most of it alike. */
bool udp_is_bulk(const struct udp_msg *, unsigned n, unsigned batch);

#endif
