/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Where carriers go around default routes by a mark (carrier_mark.c), their
 * servers need no routes.
 */

#include "compat.h"

#include "net/route_set.h"

bool
route_set_has_marks(void)
{
	return true;
}

int
route_set_server(const struct addr *server, bool on)
{
	(void)server;
	(void)on;
	return 0;
}

int
route_set_follow(void)
{
	return 0;
}
