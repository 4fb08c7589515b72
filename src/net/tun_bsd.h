/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What the TUN backends of the BSDs and of macOS share.
 *
 * NOTES.  tun_bsd.c sets devices up by ioctl; tun_nodes.c opens /dev/tunN, as
 * all three BSDs have it, where tun_freebsd.c, tun_netbsd.c or tun_openbsd.c
 * tells the driver what we want; tun_utun.c is macOS.  All of this is compiled
 * and linked by the tests and was never run.
 */

#ifndef NET_TUN_BSD_H
#define NET_TUN_BSD_H

#include "net/tun.h"

enum {
	TUN_BSD_FOREVER = -1,	/* ND6_INFINITE_LIFETIME, as 32 bits */
};

/* Gives an open device MTU, addresses and state; false and why when the system
 * refuses. */
bool tun_bsd_set_up(struct tun *, const struct tun_settings *,
    char why[TUN_WHY]);

/* Asks the system about a device, or tells it something, on a socket of that
 * family; 0, or -1 and errno. */
int tun_bsd_ask(int family, unsigned long what, void *request);

/* Fills in an IPv6 address, and the mask of a prefix. */
void tun_bsd_in6(struct sockaddr_in6 *, const struct addr *);
void tun_bsd_mask6(struct sockaddr_in6 *, int prefix);

/* Ends a device that we made (FreeBSD keeps it otherwise). */
void tun_bsd_destroy(const char *name);

/*
 * Of each system.
 */

/* Adds an IPv6 address; 0, or -1 and errno. */
int tun_bsd_add_address6(const char *name, const struct tun_address *);

/* Tells the driver of an open /dev/tunN that the address family stands before
 * packets, and whether the device is point to point; 0, or -1 and errno. */
int tun_bsd_prepare(int fd, bool point_to_point);

/* What to do when /dev/tunN is not there. */
extern const char tun_bsd_hint[];

#endif
