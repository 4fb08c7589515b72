/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * TCP connections: listening sockets, and dialling, which tries the next
 * address without waiting for the previous one to fail (RFC 8305).
 */

#include "compat.h"

#include <string.h>

#include "net/tcp.h"

#include "base/log.h"
#include "base/text.h"
#include "net/carrier.h"
#include "net/rights.h"
#include "net/sockaddr.h"

enum {
	TCP_ACCEPTS = 4,	/* accepted in one turn and kept: as many as
				 * STREAM_HANDSHAKES (net/stream.c) */
	TCP_REFUSALS = 64,	/* refused in one turn, which costs little; the
				 * backlog must not fill with these */
	TCP_PAUSE_MS = 500,	/* no accept after descriptors ran out */
};

void
tcp_set_options(fd_t fd, const struct tcp_options *o)
{
	int timeout_ms = o->timeout_ms > 0 ? o->timeout_ms :
	    TCP_USER_TIMEOUT_MS;
	int probes = (timeout_ms / 1000 - TCP_KEEPALIVE_IDLE_S) /
	    TCP_KEEPALIVE_INTERVAL_S;

	/* Best effort: where the system lacks one, the others still help. */
	(void)sock_opt_nodelay(fd);
	(void)sock_opt_keepalive(fd, o->keepalive_s > 0 ? o->keepalive_s :
	    TCP_KEEPALIVE_IDLE_S, TCP_KEEPALIVE_INTERVAL_S,
	    probes > TCP_KEEPALIVE_LEAST ? probes : TCP_KEEPALIVE_LEAST);
	(void)sock_opt_user_timeout(fd, timeout_ms);
	(void)sock_opt_notsent_lowat(fd, TCP_NOTSENT_BYTES);
	if (o->receive_buffer != 0 || o->send_buffer != 0)
		(void)sock_opt_buffers(fd, o->receive_buffer, o->send_buffer);
}

/* Accepts again after a pause. */
static void
tcp_unpause(struct timer *t)
{
	struct tcp_listener *l = LIST_ITEM(t, struct tcp_listener, pause);

	l->paused = false;
	watch_want(&l->watch, READABLE);
}

/* Pauses accepting: no descriptor is free, and the listener stays readable, so
 * the loop would spin. */
static void
tcp_pause(struct tcp_listener *l)
{
	struct loop *loop = l->watch.loop;

	l->refused++;
	l->paused = true;
	watch_want(&l->watch, 0);
	timer_set(&l->pause, loop, loop_now(loop) + TCP_PAUSE_MS, tcp_unpause);
}

/* Accepts waiting connections. */
static void
tcp_accept(struct watch *w, unsigned events)
{
	struct tcp_listener *l = LIST_ITEM(w, struct tcp_listener, watch);
	union sock_addr sa;
	socklen_t len;
	struct addr from;
	int kept = 0, refused = 0;
	fd_t fd;

	(void)events;
	while (kept < TCP_ACCEPTS && refused < TCP_REFUSALS &&
	    l->fd != FD_NONE) {
		len = sizeof(sa);
		fd = sock_accept(l->fd, &sa, &len);
		if (fd == FD_NONE) {
			if (errno == EMFILE || errno == ENFILE ||
			    errno == ENOBUFS || errno == ENOMEM)
				tcp_pause(l);
			else if (errno == ECONNABORTED && ++refused > 0)
				continue;
			return;
		}
		sockaddr_to(&from, &sa);
		tcp_set_options(fd, &l->options);
		if (l->fn(l, fd, &from))
			kept++;
		else
			refused++;
	}
}

/* Opens a socket that listens; FD_NONE, errno and *step. */
static fd_t
tcp_open(const struct addr *at, const struct tcp_options *options,
    const char **step)
{
	int error;
	fd_t fd;

	*step = "socket";
	fd = sock_open(sockaddr_family(at), SOCK_STREAM);
	if (fd == FD_NONE)
		return FD_NONE;
	(void)sock_opt_reuseaddr(fd);
	if (at->family == 6)
		(void)sock_opt_v6only(fd, true);
	*step = "mss";
	if (options->mss != 0 && sock_opt_mss(fd, options->mss) != 0)
		goto fail;
	*step = "freebind";
	if (options->freebind && sock_opt_freebind(fd) != 0)
		goto fail;
	*step = "bind";
	if (rights_bind(fd, ALLOW_TCP, at) != 0)
		goto fail;
	*step = "listen";
	if (sock_listen(fd, TCP_BACKLOG) == 0)
		return fd;
fail:
	error = errno;
	sock_close(fd);
	errno = error;
	return FD_NONE;
}

