/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Tunnels: two ends from their start to their stop, what is set and counted for
 * all flows together.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/tunnel.h"

#include "tunnel/flow_time.h"
#include "tunnel/inspect.h"
#include "tunnel/plan.h"
#include "tunnel/safe.h"

enum { TUNNEL_SLOTS = 128 };	/* of the loop's arena */

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
	char marked[50] = "";

	tunnel_count(t);
	losses_text(t->lost, causes);
	if (t->black_holes > 0)
		snprintf(holes, sizeof(holes), "; %llu times long packets "
		    "were swallowed", (unsigned long long)t->black_holes);
	if (t->marked > 0)
		snprintf(marked, sizeof(marked), "; %llu packets marked",
		    (unsigned long long)t->marked);
	if (t->refused > 0)
		snprintf(refused, sizeof(refused), "; %llu connections "
		    "refused", (unsigned long long)t->refused);
	log_info("%s to %s: %u flows now, %lu in all; up %llu datagrams, "
	    "%llu bytes; down %llu datagrams, %llu bytes; lost here: %s%s%s%s",
	    t->end[LEFT]->name, t->end[RIGHT]->name, t->n_flows,
	    (unsigned long)t->last_number,
	    (unsigned long long)t->passed[LEFT],
	    (unsigned long long)t->bytes[LEFT],
	    (unsigned long long)t->passed[RIGHT],
	    (unsigned long long)t->bytes[RIGHT],
	    causes[0] == '\0' ? "none" : causes, marked, refused,
	    holes);
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
		flow_time_renew(LIST_ITEM(at, struct flow, link));
}

void
end_drop(struct end *end, enum cause cause, unsigned long n)
{
	struct tunnel *t = end->tunnel;

	if (n == 0)
		return;
	t->lost[cause] += n;
	if (!t->stopping)
		losses_log_added(&t->losses_log, cause);
}

void
end_refuse_connection(struct end *end)
{
	end->tunnel->refused++;
}
