/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Which messages of the system about its routes report a change.
 *
 * NOTES.  Sockets that report changes also have messages that are none: on the
 * BSDs each look-up that fails is one, our own included, so that a program
 * which asks for a route after each message would never rest.  So is each
 * change that the system has refused.  What is not known here counts as a
 * change, as an unneeded look-up costs little.  Messages are in the byte order
 * of the machine, and may be cut at any byte.
 */

#ifndef WIRE_ROUTE_MESSAGE_H
#define WIRE_ROUTE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Does what a routing socket of the BSDs or macOS gave, a message whose first
 * n bytes are at p (route(4)), report a change?  The types have the same
 * numbers on all of these; error_at is where struct rt_msghdr has rtm_errno. */
bool route_message_bsd_is_change(const uint8_t *p, size_t n, size_t error_at);

/* Do the rtnetlink messages (RFC 3549 2.3.2) whose first n bytes are at p
 * report a change? */
bool route_message_netlink_is_change(const uint8_t *p, size_t n);

#endif
