/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Which connections the flows of a dialling pool have, and in which order they
 * are dialled.
 *
 * NOTES.  tunnel/pool_places.h has the states of a connection.
 */

#include "compat.h"

#include "tunnel/pool_places.h"

enum {
	POOL_HANDSHAKES = 32,	/* connections of an end being set up at once */
	POOL_STALLED = 8,	/* stalled ones beside these, for each step of
				 * the MSS down to theirs */
};

/* The next attempt may begin. */
static void
dialler_paced(struct timer *t)
{
	dialler_dial_next(LIST_ITEM(t, struct dialler, pace));
}

void
dialler_dial_next(struct dialler *e)
{
	struct list *from;
	struct dialled *c;

	while (e->n_setting_up < POOL_HANDSHAKES && !timer_is_set(&e->pace)) {
		from = list_empty(&e->firsts) ? &e->spares : &e->firsts;
		if (list_empty(from))
			return;
		c = LIST_ITEM(from->next, struct dialled, link);
		list_remove(&c->link);
		redial_pace(&e->redial, &e->pace, dialler_paced);
		e->dial(c);
	}
}

bool
dialler_leg_is_served(const struct dialler_leg *l)
{
	return pool_leg_health(&l->pool) < POOL_LATE;
}

/* Is nothing done with that place? */
static bool
dialled_is_free(const struct dialled *c)
{
	return !c->setting_up && list_empty(&c->link) &&
	    !timer_is_set(&c->try.timer) && c->conn.framed.stream.env == NULL;
}

/* Does it wait for its next attempt? */
static bool
dialled_is_paused(const struct dialled *c)
{
	return !c->setting_up && timer_is_set(&c->try.timer) &&
	    c->conn.framed.stream.env == NULL;
}

/* Is a connection there that is to stay, or will one be? */
static bool
dialled_counts(const struct dialled *c)
{
	return !c->retired && !c->stalled && !dialled_is_free(c) &&
	    !(framed_is_up(&c->conn.framed) &&
	    c->conn.health == POOL_SILENT);
}

int64_t
dialler_leg_count(const struct dialler_leg *l)
{
	int64_t i, n = 0;

	for (i = 0; i < dialler_of_leg(l)->size + POOL_EXTRA; i++)
		n += dialled_counts(&l->conn[i]);
	return n;
}

/* Makes a free place ready to dial. */
static void
dialled_queue(struct dialled *c)
{
	struct dialler_leg *l = c->leg;
	bool first;

	if (!dialled_counts(l->first))
		l->first = c;
	first = c == l->first && !dialler_leg_is_served(l);
	list_add(first ? &dialler_of(c)->firsts : &dialler_of(c)->spares,
	    &c->link);
}

int64_t
dialler_leg_want(const struct dialler_leg *l)
{
	return l->spares ? dialler_of_leg(l)->size : 1;
}

void
dialled_stop(struct dialled *c)
{
	timer_stop(&c->try.timer);
	tcp_dial_stop(&c->try.dial);
	pool_conn_close(&c->conn);
	if (c->setting_up)
		dialler_of(c)->n_setting_up--;
	dialled_end_stall(c);
	c->setting_up = c->retired = false;
	list_remove(&c->link);
}

void
dialler_leg_stop(struct dialler_leg *l)
{
	int64_t i;

	for (i = 0; i < dialler_of_leg(l)->size + POOL_EXTRA; i++)
		dialled_stop(&l->conn[i]);
	l->n_up = 0;
	l->kept = false;
	l->first = l->conn;
}

/* How many free places may be used now: all but the one that is kept for when
 * a handshake stalls. */
static int64_t
dialler_leg_count_usable(const struct dialler_leg *l)
{
	int64_t i, n = 0;
	bool stalled = false;

	for (i = 0; i < dialler_of_leg(l)->size + POOL_EXTRA; i++) {
		n += dialled_is_free(&l->conn[i]);
		stalled |= l->conn[i].stalled;
	}
	return stalled ? n : n - 1;
}

void
dialler_leg_make_place(struct dialler_leg *l)
{
	struct dialled *c, *retired = NULL, *first = NULL, *last = NULL;
	int64_t i;

	if (dialler_leg_count_usable(l) > 0)
		return;
	for (i = 0; i < dialler_of_leg(l)->size + POOL_EXTRA; i++) {
		c = &l->conn[i];
		if (c->retired && (retired == NULL ||
		    c->try.timer.due_ms < retired->try.timer.due_ms))
			retired = c;
		if (c->stalled && (first == NULL ||
		    c->try.began_ms < first->try.began_ms))
			first = c;
		if (c->stalled && (last == NULL ||
		    c->try.began_ms > last->try.began_ms))
			last = c;
	}
	if (retired != NULL)
		dialled_stop(retired);
	else if (last != first)
		dialled_stop(last);
}

bool
dialled_stall(struct dialled *c)
{
	struct dialler *e = dialler_of(c);

	if (e->n_stalled >= POOL_STALLED * (1 + mss_step(c->try.mss)))
		return false;
	c->stalled = true;
	e->n_stalled++;
	return true;
}

void
dialled_end_stall(struct dialled *c)
{
	if (!c->stalled)
		return;
	c->stalled = false;
	dialler_of(c)->n_stalled--;
}

/* The back-off is over: makes it ready to dial. */
static void
dialled_make_ready(struct timer *t)
{
	struct dialled *c = LIST_ITEM(t, struct dialled, try.timer);

	dialled_queue(c);
	dialler_dial_next(dialler_of(c));
}

/* Does the flow need a connection now? */
static bool
dialler_leg_is_in_need(const struct dialler_leg *l)
{
	const struct dialler *e = dialler_of_leg(l);

	return framed_leg_count(&l->pool.framed) > 0 || e->warm ||
	    !(e->single || l->rests);
}

