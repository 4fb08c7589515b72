/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Asks the system for the source address towards a peer, and calls watchers
 * when the answer may have changed.
 *
 * NOTES.  All watchers of a loop share one descriptor, which is open while
 * there are watchers.  Its states:
 *
 *	quiet		the descriptor is watched
 *	settling	something was reported: the descriptor is not watched,
 *			and the timer is set; when it is due all reports are
 *			read, and the watchers called if one was a change
 *	absent		fd is FD_NONE
 */

#include "compat.h"

#include "net/route.h"

#include "base/log.h"
#include "net/carrier.h"
#include "net/route_backend.h"
#include "net/sockaddr.h"

/* Of a loop. */
struct routes {
	struct list watches;	/* struct route_watch */
	struct list *next;	/* the one to be called next; NULL: none is
				 * called now */
	struct watch watch;	/* on fd */
	struct timer timer;	/* when the watchers are called */
	fd_t fd;		/* FD_NONE: absent */
};

/* Calls the watchers, which may stop each other.  When the last one is stopped
 * r is freed, but not before the end of this turn. */
static void
routes_call(struct routes *r)
{
	struct route_watch *w;

	r->next = r->watches.next;
	while (r->next != &r->watches) {
		w = LIST_ITEM(r->next, struct route_watch, link);
		r->next = r->next->next;
		w->asked = false;
		loop_set_subject(w->loop, w->subject);
		w->fn(w);
	}
	r->next = NULL;
}

/* The first report is ROUTE_SETTLE_MS old. */
static void
routes_settled(struct timer *t)
{
	struct routes *r = LIST_ITEM(t, struct routes, timer);

	watch_want(&r->watch, READABLE);
	if (route_backend_drain(r->fd))
		routes_call(r);
}

/* Something was reported. */
static void
routes_readable(struct watch *w, unsigned events)
{
	struct routes *r = LIST_ITEM(w, struct routes, watch);

	(void)events;
	watch_want(w, 0);
	timer_set(&r->timer, w->loop, loop_now(w->loop) + ROUTE_SETTLE_MS,
	    routes_settled);
}

/* What the loop has, made if need be; NULL when there is no memory. */
static struct routes *
routes_of(struct loop *loop)
{
	struct routes *r = loop_routes(loop);
	const char *subject;

	if (r != NULL)
		return r;
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	/* It is not the first watcher's, which may be gone before it. */
	subject = loop_set_subject(loop, NULL);
	list_init(&r->watches);
	r->fd = route_backend_open();
	if (r->fd != FD_NONE && watch_start(&r->watch, loop, r->fd, READABLE,
	    routes_readable) != 0) {
		route_backend_close(r->fd);
		r->fd = FD_NONE;
	}
	if (r->fd == FD_NONE)
		log_debug("changes of addresses and routes are not reported "
		    "here");
	loop_set_subject(loop, subject);
	loop_set_routes(loop, r);
	return r;
}

void
route_watch_start(struct route_watch *w, struct loop *loop, route_fn *fn)
{
	struct routes *r = routes_of(loop);

	w->loop = loop;
	w->fn = fn;
	w->subject = loop_subject(loop);
	list_init(&w->link);
	if (r != NULL)
		list_add(&r->watches, &w->link);
}

bool
route_watch_is_told(const struct route_watch *w)
{
	const struct routes *r = w->loop == NULL ? NULL :
	    loop_routes(w->loop);

	return r != NULL && r->fd != FD_NONE;
}

void
route_watch_stop(struct route_watch *w)
{
	struct routes *r;

	if (w->loop == NULL)
		return;
	r = loop_routes(w->loop);
	if (r != NULL && r->next == &w->link)
		r->next = w->link.next;
	list_remove(&w->link);
	if (r != NULL && list_empty(&r->watches)) {
		timer_stop(&r->timer);
		watch_stop(&r->watch);
		if (r->fd != FD_NONE)
			route_backend_close(r->fd);
		loop_set_routes(w->loop, NULL);
		loop_free_later(w->loop, r);
	}
	w->loop = NULL;
}

/* Asks the system; *source has family 0 when there is no route. */
static void
route_ask(const struct route_watch *w, const struct addr *to,
    struct addr *source)
{
	fd_t fd = sock_open(sockaddr_family(to), SOCK_DGRAM);
	union sock_addr sa;
	socklen_t len = sockaddr_from(&sa, to);

	memset(source, 0, sizeof(*source));
	if (fd == FD_NONE)
		return;
	if ((!w->mark_set || carrier_mark(fd, w->mark, to) == 0) &&
	    sock_connect(fd, &sa, len) == 0 && sock_local(fd, &sa) == 0)
		sockaddr_to(source, &sa);
	sock_close(fd);
	source->port = 0;
	if (addr_is_any(source))
		source->family = 0;
}

int
route_source(struct route_watch *w, const struct addr *to,
    struct addr *source)
{
	unsigned long turn = w->loop == NULL ? 0 : loop_turns(w->loop);

	if (!w->asked || w->turn != turn || !addr_same(&w->to, to)) {
		route_ask(w, to, &w->source);
		w->to = *to;
		w->turn = turn;
		w->asked = w->loop != NULL;
	}
	*source = w->source;
	return source->family == 0 ? -1 : 0;
}

bool
route_is_ours(const struct addr *a)
{
	fd_t fd = sock_open(sockaddr_family(a), SOCK_DGRAM);
	struct addr any_port = *a;
	union sock_addr sa;
	socklen_t len;
	bool ours;

	if (fd == FD_NONE)
		return false;
	any_port.port = 0;
	len = sockaddr_from(&sa, &any_port);
	ours = sock_bind(fd, &sa, len) == 0;
	sock_close(fd);
	return ours;
}

bool
route_moved(struct route_watch *w, const struct addr *from,
    const struct addr *to)
{
	struct addr source, was = *from;

	was.port = 0;
	if (was.family == 0 || addr_is_any(&was) ||
	    route_source(w, to, &source) != 0)
		return false;
	if (addr_same(&source, &was))
		return false;
	/* RFC 8981: the older temporary address stays valid. */
	return source.family != 6 || was.family != 6 ||
	    memcmp(source.ip, was.ip, 8) != 0 || !route_is_ours(&was);
}

bool
route_socket_moved(struct route_watch *w, fd_t fd, const struct addr *to)
{
	struct addr from = { 0 };
	union sock_addr sa;

	if (sock_local(fd, &sa) == 0)
		sockaddr_to(&from, &sa);
	return route_moved(w, &from, to);
}
