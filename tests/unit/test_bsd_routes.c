/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Routes into devices of the BSDs and macOS, with a routing table of this file
 * that does what theirs does.
 *
 * NOTES.  Compiled with the headers of tests/unit/bsd.  The table takes and
 * lists messages of route(4).  A build without TUN leaves this out.
 */

#include "compat.h"

#if defined(__linux__)

#include <sys/file.h>
#include <sys/socket.h>
#include <sys/sysctl.h>
#include <sys/../net/route.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <unistd.h>

#include "base/log.h"
#include "net/route_backend.h"
#include "net/route_hosts.h"
#include "net/route_set.h"
#include "net/route_socket.h"
#include "net/sockaddr.h"

#include "tap.h"

enum { TABLE = 64, MESSAGE = sizeof(struct rt_msghdr) + 3 * 32 };

/* A route of the table. */
struct fake_route {
	struct addr to;
	unsigned bits;
	int flags;
	union sock_addr way;
};

/* The machine. */
static struct {
	struct fake_route at[TABLE];
	unsigned n;
	int refuse;		/* errno of each change */
	bool no_ip6;
	unsigned changes;
	unsigned locked;	/* bits: who else has a claim */
	unsigned claims;	/* bits: those of this process */
	bool no_address;	/* the device is gone */
	bool locks_there;	/* the files of claims */
	bool truncated;		/* the list is longer than was said */
	int refuse_family;	/* 4 or 6: only changes of it are refused */
	struct rt_msghdr told;	/* what is said of a change */
} kernel;

static char reason[ROUTE_SET_WHY];

static int
fail(int error)
{
	errno = error;
	return -1;
}

static struct addr
address(const char *text)
{
	struct addr a;

	must(addr_parse_ip(&a, text) == 0);
	return a;
}

/*
 * The system
 */

size_t
stand_in_size(const unsigned char *p)
{
	uint16_t family;

	memcpy(&family, p, sizeof(family));
	return family == AF_INET ? sizeof(struct sockaddr_in) :
	    family == AF_INET6 ? sizeof(struct sockaddr_in6) :
	    family >= NETMASK ? (size_t)family - NETMASK : 0;
}

/* Bytes with their padding. */
static size_t
step(size_t n)
{
	return n == 0 ? sizeof(long) : (n + sizeof(long) - 1) / sizeof(long) *
	    sizeof(long);
}

/* The mask that a message has; 32 or 128 without one. */
static unsigned
mask_bits(const struct rt_msghdr *m, const uint8_t *p, uint8_t family)
{
	unsigned i, bits = 0, full = family == 4 ? 32 : 128;

	if ((m->rtm_addrs & RTA_NETMASK) == 0)
		return full;
	p += family == 4 ? 4 : 8;
	for (i = 0; i < full; i++)
		bits += (p[i / 8] >> (7 - i % 8)) & 1;
	return bits;
}

static int
fake_socket(int family, int type, int protocol)
{
	(void)type;
	(void)protocol;
	return family == PF_ROUTE ? 100 : fail(EINVAL);
}

static int
fake_shutdown(int fd, int how)
{
	(void)fd;
	(void)how;
	return 0;
}

