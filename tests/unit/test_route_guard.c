/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The guard of a killswitch on Linux: when its rules are there, with rules and
 * netlink sockets that are this file's.
 */

#include "compat.h"

#include "tap.h"

#ifdef __linux__

#include "sock.h"

/* Closes a socket of ours. */
static int kernel_close(fd_t fd);

#define sock_close kernel_close
#include "net/route_set_linux.c"
#undef sock_close

enum {
	SOCKETS = 16,
	RULES = 16,
	FIRST_FD = 1000,
};

static struct {
	bool open;
	uint32_t port;
} sockets[SOCKETS];

static struct rule {
	uint8_t body[NETLINK_SIZE];
	size_t len;
} rules[RULES];

static unsigned n_rules;
static bool refused;		/* new routes are */

fd_t
rtnetlink_open(uint32_t port)
{
	int i, at = -1;

	for (i = 0; i < SOCKETS; i++) {
		if (!sockets[i].open) {
			at = i;
		} else if (port != 0 && sockets[i].port == port) {
			errno = EADDRINUSE;
			return FD_NONE;
		}
	}
	must(at >= 0);
	sockets[at].open = true;
	sockets[at].port = port;
	return FIRST_FD + at;
}

static int
kernel_close(fd_t fd)
{
	must(fd >= FIRST_FD && fd < FIRST_FD + SOCKETS &&
	    sockets[fd - FIRST_FD].open);
	sockets[fd - FIRST_FD].open = false;
	return 0;
}

bool
rtnetlink_filter(fd_t fd)
{
	(void)fd;
	return true;
}

int
rtnetlink_ask(fd_t fd, const struct netlink_message *m)
{
	size_t len = m->head.len - sizeof(m->head);
	unsigned i;

	(void)fd;
	errno = ENOBUFS;
	if (m->head.type == NETLINK_NEW_ROUTE)
		return refused ? -1 : 0;
	for (i = 0; i < n_rules; i++)
		if (rules[i].len == len &&
		    memcmp(rules[i].body, m->rest, len) == 0)
			break;
	if (m->head.type == NETLINK_NEW_RULE) {
		errno = EEXIST;
		if (i < n_rules)
			return -1;
		must(n_rules < RULES);
		memcpy(rules[n_rules].body, m->rest, len);
		rules[n_rules++].len = len;
	} else if (m->head.type == NETLINK_DEL_RULE) {
		errno = ENOENT;
		if (i == n_rules)
			return -1;
		rules[i] = rules[--n_rules];
	}
	return 0;
}

int
rtnetlink_dump(fd_t fd, const struct netlink_message *m, rtnetlink_fn *fn,
    void *arg)
{
	struct rule all[RULES];
	struct netlink_view v;
	unsigned i, n = n_rules;

	(void)fd;
	memcpy(all, rules, sizeof(all));
	for (i = 0; i < n && m->head.type == NETLINK_GET_RULE; i++) {
		v.type = NETLINK_NEW_RULE;
		v.body = all[i].body;
		v.len = all[i].len;
		if (v.body[0] == m->rest[0])
			fn(arg, &v);
	}
	return 0;
}

/* What rules of a family are there: "guard", "rules", both, or nothing. */
static const char *
there(unsigned family)
{
	struct netlink_entry e;
	struct netlink_view v;
	unsigned i, bits = 0;

	for (i = 0; i < n_rules; i++) {
		v.type = NETLINK_NEW_RULE;
		v.body = rules[i].body;
		v.len = rules[i].len;
		if (netlink_read_entry(&v, &e) &&
		    e.of.family == set_families[family])
			bits |= 1u << (e.priority - SET_GUARD_MAIN);
	}
	return bits == 0 ? "" : bits == 3 ? "guard" : bits == 12 ? "rules" :
	    bits == 15 ? "both" : "a part";
}

