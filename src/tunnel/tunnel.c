/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Tunnels and flows: from the opening of a flow over its datagrams and losses
 * to its end.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/tunnel.h"

#include "base/text.h"
#include "base/value.h"
#include "tunnel/inspect.h"
#include "tunnel/plan.h"

enum {
	TUNNEL_SLOTS = 128,	/* of the loop's arena */
	TUNNEL_LOSS_MS = 10000,	/* between two lines about losses */
	TUNNEL_UNUSED_MS = 60000,	/* a flow without a verified name must
				 * have carried something by then */
	TUNNEL_LINES = 128,	/* that began, or ended, flows write at once, */
	TUNNEL_LINE_MS = 1000,	/* then one in this time, which is as often as
				 * flows come in normal use */
};

static const char *const cause_texts[LOST_CAUSES] = {
	[LOST_QUEUE_FULL] = "queue full",
	[LOST_QUEUE_OLD] = "queued too long",
	[LOST_TOO_BIG] = "too big",
	[LOST_SOCKET_FULL] = "socket buffer full",
	[LOST_REFUSED] = "nobody listens there",
	[LOST_NO_MEMORY] = "no memory",
	[LOST_FAILED] = "refused by the system",
	[LOST_TRUNCATED] = "cut on arrival",
	[LOST_NO_FLOW] = "no flow for it",
	[LOST_RATE] = "over the rate limit",
	[LOST_FORGED] = "not authentic",
	[LOST_NOT_IP] = "not a whole IP packet",
	[LOST_SOURCE] = "inner address not allowed",
	[LOST_TAKEN] = "inner address in use",
	[LOST_NO_ROUTE] = "no flow for its destination",
	[LOST_MULTICAST] = "multicast",
	[LOST_FILTERED] = "port not allowed",
	[LOST_NO_PEER] = "nobody to send it to",
	[LOST_IP6] = "IPv6 where only IPv4 is carried",
	[LOST_FLOW_ENDED] = "flow ended",
};

const char *
cause_text(enum cause cause)
{
	return cause_texts[cause];
}

const struct end_ops *
end_find(const char *kind)
{
	unsigned i;

	for (i = 0; end_list[i] != NULL; i++)
		if (strcmp(end_list[i]->name, kind) == 0)
			return end_list[i];
	return NULL;
}

const struct end_ops *
end_find_side(const char *kind, enum side side)
{
	unsigned i;

	for (i = 0; end_list[i] != NULL; i++)
		if (end_list[i]->side == side &&
		    strcmp(end_list[i]->name, kind) == 0)
			return end_list[i];
	return NULL;
}

void
end_name(struct end *end, const struct hostport *at)
{
	char where[HOST_TEXT + 16];

	snprintf(end->name, sizeof(end->name), "%s:%s", end->ops->name,
	    hostport_text(at, where));
}

/* An end of that kind, not yet started; NULL when there is no memory. */
static struct end *
end_new(struct tunnel *t, const struct end_ops *ops, enum side side)
{
	struct end *end = calloc(1, ops->end_size);

	if (end == NULL)
		return NULL;
	end->ops = ops;
	end->tunnel = t;
	end->side = side;
	strlcpy(end->name, ops->name, sizeof(end->name));
	return end;
}

/* The limit for a flow's next line, open as long as there is something left of
 * the burst. */
static struct log_limit *
flow_lines_limit(struct flow_lines *lines, uint64_t now_ms)
{
	if (lines->free_ms < now_ms)
		lines->free_ms = now_ms;
	if (lines->free_ms - now_ms <= (TUNNEL_LINES - 1) * TUNNEL_LINE_MS) {
		lines->free_ms += TUNNEL_LINE_MS;
		lines->limit.in_window = 0;
	}
	return &lines->limit;
}

/* Logs how many lines were held back and not counted in a later line. */
static void
tunnel_tell_held(const struct tunnel *t)
{
	unsigned long began = t->began_lines.limit.held;
	unsigned long ended = t->ended_lines.limit.held;

	if (began > 0 || ended > 0)
		log_info("%lu more flows began and %lu ended without a line "
		    "each", began, ended);
}