/* Does what a message asks for. */
static ssize_t
fake_write(int fd, const void *p, size_t n)
{
	const uint8_t *at = p;
	struct fake_route r;
	struct rt_msghdr m;
	union sock_addr sa;
	unsigned i;

	(void)fd;
	memcpy(&m, p, sizeof(m));
	must(m.rtm_msglen == n && m.rtm_version == RTM_VERSION);
	memset(&r, 0, sizeof(r));
	memset(&sa, 0, sizeof(sa));
	at += sizeof(m);
	memcpy(&sa, at, stand_in_size(at));
	sockaddr_to(&r.to, &sa);
	at += step(stand_in_size(at));
	memcpy(&r.way, at, stand_in_size(at));
	at += step(stand_in_size(at));
	r.bits = mask_bits(&m, at, r.to.family);
	r.flags = m.rtm_flags;
	if (kernel.refuse != 0 && (kernel.refuse_family == 0 ||
	    kernel.refuse_family == r.to.family))
		return fail(kernel.refuse);
	if (kernel.no_ip6 && r.to.family == 6)
		return fail(EAFNOSUPPORT);
	kernel.changes++;
	for (i = 0; i < kernel.n; i++)
		if (kernel.at[i].bits == r.bits &&
		    addr_same(&kernel.at[i].to, &r.to))
			break;
	/* A copy of a route that the system has made gives way. */
	if (m.rtm_type == RTM_ADD && i < kernel.n &&
	    (kernel.at[i].flags & RTF_WASCLONED) != 0) {
		kernel.at[i] = r;
	} else if (m.rtm_type == RTM_ADD) {
		if (i < kernel.n || kernel.n == TABLE)
			return fail(EEXIST);
		kernel.at[kernel.n++] = r;
	} else if (i == kernel.n ||
	    memcmp(&kernel.at[i].way, &r.way, sizeof(r.way)) != 0) {
		return fail(ESRCH);
	} else {
		kernel.at[i] = kernel.at[--kernel.n];
	}
	return (ssize_t)n;
}

/* Writes a route as it is listed; returns its bytes. */
static size_t
list_route(const struct fake_route *r, uint8_t *to)
{
	size_t len = sizeof(struct rt_msghdr), bytes;
	bool host = (r->flags & RTF_HOST) != 0;
	uint16_t mask = NETMASK;
	struct rt_msghdr m;
	union sock_addr sa;
	unsigned i;

	memset(&m, 0, sizeof(m));
	m.rtm_version = RTM_VERSION;
	m.rtm_flags = r->flags;
	m.rtm_addrs = RTA_DST | RTA_GATEWAY | (host ? 0 : RTA_NETMASK);
	bytes = sockaddr_from(&sa, &r->to);
	memcpy(to + len, &sa, bytes);
	len += step(bytes);
	memcpy(to + len, &r->way, stand_in_size((const void *)&r->way));
	len += step(stand_in_size((const void *)&r->way));
	if (!host && r->bits > 0) {
		mask = (uint16_t)(mask + (r->to.family == 4 ? 4 : 8) +
		    (r->bits + 7) / 8);
		for (i = 0; i < r->bits; i++)
			to[len + (r->to.family == 4 ? 4 : 8) + i / 8] |=
			    (uint8_t)(0x80 >> i % 8);
	}
	if (!host) {
		if (r->bits > 0)
			memcpy(to + len, &mask, sizeof(mask));
		len += step(r->bits > 0 ? (size_t)mask - NETMASK : 0);
	}
	m.rtm_msglen = (unsigned short)len;
	memcpy(to, &m, sizeof(m));
	return len;
}

int
sysctl(int *name, unsigned n, void *old, size_t *old_len, void *fresh,
    size_t fresh_len)
{
	static uint8_t space[TABLE * MESSAGE];
	size_t len = 0;
	unsigned i;

	must(n == 6 && fresh == NULL && fresh_len == 0 &&
	    name[1] == PF_ROUTE && name[4] == NET_RT_DUMP);
	memset(space, 0, sizeof(space));
	for (i = 0; i < kernel.n; i++)
		if ((kernel.at[i].to.family == 4) == (name[3] == AF_INET))
			len += list_route(&kernel.at[i], space + len);
	if (old == NULL) {
		*old_len = kernel.truncated ? len / 2 : len;
		return 0;
	}
	if (*old_len < len) {
		kernel.truncated = false;
		return fail(ENOMEM);
	}
	memcpy(old, space, len);
	*old_len = len;
	return 0;
}

