/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Routes into a TUN device, on the BSDs and macOS: those to networks.
 *
 * NOTES.  No default route is set: the carrier's packets would need a route of
 * their own, to a server and by a router that both may change.  A route goes
 * with its device.  A killed process leaves it where the device stays (NetBSD,
 * and devices that were there before): a route that leads to the address of the
 * device is ours, therefore, whoever has set it.
 */

#include "compat.h"

#include <string.h>
#include <ifaddrs.h>

#include "net/route_set.h"

#include "net/route.h"
#include "net/rtsocket.h"
#include "net/sockaddr.h"

const bool route_set_works = true;
const bool route_set_defaults = false;

/* Finds the address of the device of that family; false: it has none. */
static bool
device_address(const char *device, uint8_t family, struct addr *own)
{
	struct ifaddrs *all, *at;
	union sock_addr sa;
	bool found = false;

	if (getifaddrs(&all) != 0)
		return false;
	for (at = all; at != NULL && !found; at = at->ifa_next) {
		if (strcmp(at->ifa_name, device) != 0 ||
		    at->ifa_addr == NULL || at->ifa_addr->sa_family !=
		    (family == 4 ? AF_INET : AF_INET6))
			continue;
		memset(&sa, 0, sizeof(sa));
		memcpy(&sa, at->ifa_addr, family == 4 ? sizeof(sa.in) :
		    sizeof(sa.in6));
		sockaddr_to(own, &sa);
		own->port = 0;
		found = !addr_is_link_local(own);
	}
	freeifaddrs(all);
	return found;
}

/* A host of the network: the first one, or the only one. */
static struct addr
net_host(const struct addr *net, unsigned bits)
{
	unsigned full = net->family == 4 ? 32 : 128;
	struct addr host = *net;

	if (bits < full)
		host.ip[full / 8 - 1] |= 1;
	host.port = 53;
	return host;
}

/* Are packets to a host of the network sent from that address? */
static bool
net_leads_to(const struct addr *net, unsigned bits, const struct addr *own)
{
	struct route_watch w = { .mark_set = false };
	struct addr host = net_host(net, bits), source;

	return route_source(&w, &host, &source) == 0 &&
	    addr_same(&source, own);
}

/* Removes the first n routes. */
static void
remove_nets(const struct route_settings *s, unsigned n)
{
	struct addr own;
	unsigned i;

	for (i = 0; i < n; i++)
		if (device_address(s->device, s->nets.net[i].family, &own))
			(void)rtsocket_change(false, &s->nets.net[i],
			    s->nets.bits[i], &own);
}

/* Words for why a route is not set; returns -1. */
static int
net_refused(const struct addr *net, unsigned bits, int error, char *why)
{
	const char *hint = "";
	char text[ADDR_TEXT];

	if (error == EEXIST)
		hint = ": there is such a route already; look at: netstat -rn";
	else if (error == EPERM || error == EACCES)
		hint = ": run as root";
	else if (error == EADDRNOTAVAIL)
		hint = ": the device has no address of this family; give it "
		    "one by addr=";
	snprintf(why, ROUTE_SET_WHY, "the route to %s/%u: %s%s",
	    addr_ip_text(net, text), bits, sock_strerror(error), hint);
	return -1;
}

/* Sets all; 0, or -1 and why. */
static int
add_nets(const struct route_settings *s, char *why)
{
	const struct nets *nets = &s->nets;
	struct addr own;
	unsigned i;
	int error;

	for (i = 0; i < nets->n; i++) {
		error = 0;
		if (!device_address(s->device, nets->net[i].family, &own))
			error = EADDRNOTAVAIL;
		else if (rtsocket_change(true, &nets->net[i], nets->bits[i],
		    &own) != 0)
			error = errno;
		if (error == 0 || (error == EEXIST &&
		    net_leads_to(&nets->net[i], nets->bits[i], &own)))
			continue;
		remove_nets(s, i);
		return net_refused(&nets->net[i], nets->bits[i], error, why);
	}
	return 0;
}

int
route_set_open(struct route_set *r, const struct route_settings *s,
    char why[ROUTE_SET_WHY])
{
	memset(r, 0, sizeof(*r));
	r->claim[0] = r->claim[1] = FD_NONE;
	if (s->def[0] != ROUTE_DEFAULT_NONE ||
	    s->def[1] != ROUTE_DEFAULT_NONE) {
		snprintf(why, ROUTE_SET_WHY, "no default route is set on this "
		    "system");
		return -1;
	}
	if (s->nets.n == 0)
		return 0;
	if (add_nets(s, why) != 0)
		return -1;
	r->settings = *s;
	r->open = true;
	return 0;
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
	return r->open ? add_nets(&r->settings, why) : 0;
}

void
route_set_close(struct route_set *r)
{
	if (r->open)
		remove_nets(&r->settings, r->settings.nets.n);
	memset(r, 0, sizeof(*r));
}

void
route_set_leave(struct route_set *r)
{
	route_set_close(r);
}

void
route_set_release(void)
{
	/* Nothing lasts. */
}
