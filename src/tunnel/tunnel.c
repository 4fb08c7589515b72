/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Tunnels and flows: from the opening of a flow over its datagrams to its end.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/tunnel.h"

#include "tunnel/inspect.h"
#include "tunnel/plan.h"
#include "tunnel/safe.h"

enum {
	TUNNEL_SLOTS = 128,	/* of the loop's arena */
	TUNNEL_UNUSED_MS = 60000,	/* a flow without a verified name must
				 * have carried something by then */
};

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

/* Raises a size to at least the other. */
static void
raise_to(size_t *size, size_t least)
{
	if (*size < least)
		*size = least;
}

void
end_room(const struct end_ops *ops, size_t *head, size_t *tail)
{
	raise_to(head, ops->headroom);
	raise_to(tail, ops->tailroom);
}

void
tunnel_room(const struct plan *plan, size_t *head, size_t *tail)
{
	end_room(plan->end[LEFT].kind, head, tail);
	end_room(plan->end[RIGHT].kind, head, tail);
}

int
tunnel_make_arena(struct loop *loop, size_t head, size_t tail)
{
	return arena_open(loop, TUNNEL_SLOTS, head, tail);
}

struct tunnel *
tunnel_new(struct loop *loop, struct resolver *resolver,
    struct random *random, const struct plan *plan)
{
	struct tunnel *t = calloc(1, sizeof(*t));
	size_t head = 0, tail = 0;