static int
fake_getifaddrs(struct ifaddrs **all)
{
	static union sock_addr sa[3];
	static struct ifaddrs at[3];
	static char name[] = "tun0";
	struct addr own[3];
	unsigned i;

	own[0] = address("10.8.0.2");
	own[1] = address("fe80::1");
	own[2] = address("fd00::2");
	memset(at, 0, sizeof(at));
	for (i = 0; i < 3; i++) {
		(void)sockaddr_from(&sa[i], &own[i]);
		at[i].ifa_name = name;
		at[i].ifa_addr = &sa[i].sa;
		at[i].ifa_next = i < 2 ? &at[i + 1] : NULL;
	}
	*all = kernel.no_address ? NULL : at;
	return 0;
}

static void
fake_freeifaddrs(struct ifaddrs *all)
{
	(void)all;
}

/* Opens the file of a claim. */
static int
fake_open(const char *path, int flags, int mode)
{
	int family = strstr(path, "route6") != NULL;

	(void)mode;
	if ((flags & O_CREAT) == 0 && !kernel.locks_there)
		return fail(ENOENT);
	kernel.locks_there = true;
	return 200 + family;
}

static int
fake_flock(int fd, int what)
{
	unsigned bit = 1u << (fd - 200);

	must(what == (LOCK_EX | LOCK_NB));
	if (((kernel.locked | kernel.claims) & bit) != 0)
		return fail(EWOULDBLOCK);
	kernel.claims |= bit;
	return 0;
}

static int
fake_close(int fd)
{
	if (fd >= 200 && (kernel.locked & 1u << (fd - 200)) == 0)
		kernel.claims &= ~(1u << (fd - 200));
	return 0;
}

static bool
fake_drain(fd_t fd, bool (*is_change)(const uint8_t *p, size_t n))
{
	(void)fd;
	return is_change((const uint8_t *)&kernel.told, sizeof(kernel.told));
}

#define route_socket_drain fake_drain
#define open(path, flags, mode) fake_open(path, flags, mode)
#define flock fake_flock
#define socket fake_socket
#define close fake_close
#define shutdown fake_shutdown
#define write fake_write
#define getifaddrs fake_getifaddrs
#define freeifaddrs fake_freeifaddrs

#include "net/route_bsd.c"
#include "net/route_hosts.c"
#include "net/route_set_bsd.c"
#include "net/rtsocket.c"

#undef socket
#undef close
#undef shutdown

/*
 * What the tests say
 */

static struct fake_route *
find(const char *to, unsigned bits)
{
	struct addr a = address(to);
	unsigned i;

	for (i = 0; i < kernel.n; i++)
		if (kernel.at[i].bits == bits && addr_same(&kernel.at[i].to, &a))
			return &kernel.at[i];
	return NULL;
}

/* A route that goes. */
static void
drop(const char *to, unsigned bits)
{
	struct fake_route *r = find(to, bits);

	must(r != NULL);
	*r = kernel.at[--kernel.n];
}

/* A route that somebody else sets; way NULL: it refuses. */
static void
others(const char *to, unsigned bits, const char *way, int flags)
{
	struct addr gateway = address(way == NULL ? "127.0.0.1" : way);
	struct fake_route *r = &kernel.at[kernel.n++];

	memset(r, 0, sizeof(*r));
	r->to = address(to);
	r->bits = bits;
	r->flags = flags | RTF_UP | (way == NULL ? RTF_REJECT : 0) |
	    (bits == (r->to.family == 4 ? 32 : 128) ? RTF_HOST : 0);
	(void)sockaddr_from(&r->way, &gateway);
}

/* The route, as text: "" none, "refuses", "via A" or "into A". */
static const char *
route_text(const char *to, unsigned bits)
{
	static char text[2][ADDR_TEXT + 10];
	static unsigned at;
	const struct fake_route *r = find(to, bits);
	char ip[ADDR_TEXT];
	struct addr a;

	if (r == NULL)
		return "";
	if ((r->flags & RTF_REJECT) != 0)
		return "refuses";
	sockaddr_to(&a, &r->way);
	at = (at + 1) % 2;
	snprintf(text[at], sizeof(text[at]), "%s %s", (r->flags &
	    RTF_GATEWAY) != 0 ? "via" : "into", addr_ip_text(&a, ip));
	return text[at];
}