/* Gets ready to count the flows of addresses. */
static void
tunnel_start_limit(struct tunnel *t)
{
	uint8_t seed[TABLE_SEED];

	random_bytes(t->random, seed, sizeof(seed));
	limit_init(&t->limit, &t->settings.rate_limit, seed,
	    loop_now(t->loop), clock_wall_s());
}

/* Gets ready to count the flows of sources and names. */
static void
tunnel_start_shares(struct tunnel *t)
{
	uint8_t seed[TABLE_SEED];

	random_bytes(t->random, seed, sizeof(seed));
	share_init(&t->sources, t->settings.max_flows,
	    t->settings.source_share, seed);
	random_bytes(t->random, seed, sizeof(seed));
	share_init(&t->names, t->settings.max_flows, t->settings.name_share,
	    seed);
}

struct tunnel *
tunnel_new(struct loop *loop, struct resolver *resolver,
    struct random *random, const struct plan *plan)
{
	const struct end_ops *left = plan->end[LEFT].kind;
	const struct end_ops *right = plan->end[RIGHT].kind;
	struct tunnel *t = calloc(1, sizeof(*t));
	size_t head, tail;

	if (t == NULL)
		return NULL;
	t->loop = loop;
	t->resolver = resolver;
	t->random = random;
	t->plan = plan;
	t->settings = plan->tunnel;
	if (t->settings.rate_limit.count > 0)
		tunnel_start_limit(t);
	tunnel_start_shares(t);
	list_init(&t->flows);
	t->end[LEFT] = end_new(t, left, LEFT);
	t->end[RIGHT] = end_new(t, right, RIGHT);
	head = left->headroom > right->headroom ? left->headroom :
	    right->headroom;
	tail = left->tailroom > right->tailroom ? left->tailroom :
	    right->tailroom;
	if (t->end[LEFT] == NULL || t->end[RIGHT] == NULL ||
	    arena_open(loop, TUNNEL_SLOTS, head, tail) != 0) {
		tunnel_free(t);
		return NULL;
	}
	return t;
}

/* Starts the end of one side; 0, or -1 and the fault. */
static int
tunnel_start_end(struct tunnel *t, enum side side, struct fault *f)
{
	struct end *end = t->end[side];

	if (end->ops->start(end, &t->plan->end[side].settings, f) != 0)
		return -1;
	t->started[side] = true;
	return 0;
}

int
tunnel_start(struct tunnel *t, struct fault *f)
{
	const struct tunnel_settings *s = &t->settings;

	/* With either setting an end has a device: plan_finish() checks. */
	t->inspect = inspect_new(s->allowed_ports, s->packet_stats, t->loop,
	    t->random);
	if (tunnel_start_end(t, RIGHT, f) != 0)
		return -1;
	return tunnel_start_end(t, LEFT, f);
}

void
tunnel_stop(struct tunnel *t)
{
	if (t->stopping)
		return;
	t->stopping = true;
	while (!list_empty(&t->flows))
		flow_end(LIST_ITEM(t->flows.next, struct flow, link),
		    "shutting down");
	tunnel_tell_held(t);
	loop_flush(t->loop);
	if (t->started[LEFT])
		t->end[LEFT]->ops->stop(t->end[LEFT]);
	if (t->started[RIGHT])
		t->end[RIGHT]->ops->stop(t->end[RIGHT]);
	timer_stop(&t->loss_timer);
}

void
tunnel_free(struct tunnel *t)
{
	tunnel_stop(t);
	inspect_free(t->inspect);
	limit_free(&t->limit);
	share_free(&t->sources);
	share_free(&t->names);
	free(t->end[LEFT]);
	free(t->end[RIGHT]);
	free(t);
}

/* Is a loss of that cause worth a line?  Systems send multicast unasked on each
 * new device, and what a flow still had at its end is in its own line. */
static bool
cause_is_told(enum cause cause)
{
	return cause != LOST_MULTICAST && cause != LOST_FLOW_ENDED;
}

/* Sums up losses that are worth a line. */
static uint64_t
tunnel_losses(const struct tunnel *t)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < LOST_CAUSES; i++)
		if (cause_is_told(i))
			sum += t->lost[i];
	return sum;
}

