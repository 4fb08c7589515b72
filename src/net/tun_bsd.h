/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What the TUN backends of the BSDs and of macOS share.
 *
 * NOTES.  tun_bsd.c sets devices up by ioctl; tun_nodes.c opens /dev/tunN, on
 * all three BSDs; tun_freebsd.c, tun_netbsd.c and tun_openbsd.c configure the
 * driver; tun_utun.c is for macOS.  The tests compile and link all of this, and
 * run it with stand-ins of the system calls; it was never run on such a system.
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

/* Calls ioctl() for a device on a socket of that family; 0, or -1 and errno. */
int tun_bsd_ioctl(int family, unsigned long what, void *request);

/* Fills in an IPv6 address, and the mask of a prefix. */
void tun_bsd_in6(struct sockaddr_in6 *, const struct addr *);
void tun_bsd_mask6(struct sockaddr_in6 *, int prefix);

/* Removes a device that we made (FreeBSD keeps it otherwise). */
void tun_bsd_destroy(const char *name);

/*
 * Of each system.
 */

/* Adds an IPv6 address; 0, or -1 and errno. */
int tun_bsd_add_address6(const char *name, const struct tun_address *);

/* Configures the driver of an open /dev/tunN: it does not block, the address
 * family precedes each packet, and the device becomes IFF_POINTOPOINT or
 * IFF_BROADCAST (mode; 0: it stays as it is) where the driver lets it.  0, or
 * -1 and errno. */
int tun_bsd_prepare(int fd, int mode);

/* What to do when /dev/tunN is not there. */
extern const char tun_bsd_hint[];

#endif