/* Begins with a machine that has a network and a router. */
static void
begin(void)
{
	unsigned i;

	memset(&kernel, 0, sizeof(kernel));
	memset(&hosts, 0, sizeof(hosts));
	for (i = 0; i < 2; i++) {
		families[i].on = families[i].closed = false;
		families[i].claim = FD_NONE;
	}
	others("0.0.0.0", 0, "192.0.2.1", RTF_GATEWAY);
	others("192.0.2.0", 24, "192.0.2.9", 0);
	others("::", 0, "2001:db8::1", RTF_GATEWAY);
	*reason = '\0';
}

static struct route_settings
settings(enum route_default v4, enum route_default v6, bool lasting)
{
	struct route_settings s;

	memset(&s, 0, sizeof(s));
	s.device = "tun0";
	s.def[0] = v4;
	s.def[1] = v6;
	s.lasting = lasting;
	return s;
}

/* Opens a set of these, and sets its default routes. */
static void
start(struct route_set *r, const struct route_settings *s)
{
	is_int(route_set_open(r, s, reason), 0, "it opens: %s", reason);
	is_int(route_set_default(r, true, reason), 0, "and is set: %s", reason);
}

static void
test_halves(void)
{
	struct route_settings s = settings(ROUTE_DEFAULT_DEVICE,
	    ROUTE_DEFAULT_BLOCKED, false);
	struct addr server = address("203.0.113.7");
	struct route_set r;

	begin();
	server.port = 443;
	is_int(route_set_server(&server, true), 0, "a server is known");
	is_int(kernel.changes, 0, "which changes nothing yet");
	is_int(route_set_open(&r, &s, reason), 0, "a set opens");
	is_int(kernel.changes, 0, "and changes nothing, either");
	is_int(route_set_default(&r, true, reason), 0, "the default route is set");
	is_str(route_text("0.0.0.0", 1), "into 10.8.0.2", "a half");
	is_str(route_text("128.0.0.0", 1), "into 10.8.0.2", "the other half");
	is_str(route_text("::", 1), "refuses", "IPv6 goes nowhere");
	is_str(route_text("8000::", 1), "refuses", "all of it");
	is_str(route_text("203.0.113.7", 32), "via 192.0.2.1",
	    "the server is reached by the router");
	is_str(route_text("0.0.0.0", 0), "via 192.0.2.1",
	    "the machine's own default route stays");
	is_int(find("0.0.0.0", 1)->flags & (RTF_PROTO1 | RTF_PROTO2),
	    RTF_PROTO1 | RTF_PROTO2, "what is ours has flags of ours");
	is_int(route_set_default(&r, false, reason), 0, "it is removed");
	is_int(kernel.n, 3, "with all that came with it");
	is_int(route_set_default(&r, true, reason), 0, "and set again");
	is_int(kernel.n, 8, "all of it");
	route_set_close(&r);
	is_int(kernel.n, 3, "nothing is left at the end");
	is_int(kernel.claims, 0, "not even a claim");
}

