/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The times of a flow: how long it may be idle, unused, or alive at all.  One
 * timer is set to the first of them.
 */

#include "compat.h"

#include "tunnel/flow_time.h"

enum { FLOW_UNUSED_MS = 60000 };	/* a flow without a verified name must
					 * have carried something by then */

static void flow_check_times(struct timer *);

/* When the flow is idle for too long if nothing comes; UINT64_MAX: never. */
static uint64_t
flow_idle_due(const struct flow *f)
{
	const struct tunnel *t = f->tunnel;
	uint64_t left = f->seen_ms[LEFT], right = f->seen_ms[RIGHT];
	uint64_t seen = 0;

	if (t->settings.idle_ms == 0 || t->end[LEFT]->ops->lasting)
		return UINT64_MAX;
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
	return seen + (uint64_t)t->settings.idle_ms;
}

/* When it must have carried something; UINT64_MAX: it need not. */
static uint64_t
flow_unused_due(const struct flow *f)
{
	return f->unused ? f->began_ms + FLOW_UNUSED_MS : UINT64_MAX;
}

/* Sets the timer. */
static void
flow_set_timer(struct flow *f)
{
	uint64_t due_ms = flow_idle_due(f);

	if (f->over_ms < due_ms)
		due_ms = f->over_ms;
	if (flow_unused_due(f) < due_ms)
		due_ms = flow_unused_due(f);
	if (due_ms == UINT64_MAX)
		timer_stop(&f->time);
	else
		timer_set(&f->time, f->tunnel->loop, due_ms,
		    flow_check_times);
}

/* The flow is a minute old: ends it if it has carried nothing.  A peer without
 * a name could keep flows for ever. */
static void
flow_check_unused(struct flow *f)
{
	struct flow_log *log = &f->tunnel->flow_log;
	const struct leg *left = flow_leg(f, LEFT);

	f->unused = false;
	if (f->passed[LEFT] + f->passed[RIGHT] == 0 &&
	    (left->end->ops->is_used == NULL ||
	    !left->end->ops->is_used(left))) {
		flow_log_unused(log, f);
		flow_end(f, "it was never used");
	} else {
		flow_log_used(log, f);
	}
}

/* One of the times may be over. */
static void
flow_check_times(struct timer *timer)
{
	struct flow *f = LIST_ITEM(timer, struct flow, time);
	uint64_t now_ms = loop_now(f->tunnel->loop);

	if (flow_unused_due(f) <= now_ms)
		flow_check_unused(f);
	if (!f->dead && flow_idle_due(f) <= now_ms)
		flow_end(f, "idle");
	if (!f->dead && f->over_ms <= now_ms)
		flow_end(f, "time limit");
	if (!f->dead)
		flow_set_timer(f);
}

void
flow_time_up(struct flow *f)
{
	f->seen_ms[LEFT] = f->seen_ms[RIGHT] = loop_now(f->tunnel->loop);
	flow_set_timer(f);
}

void
flow_time_start(struct flow *f)
{
	struct tunnel *t = f->tunnel;
	const struct span *span = &t->settings.time_limit;

	f->unused = *f->peer.identity == '\0' && !t->end[LEFT]->ops->lasting;
	f->over_ms = span->high_ms == 0 ? UINT64_MAX :
	    loop_now(t->loop) + span_draw(span, t->random);
	flow_time_up(f);
}

void
flow_time_renew(struct flow *f)
{
	timer_set(&f->time, f->tunnel->loop, loop_now(f->tunnel->loop),
	    flow_check_times);
}

void
flow_time_stop(struct flow *f)
{
	timer_stop(&f->time);
}
