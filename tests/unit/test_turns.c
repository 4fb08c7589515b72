/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * tunnel/turns.h: so many at work at the same time.
 */

#include "compat.h"

#include "tunnel/turns.h"

#include "tap.h"

enum { MEMBERS = 200, MOST = 5 };

static struct turns turns;
static struct turn member[MEMBERS];
static unsigned order[4 * MEMBERS], n_begun;
static bool idle;		/* members have nothing to do */

static void
member_begin(struct turn *t)
{
	order[n_begun++] = (unsigned)(t - member);
	if (idle)
		turn_end(&turns, t);
}

/* How many are at work, by their own account. */
static unsigned
working(void)
{
	unsigned i, n = 0;

	for (i = 0; i < MEMBERS; i++)
		n += member[i].at_work;
	return n;
}

static void
begin(struct loop *loop)
{
	unsigned i;

	memset(&turns, 0, sizeof(turns));
	turns_init(&turns, loop, MOST, member_begin);
	for (i = 0; i < MEMBERS; i++)
		turn_init(&member[i]);
	n_begun = 0;
	idle = false;
}

/* Lets all have their turn, one leaving work at a time. */
static void
test_all(struct loop *loop)
{
	unsigned i, most = 0, wrong = 0;

	begin(loop);
	for (i = 0; i < MEMBERS; i++) {
		turn_ask(&turns, &member[i]);
		turn_ask(&turns, &member[i]);
	}
	is_int(n_begun, 0, "nobody begins at once");
	for (i = 0; i < 4 * MEMBERS; i++) {
		loop_turn(loop, 0);
		if (working() > most)
			most = working();
		if (i < MEMBERS && i < n_begun)
			turn_end(&turns, &member[order[i]]);
	}
	is_int(most, MOST, "not more are at work than may");
	is_int(n_begun, MEMBERS, "all have their turn");
	for (i = 0; i < n_begun; i++)
		wrong += order[i] != i;
	is_int(wrong, 0, "in their order");
	is_int(turns.at_work, 0, "and nobody is at work in the end");
	loop_turn(loop, 0);
	ok(!timer_is_set(&turns.timer), "nor called");
}

static void
test_leave(struct loop *loop)
{
	unsigned i;

	begin(loop);
	for (i = 0; i < MOST + 2; i++)
		turn_ask(&turns, &member[i]);
	loop_turn(loop, 0);
	is_int(n_begun, MOST, "some work");
	turn_end(&turns, &member[MOST]);
	turn_end(&turns, &member[MOST]);
	turn_ask(&turns, &member[0]);
	turn_end(&turns, &member[1]);
	loop_turn(loop, 0);
	is_int(n_begun, MOST + 1, "one that ends makes room for one");
	is_int(order[MOST], MOST + 1, "which is not the one that went");
	turn_ask(&turns, &member[1]);
	turns_stop(&turns);
	loop_turn(loop, 0);
	is_int(n_begun, MOST + 1, "nobody is called when it is stopped");
}

static void
test_idle(struct loop *loop)
{
	unsigned i;

	begin(loop);
	idle = true;
	for (i = 0; i < MEMBERS; i++)
		turn_ask(&turns, &member[i]);
	loop_turn(loop, 0);
	ok(n_begun > 0 && n_begun <= TURNS_BATCH, "a turn of the loop begins "
	    "%u of those that have nothing to do", n_begun);
	for (i = 0; i < MEMBERS; i++)
		loop_turn(loop, 0);
	is_int(n_begun, MEMBERS, "the others follow");
	turns_stop(&turns);
}

int
main(void)
{
	struct loop *loop;

	if (sock_init() != 0)
		return 1;
	loop = loop_new(NULL);
	test_all(loop);
	test_leave(loop);
	test_idle(loop);
	loop_free(loop);
	return done_testing();
}