static void
test_servers_and_routers_change(void)
{
	struct route_settings s = settings(ROUTE_DEFAULT_DEVICE,
	    ROUTE_DEFAULT_NONE, false);
	struct addr server = address("203.0.113.7"), next, near;
	struct addr gateway;
	struct route_set r;
	unsigned changes;

	begin();
	start(&r, &s);
	is_int(route_set_server(&server, true), 0, "a server comes");
	is_str(route_text("203.0.113.7", 32), "via 192.0.2.1",
	    "and has a route at once");
	next = address("198.51.100.7");
	(void)route_set_server(&next, true);
	(void)route_set_server(&server, false);
	is_str(route_text("198.51.100.7", 32), "via 192.0.2.1",
	    "its next address has one");
	is_str(route_text("203.0.113.7", 32), "", "and the old one none");
	changes = kernel.changes;
	is_int(route_set_follow(), 0, "nothing has changed");
	is_int(kernel.changes, changes, "so nothing is done");
	gateway = address("192.0.2.254");
	(void)sockaddr_from(&find("0.0.0.0", 0)->way, &gateway);
	is_int(route_set_follow(), 0, "the router changes");
	is_str(route_text("198.51.100.7", 32), "via 192.0.2.254",
	    "so does the way to the server");
	drop("0.0.0.0", 0);
	is_int(route_set_follow(), 0, "there is no router any more");
	is_str(route_text("198.51.100.7", 32), "refuses",
	    "the carrier's packets do not go into its own device");
	others("0.0.0.0", 0, "192.0.2.1", RTF_GATEWAY);
	is_int(route_set_follow(), 0, "one is back");
	is_str(route_text("198.51.100.7", 32), "via 192.0.2.1",
	    "and used");
	drop("198.51.100.7", 32);
	is_int(route_set_follow(), 0, "the system has removed the route");
	is_str(route_text("198.51.100.7", 32), "via 192.0.2.1",
	    "it is set again");
	near = address("192.0.2.77");
	is_int(route_set_server(&near, true), 0, "a server in our network");
	is_str(route_text("192.0.2.77", 32), "", "needs no route");
	near = address("2001:db8:7::7");
	is_int(route_set_server(&near, true), 0, "nor one of IPv6,");
	is_str(route_text("2001:db8:7::7", 128), "",
	    "which does not go through the device");
	kernel.refuse = EACCES;
	server = address("203.0.113.8");
	is_int(route_set_server(&server, true), -1, "no right to set one");
	kernel.refuse = 0;
	route_set_close(&r);
	is_int(kernel.n, 3, "nothing is left");
}

static void
test_copies_are_no_ways(void)
{
	struct route_settings s = settings(ROUTE_DEFAULT_DEVICE,
	    ROUTE_DEFAULT_NONE, false);
	struct addr server = address("203.0.113.7");
	struct route_set r;

	begin();
	others("203.0.113.7", 32, "192.0.2.200", RTF_GATEWAY | RTF_DYNAMIC);
	others("203.0.113.0", 24, "192.0.2.201", RTF_GATEWAY | RTF_WASCLONED);
	others("203.0.0.0", 16, "192.0.2.202", RTF_GATEWAY | RTF_IFSCOPE);
	others("203.0.0.0", 17, NULL, RTF_GATEWAY);
	others("0.0.0.0", 0, "192.0.2.203", RTF_GATEWAY);
	kernel.truncated = true;
	start(&r, &s);
	drop("203.0.113.7", 32);
	is_int(route_set_server(&server, true), 0, "a server");
	is_str(route_text("203.0.113.7", 32), "via 192.0.2.1",
	    "is reached by the first default route, not by redirects, copies, "
	    "or what refuses");
	route_set_close(&r);
}

/* A host that packets went to has a copy of a half. */
static void
test_copies_are_not_ours(void)
{
	struct route_settings s = settings(ROUTE_DEFAULT_DEVICE,
	    ROUTE_DEFAULT_NONE, false);
	struct addr server = address("203.0.113.7");
	struct route_set r;

	begin();
	start(&r, &s);
	is_int(route_set_server(&server, true), 0, "a server");
	drop("203.0.113.7", 32);
	others("203.0.113.7", 32, "10.8.0.2", RTF_WASCLONED | RTF_PROTO1 |
	    RTF_PROTO2);
	is_int(route_set_follow(), 0, "has lost its route");
	is_str(route_text("203.0.113.7", 32), "via 192.0.2.1",
	    "which a copy of ours does not stand for");
	route_set_close(&r);
	is_int(kernel.n, 3, "nothing is left");
}

