/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Changes of addresses and routes on the BSDs and macOS, by a routing socket
 * (route(4)).
 *
 * NOTES.  Every message is taken for a change: the few that are none, such as
 * a failed look-up, cost a question.
 */

#include "compat.h"

#include "net/route_backend.h"

fd_t
route_backend_open(void)
{
	return sock_open(PF_ROUTE, SOCK_RAW);
}
