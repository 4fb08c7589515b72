/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Routes into a TUN device, on the BSDs and macOS.
 *
 * NOTES.  A route goes with its device.  A killed process leaves those to
 * networks where the device stays (NetBSD, and devices that were there before):
 * a route that leads to the address of the device is ours, therefore, whoever
 * has set it.
 *
 * What a default route is made of is in net/route_hosts.h.  These routes have
 * flags of ours.  They may be removed by the process that has the claim of the
 * family, a lock on a file that only one process of the machine can have, until
 * its end.  A family:
 *
 *	free	nobody of this process has its claim
 *	ours	a set has the claim; its default route is on, or not
 *	closed	this process has it, and the halves lead nowhere, until the next
 *		lasting default route of the family is set
 */

#include "compat.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <string.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <unistd.h>

#include "net/route_set.h"

#include "base/log.h"
#include "net/route.h"
#include "net/route_hosts.h"
#include "net/rtsocket.h"
#include "net/sockaddr.h"

static const char *const set_names[2] = { "IPv4", "IPv6" };
static const char *const claim_paths[2] = {
	"/var/run/adit-route4.lock", "/var/run/adit-route6.lock"
};

/* Of both families. */
static struct set_family {
	bool on;		/* its default route is set */
	bool closed;		/* see above; the claim is then: */
	fd_t claim;
} families[2] = { { .claim = FD_NONE }, { .claim = FD_NONE } };

static struct route_hosts hosts;	/* the servers of this process */

/*
 * Networks
 */

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

/*
 * Servers
 */

static void
host_see(void *arg, const struct route_entry *e)
{
	(void)arg;
	route_hosts_see(&hosts, e);
}

/* Sets or removes the host route of a server as it is to be; 0, or -1 and
 * errno. */
static int
host_follow(struct route_host *h, bool on)
{
	struct route_step step = route_host_step(h, on);

	if (step.removes)
		(void)rtsocket_change_part(false, &h->addr,
		    h->addr.family == 4 ? 32 : 128, &h->way);
	h->set &= !step.removes;
	if (!step.adds)
		return 0;
	/* The system may have removed one that was set. */
	if (rtsocket_change_part(true, &h->addr, h->addr.family == 4 ? 32 :
	    128, &step.way) != 0 && errno != EEXIST)
		return -1;
	h->set = true;
	h->way = step.way;
	return 0;
}

/* Looks for the ways to the servers of a family; 0, or -1 and errno. */
static int
hosts_look(unsigned family)
{
	uint8_t number = family == 0 ? 4 : 6;

	route_hosts_begin(&hosts, number);
	return rtsocket_list(number, host_see, NULL);
}

/* Sets or removes the host routes of all servers of a family; 0, or -1 and
 * errno. */
static int
hosts_follow(unsigned family, bool on)
{
	int result = 0, error = 0;
	struct route_host *h;

	if (on && hosts_look(family) != 0)
		return -1;
	for (h = hosts.host; h < hosts.host + hosts.n; h++) {
		if ((h->addr.family == 6) != (family == 1) ||
		    host_follow(h, on) == 0)
			continue;
		result = -1;
		error = errno;
	}
	errno = error;
	return result;
}

int
route_set_server(const struct addr *server, bool on)
{
	unsigned family = server->family == 6;
	struct route_host *h = route_hosts_find(&hosts, server);

	/* Its device has a route to it. */
	if (server->family == 6 && addr_is_link_local(server))
		return 0;
	if (!on) {
		if (h != NULL) {
			(void)host_follow(h, false);
			route_hosts_remove(&hosts, h);
		}
		return 0;
	}
	if (h == NULL)
		h = route_hosts_add(&hosts, server);
	if (h == NULL) {
		errno = ENOBUFS;
		return -1;
	}
	if (!families[family].on)
		return 0;
	return hosts_look(family) != 0 ? -1 : host_follow(h, true);
}

int
route_set_follow(void)
{
	int result = 0, error = 0;
	unsigned i;

	for (i = 0; i < 2; i++) {
		if (!families[i].on || hosts_follow(i, true) == 0)
			continue;
		result = -1;
		error = errno;
	}
	errno = error;
	return result;
}

/*
 * Claims, and what is left of killed processes
 */

/* Takes the claim of a family, perhaps that of this process while it is closed.
 * Without makes it is one that there was.  FD_NONE and errno, which is
 * EWOULDBLOCK when somebody has it. */