/* Writes the losses by cause, e.g. "3 queue full, 1 too big". */
static void
tunnel_loss_text(const struct tunnel *t, char *buf, size_t size)
{
	const char *comma = "";
	struct text text;
	unsigned i;

	text_init(&text, buf, size);
	for (i = 0; i < LOST_CAUSES; i++) {
		if (t->lost[i] == 0)
			continue;
		text_add(&text, "%s%llu %s", comma,
		    (unsigned long long)t->lost[i], cause_text(i));
		comma = ", ";
	}
}

/* Logs the losses since the last such line. */
static void
tunnel_tell_losses(struct timer *timer)
{
	struct tunnel *t = LIST_ITEM(timer, struct tunnel, loss_timer);
	uint64_t sum = tunnel_losses(t);
	char causes[600];

	tunnel_loss_text(t, causes, sizeof(causes));
	log_warn("%llu datagrams lost; since the start: %s",
	    (unsigned long long)(sum - t->loss_told), causes);
	t->loss_told = sum;
}

/* Counts losses of the tunnel, and schedules the line about them. */
static void
tunnel_lose(struct tunnel *t, enum cause cause, unsigned long n)
{
	t->lost[cause] += n;
	if (!timer_is_set(&t->loss_timer) && !t->stopping &&
	    cause_is_told(cause))
		timer_set(&t->loss_timer, t->loop,
		    loop_now(t->loop) + TUNNEL_LOSS_MS, tunnel_tell_losses);
}

void
tunnel_report(const struct tunnel *t)
{
	char causes[600], refused[60] = "";

	tunnel_loss_text(t, causes, sizeof(causes));
	if (t->refused > 0)
		snprintf(refused, sizeof(refused), "; %llu connections "
		    "refused", (unsigned long long)t->refused);
	log_info("%s to %s: %u flows now, %lu in all; up %llu datagrams, "
	    "%llu bytes; down %llu datagrams, %llu bytes; lost here: %s%s",
	    t->end[LEFT]->name, t->end[RIGHT]->name, t->n_flows,
	    (unsigned long)t->last_number,
	    (unsigned long long)t->passed[LEFT],
	    (unsigned long long)t->bytes[LEFT],
	    (unsigned long long)t->passed[RIGHT],
	    (unsigned long long)t->bytes[RIGHT],
	    causes[0] == '\0' ? "none" : causes, refused);
}

struct leg *
leg_other(const struct leg *leg)
{
	return leg->flow->leg[leg->end->side == LEFT ? RIGHT : LEFT];
}

/* Has the peer's source its share of the flows already? */
static bool
source_has_share(const struct tunnel *t, const struct peer *peer)
{
	uint8_t name[ADDR_SITE];

	return share_source(&peer->addr, name) &&
	    share_is_used_up(&t->sources, name, sizeof(name), t->n_flows);
}

/* Has the peer's verified name, if there is one? */
static bool
name_has_share(const struct tunnel *t, const struct peer *peer)
{
	return peer->identity != NULL && *peer->identity != '\0' &&
	    share_is_used_up(&t->names, peer->identity,
	    strlen(peer->identity), t->n_flows);
}

/* Refuses a flow where the tunnel ends, or has as many as it may have, in all
 * or of that peer; counts and logs that. */
static bool
end_refuse_full(struct end *end, const struct peer *peer)
{
	struct tunnel *t = end->tunnel;
	long long most = t->settings.max_flows;
	const char *whose = "", *setting = "max-flows";
	char addr[ADDR_TEXT];

	if (t->stopping)
		return true;
	if ((int64_t)t->n_flows < t->settings.max_flows) {
		if (source_has_share(t, peer)) {
			most = t->sources.most;
			whose = " of its address";
			setting = "source-share";
		} else if (name_has_share(t, peer)) {
			most = t->names.most;
			whose = " of its name";
			setting = "name-share";
		} else {
			return false;
		}
	}
	tunnel_lose(t, LOST_NO_FLOW, 1);
	log_limited(&t->refused_limit, loop_now(t->loop), LEVEL_WARN,
	    "%s: flow refused: %lld%s are there already (%s); "
	    "%s sets the limit", end->name, most, whose,
	    addr_text(&peer->addr, addr), setting);
	return true;
}

