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
#include "net/ahead.h"
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

/* Was an option set, as far as the system has it? */
static bool
tcp_was_set(int result)
{
	return result == 0 || errno == ENOPROTOOPT;
}

/* Sets all but the sizes of buffers; false if the system refused one that it
 * has. */
static bool
tcp_set_common(fd_t fd, const struct tcp_options *o)
{
	bool all = true;
	int timeout_ms = o->timeout_ms > 0 ? o->timeout_ms :
	    TCP_USER_TIMEOUT_MS;
	int probes = (timeout_ms / 1000 - TCP_KEEPALIVE_IDLE_S) /
	    TCP_KEEPALIVE_INTERVAL_S;

	/* Best effort: where the system lacks one, the others still help. */
	all &= tcp_was_set(sock_opt_nodelay(fd));
	all &= tcp_was_set(sock_opt_keepalive(fd, o->keepalive_s > 0 ?
	    o->keepalive_s : TCP_KEEPALIVE_IDLE_S, TCP_KEEPALIVE_INTERVAL_S,
	    probes > TCP_KEEPALIVE_LEAST ? probes : TCP_KEEPALIVE_LEAST));
	all &= tcp_was_set(sock_opt_user_timeout(fd, timeout_ms));
	all &= tcp_was_set(sock_opt_notsent_lowat(fd, AHEAD_MOST));
	return all;
}

/* Sets these, if they are not the system's. */
static void
tcp_set_buffers(fd_t fd, const struct tcp_options *o)
{
	if (o->receive_buffer != 0 || o->send_buffer != 0)
		(void)sock_opt_buffers(fd, o->receive_buffer, o->send_buffer);
}

void
tcp_set_options(fd_t fd, const struct tcp_options *o)
{
	(void)tcp_set_common(fd, o);
	tcp_set_buffers(fd, o);
}

/* Sets the options of an accepted socket.  Some systems copy most of them from
 * the listening one; the first that is accepted shows it. */