static void
test_near_servers_need_none(void)
{
	struct route_settings s = settings(ROUTE_DEFAULT_NONE,
	    ROUTE_DEFAULT_DEVICE, false);
	struct addr server = address("fe80::7");
	struct route_set r;
	unsigned changes;

	begin();
	start(&r, &s);
	changes = kernel.changes;
	server.scope = 3;
	is_int(route_set_server(&server, true), 0, "a server of a link");
	is_int(route_set_follow(), 0, "is where its device leads to");
	is_int(kernel.changes, changes, "and needs no route");
	is_int(route_set_server(&server, false), 0, "at its end, neither");
	is_int(kernel.changes, changes, "so nothing is done");
	route_set_close(&r);
}

static void
test_errors_are_kept(void)
{
	struct route_settings s = settings(ROUTE_DEFAULT_DEVICE,
	    ROUTE_DEFAULT_DEVICE, false);
	struct addr v4 = address("203.0.113.7");
	struct addr v6 = address("2001:db8:7::7");
	struct route_set r;

	begin();
	start(&r, &s);
	(void)route_set_server(&v4, true);
	(void)route_set_server(&v6, true);
	drop("203.0.113.7", 32);
	kernel.refuse = ENOBUFS;
	kernel.refuse_family = 4;
	is_int(route_set_follow(), -1, "a family fails, the next does not");
	is_int(errno, ENOBUFS, "why is known");
	kernel.refuse = 0;
	route_set_close(&r);
}

static void
test_refused_requests_are_no_changes(void)
{
	begin();
	kernel.told.rtm_type = RTM_ADD;
	ok(route_backend_drain(0), "a route was added");
	kernel.told.rtm_errno = EEXIST;
	ok(!route_backend_drain(0), "one was not");
	kernel.told.rtm_type = RTM_CHANGE;
	ok(!route_backend_drain(0), "nor was one changed");
}

static void
test_killswitch(void)
{
	struct route_settings s = settings(ROUTE_DEFAULT_DEVICE,
	    ROUTE_DEFAULT_DEVICE, true);
	struct route_settings other = settings(ROUTE_DEFAULT_NONE,
	    ROUTE_DEFAULT_NONE, false);
	struct route_set r, o;
	unsigned i;

	begin();
	start(&r, &s);
	is_str(route_text("0.0.0.0", 1), "refuses", "a half goes nowhere,");
	is_str(route_text("0.0.0.0", 2), "into 10.8.0.2",
	    "but its quarters go into the device");
	is_str(route_text("c000::", 2), "into fd00::2", "of IPv6, too");
	for (i = kernel.n; i-- > 0;)
		if (kernel.at[i].bits == 2)
			kernel.at[i] = kernel.at[--kernel.n];
	kernel.no_address = true;
	is_str(route_text("128.0.0.0", 1), "refuses",
	    "when the device is gone nothing goes out");
	kernel.no_address = false;
	is_int(route_set_restore(&r, reason), 0, "the device is back: %s", reason);
	is_str(route_text("64.0.0.0", 2), "into 10.8.0.2",
	    "and gets the packets");
	route_set_leave(&r);
	is_str(route_text("64.0.0.0", 2), "", "the set is replaced");
	is_str(route_text("128.0.0.0", 1), "refuses", "meanwhile nothing leaks");
	is_str(route_text("8000::", 1), "refuses", "of neither family");
	is_int(route_set_open(&o, &other, reason), 0, "a set without that");
	is_str(route_text("128.0.0.0", 1), "refuses", "does not change it");
	route_set_close(&o);
	is_str(route_text("128.0.0.0", 1), "refuses", "nor does its end");
	is_int(kernel.claims, 3, "the claims are kept");
	start(&r, &s);
	is_str(route_text("64.0.0.0", 2), "into 10.8.0.2", "the next one");
	route_set_leave(&r);
	route_set_release();
	is_int(kernel.n, 3, "nothing is left when no next one comes");
	is_int(kernel.claims, 0, "and the claims are free");
	start(&r, &s);
	route_set_close(&r);
	is_int(kernel.n, 3, "nor after a usual end");
	route_set_release();
}

