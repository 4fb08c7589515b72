/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Connections that proxies forward, until their header is complete.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/proxied.h"

#include "wire/proxy_header.h"

/* A connection that waits for its header. */
struct forwarded {
	struct list link;	/* in proxied->waiting */
	struct proxied *proxied;
	struct watch watch;
	struct timer late;	/* end of its time */
	fd_t fd;
	struct addr from;	/* the proxy */
	size_t len;		/* bytes of the header received */
	uint8_t header[PROXY_HEADER_MAX];
};

static struct loop *
proxied_loop(const struct proxied *p)
{
	return p->end->tunnel->loop;
}

/* Logs that a connection is closed, rate-limited. */
static void
proxied_log(struct proxied *p, enum log_level level, const char *why,
    const struct addr *from)
{
	char peer[ADDR_TEXT];

	log_limited(&p->limit, loop_now(proxied_loop(p)), level,
	    "%s: connection closed: %s (%s)", p->end->ops->name, why,
	    addr_text(from, peer));
}

/* Frees a connection whose socket belongs to somebody else now. */
static void
forwarded_free(struct forwarded *c)
{
	struct proxied *p = c->proxied;

	watch_stop(&c->watch);
	timer_stop(&c->late);
	list_remove(&c->link);
	p->n--;
	loop_free_later(proxied_loop(p), c);
}

/* Closes a connection. */
static void
forwarded_close(struct forwarded *c)
{
	fd_t fd = c->fd;

	forwarded_free(c);
	sock_close(fd);
}

/* Closes a connection for a reason of ours, and logs it. */
static void
forwarded_refuse(struct forwarded *c, const char *why)
{
	end_refuse_connection(c->proxied->end);
	proxied_log(c->proxied, LEVEL_WARN, why, &c->from);
	forwarded_close(c);
}

static void
forwarded_late(struct timer *t)
{
	forwarded_refuse(LIST_ITEM(t, struct forwarded, late),
	    "no PROXY header in time");
}

/* The header is complete: gives the connection to the end. */
static void
forwarded_pass(struct forwarded *c, const struct addr *client)
{
	struct proxied *p = c->proxied;
	struct addr from = client->family != 0 ? *client : c->from;
	fd_t fd = c->fd;

	forwarded_free(c);
	(void)p->fn(p->end, fd, &from);
}

/* The proxy closed a connection, or it broke. */
static void
forwarded_ended(struct forwarded *c, int error)
{
	/* Proxies connect and close at once to see whether we are there. */
	if (c->len == 0)
		proxied_log(c->proxied, LEVEL_DEBUG, "closed by the proxy",
		    &c->from);
	else
		proxied_log(c->proxied, LEVEL_WARN, error == 0 ?
		    "its PROXY header is not complete" : sock_strerror(error),
		    &c->from);
	forwarded_close(c);
}

/* Reads the header, as far as it has been received. */
static void
forwarded_readable(struct watch *w, unsigned events)
{
	struct forwarded *c = LIST_ITEM(w, struct forwarded, watch);
	struct addr client;
	ssize_t n;
	int used;

	(void)events;
	for (;;) {
		n = sock_recv(c->fd, c->header + c->len,
		    proxy_header_need(c->header, c->len));
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			forwarded_ended(c, n == 0 ? 0 : errno);
			return;
		}
		c->len += (size_t)n;
		used = proxy_header_parse(c->header, c->len, &client);
		if (used > 0) {
			forwarded_pass(c, &client);
			return;
		}
		if (used < 0) {
			forwarded_refuse(c, "its first bytes are no PROXY "
			    "header, which proxy-protocol demands");
			return;
		}
	}
}

void
proxied_renew(struct proxied *p, const struct settings *s)
{
	p->max = (unsigned)s->max_pending;
	p->wait_ms = s->identify_ms > 0 ? s->identify_ms : s->timeout_ms;
}

void
proxied_init(struct proxied *p, struct end *end, const struct settings *s,
    proxied_fn *fn)
{
	memset(p, 0, sizeof(*p));
	p->end = end;
	p->fn = fn;
	list_init(&p->waiting);
	proxied_renew(p, s);
}

bool
proxied_accept(struct proxied *p, fd_t fd, const struct addr *from)
{
	struct loop *loop = proxied_loop(p);
	struct forwarded *c;

	if (!nets_have(p->end->proxies, from)) {
		end_refuse_connection(p->end);
		proxied_log(p, LEVEL_WARN, "it does not come from a proxy of "
		    "proxy-protocol", from);
		sock_close(fd);
		return false;
	}
	if (p->n >= p->max)
		forwarded_refuse(LIST_ITEM(p->waiting.next, struct forwarded,
		    link), "too many connections without a PROXY header");
	c = calloc(1, sizeof(*c));
	if (c == NULL || watch_start(&c->watch, loop, fd, READABLE,
	    forwarded_readable) != 0) {
		end_refuse_connection(p->end);
		free(c);
		sock_close(fd);
		return false;
	}
	c->proxied = p;
	c->fd = fd;
	c->from = *from;
	list_init(&c->link);
	list_add(&p->waiting, &c->link);
	p->n++;
	timer_set(&c->late, loop, loop_now(loop) + (uint64_t)p->wait_ms,
	    forwarded_late);
	return true;
}

void
proxied_close(struct proxied *p)
{
	while (p->n > 0)
		forwarded_close(LIST_ITEM(p->waiting.next, struct forwarded,
		    link));
}

enum log_level
proxied_end_level(const struct end *end, const struct stream *s, bool clean,
    bool idle)
{
	return clean || (idle && stream_was_cut(s, clean)) ||
	    (s->heard_ms == 0 && end->proxies != NULL &&
	    nets_have(end->proxies, &s->peer)) ? LEVEL_DEBUG : LEVEL_WARN;
}
