/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Which flows a tunnel admits: limits of all flows, of those of one source or
 * name, and of the new ones of an address in a time.
 */

#include "compat.h"

#include "tunnel/flow_admit.h"

#include "base/value.h"
#include "tunnel/tunnel.h"

/* Gets ready to count the flows of addresses. */
static void
start_limit(struct tunnel *t)
{
	uint8_t seed[TABLE_SEED];

	random_bytes(t->random, seed, sizeof(seed));
	limit_init(&t->admit.limit, &t->settings.rate_limit, seed,
	    loop_now(t->loop), clock_wall_s());
}

/* Gets ready to count the flows of sources and names. */
static void
start_shares(struct tunnel *t)
{
	uint8_t seed[TABLE_SEED];

	random_bytes(t->random, seed, sizeof(seed));
	share_init(&t->admit.sources, t->settings.max_flows,
	    t->settings.source_share, seed);
	random_bytes(t->random, seed, sizeof(seed));
	share_init(&t->admit.names, t->settings.max_flows,
	    t->settings.name_share, seed);
}

void
flow_admit_start(struct tunnel *t)
{
	if (t->settings.rate_limit.count > 0)
		start_limit(t);
	start_shares(t);
}

void
flow_admit_renew(struct tunnel *t, const struct tunnel_settings *was)
{
	const struct tunnel_settings *s = &t->settings;

	share_limit(&t->admit.sources, s->max_flows, s->source_share);
	share_limit(&t->admit.names, s->max_flows, s->name_share);
	if (s->rate_limit.count == was->rate_limit.count &&
	    s->rate_limit.window_ms == was->rate_limit.window_ms)
		return;
	limit_free(&t->admit.limit);
	memset(&t->admit.limit, 0, sizeof(t->admit.limit));
	if (s->rate_limit.count > 0)
		start_limit(t);
}

void
flow_admit_free(struct flow_admit *a)
{
	limit_free(&a->limit);
	share_free(&a->sources);
	share_free(&a->names);
}

/* Has the peer's source its share of the flows already? */
static bool
source_has_share(const struct tunnel *t, const struct peer *peer)
{
	uint8_t name[ADDR_SITE];

	return share_source(&peer->addr, t->end[LEFT]->proxies, name) &&
	    share_is_used_up(&t->admit.sources, name, sizeof(name), t->n_flows);
}

/* Has the peer's verified name, if there is one? */
static bool
name_has_share(const struct tunnel *t, const struct peer *peer)
{
	return peer->identity != NULL && *peer->identity != '\0' &&
	    share_is_used_up(&t->admit.names, peer->identity,
	    strlen(peer->identity), t->n_flows);
}

/* Refuses a flow, as the tunnel drains. */
static bool
refuse_late(struct end *end, const struct peer *peer)
{
	struct tunnel *t = end->tunnel;
	char addr[ADDR_TEXT];

	end_drop(end, LOST_NO_FLOW, 1);
	log_limited(&t->admit.refused_limit, loop_now(t->loop), LEVEL_INFO,
	    "%s: flow refused: shutting down (%s)", end->name,
	    addr_text(&peer->addr, addr));
	return true;
}

/* Refuses a flow where the tunnel ends, or has as many as it may have, in all
 * or of that peer; counts and logs that. */
static bool
refuse_full(struct end *end, const struct peer *peer)
{
	struct tunnel *t = end->tunnel;
	long long most = t->settings.max_flows;
	const char *whose = "", *setting = "max-flows";
	char addr[ADDR_TEXT];

	if (t->stopping)
		return true;
	if (t->draining)
		return refuse_late(end, peer);
	if ((int64_t)t->n_flows < t->settings.max_flows) {
		if (source_has_share(t, peer)) {
			most = t->admit.sources.most;
			whose = " of its address";
			setting = "source-share";
		} else if (name_has_share(t, peer)) {
			most = t->admit.names.most;
			whose = " of its name";
			setting = "name-share";
		} else {
			return false;
		}
	}
	end_drop(end, LOST_NO_FLOW, 1);
	log_limited(&t->admit.refused_limit, loop_now(t->loop), LEVEL_WARN,
	    "%s: flow refused: %lld%s are there already (%s); "
	    "%s sets the limit", end->name, most, whose,
	    addr_text(&peer->addr, addr), setting);
	return true;
}

bool
flow_admit_ask(struct end *end, const struct peer *peer)
{
	struct tunnel *t = end->tunnel;
	char addr[ADDR_TEXT], window[32];

	if (refuse_full(end, peer))
		return false;
	if (t->settings.rate_limit.count == 0 ||
	    limit_ask(&t->admit.limit, &peer->addr, loop_now(t->loop)))
		return true;
	end_drop(end, LOST_RATE, 1);
	log_limited(&t->admit.refused_limit, loop_now(t->loop), LEVEL_WARN,
	    "%s: flow refused: more than %lld in %s s of its address (%s); "
	    "rate-limit sets the limit", end->name,
	    (long long)t->settings.rate_limit.count,
	    value_ms_text(t->settings.rate_limit.window_ms, window),
	    addr_text(&peer->addr, addr));
	return false;
}

bool
flow_admit_open(struct end *end, const struct peer *peer)
{
	return !refuse_full(end, peer);
}

void
flow_admit_refuse(struct tunnel *t, const struct peer *peer, const char *why)
{
	char addr[ADDR_TEXT];

	log_limited(&t->admit.refused_limit, loop_now(t->loop), LEVEL_WARN,
	    "%s: flow refused: %s (%s)", t->end[LEFT]->name, why,
	    peer->addr.family == 0 ? t->end[RIGHT]->name :
	    addr_text(&peer->addr, addr));
}

void
flow_admit_enter(struct flow *f)
{
	struct tunnel *t = f->tunnel;
	const char *identity = f->peer.identity;
	uint8_t name[ADDR_SITE];

	if (share_source(&f->peer.addr, t->end[LEFT]->proxies, name))
		f->source = share_take(&t->admit.sources, name, sizeof(name));
	if (*identity != '\0')
		flow_name(f)->holder = share_take(&t->admit.names, identity,
		    strlen(identity));
}

void
flow_admit_leave(struct flow *f)
{
	share_give(&f->tunnel->admit.sources, f->source);
	if (flow_name(f) != NULL)
		share_give(&f->tunnel->admit.names, flow_name(f)->holder);
}
