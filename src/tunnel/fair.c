/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * FQ-CoDel: fair queues of packets.
 *
 * NOTES.  The queue of a conversation is
 *
 *	in no list	empty, and its turn is over; a packet
 *	fresh		it got its first packet, or is empty since; its credit
 *			is used up, or it is found empty
 *	old		it has had its first turn; found empty
 *
 * A fresh one that is found empty goes to the end of the old ones, so that a
 * conversation of single packets does not always come first (RFC 8290 4.2).
 */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include "tunnel/fair.h"

#include "base/log.h"
#include "wire/ip_ecn.h"

/*
 * Those of an end
 */

void
fairs_open(struct fairs *all, struct queue_pool *pool,
    const struct ip_flow_key *key)
{
	all->pool = pool;
	all->key = key;
	list_init(&all->idle);
	all->n = 0;
}

/* Takes an empty one from its leg; it is in no list then. */
static struct fair *
fair_reclaim(struct fairs *all)
{
	struct fair *f = LIST_ITEM(all->idle.next, struct fair, link);

	list_remove(&f->link);
	if (f->owner != NULL)
		*f->owner = NULL;
	return f;
}

void
fairs_close(struct fairs *all)
{
	if (all->pool == NULL)
		return;
	while (!list_empty(&all->idle)) {
		free(fair_reclaim(all));
		all->n--;
	}
	must(all->n == 0);
}

bool
fair_take(struct fairs *all, struct fair **owner)
{
	struct list *first = all->idle.next;
	struct fair *f = NULL;
	unsigned i;

	if (all->n < FAIR_LEGS && (first == &all->idle ||
	    LIST_ITEM(first, struct fair, link)->owner != NULL))
		f = malloc(sizeof(*f));
	if (f != NULL)
		all->n++;
	else if (first != &all->idle)
		f = fair_reclaim(all);
	*owner = f;
	if (f == NULL)
		return false;
	memset(f, 0, sizeof(*f));
	f->all = all;
	f->owner = owner;
	list_init(&f->link);
	list_add(&all->idle, &f->link);
	list_init(&f->fresh);
	list_init(&f->old);
	list_init(&f->passed_over);
	for (i = 0; i < FAIR_FLOWS; i++)
		list_init(&f->flow[i].link);
	return true;
}

void
fair_give_back(struct fair **owner)
{
	struct fair *f = *owner;

	if (f == NULL)
		return;
	must(f->count == 0);
	f->owner = NULL;
	*owner = NULL;
	/* It is the first one to be used again. */
	list_remove(&f->link);
	list_add(f->all->idle.next, &f->link);
}

/*
 * The bound
 */

/* Removes the first packet of a flow; returns its bytes. */
static size_t
flow_pop(struct fair *f, struct fair_flow *flow)
{
	size_t before = f->all->pool->bytes, len = 0;

	(void)queue_first(&flow->queue, &len);
	queue_pop(&flow->queue, f->all->pool);
	flow->judged = false;
	if (flow->queue.count == 0) {	/* the next packet begins anew */
		flow->codel.above_us = 0;
		flow->codel.signals = false;
	}
	f->next = NULL;
	f->bytes -= before - f->all->pool->bytes;
	if (--f->count == 0)
		list_add(&f->all->idle, &f->link);
	return len;
}

/* The flow of a list that has more bytes than *most and than others. */
static struct fair_flow *
fattest_flow(const struct list *flows, struct fair_flow *most)
{
	const struct list *at;
	struct fair_flow *flow;

	for (at = flows->next; at != flows; at = at->next) {
		flow = LIST_ITEM(at, struct fair_flow, link);
		if (most == NULL || flow->queue.bytes > most->queue.bytes)
			most = flow;
	}
	return most;
}

void
fair_drop(struct fair *f)
{
	struct fair_flow *flow = fattest_flow(&f->old,
	    fattest_flow(&f->fresh, NULL));
	size_t half = flow->queue.bytes / 2;
	unsigned n = 0;

	do {
		(void)flow_pop(f, flow);
		n++;
	} while (n < FAIR_OVER && flow->queue.bytes > half);
	f->over += n;
}

/* Has it no place for n more bytes?  As long as a leg leaves as much of the
 * pool as it uses, others can be queued, too. */
static bool
fair_is_full(const struct fair *f, size_t n)
{
	size_t bytes = f->bytes + n + QUEUE_EXTRA;

	return bytes > FAIR_MAX || f->all->pool->bytes + bytes > QUEUE_POOL_MAX;
}

/*
 * Packets
 */

/* The queue of the conversation of a packet. */
static struct fair_flow *
find_flow(struct fair *f, const uint8_t *data, size_t len)
{
	return &f->flow[ip_flow(f->all->key, data, len) % FAIR_FLOWS];
}

