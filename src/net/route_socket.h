/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What the sockets that report changes of routes have in common, on Linux and
 * on the BSDs.
 */

#ifndef NET_ROUTE_SOCKET_H
#define NET_ROUTE_SOCKET_H

#include "sock.h"

/* Reads all messages that are there.  is_change() says of the first n bytes of
 * one whether it is a change.  True: one was, or messages were lost. */
bool route_socket_drain(fd_t fd,
    bool (*is_change)(const uint8_t *p, size_t n));

#endif