bool
end_admit(struct end *end, const struct peer *peer)
{
	struct tunnel *t = end->tunnel;
	char addr[ADDR_TEXT], window[32];

	if (end_refuse_full(end, peer))
		return false;
	if (t->settings.rate_limit.count == 0 ||
	    limit_ask(&t->limit, &peer->addr, loop_now(t->loop)))
		return true;
	tunnel_lose(t, LOST_RATE, 1);
	log_limited(&t->refused_limit, loop_now(t->loop), LEVEL_WARN,
	    "%s: flow refused: more than %lld in %s s of its address (%s); "
	    "rate-limit sets the limit", end->name,
	    (long long)t->settings.rate_limit.count,
	    value_ms_text(t->settings.rate_limit.window_ms, window),
	    addr_text(&peer->addr, addr));
	return false;
}

/* Ends the flow if it has been idle for too long. */
static void
flow_check_idle(struct timer *timer)
{
	struct flow *f = LIST_ITEM(timer, struct flow, idle);
	struct tunnel *t = f->tunnel;
	uint64_t left = f->seen_ms[LEFT], right = f->seen_ms[RIGHT];
	uint64_t seen = 0, due;

	switch ((enum stale)t->settings.stale) {
	case STALE_BOTH:
		seen = left > right ? left : right;
		break;
	case STALE_EITHER:
		seen = left < right ? left : right;
		break;
	case STALE_LEFT:
		seen = left;
		break;
	case STALE_RIGHT:
		seen = right;
		break;
	}
	due = seen + (uint64_t)t->settings.idle_ms;
	if (due <= loop_now(t->loop))
		flow_end(f, "idle");
	else
		timer_set(&f->idle, t->loop, due, flow_check_idle);
}

/* Counts idleness from now on. */
static void
flow_start_idle(struct flow *f)
{
	struct tunnel *t = f->tunnel;

	f->seen_ms[LEFT] = f->seen_ms[RIGHT] = loop_now(t->loop);
	if (t->settings.idle_ms != 0 && !t->end[LEFT]->ops->lasting)
		timer_set(&f->idle, t->loop, loop_now(t->loop) +
		    (uint64_t)t->settings.idle_ms, flow_check_idle);
}

/* The flow has lived for as long as it may. */
static void
flow_time_over(struct timer *timer)
{
	flow_end(LIST_ITEM(timer, struct flow, over), "time limit");
}

/* Limits its life, counted from now, if that is wanted. */
static void
flow_start_time(struct flow *f)
{
	struct tunnel *t = f->tunnel;
	const struct span *span = &t->settings.time_limit;

	if (span->high_ms != 0)
		timer_set(&f->over, t->loop, loop_now(t->loop) +
		    span_draw(span, t->random), flow_time_over);
}

/* The flow is a minute old: ends it if it has carried nothing.  A peer without
 * a name could keep flows for ever. */
static void
flow_check_unused(struct timer *timer)
{
	struct flow *f = LIST_ITEM(timer, struct flow, unused);
	const struct leg *left = f->leg[LEFT];

	if (f->passed[LEFT] + f->passed[RIGHT] == 0 &&
	    (left->end->ops->is_used == NULL || !left->end->ops->is_used(left)))
		flow_end(f, "it was never used");
}

/* Sees to it that it is used, unless its peer has a name. */
static void
flow_start_unused(struct flow *f)
{
	struct tunnel *t = f->tunnel;

	if (*f->peer.identity == '\0' && !t->end[LEFT]->ops->lasting)
		timer_set(&f->unused, t->loop, loop_now(t->loop) +
		    TUNNEL_UNUSED_MS, flow_check_unused);
}

/* Counts it for its source and name. */
static void
flow_take_shares(struct flow *f)
{
	struct tunnel *t = f->tunnel;
	const char *identity = f->peer.identity;
	uint8_t name[ADDR_SITE];

	if (share_source(&f->peer.addr, name))
		f->source = share_take(&t->sources, name, sizeof(name));
	if (*identity != '\0')
		f->name = share_take(&t->names, identity, strlen(identity));
}

/* Frees what flow_new() made. */
static void
flow_free(struct flow *f)
{
	struct loop *loop = f->tunnel->loop;

	if (f->leg[LEFT] != NULL)
		loop_free_later(loop, f->leg[LEFT]);
	if (f->leg[RIGHT] != NULL)
		loop_free_later(loop, f->leg[RIGHT]);
	free((char *)(uintptr_t)f->peer.identity);
	f->peer.identity = "";
	loop_free_later(loop, f);
}

