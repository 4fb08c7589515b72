/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Gives the flows of a process time to end.
 */

#include "compat.h"

#include "daemon/drain.h"

#include "base/log.h"
#include "base/value.h"
#include "daemon/members.h"
#include "net/daemon.h"
#include "tunnel/tunnel.h"

/* How many flows are waited for. */
static unsigned
drain_flows(const struct drain *d)
{
	const struct tunnel *t;
	unsigned n = 0;
	size_t i;

	for (i = 0; i < d->members->n; i++) {
		t = d->members->at[i]->tunnel;
		if (t != NULL && !t->end[LEFT]->ops->lasting)
			n += t->n_flows;
	}
	return n;
}

/* The time is over, or the last flow has ended. */
static void
drain_due(struct timer *timer)
{
	struct drain *d = LIST_ITEM(timer, struct drain, timer);
	unsigned n = drain_flows(d);

	if (d->late && n > 0)
		log_warn("the time for flows to end is over: %u did not", n);
	d->done(d->arg);
}

/* A tunnel has no flow any more. */
static void
drain_tunnel_done(void *arg)
{
	struct drain *d = arg;
	struct loop *loop = d->members->loop;

	if (drain_flows(d) > 0)
		return;
	d->late = false;
	timer_set(&d->timer, loop, loop_now(loop), drain_due);
}

void
drain_start(struct drain *d, const struct members *all, int64_t most_ms,
    void (*done)(void *), void *arg)
{
	char text[DAEMON_STATUS], seconds[32];
	struct member *m;
	size_t i;

	if (d->members != NULL)
		return;
	d->members = all;
	d->done = done;
	d->arg = arg;
	d->late = true;
	snprintf(text, sizeof(text), "%u flows have %s s to end, and no new "
	    "one begins", drain_flows(d), value_ms_text(most_ms, seconds));
	log_info("shutting down: %s", text);
	daemon_status(text);
	timer_set(&d->timer, all->loop, loop_now(all->loop) +
	    (uint64_t)most_ms, drain_due);
	for (i = 0; i < all->n; i++) {
		m = all->at[i];
		timer_stop(&m->retry);
		if (m->tunnel == NULL)
			continue;
		(void)loop_set_subject(all->loop, m->subject);
		tunnel_drain(m->tunnel, drain_tunnel_done, d);
	}
	(void)loop_set_subject(all->loop, NULL);
	drain_tunnel_done(d);
}

void
drain_stop(struct drain *d)
{
	timer_stop(&d->timer);
}