	if (t == NULL)
		return NULL;
	t->loop = loop;
	t->resolver = resolver;
	t->random = random;
	t->plan = plan;
	t->settings = plan->tunnel;
	losses_log_start(&t->losses_log, loop, t->lost);
	flow_admit_start(t);
	peer_set_start(t);
	list_init(&t->flows);
	list_init(&t->bound);
	t->end[LEFT] = end_new(t, plan->end[LEFT].kind, LEFT);
	t->end[RIGHT] = end_new(t, plan->end[RIGHT].kind, RIGHT);
	tunnel_room(plan, &head, &tail);
	if (t->end[LEFT] == NULL || t->end[RIGHT] == NULL ||
	    (loop_arena(loop) == NULL &&
	    tunnel_make_arena(loop, head, tail) != 0)) {
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
	if (tunnel_start_end(t, LEFT, f) != 0)
		return -1;
	safe_warn(t->plan);
	updown_started(t);
	return 0;
}

void
tunnel_drain(struct tunnel *t, void (*drained)(void *), void *arg)
{
	const struct end_ops *left = t->end[LEFT]->ops;

	t->draining = true;
	t->drained = drained;
	t->drained_arg = arg;
	if (left->drain != NULL)
		left->drain(t->end[LEFT]);
}

void
tunnel_stop(struct tunnel *t)
{
	if (t->stopping)
		return;
	/* Its ends can still be described. */
	updown_stopping(t);
	t->stopping = true;
	while (!list_empty(&t->flows))
		flow_end(LIST_ITEM(t->flows.next, struct flow, link),
		    "shutting down");
	flow_log_finish(&t->flow_log);
	loop_flush(t->loop);
	if (t->started[LEFT])
		t->end[LEFT]->ops->stop(t->end[LEFT]);
	if (t->started[RIGHT])
		t->end[RIGHT]->ops->stop(t->end[RIGHT]);
	losses_log_stop(&t->losses_log);
}

void
tunnel_free(struct tunnel *t)
{
	tunnel_stop(t);
	inspect_free(t->inspect);
	flow_admit_free(&t->admit);
	peer_set_free(&t->peers);
	free(t->end[LEFT]);
	free(t->end[RIGHT]);
	free(t);
}

/* Counts losses of the tunnel, and has a line written about them. */
static void
tunnel_lose(struct tunnel *t, enum cause cause, unsigned long n)
{
	t->lost[cause] += n;
	if (!t->stopping)
		losses_log_added(&t->losses_log, cause);
}

void
tunnel_count(struct tunnel *t)
{
	unsigned i;

	for (i = LEFT; i <= RIGHT && !t->stopping; i++)
		if (t->end[i]->ops->count != NULL)
			t->end[i]->ops->count(t->end[i]);
}

void
tunnel_report(struct tunnel *t)
{
	char causes[LOSSES_TEXT], refused[60] = "", holes[60] = "";

	tunnel_count(t);
	losses_text(t->lost, causes);
	if (t->black_holes > 0)
		snprintf(holes, sizeof(holes), "; %llu times long packets "
		    "were swallowed", (unsigned long long)t->black_holes);
	if (t->refused > 0)
		snprintf(refused, sizeof(refused), "; %llu connections "
		    "refused", (unsigned long long)t->refused);
	log_info("%s to %s: %u flows now, %lu in all; up %llu datagrams, "
	    "%llu bytes; down %llu datagrams, %llu bytes; lost here: %s%s%s",
	    t->end[LEFT]->name, t->end[RIGHT]->name, t->n_flows,
	    (unsigned long)t->last_number,
	    (unsigned long long)t->passed[LEFT],
	    (unsigned long long)t->bytes[LEFT],
	    (unsigned long long)t->passed[RIGHT],
	    (unsigned long long)t->bytes[RIGHT],
	    causes[0] == '\0' ? "none" : causes, refused, holes);
}

void
tunnel_reconnect(struct tunnel *t)
{
	unsigned i;

	for (i = LEFT; i <= RIGHT && !t->stopping; i++)
		if (t->end[i]->ops->reconnect != NULL)
			t->end[i]->ops->reconnect(t->end[i]);
}

/* The oldest flow of the peer of that number, or of all for 0; NULL: there is
 * none. */
static struct flow *
flow_first(struct tunnel *t, uint64_t number)
{
	struct peer_known *k;

	if (number == 0)
		return list_empty(&t->flows) ? NULL :
		    LIST_ITEM(t->flows.next, struct flow, link);
	k = peer_set_after(&t->peers, number - 1);
	return k == NULL || k->number != number ? NULL :
	    LIST_ITEM(k->flows.next, struct flow, by_peer);
}

unsigned long
tunnel_drop(struct tunnel *t, const struct peer_known *k)
{
	uint64_t number = k == NULL ? 0 : k->number;
	unsigned long most = k == NULL ? t->n_flows : k->n, n = 0;
	struct flow *f;

	/* A device begins a new flow at once. */
	while (n < most && (f = flow_first(t, number)) != NULL) {
		flow_end(f, "dropped by the operator");
		n++;
	}
	return n;
}

struct leg *
leg_other(const struct leg *leg)
{
	return leg->flow->leg[leg->end->side == LEFT ? RIGHT : LEFT];
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

/* The settings about idleness have changed: looks whether it is idle. */
static void
flow_renew_idle(struct flow *f)
{
	struct tunnel *t = f->tunnel;

	if (t->settings.idle_ms == 0 || t->end[LEFT]->ops->lasting)
		timer_stop(&f->idle);
	else
		timer_set(&f->idle, t->loop, loop_now(t->loop),
		    flow_check_idle);
}

/* Are the texts the same?  NULL: there is none. */
static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

void
tunnel_set(struct tunnel *t, const struct tunnel_settings *s)
{
	struct tunnel_settings was = t->settings;
	struct list *at;

	t->settings = *s;
	flow_admit_renew(t, &was);
	if (s->packet_stats != was.packet_stats ||
	    !same_text(s->allowed_ports, was.allowed_ports)) {
		inspect_free(t->inspect);
		t->inspect = inspect_new(s->allowed_ports, s->packet_stats,
		    t->loop, t->random);
	}
	if (s->idle_ms == was.idle_ms && s->stale == was.stale)
		return;
	for (at = t->flows.next; at != &t->flows; at = at->next)
		flow_renew_idle(LIST_ITEM(at, struct flow, link));
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
	struct flow_log *log = &f->tunnel->flow_log;
	const struct leg *left = f->leg[LEFT];

	if (f->passed[LEFT] + f->passed[RIGHT] == 0 &&
	    (left->end->ops->is_used == NULL ||
	    !left->end->ops->is_used(left))) {
		flow_log_unused(log, f);
		flow_end(f, "it was never used");
	} else {
		flow_log_used(log, f);
	}
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
	struct tunnel *t = f->tunnel;

	f->dead = true;
	list_remove(&f->link);
	t->n_flows--;
	flow_admit_leave(f);
	peer_set_leave(f);
	timer_stop(&f->idle);
	timer_stop(&f->over);
	timer_stop(&f->unused);
	if (t->draining && !t->stopping && t->n_flows == 0)
		t->drained(t->drained_arg);
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
	struct flow *f;

	if (!(peer->admitted ? flow_admit_open(end, peer) :
	    flow_admit_ask(end, peer)))
		return NULL;
	f = flow_new(t, peer);
	if (f == NULL) {
		tunnel_lose(t, LOST_NO_MEMORY, 1);
		flow_admit_refuse(t, peer, "no memory");
		return NULL;
	}
	f->number = ++t->last_number;
	f->began_ms = loop_now(t->loop);
	list_add(&t->flows, &f->link);
	t->n_flows++;
	flow_admit_enter(f);
	peer_set_enter(f);
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
	flow_log_began(&t->flow_log, f);
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

void
flow_searches(struct leg *leg)
{
	struct leg *other = leg_other(leg);

	if (!leg->flow->dead && other->end->ops->other_searches != NULL)
		other->end->ops->other_searches(other);
}

void
flow_up_again(struct leg *leg)
{
	struct leg *other = leg_other(leg);

	if (!leg->flow->dead && other->end->ops->other_again != NULL)
		other->end->ops->other_again(other);
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
flow_tell_hole(const struct leg *to, size_t most, size_t mtu)
{
	struct tunnel *t = to->end->tunnel;

	t->black_holes++;
	log_limited(&t->hole_limit, loop_now(t->loop), LEVEL_WARN,
	    "%s: flow %lu: datagrams over %lu bytes do not get through; set "
	    "the MTU of what runs inside to %lu", to->end->name,
	    (unsigned long)to->flow->number, (unsigned long)most,
	    (unsigned long)mtu);
}

/* Looks for signs that the path to a leg, or from it, swallows long datagrams;
 * n were sent to it, of which the longest has so many bytes. */
static void
flow_look_for_hole(struct flow *f, const struct leg *to, size_t longest,
    unsigned n)
{
	enum side side = to->end->side == LEFT ? RIGHT : LEFT;

	black_hole_heard(&f->hole[to->end->side], longest, n);
	if (longest > BLACK_HOLE_LONG && to->end->ops->wide &&
	    black_hole_sent(&f->hole[side], longest, n,
	    loop_now(f->tunnel->loop)))
		flow_tell_hole(to, longest - 1, black_hole_mtu(longest));
}

void
flow_pass(struct leg *from, struct dgram *d, unsigned n)
{
	struct flow *f = from->flow;
	enum side side = from->end->side;
	struct tunnel *t = f->tunnel;
	struct leg *to;
	uint64_t bytes = 0;
	size_t longest = 0;
	unsigned i;

	if (f->dead || n == 0)
		return;
	if (t->inspect != NULL &&
	    (n = flow_inspect(from, d, n)) == 0)
		return;
	to = f->leg[side == LEFT ? RIGHT : LEFT];
	for (i = 0; i < n; i++) {
		bytes += d[i].len;
		longest = d[i].len > longest ? d[i].len : longest;
	}
	flow_look_for_hole(f, to, longest, n);
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
		flow_admit_refuse(f->tunnel, &f->peer, why);
	else
		flow_log_ended(&f->tunnel->flow_log, f, why);
	flow_free(f);
}

void
leg_failed(struct leg *leg, const char *why)
{
	flow_end(leg->flow, why);
}
