/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Opens, reads and closes the UDP ports that an end listens on.
 */

#include "compat.h"

#include "tunnel/udp_ports.h"

#include "net/own.h"
#include "tunnel/bind.h"
#include "tunnel/udp_legs.h"

/* Counts what a socket lost. */
static void
udp_ports_count(struct udp_port *s)
{
	udp_legs_count(s->end, s->listener->leg, &s->udp.lost);
}

/* Notes the address that n datagrams were sent to, that of the socket. */
static void
write_local(const struct udp_port *s, struct udp_msg *m, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		m[i].local = s->at;
		m[i].local.port = 0;
	}
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
		if (s->own)
			write_local(s, m, n);
		if (n > 0)
			s->listener->fn(s, m, (unsigned)n);
		if (!s->udp.more && (n >= 0 || errno != ECONNREFUSED))
			break;
	}
	udp_ports_count(s);
}

/*
 * Opening and closing
 */

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

/* Closes a socket; flows keep pointers to it, and what they send is lost. */
static void
port_close(struct udp_port *s)
{
	if (!s->open)
		return;
	s->open = false;
	bound_remove(&s->bound);
	watch_stop(&s->watch);
	udp_close(&s->udp);
}

/* The one at an address, open or not; NULL: there is none. */
static struct udp_port *
port_find(const struct udp_ports *l, const struct addr *at)
{
	unsigned i;

	for (i = 0; i < l->n; i++)
		if (addr_same(&l->socket[i]->at, at))
			return l->socket[i];
	return NULL;
}

/* Room for one more: a new one, or that of an address that has gone together
 * with its flows, which may not get a different one.  NULL and errno. */
