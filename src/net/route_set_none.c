/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Routes into a TUN device, on systems where none are set.
 */

#include "compat.h"

#include "net/route_set.h"

int
route_set_open(struct route_set *r, const struct route_settings *s,
    char why[ROUTE_SET_WHY])
{
	(void)r;
	if (s->nets.n == 0 && s->def[0] == ROUTE_DEFAULT_NONE &&
	    s->def[1] == ROUTE_DEFAULT_NONE)
		return 0;
	snprintf(why, ROUTE_SET_WHY, "Adit sets no routes on this system");
	return -1;
}

int
route_set_default(struct route_set *r, bool on, char why[ROUTE_SET_WHY])
{
	(void)r;
	(void)on;
	(void)why;
	return 0;
}

int
route_set_restore(struct route_set *r, char why[ROUTE_SET_WHY])
{
	(void)r;
	(void)why;
	return 0;
}

void
route_set_close(struct route_set *r)
{
	(void)r;
}

void
route_set_leave(struct route_set *r)
{
	(void)r;
}

void
route_set_release(void)
{
}