/* Takes a flow out of the tunnel. */
static void
flow_unlink(struct flow *f)
{
	f->dead = true;
	list_remove(&f->link);
	f->tunnel->n_flows--;
	share_give(&f->tunnel->sources, f->source);
	share_give(&f->tunnel->names, f->name);
	timer_stop(&f->idle);
	timer_stop(&f->over);
	timer_stop(&f->unused);
}

/* A leg of that end; NULL when there is no memory. */
static struct leg *
leg_new(struct flow *f, struct end *end)
{
	struct leg *leg = calloc(1, end->ops->leg_size);

	if (leg != NULL) {
		leg->end = end;
		leg->flow = f;
	}
	return leg;
}

/* A flow with two legs, neither of them open; NULL when there is no memory. */
static struct flow *
flow_new(struct tunnel *t, const struct peer *peer)
{
	struct flow *f = calloc(1, sizeof(*f));
	const char *identity = peer->identity == NULL ? "" : peer->identity;

	if (f == NULL)
		return NULL;
	f->tunnel = t;
	f->peer = *peer;
	f->peer.identity = strndup(identity, strlen(identity));
	f->leg[LEFT] = leg_new(f, t->end[LEFT]);
	f->leg[RIGHT] = leg_new(f, t->end[RIGHT]);
	if (f->leg[LEFT] == NULL || f->leg[RIGHT] == NULL ||
	    f->peer.identity == NULL) {
		flow_free(f);
		return NULL;
	}
	return f;
}

struct leg *
flow_open(struct end *end, const struct peer *peer)
{
	struct tunnel *t = end->tunnel;
	char addr[ADDR_TEXT];
	struct flow *f;

	if (peer->admitted ? end_refuse_full(end, peer) : !end_admit(end, peer))
		return NULL;
	f = flow_new(t, peer);
	if (f == NULL) {
		tunnel_lose(t, LOST_NO_MEMORY, 1);
		log_limited(&t->refused_limit, loop_now(t->loop), LEVEL_WARN,
		    "%s: flow refused: no memory (%s)", end->name,
		    addr_text(&peer->addr, addr));
		return NULL;
	}
	f->number = ++t->last_number;
	f->began_ms = loop_now(t->loop);
	list_add(&t->flows, &f->link);
	t->n_flows++;
	flow_take_shares(f);
	flow_start_unused(f);
	flow_start_idle(f);
	flow_start_time(f);
	f->opening = true;
	if (t->end[RIGHT]->ops->open(f->leg[RIGHT]) != 0 && !f->dead) {
		flow_unlink(f);
		flow_free(f);
	}
	f->opening = false;
	if (f->dead) {
		tunnel_lose(t, LOST_NO_FLOW, 1);
		return NULL;
	}
	log_limited(flow_lines_limit(&t->began_lines, f->began_ms),
	    f->began_ms, LEVEL_INFO, "flow %lu: %s to %s began%s%s",
	    (unsigned long)f->number,
	    peer->addr.family == 0 ? end->name : addr_text(&peer->addr, addr),
	    t->end[RIGHT]->name, *f->peer.identity == '\0' ? "" : ", peer ",
	    f->peer.identity);
	return f->leg[LEFT];
}

void
flow_up(struct leg *leg)
{
	struct flow *f = leg->flow;
	struct leg *other;

	if (f->up[leg->end->side] || f->dead)
		return;
	f->up[leg->end->side] = true;
	flow_start_idle(f);
	log_debug("flow %lu: %s is up", (unsigned long)f->number,
	    leg->end->side == LEFT ? "left" : "right");
	other = leg_other(leg);
	if (!f->opening && other->end->ops->other_up != NULL)
		other->end->ops->other_up(other);
}

/* Drops those of n datagrams that the tunnel's inspection holds back; returns
 * how many are left. */
static unsigned
flow_inspect(struct leg *from, struct dgram *d, unsigned n)
{
	const struct tunnel *t = from->flow->tunnel;
	enum side device = t->end[LEFT]->ops->device ? LEFT : RIGHT;
	struct leg *to = leg_other(from);
	unsigned left, filtered, many;

	left = inspect_pass(t->inspect, from->end->side == device,
	    to->end->ops->room(to) > 0, d, n, &filtered, &many);
	flow_drop(from, LOST_FILTERED, filtered);
	flow_drop(from, LOST_MULTICAST, many);
	flow_drop(from, LOST_NO_PEER, n - left - filtered - many);
	return left;
}

