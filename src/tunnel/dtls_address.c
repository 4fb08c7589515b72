/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Chooses the addresses that a flow of the `dtls` end goes to.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/dtls_address.h"

/* What is needed to find the addresses of a name. */
struct dtls_search {
	struct dtls_address *address;
	struct lookup lookup;
	dtls_address_fn *found;	/* takes what the look-up finds */
	struct addr second;	/* address of the name to try second; family 0:
				 * none, or it was tried */
	struct timer second_timer;	/* when `second` is tried */
	dtls_second_fn *second_due;	/* is called then */
};

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
	struct aim aim = { 0 };

	a->end = e;
	(void)target_choose(&e->target, &aim);
	a->endpoint = aim.endpoint;
}

/* Where it goes. */
static struct aim
address_aim(const struct dtls_address *a)
{
	struct aim aim = { .endpoint = a->endpoint };

	if (a->end->target.group == NULL)
		aim.at = a->end->target.at;
	else
		endpoint_hostport(&a->endpoint, &aim.at);
	return aim;
}

const char *
dtls_address_text(const struct dtls_address *a, char text[HOST_TEXT + 16])
{
	struct aim aim = address_aim(a);

	return hostport_text(&aim.at, text);
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
	struct dtls_search *s = LIST_ITEM(lookup, struct dtls_search, lookup);
	struct dtls_address *a = s->address;
	struct dtls_addresses *e = a->end;

	if (e->resolve_once && n > 0) {
		e->known = *choose_known(addr, n);
		addr = &e->known;
		n = 1;
	}
	s->found(a, addr, n, why);
}

void
dtls_address_find(struct dtls_address *a, dtls_address_fn *found)
{
	struct dtls_addresses *e = a->end;
	struct aim aim;

	if (e->known.family != 0) {
		found(a, &e->known, 1, NULL);
		return;
	}
	if (a->search == NULL)
		a->search = calloc(1, sizeof(*a->search));
	if (a->search == NULL) {
		found(a, NULL, 0, "no memory");
		return;
	}
	aim = address_aim(a);
	a->search->address = a;
	a->search->found = found;
	resolve_start(address_tunnel(a)->resolver, &a->search->lookup,
	    aim.at.host, aim.at.port, LOOKUP_CONNECT, e->timeout_ms,
	    address_resolved);
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
	struct dtls_search *s = LIST_ITEM(t, struct dtls_search, second_timer);

	s->second_due(s->address);
}

void
dtls_address_plan_second(struct dtls_address *a, const struct addr *first,
    const struct addr *addr, unsigned n, dtls_second_fn *second_due)
{
	const struct addr *second = choose_second(first, addr, n);
	struct loop *loop = address_tunnel(a)->loop;
	struct dtls_search *s = a->search;

	/* Without a look-up there is one address. */
	if (second == NULL || s == NULL)
		return;
	s->second = *second;
	s->second_due = second_due;
	timer_set(&s->second_timer, loop,
	    loop_now(loop) + DTLS_ADDRESS_SECOND_MS, address_second_due);
}

bool
dtls_address_take_second(struct dtls_address *a, struct addr *to)
{
	if (a->search == NULL || a->search->second.family == 0)
		return false;
	*to = a->search->second;
	a->search->second.family = 0;
	return true;
}

void
dtls_address_failed(struct dtls_address *a)
{
	struct aim aim = address_aim(a);

	target_failed(&a->end->target, &aim);
}

void
dtls_address_leave(struct dtls_address *a)
{
	struct aim aim = address_aim(a);

	target_leave(&a->end->target, &aim);
	a->endpoint = aim.endpoint;
}

void
dtls_address_answered(struct dtls_address *a)
{
	struct aim aim = { .endpoint = a->endpoint };

	target_answered(&a->end->target, &aim);
}

void
dtls_address_stop(struct dtls_address *a)
{
	struct dtls_search *s = a->search;

	if (s == NULL)
		return;
	resolve_cancel(&s->lookup);
	timer_stop(&s->second_timer);
	/* We may have been called from one of them. */
	loop_free_later(address_tunnel(a)->loop, s);
	a->search = NULL;
}
