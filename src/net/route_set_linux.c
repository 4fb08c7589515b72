/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Routes into a TUN device, on Linux.
 *
 * NOTES.  ip-rule(8).  Networks are routes of the main table.  A default route
 * is in a table of ours, to which two rules of its family lead:
 *
 *	30710	lookup main, but take no default route of it
 *	30711	packets without the mark of the carrier: lookup 44311
 *
 * So the carrier's packets, and theirs alone, find the default route of the
 * main table, whatever address the server has.  A host route to the server
 * would let the packets of others to it out as well.
 *
 * Nothing leaks while a killswitch's rules are replaced: meanwhile there is a
 * guard of two rules before them.
 *
 *	30708	lookup main, but take no default route of it
 *	30709	packets without the mark: unreachable
 *
 * It ends with the next lasting default route of its family, and until then its
 * claim is kept: nobody else takes it for what a killed process has left.
 *
 * Routes and rules have SET_PROTOCOL as the one who made them.  What a killed
 * process leaves: the rules, and the routes of the table that need no device,
 * as that goes with the process.  They may be removed by whoever has the claim
 * of the family, a netlink socket with a port that only one process of the
 * network namespace can have, until its end.
 */

#include "compat.h"

#include <string.h>
#include <net/if.h>

#include "net/route_set.h"

#include "base/log.h"
#include "net/rtnetlink.h"

enum {
	SET_TABLE = 0xad17,
	SET_PROTOCOL = 173,	/* nobody else's in rt_protos */
	SET_GUARD_MAIN = 30708,	/* priorities */
	SET_GUARD_LAST = 30709,
	SET_RULE_MAIN = 30710,
	SET_RULE_TABLE = 30711,
	SET_LAST = 0x7fffffff,	/* metric of the route that is left when the
				 * device is gone */
	SET_CLAIM = 0x2d170004,	/* port of IPv4's claim, above any PID; that of
				 * IPv6 is 2 higher */
	SET_ROUNDS = 10,	/* of looking for what is to be removed */
};

static const uint8_t set_families[2] = { AF_INET, AF_INET6 };
static const char *const set_names[2] = { "IPv4", "IPv6" };

/* The guards that this process has set, by family. */
static struct guard {
	bool on;
	fd_t claim;		/* of its family; FD_NONE: a set has it */
} guards[2];

/* Fills in why something was refused; returns -1. */
static int
set_refused(char *why, const char *what, int error)
{
	const char *hint = "";

	if (error == EPERM)
		hint = ": run as root or with CAP_NET_ADMIN";
	else if (error == EEXIST)
		hint = ": there is such a route already; look at: ip route";
	else if (error == ENETDOWN)
		hint = ": the device must be up";
	else if (error == EACCES)
		hint = ": IPv6 is switched off here, look at sysctl "
		    "net.ipv6.conf.all.disable_ipv6";
	snprintf(why, ROUTE_SET_WHY, "%s: %s%s", what, sock_strerror(error),
	    hint);
	return -1;
}

/* Sends one request by a socket of its own; 0, or -1 and errno. */
static int
set_ask(const struct netlink_message *m)
{
	fd_t fd = rtnetlink_open(0);
	int result, error;

	if (fd == FD_NONE)
		return -1;
	result = rtnetlink_ask(fd, m);
	error = errno;
	sock_close(fd);
	errno = error;
	return result;
}

/*
 * Removing
 */

/* What is looked for. */
struct sweep {
	fd_t fd;		/* for removing */
	uint16_t del;		/* type of the request */
	uint32_t device;	/* its routes in any table; 0: what is in our
				 * table, and rules */
	bool guard;		/* those rules, and no other */
	bool keeps;		/* they are only counted */
	unsigned n;		/* found, and removed */
};