int
fair_put(struct fair *f, const uint8_t *data, size_t len, uint64_t now_ms)
{
	struct fair_flow *flow = find_flow(f, data, len);
	size_t before;

	while (f->count > 0 && fair_is_full(f, len))
		fair_drop(f);
	before = f->all->pool->bytes;
	if (queue_add(&flow->queue, f->all->pool, data, len, now_ms) != 0)
		return -1;
	f->next = NULL;
	f->bytes += f->all->pool->bytes - before;
	if (f->count++ == 0)
		list_remove(&f->link);
	if (list_empty(&flow->link)) {
		flow->credit = FAIR_QUANTUM;
		list_add(&f->fresh, &flow->link);
	}
	return 0;
}

/* Has the first packet of a flow, whose delay is known now, marked or dropped
 * if CoDel says so; false: it was dropped. */
static bool
flow_judge(struct fair *f, struct fair_flow *flow, uint64_t now_ms)
{
	uint64_t since_ms = queue_since(&flow->queue);
	uint8_t *data;
	size_t len;

	flow->judged = true;
	if (!codel_judge(&flow->codel, now_ms > since_ms ?
	    (now_ms - since_ms) * 1000 : 0, flow->queue.count == 1,
	    now_ms * 1000))
		return true;
	data = queue_first(&flow->queue, &len);
	if (ip_ecn_mark(data, len)) {
		f->marked++;
		return true;
	}
	(void)flow_pop(f, flow);
	f->early++;
	return false;
}

/* Ends the turn of a flow: of one that is empty and may not come first again
 * soon, or that has more to send. */
static void
flow_rest(struct fair *f, struct fair_flow *flow)
{
	list_remove(&flow->link);
	list_add(&f->old, &flow->link);
}

const uint8_t *
fair_first(struct fair *f, uint64_t now_ms, size_t *len)
{
	struct fair_flow *flow;
	bool fresh;

	f->next = NULL;
	while (!list_empty(&f->fresh) || !list_empty(&f->old)) {
		fresh = !list_empty(&f->fresh);
		flow = LIST_ITEM(fresh ? f->fresh.next : f->old.next,
		    struct fair_flow, link);
		if (flow->credit <= 0) {
			flow->credit += FAIR_QUANTUM;
			flow_rest(f, flow);
		} else if (flow->queue.count == 0) {
			if (fresh && !list_empty(&f->old))
				flow_rest(f, flow);
			else
				list_remove(&flow->link);
		} else if (flow->judged || flow_judge(f, flow, now_ms)) {
			f->next = flow;
			return queue_first(&flow->queue, len);
		}
	}
	return NULL;
}

void
fair_pop(struct fair *f)
{
	struct fair_flow *flow = f->next;

	flow->credit -= (int32_t)flow_pop(f, flow);
}

void
fair_pass_over(struct fair *f)
{
	struct fair_flow *flow = f->next;

	f->next = NULL;
	flow->fresh = !list_empty(&f->fresh);
	list_remove(&flow->link);
	list_add(&f->passed_over, &flow->link);
}

void
fair_return(struct fair *f)
{
	struct fair_flow *flow;
	struct list *to;

	f->next = NULL;
	while (!list_empty(&f->passed_over)) {
		flow = LIST_ITEM(f->passed_over.prev, struct fair_flow, link);
		to = flow->fresh ? &f->fresh : &f->old;
		list_remove(&flow->link);
		list_add(to->next, &flow->link);
	}
}

/*
 * Age
 */

/* The least of oldest_ms and of when the oldest packets of a list were
 * queued. */
static uint64_t
oldest_of(const struct list *flows, uint64_t oldest_ms)
{
	const struct fair_flow *flow;
	const struct list *at;

	for (at = flows->next; at != flows; at = at->next) {
		flow = LIST_ITEM(at, struct fair_flow, link);
		if (flow->queue.count > 0 &&
		    queue_since(&flow->queue) < oldest_ms)
			oldest_ms = queue_since(&flow->queue);
	}
	return oldest_ms;
}

uint64_t
fair_since(const struct fair *f)
{
	return oldest_of(&f->old, oldest_of(&f->fresh, UINT64_MAX));
}

/* Drops those of a list that are older; returns how many. */
static unsigned
expire_flows(struct fair *f, const struct list *flows, uint64_t since_ms)
{
	struct fair_flow *flow;
	const struct list *at;
	unsigned n = 0;

	for (at = flows->next; at != flows; at = at->next) {
		flow = LIST_ITEM(at, struct fair_flow, link);
		for (; flow->queue.count > 0 &&
		    queue_since(&flow->queue) < since_ms; n++)
			(void)flow_pop(f, flow);
	}
	return n;
}

unsigned
fair_expire(struct fair *f, uint64_t since_ms)
{
	return expire_flows(f, &f->fresh, since_ms) +
	    expire_flows(f, &f->old, since_ms);
}
