/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The routes into the device of an end: when they are set, and what becomes of
 * the families that the device has no address of.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/tun_routes.h"

#include "base/file.h"
#include "net/rights.h"
#include "net/route.h"
#include "tunnel/plan.h"
#include "tunnel/tun_dev.h"

#define RESOLV_CONF "/etc/resolv.conf"

enum {
	RESOLV_MAX = 65536,	/* bytes of it that are read */
	RESOLV_SERVERS = 8,	/* name servers of it that are looked at */
};

static const char *const family_names[2] = { "IPv4", "IPv6" };

/*
 * Settings
 */

int
tun_routes_check(const char *name, const struct settings *s, struct fault *f)
{
	if (s->routes.nets.n == 0 && !s->routes.all)
		return !s->killswitch ? 0 : fault_user(f, "killswitch", "%s: "
		    "killswitch goes with route=default", name);
	if (s->leave_down)
		return fault_user(f, "route", "%s: route goes not with no-up: "
		    "a device that is down has no routes", name);
	if (s->killswitch && !settings_has_default(s))
		return fault_user(f, "killswitch", "%s: killswitch goes with "
		    "route=default", name);
	return 0;
}

/* Has the device an address of that family? */
static bool
device_has_family(struct tun_dev *dev, uint8_t family)
{
	struct tun_address address[TUN_ADDRESSES];
	unsigned i, n = tun_addresses(&dev->tun, address);

	for (i = 0; i < n; i++)
		if (address[i].addr.family == family &&
		    !addr_is_link_local(&address[i].addr))
			return true;
	for (i = 0; i < dev->settings.n_addresses; i++)
		if (dev->settings.address[i].addr.family == family)
			return true;
	return false;
}

/* Is that the network of an address of the device, to which the system has a
 * route? */
static bool
device_has_net(const struct tun_settings *device, const struct addr *net,
    unsigned bits)
{
	const struct tun_address *a = device->address;
	unsigned i;

	for (i = 0; i < device->n_addresses; i++)
		if (a[i].prefix == (int)bits && a[i].addr.family ==
		    net->family && a[i].peer.family == 0 &&
		    addr_in_prefix(&a[i].addr, net, bits))
			return true;
	return false;
}

/* Fills in what is known without the device. */
static void
routes_fill(const struct settings *s, const struct settings *right,
    const struct tun_settings *device, struct route_settings *to)
{
	const struct nets *nets = &s->routes.nets;
	unsigned i;

	memset(to, 0, sizeof(*to));
	to->lasting = s->killswitch;
	to->mark = right->mark >= 0 ? (uint32_t)right->mark : ROUTE_SET_MARK;
	if (right->group == NULL)
		(void)addr_of_literal(&to->server, right->at.host, 0);
	for (i = 0; i < nets->n; i++) {
		if (nets->bits[i] == 0) {
			to->def[nets->net[i].family == 6] =
			    ROUTE_DEFAULT_DEVICE;
		} else if (!device_has_net(device, &nets->net[i],
		    nets->bits[i])) {
			to->nets.net[to->nets.n] = nets->net[i];
			to->nets.bits[to->nets.n++] = nets->bits[i];
		}
	}
}

void
tun_routes_wanted(const struct settings *s, const struct settings *right,
    struct tun_settings *device, struct route_settings *routes)
{
	unsigned i;

	tun_dev_settings(s, device);
	routes_fill(s, right, device, routes);
	for (i = 0; i < 2 && s->routes.all; i++)
		routes->def[i] = ROUTE_DEFAULT_BLOCKED;
}

/* Fills in what is to be set; 0, or -1 and the fault. */
static int
routes_plan(struct tun_dev *dev, const struct settings *s,
    struct route_settings *to, struct fault *f)
{
	const struct settings *right =
	    &dev->end.tunnel->plan->end[RIGHT].settings;
	bool has[2];
	unsigned i;

	routes_fill(s, right, &dev->settings, to);
	to->device = dev->name;
	if (!s->routes.all)
		return 0;
	if (!route_set_has_marks() && right->mark == ROUTE_SET_MARK &&
	    dev->end.tunnel->plan->end[RIGHT].kind->any_host)
		return fault_user(f, "route", "%s: route=default: on this "
		    "system it goes not with %s, whose hosts may change at any "
		    "time; set routes to networks", dev->end.name,
		    dev->end.tunnel->plan->end[RIGHT].kind->name);
	has[0] = device_has_family(dev, 4);
	has[1] = device_has_family(dev, 6);
	if (!has[0] && !has[1])
		return fault_user(f, "route", "%s: route=default: the device "
		    "has no address: give it one by addr=", dev->end.name);
	for (i = 0; i < 2; i++)
		to->def[i] = has[i] || to->def[i] == ROUTE_DEFAULT_DEVICE ?
		    ROUTE_DEFAULT_DEVICE : ROUTE_DEFAULT_BLOCKED;
	return 0;
}

/*
 * Name servers
 */

/* Reads the name servers of the system; returns how many. */
static unsigned
read_name_servers(struct addr server[RESOLV_SERVERS])
{
	char *text, *line, *next;
	const char *why;
	unsigned n = 0;
	size_t len;

	text = file_read(RESOLV_CONF, RESOLV_MAX, &len, &why);
	for (line = text; line != NULL && n < RESOLV_SERVERS; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		if (strncmp(line, "nameserver", 10) != 0 ||
		    strspn(line + 10, " \t") == 0)
			continue;
		line += 10 + strspn(line + 10, " \t");
		line[strcspn(line, " \t\r")] = '\0';
		if (addr_parse_ip(&server[n], line) == 0)
			n++;
	}
	free(text);
	return n;
}

