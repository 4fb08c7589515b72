/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Flows: from the opening of one over its datagrams to its end.
 *
 * NOTES.  The states of a flow, by its members:
 *
 *	state	opening	dead	in tunnel->flows
 *	opening	true	false	yes	open() of RIGHT runs; LEFT does not know
 *					its leg yet
 *	alive	false	false	yes
 *	dead	any	true	no	freed after this turn
 */

#include "compat.h"

#include <string.h>

#include "tunnel/tunnel.h"

#include "base/log.h"
#include "tunnel/flow_time.h"
#include "tunnel/inspect.h"

struct leg *
leg_other(const struct leg *leg)
{
	return flow_leg(leg->flow, leg->end->side == LEFT ? RIGHT : LEFT);
}

/* Frees what flow_new() made. */
static void
flow_free(struct flow *f)
{
	struct loop *loop = f->tunnel->loop;

	free(flow_name(f));
	f->peer.identity = "";
	free(f->hole);
	f->hole = NULL;
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
	flow_time_stop(f);
	if (t->draining && !t->stopping && t->n_flows == 0)
		t->drained(t->drained_arg);
}

/* The size of a struct in memory that it shares with others. */
static size_t
round_size(size_t n)
{
	enum { UNIT = sizeof(union { uint64_t number; void *pointer; }) };

	return (n + UNIT - 1) / UNIT * UNIT;
}

/* Begins a leg in zeroed memory, so many bytes behind its flow. */
static void
flow_place_leg(struct flow *f, enum side side, size_t at)
{
	struct leg *leg;

	must(at <= UINT16_MAX);
	f->leg_at[side] = (uint16_t)at;
	leg = flow_leg(f, side);
	leg->end = f->tunnel->end[side];
	leg->flow = f;
}

/* A name that is a copy of that text; NULL: there is no memory. */
static struct flow_name *
flow_name_new(const char *text)
{
	size_t len = strlen(text);
	struct flow_name *name = calloc(1, sizeof(*name) + len);

	if (name != NULL)
		memcpy(name->text, text, len);
	return name;
}

/* Copies a peer's name, if it has one; false: there is no memory. */
static bool
flow_copy_name(struct flow *f, const char *identity)
{
	const struct flow_name *name;

	f->peer.identity = "";
	if (identity == NULL || *identity == '\0')
		return true;
	name = flow_name_new(identity);
	if (name == NULL)
		return false;
	f->peer.identity = name->text;
	return true;
}

/* A flow with two legs, neither of them open; NULL when there is no memory.
 * The three are one piece of memory. */
static struct flow *
flow_new(struct tunnel *t, const struct peer *peer)
{
	size_t left = round_size(sizeof(struct flow));
	size_t right = left + round_size(t->end[LEFT]->ops->leg_size);
	struct flow *f = calloc(1, right + t->end[RIGHT]->ops->leg_size);

	if (f == NULL)
		return NULL;
	f->tunnel = t;
	f->peer = *peer;
	if (!flow_copy_name(f, peer->identity)) {
		free(f);
		return NULL;
	}
	flow_place_leg(f, LEFT, left);
	flow_place_leg(f, RIGHT, right);
	return f;
}

/* Opens a flow that was admitted. */
static struct leg *
flow_begin(struct end *end, const struct peer *peer)
{
	struct tunnel *t = end->tunnel;
	struct flow *f = flow_new(t, peer);

	if (f == NULL) {
		end_drop(end, LOST_NO_MEMORY, 1);
		flow_admit_refuse(t, peer, "no memory");
		return NULL;
	}
	f->number = ++t->last_number;
	f->began_ms = loop_now(t->loop);
	list_add(&t->flows, &f->link);
	t->n_flows++;
	flow_admit_enter(f);
	peer_set_enter(f);
	flow_time_start(f);
	f->opening = true;
	if (t->end[RIGHT]->ops->open(flow_leg(f, RIGHT)) != 0 && !f->dead) {
		flow_unlink(f);
		flow_free(f);
	}
	f->opening = false;
	if (f->dead) {
		end_drop(end, LOST_NO_FLOW, 1);
		return NULL;
	}
	flow_log_began(&t->flow_log, f);
	return flow_leg(f, LEFT);
}

struct leg *
flow_open(struct end *end, const struct peer *peer)
{
	return flow_admit_ask(end, peer) ? flow_begin(end, peer) : NULL;
}

struct leg *
flow_open_admitted(struct end *end, const struct peer *peer)
{
	return flow_admit_open(end, peer) ? flow_begin(end, peer) : NULL;
}

void
flow_up(struct leg *leg)
{
	struct flow *f = leg->flow;
	struct leg *other;

	if (f->up[leg->end->side] || f->dead)
		return;
	f->up[leg->end->side] = true;
	flow_time_up(f);
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

	if (f->hole != NULL)
		black_hole_heard(&f->hole[to->end->side], longest, n);
	if (longest <= BLACK_HOLE_LONG || !to->end->ops->wide)
		return;
	/* Without memory nothing is looked for. */
	if (f->hole == NULL)
		f->hole = calloc(2, sizeof(*f->hole));
	if (f->hole != NULL && black_hole_sent(&f->hole[side], longest, n,
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
	to = flow_leg(f, side == LEFT ? RIGHT : LEFT);
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
	leg->flow->lost += n;
	end_drop(leg->end, cause, n);
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
	struct leg *left = flow_leg(f, LEFT), *right = flow_leg(f, RIGHT);

	if (f->dead)
		return;
	flow_unlink(f);
	/* LEFT does not know its leg before flow_open() returns it. */
	if (!f->opening)
		left->end->ops->close(left);
	right->end->ops->close(right);
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
