/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Opens, watches and closes the TCP ports that an end listens on.
 */

#include "compat.h"

#include "tunnel/tcp_ports.h"

/* A listener accepted a connection. */
static bool
ports_accept(struct tcp_listener *l, fd_t fd, const struct addr *from)
{
	struct tcp_ports *ports = l->arg;
	struct proxied *p = &ports->proxied;

	return p->end->proxies->n > 0 ? proxied_accept(p, fd, from) :
	    p->fn(p->end, fd, from);
}

/* Listens on an address with the next listener: on the socket of the tunnel
 * that ours replaces, or on a new one. */
static int
ports_listen(struct tcp_ports *ports, struct tunnel *t, const struct addr *at,
    const struct tcp_options *options, const char **step)
{
	struct tcp_listener *l = &ports->listener[ports->n];
	const struct tcp_listener *old = options->is_passed ? NULL :
	    bound_find(t, SOCK_STREAM, at);

	if ((old == NULL || tcp_listen_too(l, t->loop, old, options,
	    ports_accept, step) != 0) && tcp_listen(l, t->loop, at, options,
	    ports_accept, step) != 0)
		return -1;
	l->arg = ports;
	bound_add(&ports->bound[ports->n++], t, SOCK_STREAM, at, l);
	return 0;
}

/* Closes all listeners, last first. */
static void
tcp_ports_close_all(struct tcp_ports *ports)
{
	while (ports->n > 0) {
		ports->n--;
		bound_remove(&ports->bound[ports->n]);
		tcp_listen_stop(&ports->listener[ports->n]);
	}
}

/* Listens on each address. */
static int
tcp_ports_open_at(struct bind_later *later, const struct addr *addr,
    unsigned n, const struct bind_how *how, const char **step)
{
	struct tcp_ports *ports = LIST_ITEM(later, struct tcp_ports, later);
	struct tcp_options options = ports->options;
	struct end *end = later->end;
	char text[ADDR_TEXT];
	int error = 0;
	unsigned i;

	options.freebind = how->lacking;
	options.is_passed = how->passed != NULL;
	for (i = 0; i < n; i++) {
		if (options.is_passed)
			options.passed = how->passed[i];
		if (ports_listen(ports, end->tunnel, &addr[i], &options,
		    step) != 0) {
			error = errno;
			/* A machine without IPv6 is no reason to stop. */
			if (error == EAFNOSUPPORT && n > 1)
				continue;
			break;
		}
		log_info("%s: listening on %s%s", end->ops->name,
		    addr_text(&addr[i], text), options.is_passed ?
		    ", a socket that was passed" : "");
	}
	if (ports->n > 0 && i == n)
		return 0;
	/* tcp_listen() has closed the one that failed. */
	while (options.is_passed && ++i < n)
		sock_close(how->passed[i]);
	tcp_ports_close_all(ports);
	errno = error;
	return -1;
}

int
tcp_ports_open(struct tcp_ports *ports, struct end *end,
    const struct settings *s, const struct tcp_options *options,
    proxied_fn *fn, struct fault *f)
{
	ports->options = *options;
	proxied_init(&ports->proxied, end, s, fn);
	end->proxies = &s->proxies;
	ports->later.open = tcp_ports_open_at;
	ports->later.stream = true;
	if (bind_later_start(&ports->later, end, s, &s->at, f) == 0)
		return 0;
	proxied_close(&ports->proxied);
	return -1;
}

void
tcp_ports_close(struct tcp_ports *ports)
{
	bind_later_stop(&ports->later);
	tcp_ports_close_all(ports);
	proxied_close(&ports->proxied);
}