/* Is a route, or a rule, one of those? */
static bool
sweep_has(const struct sweep *s, const struct netlink_entry *e)
{
	if (s->del == NETLINK_DEL_ROUTE && s->device != 0)
		return e->device == s->device &&
		    e->of.protocol == SET_PROTOCOL;
	if (s->del == NETLINK_DEL_ROUTE)
		return e->table == SET_TABLE && e->of.protocol == SET_PROTOCOL;
	/* Kernels before 4.17 do not keep who made a rule. */
	if (e->has_protocol && e->protocol != SET_PROTOCOL)
		return false;
	if (s->guard)
		return (e->priority == SET_GUARD_MAIN && e->suppress == 0) ||
		    (e->priority == SET_GUARD_LAST &&
		    e->of.type == NETLINK_UNREACHABLE);
	return (e->priority == SET_RULE_MAIN && e->suppress == 0) ||
	    (e->priority == SET_RULE_TABLE && e->table == SET_TABLE);
}

/* Removes one of them: the kernel takes back what it has said. */
static void
sweep_entry(void *arg, const struct netlink_view *v)
{
	struct sweep *s = arg;
	struct netlink_message m;
	struct netlink_entry e;

	if (!netlink_read_entry(v, &e) || !sweep_has(s, &e) ||
	    v->len > sizeof(m.rest))
		return;
	if (s->keeps) {
		s->n++;
		return;
	}
	netlink_begin(&m, s->del, NETLINK_REQUEST | NETLINK_ACK, v->body,
	    v->len);
	if (rtnetlink_ask(s->fd, &m) == 0)
		s->n++;
}

/* Removes (or counts) all that is looked for of a family.  Returns how many
 * there were; 0 also on failure. */
static unsigned
sweep_all(unsigned family, uint16_t get, struct sweep s)
{
	struct netlink_route of = { .family = set_families[family] };
	fd_t fd = rtnetlink_open(0);
	struct netlink_message m;
	unsigned i, before = 1;

	s.fd = rtnetlink_open(0);
	if (fd != FD_NONE)
		(void)rtnetlink_filter(fd);
	netlink_begin(&m, get, NETLINK_REQUEST | NETLINK_DUMP, &of,
	    sizeof(of));
	if (get == NETLINK_GET_ROUTE && s.device != 0)
		netlink_put_number(&m, NETLINK_DEVICE, s.device);
	else if (get == NETLINK_GET_ROUTE)
		netlink_put_number(&m, NETLINK_TABLE, SET_TABLE);
	/* Removing while it is listed may hide some. */
	for (i = 0; i < (s.keeps ? 1 : SET_ROUNDS) && fd != FD_NONE &&
	    s.fd != FD_NONE && s.n != before; i++) {
		before = s.n;
		if (rtnetlink_dump(fd, &m, sweep_entry, &s) != 0)
			break;
	}
	if (fd != FD_NONE)
		sock_close(fd);
	if (s.fd != FD_NONE)
		sock_close(s.fd);
	return s.n;
}

/* Removes all routes of ours into a device (0: those of our table). */
static unsigned
sweep_routes(unsigned family, uint32_t device)
{
	struct sweep s = { .del = NETLINK_DEL_ROUTE, .device = device };

	return sweep_all(family, NETLINK_GET_ROUTE, s);
}

/* Removes the rules of a family, or those of its guard; returns how many. */
static unsigned
sweep_rules(unsigned family, bool guard)
{
	struct sweep s = { .del = NETLINK_DEL_RULE, .guard = guard };

	return sweep_all(family, NETLINK_GET_RULE, s);
}

/* Are there rules of a family, or a guard? */
static bool
sweep_finds_rules(unsigned family)
{
	struct sweep s = { .del = NETLINK_DEL_RULE, .keeps = true };

	if (sweep_all(family, NETLINK_GET_RULE, s) > 0)
		return true;
	s.guard = true;
	return sweep_all(family, NETLINK_GET_RULE, s) > 0;
}

/* Removes rules and default routes of a family; returns how many. */
static unsigned
set_clear(unsigned family)
{
	unsigned n = sweep_rules(family, false);

	return n + sweep_routes(family, 0);
}

/*
 * Setting
 */

/* Sets a route of a table into the device, or (device 0) nowhere.  0, or -1
 * and errno. */