int
tcp_listen(struct tcp_listener *l, struct loop *loop, const struct addr *at,
    const struct tcp_options *options, tcp_accept_fn *fn, const char **step)
{
	int error;

	memset(l, 0, sizeof(*l));
	l->options = *options;
	l->fn = fn;
	l->fd = options->is_passed ? options->passed :
	    tcp_open(at, options, step);
	if (l->fd == FD_NONE)
		return -1;
	/* The segments of a passed one's connections are the system's if it
	 * takes no other value now. */
	if (options->is_passed && options->mss != 0)
		(void)sock_opt_mss(l->fd, options->mss);
	*step = "watch";
	if (watch_start(&l->watch, loop, l->fd, READABLE, tcp_accept) == 0)
		return 0;
	error = errno;
	sock_close(l->fd);
	l->fd = FD_NONE;
	errno = error;
	return -1;
}

int
tcp_listen_too(struct tcp_listener *l, struct loop *loop,
    const struct tcp_listener *old, const struct tcp_options *options,
    tcp_accept_fn *fn, const char **step)
{
	memset(l, 0, sizeof(*l));
	l->options = *options;
	l->fn = fn;
	*step = "dup";
	l->fd = sock_dup(old->fd);
	if (l->fd == FD_NONE)
		return -1;
	*step = "mss";
	if (options->mss == old->options.mss ||
	    sock_opt_mss(l->fd, options->mss) == 0) {
		*step = "watch";
		if (watch_start(&l->watch, loop, l->fd, READABLE,
		    tcp_accept) == 0)
			return 0;
	}
	sock_close(l->fd);
	l->fd = FD_NONE;
	return -1;
}

void
tcp_listen_stop(struct tcp_listener *l)
{
	if (l->fn == NULL || l->fd == FD_NONE)
		return;
	timer_stop(&l->pause);
	watch_stop(&l->watch);
	sock_close(l->fd);
	l->fd = FD_NONE;
}

static void tcp_dial_next(struct tcp_dial *);

/* Notes why the newest attempt failed; error: its errno. */
static void
tcp_dial_note(struct tcp_dial *d, const struct addr *to, int error,
    const char *why)
{
	char addr[ADDR_TEXT];
	struct text t;

	text_init(&t, d->why, sizeof(d->why));
	text_add(&t, "%s: %s", addr_text(to, addr), why);
	d->error = error;
}

/* Cancels the look-up and all attempts. */
static void
tcp_dial_clear(struct tcp_dial *d)
{
	unsigned i;

	resolve_cancel(&d->lookup);
	timer_stop(&d->stagger);
	timer_stop(&d->deadline);
	for (i = 0; i < d->n_tried; i++) {
		watch_stop(&d->attempt[i].watch);
		sock_close(d->attempt[i].fd);
		d->attempt[i].fd = FD_NONE;
	}
	d->n_tried = d->under_way = 0;
	d->loop = NULL;
}

/* Ends dialling and reports the result. */
static void
tcp_dial_done(struct tcp_dial *d, fd_t fd, const struct addr *to)
{
	struct addr connected = { 0 };

	if (to != NULL)
		connected = *to;
	tcp_dial_clear(d);
	if (fd != FD_NONE)
		tcp_set_options(fd, &d->options);
	d->fn(d, fd, &connected, d->why);
}

/* An attempt has succeeded or failed. */
static void
tcp_attempt_ready(struct watch *w, unsigned events)
{
	struct tcp_attempt *a = LIST_ITEM(w, struct tcp_attempt, watch);
	struct tcp_dial *d = a->dial;
	unsigned i = (unsigned)(a - d->attempt);
	union sock_addr sa;
	int error;
	fd_t fd;

	(void)events;
	error = sock_error(a->fd);
	if (error == 0 && sock_peer(a->fd, &sa) != 0) {
		if (errno == ENOTCONN && !(events & WRITABLE))
			return;	/* woken too early */
		error = errno;
	}
	fd = a->fd;
	watch_stop(&a->watch);
	a->fd = FD_NONE;
	d->under_way--;
	if (error == 0) {
		tcp_dial_done(d, fd, &d->addr[i]);
		return;
	}
	sock_close(fd);
	tcp_dial_note(d, &d->addr[i], error, sock_strerror(error));
	tcp_dial_next(d);
}

/* Starts connecting to one address; false when that failed at once. */
static bool
tcp_attempt_start(struct tcp_dial *d, unsigned i)
{
	struct tcp_attempt *a = &d->attempt[i];
	const struct addr *to = &d->addr[i];
	const char *why = NULL;
	union sock_addr sa;
	socklen_t len;

	memset(a, 0, sizeof(*a));
	a->dial = d;
	a->fd = sock_open(sockaddr_family(to), SOCK_STREAM);
	if (a->fd == FD_NONE) {
		tcp_dial_note(d, to, errno, sock_strerror(errno));
		return false;
	}
	if (d->options.mark_set &&
	    carrier_mark(a->fd, d->options.mark, to) != 0)
		why = carrier_refused;
	/* The SYN has it. */
	if (d->options.mss != 0)
		(void)sock_opt_mss(a->fd, d->options.mss);
	if (d->options.receive_buffer != 0 || d->options.send_buffer != 0)
		(void)sock_opt_buffers(a->fd, d->options.receive_buffer,
		    d->options.send_buffer);
	len = sockaddr_from(&sa, to);
	if (why == NULL && sock_connect(a->fd, &sa, len) != 0 &&
	    errno != EINPROGRESS)
		why = sock_strerror(errno);
	if (why == NULL && watch_start(&a->watch, d->loop, a->fd, WRITABLE,
	    tcp_attempt_ready) != 0)
		why = sock_strerror(errno);
	if (why != NULL) {
		tcp_dial_note(d, to, errno, why);
		sock_close(a->fd);
		a->fd = FD_NONE;
		return false;
	}
	d->under_way++;
	return true;
}

