/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Routes into devices: the functions of net/route_set.h on simulated hosts.
 */

#include "sim_sock.h"

#include "net/route_set.h"

struct sim_routes sim_routes;

bool
route_set_has_marks(void)
{
	return !sim_routes.markless;
}

int
route_set_open(struct route_set *r, const struct route_settings *s,
    char why[ROUTE_SET_WHY])
{
	memset(r, 0, sizeof(*r));
	if (sim_routes.refused) {
		snprintf(why, ROUTE_SET_WHY, "refused");
		return -1;
	}
	r->settings = *s;
	r->open = true;
	sim_routes.n_open++;
	if (s->nets.n > 0 || s->def[0] != ROUTE_DEFAULT_NONE ||
	    s->def[1] != ROUTE_DEFAULT_NONE)
		sim_routes.settings = *s;
	return 0;
}

int
route_set_default(struct route_set *r, bool on, char why[ROUTE_SET_WHY])
{
	(void)why;
	r->on = on;
	sim_routes.on = on;
	sim_routes.closed &= !on || !r->settings.lasting;
	sim_routes.changes++;
	return 0;
}

int
route_set_restore(struct route_set *r, char why[ROUTE_SET_WHY])
{
	(void)r;
	(void)why;
	sim_routes.n_restored++;
	return 0;
}

void
route_set_close(struct route_set *r)
{
	if (!r->open)
		return;
	sim_routes.n_open--;
	if (r->on)
		sim_routes.on = false;
	memset(r, 0, sizeof(*r));
}

void
route_set_leave(struct route_set *r)
{
	sim_routes.closed |= r->on && r->settings.lasting;
	route_set_close(r);
}

void
route_set_release(void)
{
	sim_routes.closed = false;
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
	sim_routes.n_followed++;
	errno = ENETUNREACH;
	return sim_routes.follow_fails ? -1 : 0;
}
