/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Opens, reads and closes the UDP ports that an end listens on.
 */

#include "compat.h"

#include "tunnel/udp_ports.h"

#include "tunnel/bind.h"
#include "tunnel/udp_legs.h"

/* Counts what a socket lost. */
static void
udp_ports_count(struct udp_port *s)
{
	udp_legs_count(s->end, s->listener->leg, &s->told, &s->udp.lost);
}

/* Datagrams wait. */
static void
udp_ports_readable(struct watch *w, unsigned events)
{
	struct udp_port *s = LIST_ITEM(w, struct udp_port, watch);
	struct udp_msg m[UDP_BATCH];
	int n, i;

	(void)events;
	for (i = 0; i < UDP_LEGS_RECEIVES; i++) {
		n = udp_receive(&s->udp, loop_arena(w->loop), m, UDP_BATCH);
		if (n > 0)
			s->listener->fn(s, m, (unsigned)n);
		if (!s->udp.more && (n >= 0 || errno != ECONNREFUSED))
			break;
	}
	udp_ports_count(s);
}

/* Opens a socket on an address: that of the tunnel that ours replaces, or a new
 * one. */
static int
port_open(struct udp_port *s, const struct addr *at,
    const struct udp_options *options, const char **step)
{
	const struct udp *old = options->is_passed ? NULL :
	    bound_find(s->end->tunnel, SOCK_DGRAM, at);

	if (old != NULL && udp_adopt(&s->udp, old, at, options, step) == 0)
		return 0;
	return udp_open(&s->udp, at, NULL, options, step);
}

/* Listens on one address; 0, or -1 and errno, and *step names the call that
 * failed. */
static int
udp_ports_add(struct udp_ports *l, const struct addr *at,
    const struct udp_options *options, const char **step)
{
	struct udp_port *s = &l->socket[l->n];
	struct end *end = l->later.end;
	char text[ADDR_TEXT];
	struct addr local;
	int error;

	s->end = end;
	s->listener = l;
	s->family = at->family;
	if (port_open(s, at, options, step) != 0)
		return -1;
	*step = "watch";
	if (watch_start(&s->watch, end->tunnel->loop, s->udp.fd, READABLE,
	    udp_ports_readable) != 0) {
		error = errno;
		udp_close(&s->udp);
		errno = error;
		return -1;
	}
	l->n++;
	bound_add(&s->bound, end->tunnel, SOCK_DGRAM, at, &s->udp);
	if (l->any_source)
		s->udp.local_wanted = false;
	else if (addr_is_any(at) && !s->udp.local_wanted)
		log_warn("%s: this system does not report which address a "
		    "datagram was sent to, so replies have the address that "
		    "the system chooses; where there are several, listen on "
		    "each of them by name", end->ops->name);
	udp_local(&s->udp, &local);
	log_info("%s: listening on %s%s", end->ops->name,
	    addr_text(&local, text), options->is_passed ?
	    ", a socket that was passed" : "");
	return 0;
}

/* Closes all sockets, last first. */
static void
udp_ports_close_all(struct udp_ports *l)
{
	while (l->n > 0) {
		l->n--;
		bound_remove(&l->socket[l->n].bound);
		watch_stop(&l->socket[l->n].watch);
		udp_close(&l->socket[l->n].udp);
	}
}

/* Opens a socket at each address, or at the first that works. */
static int
udp_ports_open_at(struct bind_later *later, const struct addr *addr,
    unsigned n, const struct bind_how *how, const char **step)
{
	struct udp_ports *l = LIST_ITEM(later, struct udp_ports, later);
	struct udp_options options = l->options;
	bool several = l->several;
	int error = 0;
	unsigned i;

	options.freebind = how->lacking;
	options.is_passed = how->passed != NULL;
	several |= options.is_passed;
	for (i = 0; i < n && (several || l->n == 0); i++) {
		if (options.is_passed)
			options.passed = how->passed[i];
		if (udp_ports_add(l, &addr[i], &options, step) == 0)
			continue;
		error = errno;
		if (several && error != EAFNOSUPPORT)
			break;
	}
	/* udp_open() has closed the one that failed. */
	while (options.is_passed && ++i < n)
		sock_close(how->passed[i]);
	/* A machine without IPv6 is no reason to stop. */
	if (l->n > 0 && (!several || error == 0 || error == EAFNOSUPPORT))
		return 0;
	udp_ports_close_all(l);
	errno = error;
	return -1;
}

int
udp_ports_open(struct udp_ports *l, struct end *end, const struct settings *s,
    const struct hostport *at, enum listener_which which, udp_ports_fn *fn,
    struct fault *f)
{
	l->options = udp_legs_options(s);
	l->several = which == UDP_PORTS_ALL || at->host[0] == '\0';
	l->fn = fn;
	if (bind_check_df(end, s, f) != 0)
		return -1;
	l->later.open = udp_ports_open_at;
	return bind_later_start(&l->later, end, s, at, f);
}

void
udp_ports_flush(struct udp_ports *l, struct udp_queue *queue)
{
	unsigned i;

	udp_flush(queue);
	for (i = 0; i < l->n; i++)
		udp_ports_count(&l->socket[i]);
}

void
udp_ports_close(struct udp_ports *l)
{
	bind_later_stop(&l->later);
	udp_ports_close_all(l);
}
