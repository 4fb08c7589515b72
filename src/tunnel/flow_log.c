/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The log lines of each flow: at its beginning, when its carriers are up, and
 * at its end.
 */

#include "compat.h"

#include "tunnel/flow_log.h"

#include "tunnel/tunnel.h"

enum {
	FLOW_LINES = 128,	/* of a kind are written at once, */
	FLOW_LINE_MS = 1000,	/* then one in this time */
	FLOW_TOLD_MS = 3600000,	/* between unused ones of a source */
	FLOW_UNUSED_MS = 180000,	/* from the end of one to that of the
				 * next, at most */
};

/* The limit for a flow's next line, open as long as there is something left of
 * the burst. */
static struct log_limit *
flow_lines_limit(struct flow_lines *lines, uint64_t now_ms)
{
	if (lines->free_ms < now_ms)
		lines->free_ms = now_ms;
	if (lines->free_ms - now_ms <= (FLOW_LINES - 1) * FLOW_LINE_MS) {
		lines->free_ms += FLOW_LINE_MS;
		lines->limit.in_window = 0;
	}
	return &lines->limit;
}

/* What is known of the source of a flow, or NULL. */
static struct flow_unused *
flow_unused_find(struct flow_log *l, const struct flow *f)
{
	struct addr source = f->peer.addr;
	unsigned i;

	source.port = 0;
	for (i = 0; i < FLOW_UNUSED; i++)
		if (l->unused[i].addr.family != 0 &&
		    addr_same(&l->unused[i].addr, &source))
			return &l->unused[i];
	return NULL;
}

/* A new entry, in the place of the one that would be forgotten first. */
static struct flow_unused *
flow_unused_add(struct flow_log *l, const struct flow *f)
{
	struct flow_unused *u, *oldest = l->unused;
	unsigned i;

	for (i = 0; i < FLOW_UNUSED; i++) {
		u = &l->unused[i];
		if (u->until_ms < oldest->until_ms)
			oldest = u;
	}
	oldest->addr = f->peer.addr;
	oldest->addr.port = 0;
	oldest->told_ms = loop_now(f->tunnel->loop);
	return oldest;
}

/* Writes that a flow has begun. */
static void
flow_log_begin(struct flow_log *l, const struct flow *f, enum log_level level)
{
	uint64_t now_ms = loop_now(f->tunnel->loop);
	const struct tunnel *t = f->tunnel;
	const struct peer *peer = &f->peer;
	char addr[ADDR_TEXT];

	log_limited(flow_lines_limit(&l->began, now_ms), now_ms, level,
	    "flow %lu: %s to %s began%s%s",
	    (unsigned long)f->number, peer->addr.family == 0 ?
	    t->end[LEFT]->name : addr_text(&peer->addr, addr),
	    t->end[RIGHT]->name, *peer->identity == '\0' ? "" : ", peer ",
	    peer->identity);
}

void
flow_log_up(struct flow_log *l, const struct leg *leg, const char *what,
    uint64_t since_ms, const struct addr *peer, const char *name)
{
	uint64_t now_ms = loop_now(leg->flow->tunnel->loop);
	char addr[ADDR_TEXT];

	if (leg->end->side == RIGHT)
		leg->flow->tunnel->carrier = *peer;
	log_limited(flow_lines_limit(&l->up, now_ms), now_ms,
	    leg->flow->unlogged ? LEVEL_DEBUG : LEVEL_INFO,
	    "flow %lu: %s %s, after %llu ms (%s%s%s)",
	    (unsigned long)leg->flow->number, leg->end->name, what,
	    (unsigned long long)(now_ms - since_ms), addr_text(peer, addr),
	    *name == '\0' ? "" : ", ", name);
}

void
flow_log_began(struct flow_log *l, struct flow *f)
{
	const struct flow_unused *u = flow_unused_find(l, f);

	f->unlogged = *f->peer.identity == '\0' && u != NULL &&
	    f->began_ms < u->until_ms &&
	    f->began_ms - u->told_ms < FLOW_TOLD_MS;
	flow_log_begin(l, f, f->unlogged ? LEVEL_DEBUG : LEVEL_INFO);
}

void
flow_log_used(struct flow_log *l, struct flow *f)
{
	if (!f->unlogged)
		return;
	f->unlogged = false;
	flow_log_begin(l, f, LEVEL_INFO);
}

void
flow_log_unused(struct flow_log *l, const struct flow *f)
{
	struct flow_unused *u = flow_unused_find(l, f);
	uint64_t now_ms = loop_now(f->tunnel->loop);

	if (u == NULL)
		u = flow_unused_add(l, f);
	u->until_ms = now_ms + FLOW_UNUSED_MS;
	if (!f->unlogged)
		u->told_ms = now_ms;
}

void
flow_log_ended(struct flow_log *l, struct flow *f, const char *why)
{
	const struct tunnel *t = f->tunnel;
	uint64_t now_ms = loop_now(t->loop);
	char addr[ADDR_TEXT];
	enum log_level level = LEVEL_INFO;

	if (f->passed[LEFT] + f->passed[RIGHT] > 0)
		flow_log_used(l, f);
	else if (f->unlogged)
		level = LEVEL_DEBUG;
	log_limited(flow_lines_limit(&l->ended, now_ms), now_ms,
	    level, "flow %lu: %s ended: %s; %llu s, up %llu datagrams, "
	    "down %llu, lost %llu", (unsigned long)f->number,
	    f->peer.addr.family == 0 ? t->end[LEFT]->name :
	    addr_text(&f->peer.addr, addr), why,
	    (unsigned long long)((now_ms - f->began_ms) / 1000),
	    (unsigned long long)f->passed[LEFT],
	    (unsigned long long)f->passed[RIGHT],
	    (unsigned long long)f->lost);
}

void
flow_log_finish(const struct flow_log *l)
{
	unsigned long began = l->began.limit.held;
	unsigned long up = l->up.limit.held;
	unsigned long ended = l->ended.limit.held;

	if (began > 0 || up > 0 || ended > 0)
		log_info("%lu more flows began and %lu ended without a line "
		    "each, and %lu legs were up", began, ended, up);
}