static int
set_route(const struct addr *to, unsigned bits, uint32_t table,
    uint32_t device, uint32_t metric, bool replace)
{
	struct netlink_route of = {
		.family = to->family == 4 ? AF_INET : AF_INET6,
		.to_bits = (uint8_t)bits, .protocol = SET_PROTOCOL,
		.type = device != 0 ? NETLINK_UNICAST : NETLINK_UNREACHABLE,
	};
	struct netlink_message m;

	if (to->family == 4 && device != 0)
		of.scope = NETLINK_SCOPE_LINK;
	netlink_begin(&m, NETLINK_NEW_ROUTE, NETLINK_REQUEST | NETLINK_ACK |
	    NETLINK_CREATE | (replace ? NETLINK_REPLACE : NETLINK_ONLY_NEW),
	    &of, sizeof(of));
	if (bits > 0)
		netlink_put_address(&m, NETLINK_TO, to);
	if (device != 0)
		netlink_put_number(&m, NETLINK_DEVICE, device);
	if (metric != 0)
		netlink_put_number(&m, NETLINK_PRIORITY, metric);
	netlink_put_number(&m, NETLINK_TABLE, table);
	return set_ask(&m);
}

/* Sets the networks; 0, or -1 and why. */
static int
set_nets(struct route_set *r, uint32_t device, char *why)
{
	const struct nets *nets = &r->settings.nets;
	char text[NETS_TEXT], what[NETS_TEXT + 16];
	unsigned i;

	for (i = 0; i < nets->n; i++) {
		if (set_route(&nets->net[i], nets->bits[i], NETLINK_MAIN,
		    device, 0, false) == 0)
			continue;
		snprintf(what, sizeof(what), "route %s",
		    nets_text(nets, i, text));
		return set_refused(why, what, errno);
	}
	return 0;
}

/* Sets one of the rules of a family; 0, also when it is there already, or -1
 * and errno. */
static int
set_rule(const struct route_set *r, unsigned family, uint32_t priority)
{
	struct netlink_route of = {
		.family = set_families[family], .type = NETLINK_TO_TABLE,
	};
	uint8_t protocol = SET_PROTOCOL;
	struct netlink_message m;
	bool last = priority == SET_RULE_TABLE || priority == SET_GUARD_LAST;

	if (last)
		of.flags = NETLINK_INVERT;
	else
		of.table = NETLINK_MAIN;
	if (priority == SET_GUARD_LAST)
		of.type = NETLINK_UNREACHABLE;
	netlink_begin(&m, NETLINK_NEW_RULE, NETLINK_REQUEST | NETLINK_ACK |
	    NETLINK_CREATE | NETLINK_ONLY_NEW, &of, sizeof(of));
	netlink_put_number(&m, NETLINK_PRIORITY, priority);
	if (priority != SET_GUARD_LAST)
		netlink_put_number(&m, NETLINK_TABLE, last ? SET_TABLE :
		    NETLINK_MAIN);
	if (last) {
		netlink_put_number(&m, NETLINK_MARK, r->settings.mark);
		netlink_put_number(&m, NETLINK_MASK, UINT32_MAX);
	} else {
		netlink_put_number(&m, NETLINK_SUPPRESS, 0);
	}
	netlink_put(&m, NETLINK_PROTOCOL, &protocol, 1);
	return set_ask(&m) == 0 || errno == EEXIST ? 0 : -1;
}

/* Sets the guard of a family whose default route lasts, and whose claim the set
 * has. */
static void
set_guard(const struct route_set *r, unsigned family)
{
	if (!r->settings.lasting ||
	    r->settings.def[family] == ROUTE_DEFAULT_NONE)
		return;
	guards[family].on = true;
	guards[family].claim = FD_NONE;
	if (set_rule(r, family, SET_GUARD_MAIN) != 0 ||
	    set_rule(r, family, SET_GUARD_LAST) != 0)
		log_warn("%s may leave by its usual way while the killswitch "
		    "is replaced: %s", set_names[family], sock_strerror(errno));
}

/* Removes the guard of a family, if there is one. */
static void
guard_end(unsigned family)
{
	struct guard *g = &guards[family];

	if (!g->on)
		return;
	(void)sweep_rules(family, true);
	if (g->claim != FD_NONE)
		sock_close(g->claim);
	g->on = false;
}