static void
is_there(const char *four, const char *six, const char *what)
{
	is_str(there(0), four, "%s: IPv4", what);
	is_str(there(1), six, "%s: IPv6", what);
}

/* Opens a set, and sets its default routes if it has any. */
static void
begin(struct route_set *r, enum route_default four, enum route_default six,
    bool lasting)
{
	struct route_settings s = { .device = "gone0", .def = { four, six },
	    .lasting = lasting, .mark = 7 };
	char why[ROUTE_SET_WHY];

	must(route_set_open(r, &s, why) == 0);
	if (four != ROUTE_DEFAULT_NONE || six != ROUTE_DEFAULT_NONE)
		must(route_set_default(r, true, why) == 0);
}

static void
test_each_family(void)
{
	struct route_set a, b, other;

	begin(&a, ROUTE_DEFAULT_DEVICE, ROUTE_DEFAULT_NONE, true);
	begin(&b, ROUTE_DEFAULT_NONE, ROUTE_DEFAULT_DEVICE, true);
	is_there("rules", "rules", "a killswitch for each family");
	route_set_leave(&a);
	route_set_leave(&b);
	is_there("guard", "guard", "both leave");
	begin(&other, ROUTE_DEFAULT_NONE, ROUTE_DEFAULT_NONE, false);
	is_there("guard", "guard", "a tunnel without one starts");
	begin(&a, ROUTE_DEFAULT_DEVICE, ROUTE_DEFAULT_NONE, true);
	is_there("rules", "guard", "one is set again");
	begin(&b, ROUTE_DEFAULT_NONE, ROUTE_DEFAULT_DEVICE, true);
	is_there("rules", "rules", "and the other");
	route_set_close(&a);
	route_set_close(&b);
	route_set_close(&other);
	is_there("", "", "the end");
}

static void
test_nobody_follows(void)
{
	struct route_set r;
	fd_t fd;

	begin(&r, ROUTE_DEFAULT_DEVICE, ROUTE_DEFAULT_BLOCKED, true);
	route_set_leave(&r);
	is_there("guard", "guard", "a killswitch leaves");
	fd = rtnetlink_open(SET_CLAIM);
	ok(fd == FD_NONE, "nobody else has its claim");
	if (fd != FD_NONE)
		kernel_close(fd);
	route_set_release();
	is_there("", "", "nobody follows");
	begin(&r, ROUTE_DEFAULT_DEVICE, ROUTE_DEFAULT_NONE, false);
	route_set_leave(&r);
	is_there("", "", "what does not last leaves no guard");
}

/* Rules are left of a killed process; the killswitch that follows cannot be
 * set, at first. */
static void
test_after_a_killed_process(void)
{
	struct route_settings s;
	char why[ROUTE_SET_WHY];
	struct route_set r;

	begin(&r, ROUTE_DEFAULT_DEVICE, ROUTE_DEFAULT_DEVICE, true);
	memset(sockets, 0, sizeof(sockets));
	refused = true;
	s = r.settings;
	s.def[1] = ROUTE_DEFAULT_NONE;
	must(route_set_open(&r, &s, why) == 0);
	is_there("guard", "", "of two families one follows");
	ok(route_set_default(&r, true, why) != 0, "but is refused");
	route_set_close(&r);
	is_there("guard", "", "the machine stays closed");
	refused = false;
	begin(&r, ROUTE_DEFAULT_DEVICE, ROUTE_DEFAULT_NONE, true);
	is_there("rules", "", "until it is set");
	route_set_close(&r);
	is_there("", "", "the end");
}

int
main(void)
{
	unsigned i, open = 0;

	test_each_family();
	test_nobody_follows();
	test_after_a_killed_process();
	for (i = 0; i < SOCKETS; i++)
		open += sockets[i].open;
	is_int(open, 0, "all sockets are closed");
	return done_testing();
}

#else

int
main(void)
{
	ok(true, "# SKIP rtnetlink is Linux's");
	return done_testing();
}

#endif
