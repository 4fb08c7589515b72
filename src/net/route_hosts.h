/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Default routes without marks: which routes there are to be, for which
 * servers, and what changes when a server or the router does.
 *
 * NOTES.  No function of the system is called here.  The machine's own default
 * route stays as it is.  Two halves of all addresses are more specific, and
 * lead into the device, or nowhere.  Where nothing may leak, the halves lead
 * nowhere, and four quarters into the device: those go with it, and the halves
 * stay.
 *
 * The carrier's packets would follow them into the device that they carry.  So
 * each server has a host route, by the router by which it would be reached
 * without us.  It needs none in a network that the machine is connected to, or
 * has a route to.  Where no router is known the host route refuses packets.
 */

#ifndef NET_ROUTE_HOSTS_H
#define NET_ROUTE_HOSTS_H

#include "base/addr.h"
#include "net/route_set.h"

enum {
	ROUTE_WAY_MAX = 64,	/* bytes of a struct sockaddr of a router */
	ROUTE_HOSTS = 32,	/* servers */
	ROUTE_PARTS = 6,	/* routes that a default route is made of */
	ROUTE_HALF_BITS = 1,	/* of the prefix of a half, */
	ROUTE_QUARTER_BITS = 2,	/* and of a quarter */
};

/* Where packets of a route go. */
enum route_way_kind {
	ROUTE_WAY_NONE,		/* nowhere: they are refused */
	ROUTE_WAY_DEVICE,	/* into a device, by its address, or that of
				 * its link */
	ROUTE_WAY_ROUTER,	/* to a router */
};

/* The same, as the system writes it. */
struct route_way {
	enum route_way_kind kind;
	uint8_t len;		/* bytes of the address */
	uint8_t address[ROUTE_WAY_MAX];	/* a struct sockaddr */
};

/* A route of the machine. */
struct route_entry {
	struct addr net;	/* where it leads */
	unsigned bits;		/* of its prefix */
	bool ours;		/* part of a default route that Adit has set */
	bool usable;		/* packets follow it */
	struct route_way way;
};

/* A part of a default route. */
struct route_part {
	struct addr net;	/* where it leads */
	unsigned bits;		/* of its prefix */
	bool refuses;		/* it leads nowhere, else into the device */
};

/* A server of a carrier. */
struct route_host {
	struct addr addr;	/* port 0 */
	bool set;		/* it was given a host route: */
	struct route_way way;	/* that way */
	bool there;		/* which the system still has */
	bool found;		/* the machine has a route to it besides ours,
				 * the most specific of which is */
	unsigned bits;		/* of this prefix, and leads */
	struct route_way best;	/* that way */
};

/* Zeroed there are none. */
struct route_hosts {
	struct route_host host[ROUTE_HOSTS];
	unsigned n;		/* how many of them there are */
};

/* What is to be done about the host route of a server, in this order. */
struct route_step {
	bool removes;		/* the one that is set, */
	bool adds;		/* and set one that leads */
	struct route_way way;	/* that way */
};

/* Fills in the parts of the default route of a family (4 or 6), whose settings
 * are def and lasting; returns how many. */
unsigned route_parts(uint8_t family, enum route_default def, bool lasting,
    struct route_part part[ROUTE_PARTS]);

/* Is that one of the parts that there may be, or a host route? */
bool route_is_part(const struct addr *net, unsigned bits);

/* Adds a server, or finds it; its port is ignored.  NULL: there are too
 * many. */
struct route_host *route_hosts_add(struct route_hosts *, const struct addr *);

/* Finds a server; NULL: it is not there. */
struct route_host *route_hosts_find(struct route_hosts *,
    const struct addr *);

/* Takes a server out, whose pointer is that of a different one then. */
void route_hosts_remove(struct route_hosts *, struct route_host *);

/* Forgets what was found, before all routes of a family are seen. */
void route_hosts_begin(struct route_hosts *, uint8_t family);

/* A route of the machine: may it be the way to a server, or is it ours? */
void route_hosts_see(struct route_hosts *, const struct route_entry *);

/* What is to be done about a server when all routes were seen.  on: the default
 * route of its family is set. */
struct route_step route_host_step(const struct route_host *, bool on);

#endif