static fd_t
lock_take(unsigned family, bool makes)
{
	struct set_family *f = &families[family];
	fd_t fd = f->claim;
	int error;

	f->claim = FD_NONE;
	if (fd != FD_NONE)
		return fd;
	fd = open(claim_paths[family], O_RDWR | O_NOFOLLOW | O_CLOEXEC |
	    (makes ? O_CREAT : 0), S_IRUSR | S_IWUSR);
	if (fd < 0)
		return FD_NONE;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return FD_NONE;
}

/* Gives a claim up, or keeps it while the family is closed. */
static void
lock_leave(unsigned family, fd_t claim)
{
	if (families[family].closed)
		families[family].claim = claim;
	else
		close(claim);
}

/* What is removed of a family. */
struct sweep {
	struct route_entry found[ROUTE_HOSTS + ROUTE_PARTS];
	unsigned n;		/* of them */
	bool keeps;		/* what leads nowhere but to no host stays, */
	bool kept;		/* and something did */
};

/* Notes a route that a killed process has left. */
static void
sweep_see(void *arg, const struct route_entry *e)
{
	struct sweep *s = arg;

	if (!e->ours || !route_is_part(&e->net, e->bits))
		return;
	if (s->keeps && e->bits == ROUTE_HALF_BITS &&
	    e->way.kind == ROUTE_WAY_NONE)
		s->kept = true;
	else if (s->n < sizeof(s->found) / sizeof(s->found[0]))
		s->found[s->n++] = *e;
}

/* Removes all that is ours of a family; keeps: but the halves that lead
 * nowhere, if there are any, which close it then.  Returns how many. */
static unsigned
sweep_family(unsigned family, bool keeps)
{
	struct sweep s = { .keeps = keeps };
	unsigned i;

	if (rtsocket_list(family == 0 ? 4 : 6, sweep_see, &s) != 0)
		return 0;
	for (i = 0; i < s.n; i++)
		(void)rtsocket_change_part(false, &s.found[i].net,
		    s.found[i].bits, &s.found[i].way);
	families[family].closed = s.kept;
	return s.n;
}

/* Removes what killed processes have left, and claims the families whose
 * default route will be ours; 0, or -1 and why. */
static int
set_lock(struct route_set *r, char *why)
{
	unsigned i, n = 0;
	bool wanted;

	for (i = 0; i < 2; i++) {
		wanted = r->settings.def[i] != ROUTE_DEFAULT_NONE;
		/* It is not for a set without this family to open it. */
		if (families[i].closed && !wanted)
			continue;
		r->claim[i] = lock_take(i, wanted);
		if (r->claim[i] != FD_NONE) {
			n += sweep_family(i, wanted && r->settings.lasting);
			if (wanted)
				continue;
			lock_leave(i, r->claim[i]);
			r->claim[i] = FD_NONE;
		} else if (wanted && errno == EWOULDBLOCK) {
			snprintf(why, ROUTE_SET_WHY, "the default route of %s "
			    "is that of a different tunnel of this machine: "
			    "only one can have it", set_names[i]);
			return -1;
		} else if (wanted) {
			snprintf(why, ROUTE_SET_WHY, "%s: %s%s",
			    claim_paths[i], sock_strerror(errno),
			    errno == EACCES ? ": run as root" : "");
			return -1;
		}
	}
	if (n > 0)
		log_info("%u routes were left of a process that was killed: "
		    "removed", n);
	return 0;
}

/*
 * Default routes
 */

/* Adds or deletes a part; own: the address of the device.  0, or -1 and
 * errno. */
static int
part_change(bool add, const struct route_part *part, const struct addr *own)
{
	struct route_way way = { .kind = ROUTE_WAY_NONE };

	if (!part->refuses)
		rtsocket_way(&way, own);
	return rtsocket_change_part(add, &part->net, part->bits, &way);
}

/* Removes the first n parts of a family's default route, but those that lead
 * nowhere if it stays closed. */
static void
parts_remove(const struct route_set *r, unsigned family, unsigned n,
    bool stays)
{
	uint8_t number = family == 0 ? 4 : 6;
	struct route_part part[ROUTE_PARTS];
	struct addr own;
	bool there = device_address(r->settings.device, number, &own);
	unsigned all;

	all = route_parts(number, r->settings.def[family],
	    r->settings.lasting, part);
	if (n > all)
		n = all;
	while (n-- > 0)
		if (part[n].refuses ? !stays : there)
			(void)part_change(false, &part[n], &own);
	families[family].closed = stays;
}

/* Sets the parts of a family's default route; again: some may be there.
 * Returns how many are set; fewer than all: and why, which is "" when the
 * system lacks a family that would only be blocked. */
