/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The status of the process: takes snapshots of it, of its tunnels and of their
 * peers.
 */

#include "compat.h"

#include <string.h>
#include <unistd.h>

#include "daemon/status.h"

#include "base/log.h"
#include "base/text.h"
#include "daemon/process.h"
#include "tunnel/plan.h"
#include "tunnel/tunnel.h"

enum {
	STATUS_VISITS = 10000,	/* flows that are added up for a page, after
				 * which it ends */
	DAY_S = 24 * 60 * 60,
};

/*
 * What is kept
 */

/* The name of a tunnel; "": it is that of a command line. */
static const char *
member_title(const struct member *m)
{
	return m->name != NULL ? m->name : "";
}

/* The member that a line of the log is about; NULL: none. */
static struct member *
find_subject(const struct members *all, const char *subject)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (all->at[i]->subject == subject || (subject != NULL &&
		    all->at[i]->subject != NULL &&
		    strcmp(all->at[i]->subject, subject) == 0))
			return all->at[i];
	return NULL;
}

void
status_error(struct status_kept *kept, const char *why, uint64_t now_ms)
{
	struct text t;

	text_init(&t, kept->error, sizeof(kept->error));
	text_add(&t, "%s", why);
	kept->error_ms = now_ms;
}

/* Is called for each warning and error. */
static void
status_watch(void *arg, const char *subject, const char *message)
{
	struct process *p = arg;
	struct member *m = find_subject(&p->members, subject);

	if (m != NULL)
		status_error(&m->kept, message, loop_now(p->loop));
}

void
status_start(struct process *p)
{
	p->began_ms = loop_now(p->loop);
	log_set_watcher(status_watch, p);
}

void
status_stop(void)
{
	log_set_watcher(NULL, NULL);
}

void
status_begin(struct status_kept *kept, bool runs, uint64_t now_ms)
{
	/* What fails again has failed since the first time. */
	if (runs || !kept->failed)
		kept->since_ms = now_ms;
	kept->failed = !runs;
}

void
status_keep(struct status_kept *kept, struct tunnel *t)
{
	totals_add(&kept->before, t);
}

/*
 * Snapshots
 */

const char *
status_state_text(enum status_state state)
{
	switch (state) {
	case STATUS_RUNNING:
		return "running";
	case STATUS_FAILED:
		return "failed";
	case STATUS_STOPPED:
		return "stopped";
	}
	return "";
}

int64_t
status_cert_days(int64_t cert_end_s, int64_t now_s)
{
	int64_t left = cert_end_s - now_s;

	return left >= 0 ? left / DAY_S : -((-left + DAY_S - 1) / DAY_S);
}

/* Unix seconds of a time of the loop, by today's clock. */
static int64_t
wall_s(const struct process *p, uint64_t then_ms)
{
	uint64_t now_ms = loop_now(p->loop);

	return clock_wall_s() -
	    (now_ms > then_ms ? (int64_t)((now_ms - then_ms) / 1000) : 0);
}

void
status_process(const struct process *p, struct status_process *s)
{
	size_t i;

	memset(s, 0, sizeof(*s));
	strlcpy(s->version, ADIT_VERSION, sizeof(s->version));
	s->pid = (int64_t)getpid();
	s->now_s = clock_wall_s();
	s->start_s = wall_s(p, p->began_ms);
	strlcpy(s->log_level, process_levels[log_level_now()],
	    sizeof(s->log_level));
	if (p->path != NULL)
		strlcpy(s->config, p->path, sizeof(s->config));
	s->tunnels = p->members.n;
	for (i = 0; i < p->members.n; i++)
		if (p->members.at[i]->tunnel != NULL &&
		    !p->members.at[i]->tunnel->stopping)
			s->running++;
}

const char *
status_name(const struct process *p, size_t i)
{
	return member_title(p->members.at[i]);
}

size_t
status_tunnels(const struct process *p)
{
	return p->members.n;
}

size_t
status_find(const struct process *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->members.n; i++)
		if (strcmp(member_title(p->members.at[i]), name) == 0)
			return i;
	return SIZE_MAX;
}

struct tunnel *
status_enter(const struct process *p, size_t i)
{
	const struct member *m = p->members.at[i];

	if (m->tunnel == NULL || m->tunnel->stopping)
		return NULL;
	(void)loop_set_subject(p->loop, m->subject);
	return m->tunnel;
}

/* What an end of a running tunnel knows; of RIGHT also its newest leg. */
static void
end_tell(const struct tunnel *t, enum side side, struct facts *f)
{
	const struct end *end = t->end[side];
	const struct flow *newest;

	if (side == RIGHT && !list_empty(&t->flows) &&
	    end->ops->tell_leg != NULL) {
		newest = LIST_ITEM(t->flows.prev, struct flow, link);
		end->ops->tell_leg(flow_leg(newest, RIGHT), f);
		/* Those are in the peers. */
		f->n_inner = 0;
	}
	if (end->ops->tell != NULL)
		end->ops->tell(end, f);
}

