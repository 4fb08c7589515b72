/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Chooses the addresses that a flow of the `dtls` end goes to.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/dtls_address.h"

static struct tunnel *
address_tunnel(const struct dtls_address *a)
{
	return a->end->target.end->tunnel;
}

void
dtls_addresses_init(struct dtls_addresses *e, struct end *end,
    const struct settings *s)
{
	target_init(&e->target, end, s);
	e->resolve_once = s->resolve_once;
	e->timeout_ms = s->timeout_ms;
	if (s->group == NULL)
		(void)addr_of_literal(&e->known, s->at.host, s->at.port);
}

void
dtls_address_init(struct dtls_address *a, struct dtls_addresses *e)
{
	a->end = e;
	(void)target_choose(&e->target, &a->aim);
}

/* Of n addresses (at least 1), the one for all flows (resolve-once): the first
 * IPv4 address, else the first. */
static const struct addr *
choose_known(const struct addr *addr, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (addr[i].family == 4)
			return &addr[i];
	return addr;
}

/* The look-up is done. */
static void
address_resolved(struct lookup *lookup, const struct addr *addr, unsigned n,
    const char *why)
{
	struct dtls_address *a = LIST_ITEM(lookup, struct dtls_address,
	    lookup);
	struct dtls_addresses *e = a->end;

	if (e->resolve_once && n > 0) {
		e->known = *choose_known(addr, n);
		addr = &e->known;
		n = 1;
	}
	a->found(a, addr, n, why);
}

void
dtls_address_find(struct dtls_address *a, dtls_address_fn *found)
{
	struct dtls_addresses *e = a->end;

	a->found = found;
	if (e->known.family != 0)
		found(a, &e->known, 1, NULL);
	else
		resolve_start(address_tunnel(a)->resolver, &a->lookup,
		    a->aim.at.host, a->aim.at.port, LOOKUP_CONNECT,
		    e->timeout_ms, address_resolved);
}

void
dtls_address_cancel(struct dtls_address *a)
{
	resolve_cancel(&a->lookup);
}

/* Of n addresses, the one to try second: the first whose family is not that of
 * `first`, else the last that differs from it.  NULL: none. */
static const struct addr *
choose_second(const struct addr *first, const struct addr *addr, unsigned n)
{
	const struct addr *second = NULL;
	unsigned i;

	for (i = 0; i < n; i++) {
		if (addr[i].family != first->family)
			return &addr[i];
		if (!addr_same(&addr[i], first))
			second = &addr[i];
	}
	return second;
}

static void
address_second_due(struct timer *t)
{
	struct dtls_address *a = LIST_ITEM(t, struct dtls_address,
	    second_timer);

	a->second_due(a);
}

void
dtls_address_plan_second(struct dtls_address *a, const struct addr *first,
    const struct addr *addr, unsigned n, dtls_second_fn *second_due)
{
	const struct addr *second = choose_second(first, addr, n);
	struct loop *loop = address_tunnel(a)->loop;

	if (second == NULL)
		return;
	a->second = *second;
	a->second_due = second_due;
	timer_set(&a->second_timer, loop,
	    loop_now(loop) + DTLS_ADDRESS_SECOND_MS, address_second_due);
}

bool
dtls_address_take_second(struct dtls_address *a, struct addr *to)
{
	*to = a->second;
	a->second.family = 0;
	return to->family != 0;
}

void
dtls_address_failed(struct dtls_address *a)
{
	target_failed(&a->end->target, &a->aim);
}

void
dtls_address_leave(struct dtls_address *a)
{
	target_leave(&a->end->target, &a->aim);
}

void
dtls_address_answered(struct dtls_address *a)
{
	target_answered(&a->end->target, &a->aim);
}

void
dtls_address_stop(struct dtls_address *a)
{
	dtls_address_cancel(a);
	timer_stop(&a->second_timer);
}
