/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Changes of addresses and routes, on systems that do not report them in a way
 * that is known here.
 */

#include "compat.h"

#include "net/route_backend.h"

fd_t
route_backend_open(void)
{
	return FD_NONE;
}

bool
route_backend_drain(fd_t fd)
{
	(void)fd;
	return false;
}

void
route_backend_close(fd_t fd)
{
	(void)fd;
}
