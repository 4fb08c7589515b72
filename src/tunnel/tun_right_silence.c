/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The flows of `tun` on the RIGHT that are silent: which are asked, which lose
 * their addresses, and which end.
 *
 * NOTES.  A flow whose address a different flow would like to have, or that a
 * new flow of the same name follows, is asked (tun_probe.h) where it is known
 * to answer.  When nothing comes from it for RIGHT_ASKED_MS it loses its
 * addresses.
 *
 * A flow without an inner address ends when it stays silent: its client has
 * gone before it sent anything, or has come back with a new flow.  Nothing else
 * would end it, as flows of a device do not expire (idle 0).
 */

#include "compat.h"

#include "tunnel/tun_right.h"

#include "tunnel/tun_probe.h"

enum {
	RIGHT_ASKED_MS = 3000,	/* silence of a flow that is asked, */
	RIGHT_QUESTIONS = 3,	/* so often */
};

/* Ends a flow without addresses that is silent. */
static void
right_look(struct timer *timer)
{
	struct right_leg *l = LIST_ITEM(timer, struct right_leg, silence);
	struct loop *loop = right_loop(l);

	if (right_leg_is_found(l))
		return;
	if (loop_now(loop) - l->base.heard_ms < l->silence_ms)
		timer_set(timer, loop, l->base.heard_ms + l->silence_ms,
		    right_look);
	else
		leg_failed(&l->base.leg, "it is silent, and has no inner "
		    "address");
}

void
tun_right_watch(struct right_leg *l, uint64_t silence_ms)
{
	struct leg *leg = &l->base.leg;
	struct loop *loop = right_loop(l);

	if (right_leg_is_found(l) || leg_other(leg)->end->ops->lasting ||
	    (timer_is_set(&l->silence) && l->silence_ms <= silence_ms))
		return;
	l->silence_ms = silence_ms;
	timer_set(&l->silence, loop, loop_now(loop) + silence_ms,
	    right_look);
}

/* A flow that was asked had its time. */
static void
right_asked(struct timer *timer)
{
	struct right_leg *l = LIST_ITEM(timer, struct right_leg, asked);
	struct right *e = right_of(l->base.leg.end);

	if (l->heard)
		return;
	if (l->questions++ < RIGHT_QUESTIONS) {
		timer_set(timer, right_loop(l), loop_now(right_loop(l)) +
		    RIGHT_ASKED_MS / RIGHT_QUESTIONS, right_asked);
		tun_probe_ask(&e->dev, &l->base);
		return;
	}
	log_debug("flow %lu: it answers nothing, and gives up %u inner "
	    "addresses", (unsigned long)l->base.leg.flow->number, l->owner.n);
	l->owner.alive_ms = 0;
	tun_owner_release(&e->table, &l->owner, loop_now(right_loop(l)));
	tun_right_watch(l, RIGHT_SILENCE_MS);
}

void
tun_right_ask(struct right *e, struct right_leg *l)
{
	struct loop *loop = right_loop(l);

	if ((!l->base.asks && !l->base.answers) || l->owner.n == 0 ||
	    timer_is_set(&l->asked) || e->dev.keepalive_ms == 0)
		return;
	l->heard = false;
	l->questions = 1;
	timer_set(&l->asked, loop, loop_now(loop) +
	    RIGHT_ASKED_MS / RIGHT_QUESTIONS, right_asked);
	tun_probe_ask(&e->dev, &l->base);
}

void
tun_right_ask_older(struct right *e, const struct right_leg *l)
{
	const struct list *at, *next, *owners;
	struct right_leg *o;

	if (l->owner.name == NULL)
		return;
	owners = &l->owner.name->owners;
	for (at = owners->next; at != owners; at = next) {
		next = at->next;	/* the flow may end */
		o = right_leg_of_owner(LIST_ITEM(at, struct tun_owner,
		    by_name));
		if (o == l)
			continue;
		tun_right_watch(o, RIGHT_SILENCE_MS);
		tun_right_ask(e, o);
	}
}
