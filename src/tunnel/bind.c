/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Finds the addresses that an end listens on, and describes the system's
 * errors.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/bind.h"

#include "net/carrier.h"
#include "net/udp.h"

bool
bind_is_literal(const char *host)
{
	return strchr(host, ':') != NULL ||
	    host[strspn(host, "0123456789.")] == '\0';
}

unsigned
bind_addresses(struct end *end, const struct hostport *at, struct addr *addr,
    struct fault *f)
{
	const char *why;
	unsigned n;

	if (at->host[0] == '\0') {
		memset(addr, 0, 2 * sizeof(*addr));
		addr[0].family = 4;
		addr[1].family = 6;
		addr[0].port = addr[1].port = at->port;
		return 2;
	}
	n = resolve_now(at->host, at->port, LOOKUP_BIND, addr, &why);
	if (n > 0)
		return n;
	/* No name server will ever resolve it, but the interface of a scope may
	 * still come. */
	if (bind_is_literal(at->host) && strchr(at->host, '%') == NULL)
		(void)fault_user(f, NULL, "%s: cannot listen: %s", end->name,
		    why);
	else
		(void)fault_system(f, "bind-later", "%s: cannot listen: %s",
		    end->name, why);
	return 0;
}

int
bind_failed(struct end *end, const struct hostport *at, const char *step,
    int error, struct fault *f)
{
	const char *advice = "";
	char text[HOST_TEXT + 16];
	bool named;

	/* The names of most ends have the address. */
	hostport_text(at, text);
	named = strstr(end->name, text) != NULL;
	switch (error) {
	case EADDRINUSE:
		advice = "; another program listens there: stop it, or choose "
		    "another port";
		break;
	case EADDRNOTAVAIL:
		(void)fault_system(f, "bind-later", "%s: cannot listen%s%s: "
		    "%s: %s; this machine has no such address", end->name,
		    named ? "" : " on ", named ? "" : text, step,
		    sock_strerror(error));
		return -1;
	case EACCES:
		if (at->port < 1024)
			advice = "; ports below 1024 need root or "
			    "CAP_NET_BIND_SERVICE";
		break;
	}
	return fault_system(f, NULL, "%s: cannot listen%s%s: %s: %s%s",
	    end->name, named ? "" : " on ", named ? "" : text, step,
	    sock_strerror(error), advice);
}

/* Opens a socket of that type to try an option with, IPv4 if there is any;
 * FD_NONE: the system has neither family. */
static fd_t
open_trial(int type, int *family)
{
	fd_t fd = sock_open(*family = AF_INET, type);

	return fd != FD_NONE ? fd : sock_open(*family = AF_INET6, type);
}

/* What to do about a mark that is refused. */
static const char *
mark_remedy(int error)
{
	switch (error) {
	case EPERM:
	case EACCES:
		return "run as root, or on Linux grant CAP_NET_ADMIN";
	case ENOPROTOOPT:
		return "this system has neither marks nor numbers of routing "
		    "tables";
	default:
		return "a routing table or an interface of that number must "
		    "be there";
	}
}

int
bind_check_mark(struct end *end, const struct settings *s, struct fault *f)
{
	int family, result;
	fd_t fd;

	if (s->mark < 0 || (fd = open_trial(SOCK_DGRAM, &family)) == FD_NONE)
		return 0;
	result = carrier_mark(fd, (uint32_t)s->mark, NULL);
	if (result != 0)
		(void)fault_system(f, "mark", "%s: mark %lld: %s; %s",
		    end->name, (long long)s->mark, sock_strerror(errno),
		    mark_remedy(errno));
	sock_close(fd);
	return result;
}

int
bind_check_df(struct end *end, const struct settings *s, struct fault *f)
{
	int family, result;
	fd_t fd;

	if (s->df == UDP_DF_AUTO ||
	    (fd = open_trial(SOCK_DGRAM, &family)) == FD_NONE)
		return 0;
	result = sock_opt_df(fd, family, s->df == UDP_DF_YES);
	if (result != 0)
		(void)fault_system(f, "df", "%s: df: %s; this system does not "
		    "let programs choose: leave it out", end->name,
		    sock_strerror(errno));
	sock_close(fd);
	return result;
}

int
bind_check_mss(struct end *end, const struct settings *s, struct fault *f)
{
	int family, result;
	fd_t fd;

	if (s->tcp_mss == 0 ||
	    (fd = open_trial(SOCK_STREAM, &family)) == FD_NONE)
		return 0;
	result = sock_opt_mss(fd, (int)s->tcp_mss);
	if (result != 0)
		(void)fault_system(f, "mss", "%s: mss %lld: %s; this system "
		    "does not let programs set it: leave it out, and lower the "
		    "MTU of the network device instead", end->name,
		    (long long)s->tcp_mss, sock_strerror(errno));
	sock_close(fd);
	return result;
}
