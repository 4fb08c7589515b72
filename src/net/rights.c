/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What needs rights of root, done by this process or by the privileged one.
 */

#include "compat.h"

#include "net/rights.h"

#include "base/log.h"
#include "net/monitor.h"
#include "net/sockaddr.h"

/* Was this process refused what the privileged one may do? */
static bool
rights_are_missing(void)
{
	return (errno == EACCES || errno == EPERM) && monitor_is_there();
}

int
rights_bind(fd_t fd, enum allow_socket type, const struct addr *at)
{
	union sock_addr sa;
	socklen_t len = sockaddr_from(&sa, at);

	if (sock_bind(fd, &sa, len) == 0)
		return 0;
	return rights_are_missing() ? monitor_bind(fd, type, at) : -1;
}

int
rights_mark(fd_t fd, uint32_t mark)
{
	if (sock_opt_mark(fd, mark) == 0)
		return 0;
	return rights_are_missing() ? monitor_mark(fd, mark) : -1;
}

enum tun_result
rights_tun_open(struct tun *t, const struct tun_settings *s, char why[TUN_WHY])
{
	/* Even while this process could: the privileged one is to know which
	 * name the system gave it. */
	return monitor_is_there() ? monitor_tun(t, s, why) :
	    tun_open(t, s, why);
}

int
rights_tun_set_mtu(struct tun *t, int mtu)
{
	if (tun_set_mtu(t, mtu) == 0)
		return 0;
	if (!rights_are_missing() || monitor_mtu(t->name, mtu) != 0)
		return -1;
	t->mtu = mtu;
	return 0;
}

/* Asks for what is no OPEN. */
static int
rights_ask_route(const struct route_set *r, enum allow_route what,
    char why[ROUTE_SET_WHY])
{
	return !r->open ? 0 : monitor_route(r->settings.device, what,
	    ROUTE_DEFAULT_NONE, ROUTE_DEFAULT_NONE, why);
}

int
rights_route_open(struct route_set *r, const struct route_settings *s,
    char why[ROUTE_SET_WHY])
{
	if (!monitor_is_there())
		return route_set_open(r, s, why);
	memset(r, 0, sizeof(*r));
	if (monitor_route(s->device, ALLOW_ROUTE_OPEN, s->def[0], s->def[1],
	    why) != 0)
		return -1;
	r->settings = *s;
	r->claim[0] = r->claim[1] = FD_NONE;
	r->open = true;
	return 0;
}

int
rights_route_default(struct route_set *r, bool on, char why[ROUTE_SET_WHY])
{
	if (!monitor_is_there())
		return route_set_default(r, on, why);
	if (r->on == on)
		return 0;
	if (rights_ask_route(r, on ? ALLOW_ROUTE_ON : ALLOW_ROUTE_OFF,
	    why) != 0)
		return -1;
	r->on = r->open && on;
	return 0;
}

int
rights_route_restore(struct route_set *r, char why[ROUTE_SET_WHY])
{
	return !monitor_is_there() ? route_set_restore(r, why) :
	    rights_ask_route(r, ALLOW_ROUTE_RESTORE, why);
}

void
rights_route_close(struct route_set *r)
{
	char why[ROUTE_SET_WHY];

	if (!monitor_is_there()) {
		route_set_close(r);
		return;
	}
	(void)rights_ask_route(r, ALLOW_ROUTE_CLOSE, why);
	memset(r, 0, sizeof(*r));
}

void
rights_route_leave(struct route_set *r)
{
	char why[ROUTE_SET_WHY];

	if (!monitor_is_there()) {
		route_set_leave(r);
		return;
	}
	(void)rights_ask_route(r, ALLOW_ROUTE_LEAVE, why);
	memset(r, 0, sizeof(*r));
}

void
rights_route_release(const char *device)
{
	char why[ROUTE_SET_WHY];

	if (!monitor_is_there())
		route_set_release();
	else if (device != NULL)
		(void)monitor_route(device, ALLOW_ROUTE_RELEASE,
		    ROUTE_DEFAULT_NONE, ROUTE_DEFAULT_NONE, why);
}

int
rights_route_server(const struct addr *server, bool on)
{
	struct addr a = *server;

	a.port = 0;
	return !monitor_is_there() ? route_set_server(&a, on) :
	    monitor_server(on ? ALLOW_SERVER_ON : ALLOW_SERVER_OFF, &a);
}

int
rights_route_follow(void)
{
	static const struct addr none;

	return !monitor_is_there() ? route_set_follow() :
	    monitor_server(ALLOW_SERVER_FOLLOW, &none);
}

int
rights_open_log(const char *path)
{
	int fd;

	if (log_open_file(path) == 0)
		return 0;
	fd = rights_are_missing() ? monitor_open_log(path) : -1;
	if (fd < 0)
		return -1;
	log_use(fd, path);
	return 0;
}

int
rights_reopen_log(void)
{
	int fd;

	if (log_reopen_file() == 0)
		return 0;
	fd = rights_are_missing() ? monitor_open_log(log_file_path()) : -1;
	if (fd < 0)
		return -1;
	log_use(fd, NULL);
	return 0;
}