static void
test_leftovers(void)
{
	struct route_settings s = settings(ROUTE_DEFAULT_DEVICE,
	    ROUTE_DEFAULT_BLOCKED, false);
	struct route_settings plain = settings(ROUTE_DEFAULT_NONE,
	    ROUTE_DEFAULT_NONE, false);
	struct addr server = address("203.0.113.7");
	struct route_set r;

	begin();
	(void)route_set_server(&server, true);
	start(&r, &s);
	/* It is killed: the device goes, and the claims. */
	drop("0.0.0.0", 1);
	drop("128.0.0.0", 1);
	memset(&hosts, 0, sizeof(hosts));
	families[0].on = families[1].on = false;
	kernel.claims = 0;
	is_int(kernel.n, 6, "a killed process has left three routes");
	others("203.0.113.0", 24, "192.0.2.3", RTF_GATEWAY | RTF_PROTO1);
	kernel.locked = 3;
	is_int(route_set_open(&r, &plain, reason), 0, "any device opens");
	is_int(kernel.n, 7, "those of a process that lives stay");
	route_set_close(&r);
	kernel.locked = 0;
	is_int(route_set_open(&r, &plain, reason), 0, "any device opens");
	is_int(kernel.n, 4, "those of one that was killed are removed");
	is_str(route_text("203.0.113.0", 24), "via 192.0.2.3",
	    "one of a routing daemon is not");
	route_set_close(&r);
	begin();
	is_int(route_set_open(&r, &plain, reason), 0, "without a default route");
	ok(!kernel.locks_there, "no file is made");
	route_set_close(&r);
}

/* A killswitch whose process was killed. */
static void
test_leftovers_stay_closed(void)
{
	struct route_settings s = settings(ROUTE_DEFAULT_DEVICE,
	    ROUTE_DEFAULT_DEVICE, true);
	struct route_set r;

	begin();
	start(&r, &s);
	families[0].on = families[1].on = false;
	kernel.claims = 0;
	is_int(route_set_open(&r, &s, reason), 0, "the next one opens: %s", reason);
	is_str(route_text("128.0.0.0", 1), "refuses", "nothing leaks before");
	is_str(route_text("64.0.0.0", 2), "", "what led to the device goes");
	is_int(route_set_default(&r, true, reason), 0, "and when it is set: %s",
	    reason);
	is_str(route_text("64.0.0.0", 2), "into 10.8.0.2", "all is as before");
	route_set_close(&r);
	is_int(kernel.n, 3, "to its end");
}

static void
test_refusals(void)
{
	struct route_settings s = settings(ROUTE_DEFAULT_DEVICE,
	    ROUTE_DEFAULT_BLOCKED, false);
	struct route_set r;

	begin();
	kernel.locked = 1;
	is_int(route_set_open(&r, &s, reason), -1, "a different tunnel has it");
	ok(strstr(reason, "only one can have it") != NULL, "is said: %s", reason);
	is_int(kernel.claims, 0, "no claim is kept");
	kernel.locked = 0;
	others("128.0.0.0", 1, "192.0.2.5", RTF_GATEWAY);
	is_int(route_set_open(&r, &s, reason), 0, "somebody else has a half");
	is_int(route_set_default(&r, true, reason), -1, "which is refused");
	ok(strstr(reason, "128.0.0.0/1") != NULL && strstr(reason, "already") != NULL,
	    "and named: %s", reason);
	is_str(route_text("128.0.0.0", 1), "via 192.0.2.5", "it stays theirs");
	is_int(kernel.n, 4, "and nothing else is left");
	route_set_close(&r);
	begin();
	kernel.no_ip6 = true;
	start(&r, &s);
	is_str(route_text("0.0.0.0", 1), "into 10.8.0.2",
	    "a system without IPv6 need not block it");
	route_set_close(&r);
	begin();
	kernel.no_address = true;
	(void)route_set_open(&r, &s, reason);
	is_int(route_set_default(&r, true, reason), -1, "no address");
	ok(strstr(reason, "addr=") != NULL, "names the remedy: %s", reason);
	route_set_close(&r);
	is_int(kernel.n, 3, "and leaves nothing");
}