/* Are packets to that address sent from one of the device? */
static bool
routes_lead_to(struct tun_dev *dev, const struct addr *to)
{
	struct tun_address address[TUN_ADDRESSES];
	unsigned i, n = tun_addresses(&dev->tun, address);
	struct route_watch w = { .mark_set = false };
	struct addr at = *to, source;

	at.port = 53;
	/* Where nothing goes, nothing leaks. */
	if (route_source(&w, &at, &source) != 0)
		return true;
	for (i = 0; i < n; i++)
		if (addr_same(&address[i].addr, &source))
			return true;
	return false;
}

/* Warns of name servers that are asked outside of the tunnel. */
static void
routes_tell_servers(struct tun_dev *dev)
{
	struct addr server[RESOLV_SERVERS];
	unsigned i, n = read_name_servers(server);
	char text[ADDR_TEXT];

	for (i = 0; i < n; i++) {
		if (addr_is_loopback(&server[i]))
			log_info("%s: names are looked up by a program of "
			    "this machine, %s; which servers it asks, and by "
			    "which way, is its matter", dev->end.name,
			    addr_ip_text(&server[i], text));
		else if (!routes_lead_to(dev, &server[i]))
			log_warn("%s: the name server %s is in a network of "
			    "this machine, and is asked outside of the "
			    "tunnel: set one that is behind the tunnel in %s",
			    dev->end.name, addr_ip_text(&server[i], text),
			    RESOLV_CONF);
	}
}

/*
 * Running
 */

/* The routes of the machine may have changed, by which servers are reached. */
static void
routes_follow(struct route_watch *w)
{
	struct tun_routes *r = LIST_ITEM(w, struct tun_routes, follow);

	if (rights_route_follow() != 0)
		log_limited(&r->follow_limit, loop_now(w->loop), LEVEL_WARN,
		    "a server has no route around the default route: %s",
		    sock_strerror(errno));
}

/* Sets or removes the default routes, and logs it. */
static void
routes_switch(struct tun_dev *dev, bool on)
{
	struct tun_routes *r = &dev->routes;
	char why[ROUTE_SET_WHY];
	unsigned i;

	if (!r->wanted || r->set.on == on)
		return;
	if (rights_route_default(&r->set, on, why) != 0) {
		log_error("%s: %s", dev->end.name, why);
		return;
	}
	if (on && !route_set_has_marks())
		route_watch_start(&r->follow, dev->end.tunnel->loop,
		    routes_follow);
	else
		route_watch_stop(&r->follow);
	for (i = 0; i < 2; i++) {
		if (r->set.settings.def[i] == ROUTE_DEFAULT_NONE)
			continue;
		log_info("%s: %s of this machine goes %s", dev->end.name,
		    family_names[i], !on ? "its usual way" :
		    r->set.settings.def[i] == ROUTE_DEFAULT_DEVICE ?
		    "through the tunnel" : "nowhere: the device has no "
		    "address of it");
	}
	if (on)
		routes_tell_servers(dev);
}

int
tun_routes_start(struct tun_dev *dev, const struct settings *s,
    struct fault *f)
{
	struct tun_routes *r = &dev->routes;
	struct route_settings to;
	char why[ROUTE_SET_WHY];

	memset(r, 0, sizeof(*r));
	if (routes_plan(dev, s, &to, f) != 0)
		return -1;
	if (rights_route_open(&r->set, &to, why) != 0)
		return fault_system(f, NULL, "%s: %s", dev->end.name, why);
	r->wanted = to.def[0] != ROUTE_DEFAULT_NONE ||
	    to.def[1] != ROUTE_DEFAULT_NONE;
	if (!to.lasting)
		return 0;
	routes_switch(dev, true);
	if (r->set.on)
		return 0;
	rights_route_close(&r->set);
	return fault_system(f, NULL, "%s: the default route could not be set",
	    dev->end.name);
}

void
tun_routes_carried(struct tun_dev *dev)
{
	if (dev->routes.carried)
		return;
	dev->routes.carried = true;
	routes_switch(dev, true);
	updown_carried(dev->end.tunnel, "carried");
}

void
tun_routes_lost(struct tun_dev *dev)
{
	struct tun_routes *r = &dev->routes;

	if (!r->carried)
		return;
	r->carried = false;
	updown_lost(dev->end.tunnel, "silent");
	if (r->wanted && !r->set.settings.lasting)
		log_warn("%s: nothing has come through the tunnel for long; "
		    "without killswitch it is not used meanwhile",
		    dev->end.name);
	if (!r->set.settings.lasting)
		routes_switch(dev, false);
}

void
tun_routes_restore(struct tun_dev *dev)
{
	char why[ROUTE_SET_WHY];

	if (rights_route_restore(&dev->routes.set, why) != 0)
		log_error("%s: %s", dev->end.name, why);
}

void
tun_routes_stop(struct tun_dev *dev)
{
	route_watch_stop(&dev->routes.follow);
	if (dev->end.tunnel->stays_closed)
		rights_route_leave(&dev->routes.set);
	else
		rights_route_close(&dev->routes.set);
	dev->routes.wanted = dev->routes.carried = false;
}
