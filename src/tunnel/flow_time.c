/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The times of a flow: how long it may be idle, unused, or alive at all.
 */

#include "compat.h"

#include "tunnel/flow_time.h"

enum { FLOW_UNUSED_MS = 60000 };	/* a flow without a verified name must
					 * have carried something by then */

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

void
flow_time_up(struct flow *f)
{
	struct tunnel *t = f->tunnel;

	f->seen_ms[LEFT] = f->seen_ms[RIGHT] = loop_now(t->loop);
	if (t->settings.idle_ms != 0 && !t->end[LEFT]->ops->lasting)
		timer_set(&f->idle, t->loop, loop_now(t->loop) +
		    (uint64_t)t->settings.idle_ms, flow_check_idle);
}

/* The flow has lived for as long as it may. */
static void
flow_over(struct timer *timer)
{
	flow_end(LIST_ITEM(timer, struct flow, over), "time limit");
}

/* Limits its life, counted from now, if that is wanted. */
static void
flow_start_limit(struct flow *f)
{
	struct tunnel *t = f->tunnel;
	const struct span *span = &t->settings.time_limit;

	if (span->high_ms != 0)
		timer_set(&f->over, t->loop, loop_now(t->loop) +
		    span_draw(span, t->random), flow_over);
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
		    FLOW_UNUSED_MS, flow_check_unused);
}

void
flow_time_start(struct flow *f)
{
	flow_start_unused(f);
	flow_time_up(f);
	flow_start_limit(f);
}

void
flow_time_renew(struct flow *f)
{
	struct tunnel *t = f->tunnel;

	if (t->settings.idle_ms == 0 || t->end[LEFT]->ops->lasting)
		timer_stop(&f->idle);
	else
		timer_set(&f->idle, t->loop, loop_now(t->loop),
		    flow_check_idle);
}

void
flow_time_stop(struct flow *f)
{
	timer_stop(&f->idle);
	timer_stop(&f->over);
	timer_stop(&f->unused);
}