/* The claim of a family, perhaps that of its guard; FD_NONE and errno. */
static fd_t
claim_take(unsigned family)
{
	fd_t kept = guards[family].claim;

	if (!guards[family].on || kept == FD_NONE)
		return rtnetlink_open(SET_CLAIM + 2 * family);
	guards[family].claim = FD_NONE;
	return kept;
}

/* Gives a claim up, or to the guard of its family. */
static void
claim_leave(unsigned family, fd_t claim)
{
	if (guards[family].on)
		guards[family].claim = claim;
	else
		sock_close(claim);
}

/* Sets the default route of a family in our table: into the device, and, where
 * nothing may leak, nowhere when that is gone.  0, or -1 and errno. */
static int
set_table(const struct route_set *r, unsigned family, uint32_t device)
{
	struct addr any = { .family = family == 0 ? 4 : 6 };
	bool blocked = r->settings.def[family] == ROUTE_DEFAULT_BLOCKED;

	if ((blocked || r->settings.lasting) && set_route(&any, 0, SET_TABLE,
	    0, SET_LAST, true) != 0)
		return -1;
	return blocked ? 0 : set_route(&any, 0, SET_TABLE, device, 0, true);
}

/* The number in /proc/sys/net/ipv4/conf/DEVICE/rp_filter; 0 also when there is
 * none. */
static int
filter_of(const char *device)
{
	char path[80];
	FILE *f;
	int c;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/rp_filter",
	    device);
	f = fopen(path, "r");
	if (f == NULL)
		return 0;
	c = getc(f);
	(void)fclose(f);
	return c == '1' || c == '2' ? c - '0' : 0;
}

/* Warns of devices that drop packets from addresses to which the machine has a
 * different route: those of the server, as the kernel looks that up without the
 * mark. */
static void
set_tell_filter(const struct route_set *r)
{
	int all = filter_of("all"), own;
	struct if_nameindex *list = if_nameindex(), *at;

	for (at = list; at != NULL && at->if_name != NULL; at++) {
		own = filter_of(at->if_name);
		if ((own > all ? own : all) != 1 ||
		    strcmp(at->if_name, "lo") == 0 ||
		    strcmp(at->if_name, r->settings.device) == 0)
			continue;
		log_warn("device %s has a strict filter of source addresses: "
		    "it drops what the server sends; run: sysctl -w "
		    "net.ipv4.conf.%s.rp_filter=2", at->if_name, at->if_name);
	}
	if (list != NULL)
		if_freenameindex(list);
}

/* Sets the default route of a family, with its rules; 0, or -1 and why. */
static int
set_family(struct route_set *r, unsigned family, char *why)
{
	enum route_default def = r->settings.def[family];
	char what[40];
	int error;

	if (def == ROUTE_DEFAULT_NONE)
		return 0;
	if (set_table(r, family, if_nametoindex(r->settings.device)) == 0 &&
	    set_rule(r, family, SET_RULE_MAIN) == 0 &&
	    set_rule(r, family, SET_RULE_TABLE) == 0) {
		if (family == 0)
			set_tell_filter(r);
		return 0;
	}
	error = errno;
	(void)set_clear(family);
	/* Without IPv6 nothing of it can leak. */
	if (def == ROUTE_DEFAULT_BLOCKED && (error == EACCES ||
	    error == EAFNOSUPPORT || error == EOPNOTSUPP)) {
		log_debug("%s is not there, so it is not blocked",
		    set_names[family]);
		return 0;
	}
	snprintf(what, sizeof(what), "default route of %s", set_names[family]);
	return set_refused(why, what, error);
}

/* Removes what a killed process has left of a family, whose claim is ours now;
 * returns how many. */
static unsigned
set_replace(const struct route_set *r, unsigned family)
{
	unsigned n;

	if (r->settings.lasting && sweep_finds_rules(family))
		set_guard(r, family);
	n = set_clear(family);
	return guards[family].on ? n : n + sweep_rules(family, true);
}

