/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The sockets of an association of a `dtls` end, and the ports that it tries
 * while its server has not answered.
 */

#include "compat.h"

#include "tunnel/dtls_socket.h"

#include "net/carrier.h"
#include "tunnel/udp_legs.h"

int
dtls_socket_mark(struct call *c, const struct addr *to)
{
	const struct udp_options *o = &c->calls->shared.options;

	return o->mark_set ? carrier_mark(c->udp.fd, o->mark, to) : 0;
}

/* Opens a socket to the server: connected, or bound to `at` if that is not
 * NULL.  Returns 0; -1: errno is set, and *step names the call that failed. */
static int
open_at(struct call *c, const struct addr *at, const struct addr *to,
    const char **step)
{
	struct calls *e = c->calls;
	int error;

	if (udp_open(&c->udp, at, at == NULL ? to : NULL, &e->shared.options,
	    step) != 0)
		return -1;
	*step = "mark";
	if (at != NULL && dtls_socket_mark(c, to) != 0)
		goto fail;
	*step = "watch";
	if (watch_start(&c->watch, call_loop(c), c->udp.fd, READABLE,
	    call_readable) != 0)
		goto fail;
	c->to = *to;
	udp_local(&c->udp, &c->from);
	c->from.port = 0;
	c->opened_ms = loop_now(call_loop(c));
	return 0;
fail:
	error = errno;
	udp_close(&c->udp);
	errno = error;
	return -1;
}

int
dtls_socket_open(struct call *c, const struct addr *to, const char **step)
{
	return open_at(c, NULL, to, step);
}

void
dtls_socket_close_udp(struct call *c, struct udp *udp)
{
	udp_legs_count(&c->calls->shared.end, c->owner->leg, &udp->lost);
	udp_close(udp);
}

/* Goes on with a socket that was left. */
static void
take_back(struct call *c, const struct udp *old)
{
	c->udp = *old;
	(void)watch_start(&c->watch, call_loop(c), c->udp.fd, READABLE,
	    call_readable);
}

/* Goes on with a new socket, connected or bound to `at`, and gives the old one
 * to the caller.  False: the system gives none, and the old one stays. */
static bool
leave_socket(struct call *c, const struct addr *at, struct udp *old)
{
	struct addr to = c->to;
	const char *step;

	udp_forget(&c->calls->shared.queue, &c->udp);
	watch_stop(&c->watch);
	*old = c->udp;
	if (open_at(c, at, &to, &step) == 0)
		return true;
	take_back(c, old);
	return false;
}

bool
dtls_socket_reopen(struct call *c, bool only_moved)
{
	struct addr from = c->from;
	char text[ADDR_TEXT];
	struct udp old;

	if (!leave_socket(c, NULL, &old)) {
		c->opened_ms = loop_now(call_loop(c));
		return false;
	}
	if (only_moved && addr_same(&from, &c->from)) {
		watch_stop(&c->watch);
		udp_close(&c->udp);
		c->from = from;
		take_back(c, &old);
		return false;
	}
	dtls_socket_close_udp(c, &old);
	log_limited(&c->calls->move_limit, loop_now(call_loop(c)), LEVEL_INFO,
	    "flow %lu: continues from %s", call_number(c),
	    addr_ip_text(&c->from, text));
	return true;
}

/* Replaces the socket by one on the same port that is not connected, so that
 * replies from any address are received.  False: the system gives none, and the
 * old socket is closed. */
static bool
open_unconnected(struct call *c)
{
	struct addr at, to = c->to;
	const char *step;

	udp_local(&c->udp, &at);
	udp_forget(&c->calls->shared.queue, &c->udp);
	watch_stop(&c->watch);
	dtls_socket_close_udp(c, &c->udp);
	return open_at(c, &at, &to, &step) == 0;
}

/*
 * A port of its own for each ClientHello.
 */

void
dtls_socket_close_former(struct call *c)
{
	struct call_former *f = c->former;

	if (f == NULL)
		return;
	c->former = NULL;
	c->calls->n_formers--;
	watch_stop(&f->watch);
	dtls_socket_close_udp(c, &f->udp);
	/* We may have been called from its watch. */
	loop_free_later(call_loop(c), f);
}

static void former_readable(struct watch *, unsigned events);

/* Exchanges the two ports. */
static void
swap_ports(struct call *c)
{
	struct call_former *f = c->former;
	struct udp udp;

	udp_forget(&c->calls->shared.queue, &c->udp);
	watch_stop(&c->watch);
	watch_stop(&f->watch);
	udp = c->udp;
	c->udp = f->udp;
	f->udp = udp;
	(void)watch_start(&c->watch, call_loop(c), c->udp.fd, READABLE,
	    call_readable);
	(void)watch_start(&f->watch, call_loop(c), f->udp.fd, READABLE,
	    former_readable);
}

/* The first port has datagrams: they are read as those of the port that is sent
 * from, which it is from now on if the server has answered. */
static void
former_readable(struct watch *w, unsigned events)
{
	struct call *c = LIST_ITEM(w, struct call_former, watch)->call;

	swap_ports(c);
	call_readable(&c->watch, events);
	if (!c->freed && c->former != NULL)
		swap_ports(c);
}

/* Goes on from a new port, which is not connected.  The first one is kept,
 * unless CALL_FORMERS are, and then there is no new one. */
static void
change_port(struct call *c)
{
	struct addr at = c->from;
	struct call_former *f;
	struct udp old;

	if (c->former != NULL) {
		if (leave_socket(c, &at, &old))
			dtls_socket_close_udp(c, &old);
		return;
	}
	if (c->calls->n_formers == CALL_FORMERS ||
	    (f = calloc(1, sizeof(*f))) == NULL)
		return;
	if (!leave_socket(c, &at, &f->udp)) {
		free(f);
		return;
	}
	f->call = c;
	(void)watch_start(&f->watch, call_loop(c), f->udp.fd, READABLE,
	    former_readable);
	c->former = f;
	c->calls->n_formers++;
}

bool
dtls_socket_change(struct call *c)
{
	if (c->udp.connected && !open_unconnected(c))
		return false;
	change_port(c);
	return true;
}