/* Routes to networks. */
static void
test_networks(void)
{
	struct route_settings to = settings(ROUTE_DEFAULT_NONE,
	    ROUTE_DEFAULT_NONE, false);
	struct addr host, net;
	struct route_set r;

	begin();
	is_int(route_set_open(&r, &to, reason), 0, "no routes are set");
	is_int(kernel.changes, 0, "by doing nothing");
	route_set_close(&r);
	to.nets.n = 2;
	to.nets.bits[0] = 15;
	to.nets.bits[1] = 32;
	to.nets.net[0] = address("198.18.0.0");
	to.nets.net[1] = address("203.0.113.9");
	is_int(route_set_open(&r, &to, reason), 0, "two are set");
	is_str(route_text("198.18.0.0", 15), "into 10.8.0.2", "a network");
	is_str(route_text("203.0.113.9", 32), "into 10.8.0.2", "a host");
	route_set_close(&r);
	is_int(kernel.n, 3, "and removed");
	to.nets.n = 1;
	(void)route_set_open(&r, &to, reason);
	drop("198.18.0.0", 15);
	is_int(route_set_restore(&r, reason), 0, "the device is back");
	is_str(route_text("198.18.0.0", 15), "into 10.8.0.2",
	    "and its route is");
	route_set_close(&r);
	others("198.18.0.0", 15, "192.0.2.3", RTF_GATEWAY);
	is_int(route_set_open(&r, &to, reason), -1,
	    "the route of somebody else is refused");
	ok(strstr(reason, "198.18.0.0/15") != NULL && strstr(reason,
	    "already") != NULL, "and named: %s", reason);
	is_str(route_text("198.18.0.0", 15), "via 192.0.2.3", "and stays");
	kernel.refuse = EPERM;
	is_int(route_set_open(&r, &to, reason), -1, "no right to set one");
	ok(strstr(reason, "run as root") != NULL, "says so: %s", reason);
	/* On loopback packets come from where they go to. */
	net = address("127.0.0.0");
	host = address("127.0.0.1");
	ok(net_leads_to(&net, 8, &host),
	    "a route that is there may lead to the device");
	host = net_host(&net, 31);
	is_int(host.ip[3], 1, "as that to the first host of the network tells");
	host = net_host(&net, 32);
	is_int(host.ip[3], 0, "  or to the only one");
}

static void
test_many_servers(void)
{
	struct addr server = address("203.0.113.0");
	unsigned i;

	begin();
	for (i = 0; i < ROUTE_HOSTS; i++) {
		server.ip[3] = (uint8_t)i;
		must(route_set_server(&server, true) == 0);
	}
	is_int(route_set_server(&server, true), 0, "a server is known already");
	server.ip[3]++;
	is_int(route_set_server(&server, true), -1, "there are too many");
	server.ip[3] = 0;
	(void)route_set_server(&server, false);
	server.ip[3] = 99;
	is_int(route_set_server(&server, true), 0, "until one goes");
}

int
main(void)
{
	if (sock_init() == -1)
		return 1;
	test_halves();
	test_servers_and_routers_change();
	test_copies_are_no_ways();
	test_copies_are_not_ours();
	test_near_servers_need_none();
	test_errors_are_kept();
	test_refused_requests_are_no_changes();
	test_killswitch();
	test_leftovers();
	test_leftovers_stay_closed();
	test_refusals();
	test_networks();
	test_many_servers();
	return done_testing();
}

#else

#include "tap.h"

int
main(void)
{
	ok(true, "# SKIP the stand-ins of the system calls are for Linux");
	return done_testing();
}

#endif
