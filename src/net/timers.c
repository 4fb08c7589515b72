/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The timers of a loop in order: a pairing heap, and a second one for those
 * that a run must not reach.
 *
 * NOTES.  The states of a timer:
 *
 *	not set		loop == NULL
 *	set		in `heap`
 *	set, later	in `later`: set while timers run, to a time that has
 *			passed; moves to `heap` when they have run
 *
 * So a timer that sets itself again runs in the next turn, and the loop serves
 * its descriptors in between.  The time and the order of a timer determine
 * which heap it is in (timer_heap()).
 *
 * Both heaps are pairing heaps (Fredman, Sedgewick, Sleator and Tarjan, 1986):
 * the children of a timer are a list by `sibling`, the newest first; `back`
 * of the first child is the parent, `back` of each other child is the sibling
 * before it.
 *
 * A pairing heap alone makes each timer that is added a child of the first one,
 * and the removal of that looks at all of them: too long a turn where there are
 * a million.  So each has a rank, from 0 on when it is added, and of the first
 * one's first two children that have the same rank one becomes the child of the
 * other, whose rank grows, as in a binomial heap (Vuillemin, 1978).
 */

#include "compat.h"

#include "net/timers.h"

/* Have both the same rank? */
static bool
timer_has_rank_of(const struct timer *a, const struct timer *b)
{
	return ((a->order ^ b->order) & ((1u << TIMERS_RANK_BITS) - 1)) == 0;
}

/* Must a run before b? */
static bool
timer_before(const struct timer *a, const struct timer *b)
{
	if (a->due_ms != b->due_ms)
		return a->due_ms < b->due_ms;
	return a->order < b->order;
}

/* Melds two heaps, each of which may be NULL; returns the new root. */
static struct timer *
timer_meld(struct timer *a, struct timer *b)
{
	struct timer *t;

	if (a == NULL)
		return b;
	if (b == NULL)
		return a;
	if (timer_before(b, a)) {
		t = a;
		a = b;
		b = t;
	}
	b->back = a;
	b->sibling = a->child;
	if (a->child != NULL)
		a->child->back = b;
	a->child = b;
	return a;
}

/* Melds a list of siblings, in pairs from left to right and then all pairs from
 * right to left: these two passes keep the cost of a removal at O(log n) on
 * average.  Returns the root. */
static struct timer *
timer_meld_list(struct timer *list)
{
	struct timer *a, *b, *pairs = NULL, *root = NULL;

	while ((a = list) != NULL) {
		b = a->sibling;
		list = b == NULL ? NULL : b->sibling;
		a->sibling = a->back = NULL;
		if (b != NULL)
			b->sibling = b->back = NULL;
		a = timer_meld(a, b);
		a->sibling = pairs;
		pairs = a;
	}
	while ((a = pairs) != NULL) {
		pairs = a->sibling;
		a->sibling = NULL;
		root = timer_meld(root, a);
	}
	return root;
}

/* Adds one timer to a heap, which may be NULL; returns the new root. */
static struct timer *
timer_insert(struct timer *root, struct timer *t)
{
	struct timer *next;

	if (root == NULL || timer_before(t, root))
		return timer_meld(root, t);
	(void)timer_meld(root, t);
	while ((next = t->sibling) != NULL && timer_has_rank_of(t, next)) {
		root->child = next->sibling;
		t->sibling = next->sibling = NULL;
		t = timer_meld(t, next);
		t->order++;
		t->sibling = root->child;
		t->back = root;
		if (t->sibling != NULL)
			t->sibling->back = t;
		root->child = t;
	}
	return root;
}

/* The heap that a set timer is in, or goes into: `later` if it was set since
 * timers began to run, to a time that has passed.  The result does not change
 * while the timer is set: `later` is merged into `heap` when the run ends. */
static struct timer **
timer_heap(struct timers *ts, const struct timer *t)
{
	if (ts->running && t->due_ms <= ts->until_ms &&
	    t->order >> TIMERS_RANK_BITS > ts->until_order)
		return &ts->later;
	return &ts->heap;
}

void
timers_add(struct timers *ts, struct timer *t)
{
	struct timer **heap;

	t->order = ++ts->order << TIMERS_RANK_BITS;
	t->child = t->sibling = t->back = NULL;
	heap = timer_heap(ts, t);
	*heap = timer_insert(*heap, t);
}

void
timers_remove(struct timers *ts, struct timer *t)
{
	struct timer **heap = timer_heap(ts, t);
	struct timer *rest = timer_meld_list(t->child);

	if (t == *heap) {
		*heap = rest;
	} else {
		if (t->back->child == t)
			t->back->child = t->sibling;
		else
			t->back->sibling = t->sibling;
		if (t->sibling != NULL)
			t->sibling->back = t->back;
		*heap = timer_meld(*heap, rest);
	}
	t->child = t->sibling = t->back = NULL;
}

void
timers_begin(struct timers *ts, uint64_t now_ms)
{
	ts->until_ms = now_ms;
	ts->until_order = ts->order;
	ts->running = true;
}

void
timers_end(struct timers *ts)
{
	ts->running = false;
	ts->heap = timer_meld(ts->heap, ts->later);
	ts->later = NULL;
}