void
dialler_leg_fill(struct dialler_leg *l, const struct dialled *silent)
{
	struct dialler *e = dialler_of_leg(l);
	int64_t i, usable, n = dialler_leg_want(l) - dialler_leg_count(l);
	struct dialled *c;

	if (!dialler_leg_is_in_need(l))
		return;
	if (n > 0 && !dialler_leg_is_served(l))
		dialler_leg_make_place(l);
	usable = dialler_leg_count_usable(l);
	if (n > usable)
		n = usable;
	for (i = 0; i < e->size + POOL_EXTRA && n > 0; i++) {
		c = &l->conn[i];
		if (!dialled_is_free(c))
			continue;
		n--;
		if (silent != NULL && loop_now(dialler_loop(e)) -
		    silent->try.up_ms < REDIAL_STEADY_MS) {
			c->try.pause_ms = silent->try.pause_ms;
			redial_again(&e->redial, &c->try, dialled_make_ready);
		} else {
			redial_reset(&e->redial, &c->try);
			dialled_queue(c);
		}
	}
	dialler_dial_next(e);
}

void
dialled_end_setup(struct dialled *c)
{
	struct dialler *e = dialler_of(c);

	if (!c->setting_up)
		return;
	c->setting_up = false;
	e->n_setting_up--;
	dialler_dial_next(e);
}

void
dialled_retry(struct dialled *c)
{
	if (dialler_leg_is_in_need(c->leg))
		redial_again(&dialler_of(c)->redial, &c->try,
		    dialled_make_ready);
}

void
dialler_leg_dial_anew(struct dialler_leg *l)
{
	dialler_leg_stop(l);
	dialler_leg_fill(l, NULL);
}

void
dialler_leg_trim(struct dialler_leg *l)
{
	struct dialler *e = dialler_of_leg(l);
	int64_t i, n = dialler_leg_count(l) - e->size;

	for (i = e->size + POOL_EXTRA - 1; i >= 0 && n > 0; i--)
		if (dialled_counts(&l->conn[i]) &&
		    !framed_is_up(&l->conn[i].conn.framed)) {
			dialled_stop(&l->conn[i]);
			n--;
		}
	dialler_dial_next(e);
}

void
dialler_leg_settle(struct dialler_leg *l)
{
	l->kept = pool_leg_only_takes(&l->pool);
	if (!l->kept)
		dialler_leg_trim(l);
}

/* A place in which nothing is done, or NULL. */
static struct dialled *
dialler_leg_free(const struct dialler_leg *l)
{
	int64_t i;

	for (i = 0; i < dialler_of_leg(l)->size + POOL_EXTRA; i++)
		if (dialled_is_free(&l->conn[i]))
			return &l->conn[i];
	return NULL;
}

void
dialler_leg_dial_beside(struct dialler_leg *l)
{
	struct dialler *e = dialler_of_leg(l);
	struct dialled *c, *place = dialler_leg_free(l);
	int64_t i;

	for (i = 0; i < e->size + POOL_EXTRA; i++) {
		c = &l->conn[i];
		if (c->setting_up || c->stalled || !list_empty(&c->link) ||
		    dialled_is_paused(c))
			return;
	}
	if (place == NULL)
		return;
	redial_reset(&e->redial, &place->try);
	dialled_queue(place);
	dialler_dial_next(e);
}

bool
dialler_leg_is_dialled(const struct dialler_leg *l)
{
	int64_t i;

	for (i = 0; i < dialler_of_leg(l)->size + POOL_EXTRA; i++)
		if (l->conn[i].setting_up || !list_empty(&l->conn[i].link))
			return true;
	return false;
}

/* The connection whose back-off ends first, or NULL. */
static struct dialled *
dialler_leg_next(const struct dialler_leg *l)
{
	struct dialled *c, *next = NULL;
	int64_t i;

	for (i = 0; i < dialler_of_leg(l)->size + POOL_EXTRA; i++) {
		c = &l->conn[i];
		if (dialled_is_paused(c) && (next == NULL ||
		    c->try.timer.due_ms < next->try.timer.due_ms))
			next = c;
	}
	return next;
}

bool
dialler_leg_hurry(struct dialler_leg *l, uint64_t due_ms)
{
	struct dialled *c = dialler_leg_next(l);

	if (c == NULL)
		return false;
	l->first = c;
	if (c->try.timer.due_ms > due_ms)
		timer_set(&c->try.timer, dialler_loop(dialler_of_leg(l)),
		    due_ms, dialled_make_ready);
	return true;
}

/* When the newest attempt of a flow began. */
static uint64_t
dialler_leg_began_ms(const struct dialler_leg *l)
{
	uint64_t began_ms = 0;
	int64_t i;

	for (i = 0; i < dialler_of_leg(l)->size + POOL_EXTRA; i++)
		if (l->conn[i].try.began_ms > began_ms)
			began_ms = l->conn[i].try.began_ms;
	return began_ms;
}

void
dialler_leg_dial_soon(struct dialler_leg *l)
{
	struct dialler *e = dialler_of_leg(l);
	struct dialled *place = dialler_leg_next(l);

	if (dialler_leg_is_dialled(l))
		return;
	if (place == NULL) {
		place = dialler_leg_free(l);
		/* A late connection is not given up yet. */
		if (place == NULL || pool_leg_health(&l->pool) == POOL_LATE)
			return;
		redial_later(&e->redial, &place->try,
		    dialler_leg_began_ms(l), dialled_make_ready);
	}
	(void)dialler_leg_hurry(l, dialler_leg_began_ms(l) + REDIAL_HURRY_MS);
}