static void
listener_set_options(struct tcp_listener *l, fd_t fd)
{
	if (!l->judged)
		l->inherits = l->given && sock_opt_has_same(fd, l->fd);
	l->judged = true;
	if (!l->inherits)
		(void)tcp_set_common(fd, &l->options);
	tcp_set_buffers(fd, &l->options);
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

/* Accepts waiting connections: one, or a few if there was one in the turn
 * before, too.  To ask for a second that is rarely there would take time from
 * the first. */
static void
tcp_accept(struct watch *w, unsigned events)
{
	struct tcp_listener *l = LIST_ITEM(w, struct tcp_listener, watch);
	union sock_addr sa;
	socklen_t len;
	struct addr from;
	unsigned long turn = loop_turns(w->loop);
	int most = turn == l->after ? TCP_ACCEPTS : 1;
	int kept = 0, refused = 0;
	fd_t fd;

	(void)events;
	l->after = turn + 1;
	while (kept < most && refused < TCP_REFUSALS &&
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
		listener_set_options(l, fd);
		if (l->fn(l, fd, &from))
			kept++;
		else
			refused++;
	}
}

/* Opens a socket that listens, which is *given the options if the system takes
 * them; FD_NONE, errno and *step. */
static fd_t
tcp_open(const struct addr *at, const struct tcp_options *options,
    bool *given, const char **step)
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
	*given = tcp_set_common(fd, options);
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
	    tcp_open(at, options, &l->given, step);
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

/* The listener has replaced the other one of its socket. */
static void
tcp_took_over(struct timer *t)
{
	struct tcp_listener *l = LIST_ITEM(t, struct tcp_listener, take_over);

	(void)sock_opt_mss(l->fd, l->options.mss);
	l->given = tcp_set_common(l->fd, &l->options);
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
	*step = "watch";
	if (watch_start(&l->watch, loop, l->fd, READABLE, tcp_accept) != 0) {
		sock_close(l->fd);
		l->fd = FD_NONE;
		return -1;
	}
	/* Both have one socket, whose options are the old one's until that is
	 * replaced. */
	l->given = old->given && options->mss == old->options.mss &&
	    options->keepalive_s == old->options.keepalive_s &&
	    options->timeout_ms == old->options.timeout_ms;
	if (!l->given)
		timer_set(&l->take_over, loop, loop_now(loop), tcp_took_over);
	return 0;
}

void
tcp_listen_stop(struct tcp_listener *l)
{
	if (l->fn == NULL || l->fd == FD_NONE)
		return;
	timer_stop(&l->pause);
	timer_stop(&l->take_over);
	watch_stop(&l->watch);
	sock_close(l->fd);
	l->fd = FD_NONE;
}

/* One connection attempt. */
struct tcp_attempt {
	struct watch watch;
	struct tcp_dialling *state;
	fd_t fd;		/* FD_NONE when it is not under way */
};

/* A dial that is under way. */
struct tcp_dialling {
	struct tcp_dial *dial;
	struct lookup lookup;
	struct timer stagger;
	struct tcp_options options;
	struct addr addr[RESOLVE_MAX];	/* to be tried, in this order */
	unsigned n_addr, n_tried;
	unsigned under_way;
	struct tcp_attempt attempt[RESOLVE_MAX];
	char why[160];		/* the newest failure */
};

static void tcp_dial_next(struct tcp_dialling *);

/* Notes why the newest attempt failed; error: its errno. */
static void
tcp_dial_note(struct tcp_dialling *s, const struct addr *to, int error,
    const char *why)
{
	char addr[ADDR_TEXT];
	struct text t;

	text_init(&t, s->why, sizeof(s->why));
	text_add(&t, "%s: %s", addr_text(to, addr), why);
	s->dial->error = error;
}

/* Cancels the look-up and all attempts; the caller frees the state, which may
 * be NULL. */
static struct tcp_dialling *
tcp_dial_clear(struct tcp_dial *d)
{
	struct tcp_dialling *s = d->state;
	unsigned i;

	timer_stop(&d->deadline);
	d->loop = NULL;
	d->state = NULL;
	if (s == NULL)
		return NULL;
	resolve_cancel(&s->lookup);
	timer_stop(&s->stagger);
	for (i = 0; i < s->n_tried; i++) {
		watch_stop(&s->attempt[i].watch);
		sock_close(s->attempt[i].fd);
		s->attempt[i].fd = FD_NONE;
	}
	return s;
}

/* Ends dialling and reports the result. */
static void
tcp_dial_done(struct tcp_dial *d, fd_t fd, const struct addr *to)
{
	struct tcp_dialling *s = tcp_dial_clear(d);
	struct addr connected = { 0 };

	if (to != NULL)
		connected = *to;
	if (fd != FD_NONE)
		tcp_set_options(fd, &s->options);
	d->fn(d, fd, &connected, s->why);
	free(s);
}

/* An attempt has succeeded or failed. */
static void
tcp_attempt_ready(struct watch *w, unsigned events)
{
	struct tcp_attempt *a = LIST_ITEM(w, struct tcp_attempt, watch);
	struct tcp_dialling *s = a->state;
	unsigned i = (unsigned)(a - s->attempt);
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
	s->under_way--;
	if (error == 0) {
		tcp_dial_done(s->dial, fd, &s->addr[i]);
		return;
	}
	sock_close(fd);
	tcp_dial_note(s, &s->addr[i], error, sock_strerror(error));
	tcp_dial_next(s);
}

/* Starts connecting to one address; false when that failed at once. */
static bool
tcp_attempt_start(struct tcp_dialling *s, unsigned i)
{
	struct tcp_attempt *a = &s->attempt[i];
	const struct addr *to = &s->addr[i];
	const char *why = NULL;
	union sock_addr sa;
	socklen_t len;

	memset(a, 0, sizeof(*a));
	a->state = s;
	a->fd = sock_open(sockaddr_family(to), SOCK_STREAM);
	if (a->fd == FD_NONE) {
		tcp_dial_note(s, to, errno, sock_strerror(errno));
		return false;
	}
	if (s->options.mark_set &&
	    carrier_mark(a->fd, s->options.mark, to) != 0)
		why = carrier_refused;
	/* The SYN has it. */
	if (s->options.mss != 0)
		(void)sock_opt_mss(a->fd, s->options.mss);
	if (s->options.receive_buffer != 0 || s->options.send_buffer != 0)
		(void)sock_opt_buffers(a->fd, s->options.receive_buffer,
		    s->options.send_buffer);
	len = sockaddr_from(&sa, to);
	if (why == NULL && sock_connect(a->fd, &sa, len) != 0 &&
	    errno != EINPROGRESS)
		why = sock_strerror(errno);
	if (why == NULL && watch_start(&a->watch, s->dial->loop, a->fd,
	    WRITABLE, tcp_attempt_ready) != 0)
		why = sock_strerror(errno);
	if (why != NULL) {
		tcp_dial_note(s, to, errno, why);
		sock_close(a->fd);
		a->fd = FD_NONE;
		return false;
	}
	s->under_way++;
	return true;
}

/* The newest attempt is slow: starts a second one in parallel. */
static void
tcp_dial_staggered(struct timer *t)
{
	tcp_dial_next(LIST_ITEM(t, struct tcp_dialling, stagger));
}

/* Tries the next address; fails when none is left and no attempt is running. */
static void
tcp_dial_next(struct tcp_dialling *s)
{
	struct loop *loop = s->dial->loop;

	while (s->n_tried < s->n_addr) {
		if (tcp_attempt_start(s, s->n_tried++)) {
			if (s->n_tried < s->n_addr)
				timer_set(&s->stagger, loop,
				    loop_now(loop) + TCP_STAGGER_MS,
				    tcp_dial_staggered);
			return;
		}
	}
	if (s->under_way == 0)
		tcp_dial_done(s->dial, FD_NONE, NULL);
}

/* Interleaves the address families, that of the first address first (RFC 8305
 * 4). */
static void
tcp_dial_order(struct tcp_dialling *s, const struct addr *addr, unsigned n)
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
			s->addr[i++] = addr[first++];
		else
			s->addr[i++] = addr[other++];
		want_first = !want_first;
	}
	s->dial->addr = s->addr;
	s->dial->n_addr = s->n_addr = n;
}