/* Removes what killed processes have left, and claims the families whose
 * default route will be ours; 0, or -1 and why. */
static int
set_claim(struct route_set *r, char *why)
{
	unsigned i, n = 0;

	for (i = 0; i < 2; i++) {
		/* It is not for a set without this family to end a guard. */
		if (guards[i].on && r->settings.def[i] == ROUTE_DEFAULT_NONE)
			continue;
		r->claim[i] = claim_take(i);
		if (r->claim[i] != FD_NONE) {
			n += set_replace(r, i);
			if (r->settings.def[i] != ROUTE_DEFAULT_NONE)
				continue;
			sock_close(r->claim[i]);
			r->claim[i] = FD_NONE;
		} else if (r->settings.def[i] != ROUTE_DEFAULT_NONE &&
		    errno == EADDRINUSE) {
			snprintf(why, ROUTE_SET_WHY, "the default route of %s "
			    "is that of a different tunnel of this machine: "
			    "only one can have it", set_names[i]);
			return -1;
		} else if (r->settings.def[i] != ROUTE_DEFAULT_NONE) {
			return set_refused(why, "netlink", errno);
		}
	}
	if (n > 0)
		log_info("%u rules and routes were left of a process that was "
		    "killed: removed", n);
	return 0;
}

int
route_set_open(struct route_set *r, const struct route_settings *s,
    char why[ROUTE_SET_WHY])
{
	uint32_t device = if_nametoindex(s->device);
	unsigned i;

	memset(r, 0, sizeof(*r));
	r->settings = *s;
	r->claim[0] = r->claim[1] = FD_NONE;
	r->open = true;
	/* The device may be an old one, that a killed process had. */
	for (i = 0; i < 2 && device != 0; i++)
		(void)sweep_routes(i, device);
	if (set_claim(r, why) == 0 && set_nets(r, device, why) == 0)
		return 0;
	route_set_close(r);
	return -1;
}

int
route_set_default(struct route_set *r, bool on, char why[ROUTE_SET_WHY])
{
	unsigned i;

	if (!r->open || r->on == on)
		return 0;
	for (i = 0; i < 2; i++)
		if (on && set_family(r, i, why) != 0)
			break;
	r->on = on && i == 2;
	for (i = 0; i < 2 && !r->on; i++)
		if (r->claim[i] != FD_NONE)
			(void)set_clear(i);
	for (i = 0; i < 2 && r->on && r->settings.lasting; i++)
		if (r->claim[i] != FD_NONE)
			guard_end(i);
	return r->on == on ? 0 : -1;
}

int
route_set_restore(struct route_set *r, char why[ROUTE_SET_WHY])
{
	uint32_t device = if_nametoindex(r->settings.device);
	unsigned i;

	if (!r->open)
		return 0;
	for (i = 0; i < 2; i++)
		(void)sweep_routes(i, device);
	if (set_nets(r, device, why) != 0)
		return -1;
	for (i = 0; i < 2 && r->on; i++) {
		if (r->settings.def[i] != ROUTE_DEFAULT_NONE &&
		    set_table(r, i, device) != 0)
			return set_refused(why, "default route", errno);
	}
	return 0;
}

/* Closes it; what it keeps closed stays so, or not. */
static void
set_close(struct route_set *r, bool stays)
{
	uint32_t device;
	unsigned i;

	if (!r->open)
		return;
	device = if_nametoindex(r->settings.device);
	for (i = 0; i < 2; i++) {
		if (device != 0 && r->settings.nets.n > 0)
			(void)sweep_routes(i, device);
		if (r->claim[i] == FD_NONE)
			continue;
		if (stays && r->on)
			set_guard(r, i);
		(void)set_clear(i);
		claim_leave(i, r->claim[i]);
	}
	memset(r, 0, sizeof(*r));
}

void
route_set_close(struct route_set *r)
{
	set_close(r, false);
}

void
route_set_leave(struct route_set *r)
{
	set_close(r, true);
}

void
route_set_release(void)
{
	unsigned i;

	for (i = 0; i < 2; i++)
		guard_end(i);
}
