/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Looks up the one host of `ip-udp`, and again while that fails.
 */

#include "compat.h"

#include "tunnel/ip_udp_name.h"

#include "base/log.h"
#include "net/resolve.h"

enum {
	NAME_LOOKUP_MS = 10000,
	NAME_PAUSE_MS = 1000,	/* before a look-up that failed is repeated */
	NAME_PAUSE_MAX_MS = 30000,
};

static void name_look_up(struct ip_udp_name *);

/* The pause before a repeated look-up is over. */
static void
name_again(struct timer *timer)
{
	name_look_up(LIST_ITEM(timer, struct ip_udp_name, timer));
}

/* The name has no address that a packet could be sent to. */
static void
name_failed(struct ip_udp_name *n, const char *why)
{
	struct loop *loop = n->end->tunnel->loop;
	bool none = n->remote->family == 0;

	log_limited(&n->limit, loop_now(loop), LEVEL_WARN, "%s: %s%s",
	    n->end->name, why, none ? "; it will be looked up again" :
	    "; the address before stays");
	if (!none)
		return;
	timer_set(&n->timer, loop, loop_now(loop) + n->pause_ms, name_again);
	n->pause_ms = n->pause_ms * 2 < NAME_PAUSE_MAX_MS ?
	    n->pause_ms * 2 : NAME_PAUSE_MAX_MS;
}

/* The name was looked up. */
static void
name_looked_up(struct lookup *lookup, const struct addr *addr, unsigned count,
    const char *why)
{
	struct ip_udp_name *n = LIST_ITEM(lookup, struct ip_udp_name, lookup);
	const struct addr *to = NULL;
	unsigned i;

	for (i = 0; i < count; i++) {
		/* The address in use is kept while it is one of them. */
		if (addr_same(&addr[i], n->remote))
			return;
		if (to == NULL && n->ops->reaches(n->end, addr[i].family))
			to = &addr[i];
	}
	if (to == NULL)
		name_failed(n, count == 0 ? why : "the host has no address of "
		    "the kind that `local` has");
	else
		n->ops->found(n->end, to);
}

/* Looks the name up, unless that is under way. */
static void
name_look_up(struct ip_udp_name *n)
{
	if (n->lookup.resolver != NULL)
		return;
	n->looked_ms = loop_now(n->end->tunnel->loop);
	resolve_start(n->end->tunnel->resolver, &n->lookup, n->at.host,
	    n->at.port, LOOKUP_CONNECT, NAME_LOOKUP_MS, name_looked_up);
}

void
ip_udp_name_start(struct ip_udp_name *n, struct end *end,
    const struct settings *s, const struct addr *remote,
    const struct ip_udp_name_ops *ops)
{
	n->ops = ops;
	n->end = end;
	n->at = s->at;
	n->remote = remote;
	n->again = !s->resolve_once;
	n->pause_ms = NAME_PAUSE_MS;
	name_look_up(n);
}

void
ip_udp_name_renew(struct ip_udp_name *n)
{
	if (n->again)
		name_look_up(n);
}

void
ip_udp_name_stop(struct ip_udp_name *n)
{
	resolve_cancel(&n->lookup);
	timer_stop(&n->timer);
}