/* The look-up has ended. */
static void
tcp_dial_resolved(struct lookup *l, const struct addr *addr, unsigned n,
    const char *why)
{
	struct tcp_dialling *s = LIST_ITEM(l, struct tcp_dialling, lookup);

	if (n == 0)
		strlcpy(s->why, why, sizeof(s->why));
	tcp_dial_order(s, addr, n);
	tcp_dial_next(s);
}

/* The deadline has passed. */
static void
tcp_dial_late(struct timer *t)
{
	struct tcp_dial *d = LIST_ITEM(t, struct tcp_dial, deadline);
	struct tcp_dialling *s = d->state;

	if (s->under_way > 0)
		tcp_dial_note(s, &s->addr[s->n_tried - 1], ETIMEDOUT,
		    "no answer in time");
	tcp_dial_done(d, FD_NONE, NULL);
}

/* There was no memory for the dial. */
static void
tcp_dial_refused(struct timer *t)
{
	struct tcp_dial *d = LIST_ITEM(t, struct tcp_dial, deadline);
	struct addr none = { 0 };

	(void)tcp_dial_clear(d);
	d->error = ENOMEM;
	d->n_addr = 0;
	d->fn(d, FD_NONE, &none, "no memory");
}

/* What both ways to start have in common; NULL: there is no memory, which fn
 * is told later. */
static struct tcp_dialling *
tcp_dial_begin(struct tcp_dial *d, struct loop *loop,
    const struct tcp_options *options, int64_t timeout_ms, tcp_dial_fn *fn)
{
	struct tcp_dialling *s = calloc(1, sizeof(*s));

	must(d->loop == NULL);
	memset(d, 0, sizeof(*d));
	d->loop = loop;
	d->state = s;
	d->fn = fn;
	if (s == NULL) {
		timer_set(&d->deadline, loop, loop_now(loop),
		    tcp_dial_refused);
		return NULL;
	}
	s->dial = d;
	s->options = *options;
	strlcpy(s->why, "no answer in time", sizeof(s->why));
	timer_set(&d->deadline, loop, loop_now(loop) + (uint64_t)timeout_ms,
	    tcp_dial_late);
	return s;
}

void
tcp_dial_start(struct tcp_dial *d, struct loop *loop,
    struct resolver *resolver, const struct hostport *to,
    const struct tcp_options *options, int64_t timeout_ms, tcp_dial_fn *fn)
{
	struct tcp_dialling *s = tcp_dial_begin(d, loop, options, timeout_ms,
	    fn);

	if (s != NULL)
		resolve_start(resolver, &s->lookup, to->host, to->port,
		    LOOKUP_CONNECT, timeout_ms, tcp_dial_resolved);
}

void
tcp_dial_known(struct tcp_dial *d, struct loop *loop,
    const struct addr *addr, unsigned n, const struct tcp_options *options,
    int64_t timeout_ms, tcp_dial_fn *fn)
{
	struct tcp_dialling *s = tcp_dial_begin(d, loop, options, timeout_ms,
	    fn);

	if (s == NULL)
		return;
	tcp_dial_order(s, addr, n);
	/* The stagger timer calls from the loop, never from within. */
	timer_set(&s->stagger, loop, loop_now(loop), tcp_dial_staggered);
}

void
tcp_dial_stop(struct tcp_dial *d)
{
	if (d->loop != NULL)
		free(tcp_dial_clear(d));
}

bool
tcp_dial_moved(const struct tcp_dial *d, struct route_watch *w)
{
	const struct tcp_dialling *s = d->state;
	unsigned i;

	for (i = 0; s != NULL && i < s->n_tried; i++)
		if (s->attempt[i].fd != FD_NONE &&
		    route_socket_moved(w, s->attempt[i].fd, &s->addr[i]))
			return true;
	return false;
}