void
flow_pass(struct leg *from, struct dgram *d, unsigned n)
{
	struct flow *f = from->flow;
	enum side side = from->end->side;
	struct tunnel *t = f->tunnel;
	struct leg *to;
	uint64_t bytes = 0;
	unsigned i;

	if (f->dead || n == 0)
		return;
	if (t->inspect != NULL &&
	    (n = flow_inspect(from, d, n)) == 0)
		return;
	to = f->leg[side == LEFT ? RIGHT : LEFT];
	for (i = 0; i < n; i++)
		bytes += d[i].len;
	f->seen_ms[side] = loop_now(t->loop);
	f->passed[side] += n;
	f->bytes[side] += bytes;
	t->passed[side] += n;
	t->bytes[side] += bytes;
	if (log_wants(LEVEL_TRACE))
		log_trace("flow %lu: %u datagrams, %lu bytes, %s",
		    (unsigned long)f->number, n, (unsigned long)bytes,
		    side == LEFT ? "up" : "down");
	to->end->ops->send(to, d, n);
}

void
flow_answer(struct leg *from, struct dgram *d, unsigned n)
{
	struct leg *to = leg_other(from);

	if (!from->flow->dead)
		to->end->ops->send(to, d, n);
}

void
flow_drop(struct leg *leg, enum cause cause, unsigned long n)
{
	if (n == 0)
		return;
	leg->flow->lost[cause] += n;
	tunnel_lose(leg->flow->tunnel, cause, n);
}

void
end_drop(struct end *end, enum cause cause, unsigned long n)
{
	if (n != 0)
		tunnel_lose(end->tunnel, cause, n);
}

void
end_refuse_connection(struct end *end)
{
	end->tunnel->refused++;
}

void
flow_hold(struct leg *leg, bool on)
{
	struct leg *other = leg_other(leg);

	if (!leg->flow->dead && other->end->ops->hold != NULL)
		other->end->ops->hold(other, on);
}

/* Logs, within limits, that a flow never came to be. */
static void
flow_tell_refused(const struct flow *f, const char *why)
{
	struct tunnel *t = f->tunnel;
	char addr[ADDR_TEXT];

	log_limited(&t->refused_limit, loop_now(t->loop), LEVEL_WARN,
	    "%s: flow refused: %s (%s)", t->end[LEFT]->name, why,
	    f->peer.addr.family == 0 ? t->end[RIGHT]->name :
	    addr_text(&f->peer.addr, addr));
}

/* Logs a line about a flow that has ended. */
static void
flow_tell_end(const struct flow *f, const char *why)
{
	struct tunnel *t = f->tunnel;
	uint64_t lost = 0, now_ms = loop_now(t->loop);
	char addr[ADDR_TEXT];
	unsigned i;

	for (i = 0; i < LOST_CAUSES; i++)
		lost += f->lost[i];
	log_limited(flow_lines_limit(&t->ended_lines, now_ms), now_ms,
	    LEVEL_INFO, "flow %lu: %s ended: %s; %llu s, up %llu datagrams, "
	    "down %llu, lost %llu", (unsigned long)f->number,
	    f->peer.addr.family == 0 ? t->end[LEFT]->name :
	    addr_text(&f->peer.addr, addr), why,
	    (unsigned long long)((now_ms - f->began_ms) / 1000),
	    (unsigned long long)f->passed[LEFT],
	    (unsigned long long)f->passed[RIGHT], (unsigned long long)lost);
}

void
flow_end(struct flow *f, const char *why)
{
	if (f->dead)
		return;
	flow_unlink(f);
	/* LEFT does not know its leg before flow_open() returns it. */
	if (!f->opening)
		f->leg[LEFT]->end->ops->close(f->leg[LEFT]);
	f->leg[RIGHT]->end->ops->close(f->leg[RIGHT]);
	if (f->opening)
		flow_tell_refused(f, why);
	else
		flow_tell_end(f, why);
	flow_free(f);
}

void
leg_failed(struct leg *leg, const char *why)
{
	flow_end(leg->flow, why);
}