/* The newest attempt is slow: starts a second one in parallel. */
static void
tcp_dial_staggered(struct timer *t)
{
	tcp_dial_next(LIST_ITEM(t, struct tcp_dial, stagger));
}

/* Tries the next address; fails when none is left and no attempt is running. */
static void
tcp_dial_next(struct tcp_dial *d)
{
	while (d->n_tried < d->n_addr) {
		if (tcp_attempt_start(d, d->n_tried++)) {
			if (d->n_tried < d->n_addr)
				timer_set(&d->stagger, d->loop,
				    loop_now(d->loop) + TCP_STAGGER_MS,
				    tcp_dial_staggered);
			return;
		}
	}
	if (d->under_way == 0)
		tcp_dial_done(d, FD_NONE, NULL);
}

/* Interleaves the address families, that of the first address first (RFC 8305
 * 4). */
static void
tcp_dial_order(struct tcp_dial *d, const struct addr *addr, unsigned n)
{
	unsigned first = 0, other = 0, i = 0;
	bool want_first = true;
	uint8_t family;

	if (n > RESOLVE_MAX)
		n = RESOLVE_MAX;
	family = n == 0 ? 0 : addr[0].family;
	while (i < n) {
		while (first < n && addr[first].family != family)
			first++;
		while (other < n && addr[other].family == family)
			other++;
		if ((want_first && first < n) || other == n)
			d->addr[i++] = addr[first++];
		else
			d->addr[i++] = addr[other++];
		want_first = !want_first;
	}
	d->n_addr = n;
}

/* The look-up has ended. */
static void
tcp_dial_resolved(struct lookup *l, const struct addr *addr, unsigned n,
    const char *why)
{
	struct tcp_dial *d = LIST_ITEM(l, struct tcp_dial, lookup);

	if (n == 0)
		strlcpy(d->why, why, sizeof(d->why));
	tcp_dial_order(d, addr, n);
	tcp_dial_next(d);
}

/* The deadline has passed. */
static void
tcp_dial_late(struct timer *t)
{
	struct tcp_dial *d = LIST_ITEM(t, struct tcp_dial, deadline);

	if (d->under_way > 0)
		tcp_dial_note(d, &d->addr[d->n_tried - 1], ETIMEDOUT,
		    "no answer in time");
	tcp_dial_done(d, FD_NONE, NULL);
}

/* What both ways to start have in common. */
static void
tcp_dial_begin(struct tcp_dial *d, struct loop *loop,
    const struct tcp_options *options, int64_t timeout_ms, tcp_dial_fn *fn)
{
	must(d->loop == NULL);
	memset(d, 0, sizeof(*d));
	d->loop = loop;
	d->options = *options;
	d->fn = fn;
	strlcpy(d->why, "no answer in time", sizeof(d->why));
	timer_set(&d->deadline, loop, loop_now(loop) + (uint64_t)timeout_ms,
	    tcp_dial_late);
}

void
tcp_dial_start(struct tcp_dial *d, struct loop *loop,
    struct resolver *resolver, const struct hostport *to,
    const struct tcp_options *options, int64_t timeout_ms, tcp_dial_fn *fn)
{
	tcp_dial_begin(d, loop, options, timeout_ms, fn);
	resolve_start(resolver, &d->lookup, to->host, to->port,
	    LOOKUP_CONNECT, timeout_ms, tcp_dial_resolved);
}

void
tcp_dial_known(struct tcp_dial *d, struct loop *loop,
    const struct addr *addr, unsigned n, const struct tcp_options *options,
    int64_t timeout_ms, tcp_dial_fn *fn)
{
	tcp_dial_begin(d, loop, options, timeout_ms, fn);
	tcp_dial_order(d, addr, n);
	/* The stagger timer calls from the loop, never from within. */
	timer_set(&d->stagger, loop, loop_now(loop), tcp_dial_staggered);
}

void
tcp_dial_stop(struct tcp_dial *d)
{
	if (d->loop != NULL)
		tcp_dial_clear(d);
}

bool
tcp_dial_moved(const struct tcp_dial *d, struct route_watch *w)
{
	unsigned i;

	for (i = 0; d->loop != NULL && i < d->n_tried; i++)
		if (d->attempt[i].fd != FD_NONE &&
		    route_socket_moved(w, d->attempt[i].fd, &d->addr[i]))
			return true;
	return false;
}
