/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Opens, watches and closes the TCP ports that an end listens on.
 */

#include "compat.h"

#include "tunnel/tcp_ports.h"

#include "tunnel/bind.h"

/* A listener accepted a connection. */
static bool
ports_accept(struct tcp_listener *l, fd_t fd, const struct addr *from)
{
	struct tcp_ports *ports = l->arg;
	struct proxied *p = &ports->proxied;

	return p->end->proxies->n > 0 ? proxied_accept(p, fd, from) :
	    p->fn(p->end, fd, from);
}

int
tcp_ports_open(struct tcp_ports *ports, struct end *end,
    const struct settings *s, const struct tcp_options *options,
    proxied_fn *fn, struct fault *f)
{
	struct addr addr[RESOLVE_MAX];
	char text[ADDR_TEXT];
	const char *step = "";
	struct tcp_listener *l;
	unsigned n, i;
	int error = 0;

	n = bind_addresses(end, &s->at, addr, f);
	if (n == 0)
		return -1;
	proxied_init(&ports->proxied, end, s, fn);
	end->proxies = &s->proxies;
	for (i = 0; i < n; i++) {
		l = &ports->listener[ports->n];
		if (tcp_listen(l, end->tunnel->loop, &addr[i], options,
		    ports_accept, &step) != 0) {
			error = errno;
			/* A machine without IPv6 is no reason to stop. */
			if (error == EAFNOSUPPORT && n > 1)
				continue;
			break;
		}
		l->arg = ports;
		ports->n++;
		log_info("%s: listening on %s", end->ops->name,
		    addr_text(&addr[i], text));
	}
	if (ports->n > 0 && i == n)
		return 0;
	tcp_ports_close(ports);
	return bind_failed(end, &s->at, step, error, f);
}

void
tcp_ports_close(struct tcp_ports *ports)
{
	while (ports->n > 0)
		tcp_listen_stop(&ports->listener[--ports->n]);
	proxied_close(&ports->proxied);
}
