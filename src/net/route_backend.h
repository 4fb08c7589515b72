/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * How the system reports that addresses or routes have changed: one file for
 * each kind of system, chosen by configure.
 */

#ifndef NET_ROUTE_BACKEND_H
#define NET_ROUTE_BACKEND_H

#include "sock.h"

/* A descriptor that becomes readable with each change, and perhaps with other
 * news; FD_NONE: the system does not report them, or not to us.  The caller
 * closes it with route_backend_close(). */
fd_t route_backend_open(void);

/* Reads all that there is to be read.  True: there may have been a change. */
bool route_backend_drain(fd_t fd);

/* Closes it; a watch on it was stopped. */
void route_backend_close(fd_t fd);

#endif
