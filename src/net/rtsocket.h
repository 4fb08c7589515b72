/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Routes of the BSDs and macOS, set by the routing socket: route(4).
 */

#ifndef NET_RTSOCKET_H
#define NET_RTSOCKET_H

#include <stdbool.h>

#include "base/addr.h"

/* Adds, or deletes, the route to a network whose prefix has so many bits, into
 * the device that has the address `own`.  0, or -1 and errno: EEXIST, there is
 * a route to it; ESRCH, there is none to delete. */
int rtsocket_change(bool add, const struct addr *net, unsigned bits,
    const struct addr *own);

#endif
