/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * TUN devices of FreeBSD, NetBSD and OpenBSD: /dev/tun0, /dev/tun1 and so on,
 * which are created when they are opened (tun(4)).
 */

#include "compat.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet6/in6_var.h>

#include "net/tun_bsd.h"

#include "base/value.h"

enum { NODES = 256 };		/* numbers that are tried */

int
tun_bsd_add_address6(const char *name, const struct tun_address *a)
{
	struct in6_aliasreq r;

	memset(&r, 0, sizeof(r));
	strlcpy(r.ifra_name, name, sizeof(r.ifra_name));
	tun_bsd_in6(&r.ifra_addr, &a->addr);
	tun_bsd_in6(&r.ifra_dstaddr, &a->peer);
	tun_bsd_mask6(&r.ifra_prefixmask, a->peer.family != 0 ? 128 :
	    a->prefix);
	r.ifra_lifetime.ia6t_vltime = (uint32_t)TUN_BSD_FOREVER;
	r.ifra_lifetime.ia6t_pltime = (uint32_t)TUN_BSD_FOREVER;
	return tun_bsd_ioctl(AF_INET6, SIOCAIFADDR_IN6, &r);
}

/* Opens a node; false and errno on failure. */
static bool
nodes_open(struct tun *t, const char *name)
{
	char path[32];

	snprintf(path, sizeof(path), "/dev/%s", name);
	t->made = if_nametoindex(name) == 0;
	t->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (t->fd < 0)
		return false;
	strlcpy(t->name, name, sizeof(t->name));
	return true;
}

/* Opens the first free node; false and errno on failure. */
static bool
nodes_open_any(struct tun *t)
{
	char name[TUN_NAME];
	int i, error = EBUSY;

	for (i = 0; i < NODES; i++) {
		snprintf(name, sizeof(name), "tun%d", i);
		if (nodes_open(t, name))
			return true;
		if (errno != EBUSY && errno != ENOENT && errno != ENXIO)
			return false;
		if (errno != EBUSY && i == 0)
			error = errno;
	}
	errno = error;
	return false;
}

/* Words for why it does not open. */
static void
nodes_why(int error, const char *name, char *why)
{
	switch (error) {
	case ENOENT:
	case ENXIO:
		snprintf(why, TUN_WHY, "/dev/%s is not there: %s", name,
		    tun_bsd_hint);
		break;
	case EACCES:
	case EPERM:
		snprintf(why, TUN_WHY, "/dev/%s: no permission: run as root, "
		    "or let this user open it", name);
		break;
	case EBUSY:
		snprintf(why, TUN_WHY, "it is in use: another program has the "
		    "device; end that, or take a different name");
		break;
	default:
		snprintf(why, TUN_WHY, "/dev/%s: %s", name,
		    sock_strerror(error));
	}
}

/* Is it the name of a node: "tun" and a number? */
static bool
nodes_is_name(const char *name)
{
	int64_t number;

	return strncmp(name, "tun", 3) == 0 && name[3] >= '0' &&
	    name[3] <= '9' && value_parse_int(name + 3, &number) == 0;
}

enum tun_result
tun_open(struct tun *t, const struct tun_settings *s, char why[TUN_WHY])
{
	bool any = *s->name == '\0' || strcmp(s->name, "tun%d") == 0;
	int mode = s->n_addresses == 0 ? 0 : IFF_BROADCAST;
	unsigned i;

	memset(t, 0, sizeof(*t));
	t->fd = FD_NONE;
	if (!any && !nodes_is_name(s->name)) {
		snprintf(why, TUN_WHY, "\"%s\" cannot be the name of a device "
		    "here: they are tun0, tun1 and so on", s->name);
		return TUN_MISTAKE;
	}
	if (any ? !nodes_open_any(t) : !nodes_open(t, s->name)) {
		nodes_why(errno, any ? "tun0" : s->name, why);
		return TUN_REFUSED;
	}
	t->head = TUN_HEAD;
	for (i = 0; i < s->n_addresses; i++)
		if (s->address[i].peer.family != 0)
			mode = IFF_POINTOPOINT;
	if (tun_bsd_prepare(t->fd, mode) != 0)
		snprintf(why, TUN_WHY, "%s: the driver refuses: %s", t->name,
		    sock_strerror(errno));
	else if (tun_bsd_set_up(t, s, why))
		return TUN_DONE;
	tun_close(t);
	return TUN_REFUSED;
}

void
tun_close(struct tun *t)
{
	if (t->fd == FD_NONE)
		return;
	(void)close(t->fd);
	t->fd = FD_NONE;
	if (t->made)
		tun_bsd_destroy(t->name);
}
