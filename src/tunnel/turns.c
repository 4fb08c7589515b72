/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Who is at work, and who waits for a turn.
 *
 *	state		link		at_work
 *	idle		in no list	false
 *	waiting		in the line	false
 *	at work		in no list	true
 */

#include "compat.h"

#include "tunnel/turns.h"

static void turns_due(struct timer *);

/* Has the first ones called, if there is room for them. */
static void
turns_go_on(struct turns *t)
{
	if (!list_empty(&t->line) && t->at_work < t->most &&
	    !timer_is_set(&t->timer))
		timer_set(&t->timer, t->loop, loop_now(t->loop), turns_due);
}

static void
turns_due(struct timer *timer)
{
	struct turns *t = LIST_ITEM(timer, struct turns, timer);
	struct turn *first;
	unsigned i;

	for (i = 0; i < TURNS_BATCH && t->at_work < t->most &&
	    !list_empty(&t->line); i++) {
		first = LIST_ITEM(t->line.next, struct turn, link);
		list_remove(&first->link);
		first->at_work = true;
		t->at_work++;
		t->begin(first);
	}
	turns_go_on(t);
}

void
turns_init(struct turns *t, struct loop *loop, unsigned most, turn_fn *begin)
{
	t->loop = loop;
	t->most = most;
	t->begin = begin;
	t->at_work = 0;
	list_init(&t->line);
}

void
turns_stop(struct turns *t)
{
	timer_stop(&t->timer);
}

void
turn_init(struct turn *turn)
{
	list_init(&turn->link);
	turn->at_work = false;
}

void
turn_ask(struct turns *t, struct turn *turn)
{
	if (turn->at_work || !list_empty(&turn->link))
		return;
	list_add(&t->line, &turn->link);
	turns_go_on(t);
}

void
turn_end(struct turns *t, struct turn *turn)
{
	list_remove(&turn->link);
	if (!turn->at_work)
		return;
	turn->at_work = false;
	t->at_work--;
	turns_go_on(t);
}
