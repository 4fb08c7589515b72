/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * How packets of carriers go around the default routes into devices
 * (net/route_set.h).
 *
 * NOTES.  Backends are whole files, chosen by configure: carrier_mark.c and,
 * for systems without marks, carrier_host.c.
 */

#ifndef NET_CARRIER_H
#define NET_CARRIER_H

#include "sock.h"

#include "base/addr.h"

/* Gives a socket the mark of its settings, before it is connected to that
 * address.  ROUTE_SET_MARK has its packets go around default routes, on any
 * system.  to NULL: is that mark possible?  0, or -1 and errno. */
extern const char carrier_refused[];	/* why, in words */
int carrier_mark(fd_t fd, uint32_t mark, const struct addr *to);

#endif