/* An end of a tunnel, which may not run. */
static void
status_end(const struct member *m, enum side side, struct status_end *e)
{
	const struct plan_end *plan = &m->plan->end[side];

	facts_clear(&e->facts);
	strlcpy(e->kind, plan->kind->name, sizeof(e->kind));
	if (plan->address != NULL)
		strlcpy(e->address, plan->address, sizeof(e->address));
	if (m->tunnel != NULL && !m->tunnel->stopping)
		end_tell(m->tunnel, side, &e->facts);
}

/* Of two times until something, -1 where there is none, the shorter one. */
static int64_t
sooner(int64_t a, int64_t b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

/* Seconds to the next attempt to start a tunnel, or of its ends; or -1. */
static int64_t
retry_s(const struct member *m, const struct status_tunnel *s)
{
	uint64_t now_ms = loop_now(m->all->loop);
	int64_t ms = -1;

	if (timer_is_set(&m->retry))
		ms = m->retry.due_ms > now_ms ?
		    (int64_t)(m->retry.due_ms - now_ms) : 0;
	ms = sooner(ms, sooner(s->end[LEFT].facts.retry_ms,
	    s->end[RIGHT].facts.retry_ms));
	return ms < 0 ? -1 : (ms + 999) / 1000;
}

void
status_tunnel(const struct process *p, size_t i, struct status_tunnel *s)
{
	const struct member *m = p->members.at[i];

	memset(s, 0, sizeof(*s));
	strlcpy(s->name, member_title(m), sizeof(s->name));
	s->state = m->tunnel == NULL ? STATUS_FAILED :
	    m->tunnel->stopping ? STATUS_STOPPED : STATUS_RUNNING;
	s->since_s = wall_s(p, m->kept.since_ms);
	status_end(m, LEFT, &s->end[LEFT]);
	status_end(m, RIGHT, &s->end[RIGHT]);
	s->retry_s = retry_s(m, s);
	s->totals = m->kept.before;
	if (m->tunnel != NULL) {
		s->flows = m->tunnel->n_flows;
		s->peers = m->tunnel->peers.table.count;
		totals_add(&s->totals, m->tunnel);
	}
	if (m->kept.error_ms != 0) {
		strlcpy(s->error, m->kept.error, sizeof(s->error));
		s->error_s = wall_s(p, m->kept.error_ms);
	}
}

/* What the newest flow of a peer knows. */
static void
peer_tell(const struct peer_known *k, struct facts *f)
{
	const struct flow *newest = LIST_ITEM(k->flows.prev, struct flow,
	    by_peer);
	const struct end_ops *right = flow_leg(newest, RIGHT)->end->ops;
	const struct end_ops *left = flow_leg(newest, LEFT)->end->ops;
	struct facts other;
	unsigned i;

	facts_clear(f);
	if (left->tell_leg != NULL)
		left->tell_leg(flow_leg(newest, LEFT), f);
	facts_clear(&other);
	if (right->tell_leg != NULL)
		right->tell_leg(flow_leg(newest, RIGHT), &other);
	for (i = 0; i < other.n_inner && i < FACTS_INNER; i++)
		facts_add_inner(f, &other.inner[i]);
	f->n_inner += other.n_inner - i;
}

/* A peer. */
static void
status_peer(const struct process *p, const struct peer_known *k,
    struct status_peer *s)
{
	const struct peer *who = peer_set_who(k);
	struct peer_sum sum;

	memset(s, 0, sizeof(*s));
	peer_set_sum(k, &sum);
	peer_tell(k, &s->facts);
	strlcpy(s->name, who->identity, sizeof(s->name));
	s->address = s->facts.address.family != 0 ? s->facts.address :
	    who->addr;
	s->since_s = wall_s(p, k->since_ms);
	s->heard_s = sum.heard_ms == 0 ? -1 :
	    (int64_t)((loop_now(p->loop) - sum.heard_ms) / 1000);
	s->flows = k->n;
	memcpy(s->datagrams, sum.passed, sizeof(s->datagrams));
	memcpy(s->bytes, sum.bytes, sizeof(s->bytes));
	s->lost = sum.lost;
}

bool
status_peers_more(const struct process *p, size_t i, uint64_t cursor)
{
	struct tunnel *t = p->members.at[i]->tunnel;

	return t != NULL && peer_set_after(&t->peers, cursor) != NULL;
}

size_t
status_peers(const struct process *p, size_t i, uint64_t *cursor,
    struct status_peer *s, size_t max)
{
	struct tunnel *t = p->members.at[i]->tunnel;
	const struct peer_known *k;
	uint64_t visits = 0;
	size_t n = 0;

	if (t == NULL || max == 0)
		return 0;
	k = peer_set_after(&t->peers, *cursor);
	while (k != NULL && n < max && visits < STATUS_VISITS) {
		status_peer(p, k, &s[n++]);
		*cursor = k->number;
		visits += k->n;
		k = k->link.next == &t->peers.all ? NULL :
		    LIST_ITEM(k->link.next, struct peer_known, link);
	}
	return n;
}