static unsigned
parts_add(const struct route_set *r, unsigned family, bool again, char *why)
{
	enum route_default def = r->settings.def[family];
	bool there, closed = families[family].closed;
	uint8_t number = family == 0 ? 4 : 6;
	struct route_part part[ROUTE_PARTS];
	struct addr own;
	unsigned i, n;

	*why = '\0';
	there = device_address(r->settings.device, number, &own);
	n = route_parts(number, def, r->settings.lasting, part);
	for (i = 0; i < n; i++) {
		errno = EADDRNOTAVAIL;
		if ((part[i].refuses || there) &&
		    part_change(true, &part[i], &own) == 0)
			continue;
		if (errno == EEXIST && (again || (closed && part[i].refuses)))
			continue;
		if (def != ROUTE_DEFAULT_BLOCKED || (errno != EAFNOSUPPORT &&
		    errno != EPROTONOSUPPORT))
			(void)net_refused(&part[i].net, part[i].bits, errno,
			    why);
		return i;
	}
	return n;
}

/* Sets the default route of a family; 0, or -1 and why, and then nothing is
 * set. */
static int
family_set(struct route_set *r, unsigned family, char *why)
{
	struct set_family *f = &families[family];
	unsigned n;

	if (r->settings.def[family] == ROUTE_DEFAULT_NONE)
		return 0;
	/* Servers first: the carrier's packets must not follow the halves. */
	f->on = true;
	if (hosts_follow(family, true) != 0)
		log_warn("a server has no route around the default route of "
		    "%s: %s", set_names[family], sock_strerror(errno));
	n = parts_add(r, family, false, why);
	if (*why == '\0') {
		f->closed = false;
		return 0;
	}
	parts_remove(r, family, n, f->closed);
	(void)hosts_follow(family, false);
	f->on = false;
	return -1;
}

/* Removes the default route of a family; stays: it is closed then. */
static void
family_unset(struct route_set *r, unsigned family, bool stays)
{
	if (r->settings.def[family] == ROUTE_DEFAULT_NONE)
		return;
	parts_remove(r, family, ROUTE_PARTS, stays);
	(void)hosts_follow(family, false);
	families[family].on = false;
}

int
route_set_default(struct route_set *r, bool on, char why[ROUTE_SET_WHY])
{
	unsigned i, n = 2;

	if (!r->open || r->on == on)
		return 0;
	for (i = 0; i < n && on; i++)
		if (family_set(r, i, why) != 0)
			n = i;
	r->on = on && n == 2;
	for (i = 0; i < n && !r->on; i++)
		family_unset(r, i, false);
	return r->on == on ? 0 : -1;
}

/*
 * The set
 */

bool
route_set_has_marks(void)
{
	return false;
}

int
route_set_open(struct route_set *r, const struct route_settings *s,
    char why[ROUTE_SET_WHY])
{
	memset(r, 0, sizeof(*r));
	r->settings = *s;
	r->claim[0] = r->claim[1] = FD_NONE;
	r->open = true;
	if (set_lock(r, why) == 0 && add_nets(s, why) == 0)
		return 0;
	r->settings.nets.n = 0;
	route_set_close(r);
	return -1;
}

int
route_set_restore(struct route_set *r, char why[ROUTE_SET_WHY])
{
	unsigned i;

	if (!r->open)
		return 0;
	if (add_nets(&r->settings, why) != 0)
		return -1;
	for (i = 0; i < 2 && r->on; i++) {
		(void)parts_add(r, i, true, why);
		if (*why != '\0')
			return -1;
	}
	return 0;
}

/* Closes it; what it keeps closed stays so, or not. */
static void
set_end(struct route_set *r, bool stays)
{
	unsigned i;

	if (!r->open)
		return;
	remove_nets(&r->settings, r->settings.nets.n);
	for (i = 0; i < 2; i++) {
		if (r->claim[i] == FD_NONE)
			continue;
		if (r->on)
			family_unset(r, i, stays && r->settings.lasting);
		lock_leave(i, r->claim[i]);
	}
	memset(r, 0, sizeof(*r));
}

void
route_set_close(struct route_set *r)
{
	set_end(r, false);
}

void
route_set_leave(struct route_set *r)
{
	set_end(r, true);
}

void
route_set_release(void)
{
	unsigned i;

	for (i = 0; i < 2; i++) {
		if (!families[i].closed || families[i].claim == FD_NONE)
			continue;
		(void)sweep_family(i, false);
		close(families[i].claim);
		families[i].claim = FD_NONE;
	}
}
