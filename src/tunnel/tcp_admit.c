/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Which TCP connections an end takes: limits of all, of those that are pending,
 * and of one source.
 */

#include "compat.h"

#include "tunnel/tcp_admit.h"

static struct tunnel *
tcp_admit_tunnel(const struct tcp_admit *a)
{
	return a->end->tunnel;
}

void
tcp_admit_init(struct tcp_admit *a, struct end *end, const struct settings *s,
    const char *pending_what, bool (*has_spoken)(const struct pending *))
{
	struct tunnel *t = end->tunnel;
	uint8_t seed[TABLE_SEED];

	a->end = end;
	a->n = 0;
	a->max = (unsigned)s->max_connections;
	a->pending_what = pending_what;
	random_bytes(t->random, seed, sizeof(seed));
	pendings_init(&a->pending, (unsigned)s->max_pending, seed, has_spoken);
	random_bytes(t->random, seed, sizeof(seed));
	share_init(&a->sources, s->max_connections, t->settings.source_share,
	    seed);
}

void
tcp_admit_renew(struct tcp_admit *a, const struct settings *s)
{
	a->max = (unsigned)s->max_connections;
	if (a->pending.max != (unsigned)s->max_pending)
		pendings_resize(&a->pending, (unsigned)s->max_pending);
	share_limit(&a->sources, s->max_connections,
	    a->end->tunnel->settings.source_share);
}

void
tcp_admit_free(struct tcp_admit *a)
{
	pendings_free(&a->pending);
	share_free(&a->sources);
}

bool
tcp_admit_is_full(const struct tcp_admit *a)
{
	return a->n >= a->max;
}

void
tcp_admit_refuse(struct tcp_admit *a, const struct addr *from, const char *why)
{
	char peer[ADDR_TEXT];

	end_refuse_connection(a->end);
	log_limited(&a->refused_limit, loop_now(tcp_admit_tunnel(a)->loop),
	    LEVEL_WARN, "%s: connection refused: %s (%s)", a->end->name, why,
	    addr_text(from, peer));
}

bool
tcp_admit_is_used_up(const struct tcp_admit *a, const struct addr *from)
{
	uint8_t name[ADDR_SITE];

	return share_source(from, a->end->proxies, name) &&
	    share_is_used_up(&a->sources, name, sizeof(name), a->n);
}

bool
tcp_admit_ask(struct tcp_admit *a, const struct addr *from,
    struct pending **payer)
{
	char why[100];

	*payer = NULL;
	if (tcp_admit_is_full(a)) {
		snprintf(why, sizeof(why), "%u are there already; "
		    "max-connections sets the limit", a->n);
	} else if (tcp_admit_is_used_up(a, from)) {
		snprintf(why, sizeof(why), "%u of its address are there "
		    "already; source-share sets the limit", a->sources.most);
	} else if (!pendings_is_full(&a->pending)) {
		return true;
	} else {
		*payer = pendings_payer(&a->pending, from,
		    loop_now(tcp_admit_tunnel(a)->loop));
		if (*payer != NULL) {
			end_refuse_connection(a->end);
			return true;
		}
		snprintf(why, sizeof(why), "%u %s; max-pending sets the "
		    "limit", a->pending.n, a->pending_what);
	}
	tcp_admit_refuse(a, from, why);
	return false;
}

void
tcp_admit_enter(struct tcp_admit *a, struct tcp_place *place,
    const struct addr *from)
{
	uint8_t name[ADDR_SITE];

	a->n++;
	place->taken = true;
	if (share_source(from, a->end->proxies, name))
		place->source = share_take(&a->sources, name, sizeof(name));
	pending_enter(&a->pending, &place->pending, from,
	    loop_now(tcp_admit_tunnel(a)->loop));
}

void
tcp_admit_know(struct tcp_admit *a, struct tcp_place *place)
{
	pending_leave(&a->pending, &place->pending);
}

void
tcp_admit_leave(struct tcp_admit *a, struct tcp_place *place)
{
	if (!place->taken)
		return;
	place->taken = false;
	pending_leave(&a->pending, &place->pending);
	share_give(&a->sources, place->source);
	place->source = NULL;
	a->n--;
}