static struct udp_port *
port_new(struct udp_ports *l)
{
	struct udp_port *s;
	unsigned i;

	errno = ENOBUFS;
	for (i = 0; i < l->n && l->n == UDP_PORTS_MAX; i++)
		if (!l->socket[i]->open && l->socket[i]->users == 0 &&
		    l->socket[i]->udp.first == 0)
			return l->socket[i];
	if (l->n == UDP_PORTS_MAX || (s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	s->udp.fd = FD_NONE;
	s->number = (uint8_t)l->n;
	l->socket[l->n++] = s;
	return s;
}

/* Listens on one address; NULL and errno, and *step names the call that
 * failed.  A socket that was passed is taken over in any case. */
static struct udp_port *
udp_ports_add(struct udp_ports *l, const struct addr *at,
    const struct udp_options *options, const char **step)
{
	struct end *end = l->later.end;
	struct udp_port *s = port_find(l, at);
	unsigned before = l->n;
	int error;

	*step = "socket";
	/* Sockets that were passed may have one address. */
	if (s == NULL || s->open)
		s = port_new(l);
	if (s == NULL) {
		error = errno;
		if (options->is_passed)
			sock_close(options->passed);
		errno = error;
		return NULL;
	}
	s->end = end;
	s->listener = l;
	s->at = *at;
	s->family = at->family;
	if (port_open(s, at, options, step) != 0)
		goto fail;
	*step = "watch";
	if (watch_start(&s->watch, end->tunnel->loop, s->udp.fd, READABLE,
	    udp_ports_readable) != 0) {
		error = errno;
		udp_close(&s->udp);
		errno = error;
		goto fail;
	}
	s->open = true;
	s->own = false;
	bound_add(&s->bound, end->tunnel, SOCK_DGRAM, at, &s->udp);
	return s;
fail:
	if (l->n > before)
		free(l->socket[--l->n]);
	return NULL;
}

/* Listens on one address, the wildcard address perhaps; 0, or -1 and errno, and
 * *step names the call that failed. */
static int
udp_ports_add_one(struct udp_ports *l, const struct addr *at,
    const struct udp_options *options, const char **step)
{
	struct udp_port *s = udp_ports_add(l, at, options, step);
	const char *name = l->later.end->ops->name;
	char text[ADDR_TEXT];
	struct addr local;

	if (s == NULL)
		return -1;
	if (l->any_source)
		s->udp.local_wanted = false;
	else if (addr_is_any(at) && !s->udp.local_wanted)
		log_warn("%s: this system does not report which address a "
		    "datagram was sent to, so replies have the address that "
		    "the system chooses; where there are several, listen on "
		    "each of them by name", name);
	udp_local(&s->udp, &local);
	log_info("%s: listening on %s%s", name, addr_text(&local, text),
	    options->is_passed ? ", a socket that was passed" : "");
	return 0;
}

/* Is there one that is open? */
static bool
udp_ports_are_open(const struct udp_ports *l)
{
	unsigned i;

	for (i = 0; i < l->n; i++)
		if (l->socket[i]->open)
			return true;
	return false;
}

/* Closes all sockets, last first. */
static void
udp_ports_close_all(struct udp_ports *l)
{
	route_watch_stop(&l->route);
	timer_stop(&l->look);
	l->n_wild = 0;
	l->lacking = false;
	while (l->n > 0) {
		port_close(l->socket[--l->n]);
		free(l->socket[l->n]);
	}
}

/*
 * A socket for each address of the machine
 */

/* Is that one of n addresses, whatever its port? */
static bool
own_has(const struct addr *own, unsigned n, const struct addr *at)
{
	struct addr a = *at;
	unsigned i;

	a.port = 0;
	for (i = 0; i < n; i++)
		if (addr_same(&own[i], &a))
			return true;
	return false;
}

/* Closes the sockets of a family whose addresses have gone. */
static void
own_close(struct udp_ports *l, uint8_t family, const struct addr *own,
    unsigned n)
{
	struct udp_port *s;
	char text[ADDR_TEXT];
	unsigned i;

	for (i = 0; i < l->n; i++) {
		s = l->socket[i];
		if (!s->open || !s->own || s->family != family ||
		    own_has(own, n, &s->at))
			continue;
		log_info("%s: %s has gone", s->end->ops->name,
		    addr_text(&s->at, text));
		port_close(s);
	}
}

/* Is it an error of an address that cannot be used yet? */
static bool
own_is_early(int error)
{
	return error == EADDRNOTAVAIL || error == EAGAIN;
}

/* Opens a socket for an address of the machine, unless there is one; 0, or -1
 * and errno, and *step. */
static int
own_open(struct udp_ports *l, const struct addr *at,
    const struct udp_options *options, const char **step)
{
	struct udp_port *s = port_find(l, at);
	char text[ADDR_TEXT];

	if (s != NULL && s->open)
		return 0;
	/* What is queued for it goes first. */
	*step = "flush";
	errno = EAGAIN;
	if (s != NULL && s->udp.first != 0)
		return -1;
	s = udp_ports_add(l, at, options, step);
	if (s == NULL)
		return -1;
	s->own = true;
	log_debug("%s: an address of this machine: %s", s->end->ops->name,
	    addr_text(at, text));
	return 0;
}

/* Has all addresses of the machine have a socket, of the family and with the
 * port of a wildcard address, which gets its port if it has none.  0, or -1,
 * errno and *step, when one of them has none. */
static int
own_follow(struct udp_ports *l, struct addr *wild,
    const struct udp_options *options, const char **step)
{
	struct addr own[OWN_MAX], at, local;
	unsigned i, n = own_addresses(wild->family, own);
	const char *tried;
	int error = 0;

	/* The loopback device has one always: the system could not tell. */
	if (n == 0) {
		*step = "bind";
		error = EADDRNOTAVAIL;
	} else {
		own_close(l, wild->family, own, n);
	}
	for (i = 0; i < n; i++) {
		at = own[i];
		at.port = wild->port;
		if (own_open(l, &at, options, &tried) == 0) {
			if (at.port != 0)
				continue;
			udp_local(&port_find(l, &at)->udp, &local);
			port_find(l, &at)->at.port = wild->port = local.port;
		} else if (error == 0 || own_is_early(error)) {
			error = errno;
			*step = tried;
		}
	}
	l->lacking |= error != 0;
	errno = error;
	return error == 0 ? 0 : -1;
}

static void own_look_due(struct timer *);

/* Sets the timer: soon where an address has no socket, as no change may be
 * reported when it can have one. */
static void
own_set_look(struct udp_ports *l)
{
	struct loop *loop = l->later.end->tunnel->loop;
	unsigned pause_ms = UDP_PORTS_LOOK_MS;

	timer_stop(&l->look);
	if (l->lacking && l->pause_ms < UDP_PORTS_LOOK_MS) {
		pause_ms = l->pause_ms;
		l->pause_ms *= 2;
	} else if (!l->lacking && route_watch_is_told(&l->route)) {
		return;
	}
	timer_set(&l->look, loop, loop_now(loop) + pause_ms, own_look_due);
}

/* Looks at the addresses of the machine again. */
static void
own_look(struct udp_ports *l)
{
	struct loop *loop = l->later.end->tunnel->loop;
	const char *step;
	unsigned i;

	l->lacking = false;
	for (i = 0; i < l->n_wild; i++)
		if (own_follow(l, &l->wild[i], &l->options, &step) != 0 &&
		    !own_is_early(errno))
			log_limited(&l->limit, loop_now(loop), LEVEL_WARN,
			    "%s: cannot listen on an address of this machine: "
			    "%s: %s", l->later.end->ops->name, step,
			    sock_strerror(errno));
	if (!l->lacking)
		l->pause_ms = UDP_PORTS_SOON_MS;
	own_set_look(l);
}

static void
own_changed(struct route_watch *w)
{
	struct udp_ports *l = LIST_ITEM(w, struct udp_ports, route);

	l->pause_ms = UDP_PORTS_SOON_MS;
	own_look(l);
}

static void
own_look_due(struct timer *t)
{
	own_look(LIST_ITEM(t, struct udp_ports, look));
}

/* Must each address of the machine have a socket, in place of that wildcard
 * address? */
static bool
own_is_needed(const struct udp_ports *l, const struct addr *at,
    const struct udp_options *options)
{
	struct addr own[OWN_MAX];

	return !l->any_source && !options->is_passed && addr_is_any(at) &&
	    !udp_reports_local(at->family) &&
	    own_addresses(at->family, own) > 0;
}

/* Opens these sockets, and those of addresses that cannot be used yet later,
 * unless there is no other; 0, or -1 and errno, and *step. */
static int
own_start(struct udp_ports *l, const struct addr *at,
    const struct udp_options *options, const char **step)
{
	struct loop *loop = l->later.end->tunnel->loop;
	struct addr *wild = &l->wild[l->n_wild];
	char text[ADDR_TEXT];

	*wild = *at;
	if (own_follow(l, wild, options, step) != 0 &&
	    (!own_is_early(errno) || !udp_ports_are_open(l)))
		return -1;
	log_info("%s: listening on %s, by a socket for each address of this "
	    "machine", l->later.end->ops->name, addr_text(wild, text));
	if (l->n_wild++ == 0)
		route_watch_start(&l->route, loop, own_changed);
	l->pause_ms = UDP_PORTS_SOON_MS;
	own_set_look(l);
	return 0;
}

/*
 * All of them
 */

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
	for (i = 0; i < n && (several || !udp_ports_are_open(l)); i++) {
		if (options.is_passed)
			options.passed = how->passed[i];
		if ((own_is_needed(l, &addr[i], &options) ?
		    own_start(l, &addr[i], &options, step) :
		    udp_ports_add_one(l, &addr[i], &options, step)) == 0)
			continue;
		error = errno;
		if (several && error != EAFNOSUPPORT)
			break;
	}
	/* The one that failed is closed. */
	while (options.is_passed && ++i < n)
		sock_close(how->passed[i]);
	/* A machine without IPv6 is no reason to stop. */
	if (udp_ports_are_open(l) && (!several || error == 0 ||
	    error == EAFNOSUPPORT))
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
		udp_ports_count(l->socket[i]);
}

void
udp_ports_close(struct udp_ports *l)
{
	bind_later_stop(&l->later);
	udp_ports_close_all(l);
}
