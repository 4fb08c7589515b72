/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Routes of the BSDs and macOS, set by the routing socket, route(4), and listed
 * by sysctl(3).
 */

#ifndef NET_RTSOCKET_H
#define NET_RTSOCKET_H

#include <stdbool.h>

#include "base/addr.h"

struct route_entry;
struct route_way;

/* Adds, or deletes, the route to a network whose prefix has so many bits, into
 * the device that has the address `own`.  0, or -1 and errno: EEXIST, there is
 * a route to it; ESRCH, there is none to delete. */
int rtsocket_change(bool add, const struct addr *net, unsigned bits,
    const struct addr *own);

/* The same for a part of a default route, which leads that way, and has the
 * flags by which rtsocket_list() knows it. */
int rtsocket_change_part(bool add, const struct addr *net, unsigned bits,
    const struct route_way *);

/* Makes the way into the device that has that address. */
void rtsocket_way(struct route_way *, const struct addr *own);

/* Called with each route. */
typedef void rtsocket_fn(void *arg, const struct route_entry *);

/* Lists the routes of a family (4 or 6); 0, or -1 and errno. */
int rtsocket_list(uint8_t family, rtsocket_fn *, void *arg);

#endif
