/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Addresses of simulated hosts that change, and the functions of
 * net/route_backend.h, which report it.
 */

#include "sim_sock.h"

#include "net/own.h"
#include "net/route_backend.h"

/* A message for each process that watches; changed: it is a change. */
static void
route_tell(struct sim_host *h, bool changed)
{
	struct sim_sock *s;
	struct list *link;

	for (link = h->socks.next; link != &h->socks; link = link->next) {
		s = LIST_ITEM(link, struct sim_sock, link);
		if (s->route) {
			s->bytes++;
			s->route_changed |= changed;
			sim_sock_changed(s);
		}
	}
}

void
sim_route_changed(struct sim_host *h)
{
	route_tell(h, true);
}

void
sim_route_missed(struct sim_host *h)
{
	route_tell(h, false);
}

void
sim_host_move(struct sim_host *h, unsigned n, const char *ip)
{
	if (ip == NULL)
		h->n_addr = n;
	else if (n >= h->n_addr)
		sim_host_address(h, ip);
	else if (addr_parse_ip(&h->addr[n], ip) != 0)
		abort();
	sim_route_changed(h);
}

/*
 * net/own.h
 */

unsigned
own_addresses(uint8_t family, struct addr own[OWN_MAX])
{
	const struct sim_host *h = sim_here();
	unsigned i, n = 0;

	for (i = 0; i < h->n_addr && !sim_rules.own_unknown; i++)
		if (h->addr[i].family == family)
			own[n++] = h->addr[i];
	return n;
}

/*
 * net/route_backend.h
 */

fd_t
route_backend_open(void)
{
	struct sim_sock *s;

	if (sim_rules.untold)
		return FD_NONE;
	s = sim_sock_new(sim_here(), 0, 0);
	if (s == NULL)
		return FD_NONE;
	s->route = true;
	return s->fd;
}

bool
route_backend_drain(fd_t fd)
{
	struct sim_sock *s = sim_sock_of(fd);
	bool changed = s->route_changed;

	s->bytes = 0;
	s->route_changed = false;
	return changed;
}

void
route_backend_close(fd_t fd)
{
	sock_close(fd);
}
