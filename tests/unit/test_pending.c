/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * tunnel/pending.h: which of the strangers gives up its place for a new one.
 */

#include "compat.h"

#include <string.h>

#include "tunnel/pending.h"

#include "tap.h"

enum {
	PLACES = 64,
	FEW = PLACES / PENDING_SHARE,	/* places that are safe for a site */
	OLD_MS = PENDING_YOUNG_MS,
};

static struct pendings all;
static struct pending place[PLACES];
static uint64_t now_ms;
static unsigned spoken;		/* places up to this one have sent bytes */

static bool
has_spoken(const struct pending *p)
{
	return p - place < (int)spoken;
}

/* A host of an IPv4 network. */
static struct addr
host(unsigned n)
{
	struct addr a = { 0 };

	a.family = 4;
	a.ip[0] = 10;
	a.ip[2] = (uint8_t)(n >> 8);
	a.ip[3] = (uint8_t)n;
	a.port = (uint16_t)(1000 + n);
	return a;
}

/* A host of an IPv6 network. */
static struct addr
host6(unsigned net, unsigned n)
{
	struct addr a = { 0 };

	a.family = 6;
	a.ip[0] = 0x20;
	a.ip[7] = (uint8_t)net;
	a.ip[15] = (uint8_t)n;
	return a;
}

static void
begin(void)
{
	static const uint8_t seed[TABLE_SEED];

	while (all.n > 0)
		pending_leave(&all, pendings_oldest(&all));
	pendings_free(&all);
	pendings_init(&all, PLACES, seed, has_spoken);
	spoken = PLACES;
	now_ms = 1000000;
}

static void
enter(unsigned i, struct addr a)
{
	pending_enter(&all, &place[i], &a, now_ms);
}

/* The number of the place that is given up for a newcomer; -1: none. */
static int
payer(struct addr a)
{
	const struct pending *p = pendings_payer(&all, &a, now_ms);

	return p == NULL ? -1 : (int)(p - place);
}

static void
test_order(void)
{
	unsigned i;

	begin();
	ok(pendings_oldest(&all) == NULL && !pending_is_in(&place[0]),
	    "nobody is there");
	is_int(payer(host(1)), -1, "and nobody gives up a place");
	for (i = 0; i < PLACES; i++) {
		ok(!pendings_is_full(&all), "a place is free");
		enter(i, host(i));
	}
	ok(pendings_is_full(&all), "all are taken");
	ok(pendings_oldest(&all) == &place[0], "the first is the oldest");
	pending_leave(&all, &place[0]);
	pending_leave(&all, &place[0]);
	is_int(all.n, PLACES - 1, "a place is given up once");
	ok(pendings_oldest(&all) == &place[1], "the next is the oldest");
	for (i = 1; i < PLACES; i++)
		pending_leave(&all, &place[i]);
	is_int(all.n, 0, "all can be given up");
	is_int(all.most, 0, "and nobody has any");
}

/* Nobody has many. */
static void
test_spread(void)
{
	unsigned i;

	begin();
	for (i = 0; i < PLACES; i++) {
		enter(i, host(i / FEW));
		now_ms++;
	}
	now_ms = place[0].began_ms + OLD_MS - 1;
	is_int(payer(host(100)), -1, "none that is young pays for others");
	is_int(payer(host(0)), -1, "nor for its own");
	now_ms++;
	is_int(payer(host(100)), 0, "but the oldest, when it is not young");
	is_int(payer(host(0)), 0, "for its own as well");
	is_int(payer(host(1)), -1, "a site at its share has only its own to "
	    "give");
}

/* One site has most of the places. */
static void
test_crowd(void)
{
	unsigned i;

	begin();
	for (i = 0; i < FEW; i++)
		enter(i, host(1));
	now_ms += OLD_MS;
	for (; i < PLACES; i++)
		enter(i, host(2));
	is_int(payer(host(3)), FEW, "the site with the most pays, at any age");
	is_int(payer(host(1)), FEW, "for the old ones of others, too");
	is_int(payer(host(2)), -1, "but not for its own newcomer");
	now_ms += OLD_MS;
	is_int(payer(host(2)), FEW, "whose oldest goes when it is not young");
}

/* Which site has the most follows from what comes and goes. */
static void
test_most(void)
{
	unsigned i;

	begin();
	for (i = 0; i < 20; i++)
		enter(i, host(1));
	for (; i < 50; i++)
		enter(i, host(2));
	is_int(payer(host(3)), 20, "the second has the most");
	is_int(all.most, 30, "which are 30");
	for (i = 20; i < 35; i++)
		pending_leave(&all, &place[i]);
	is_int(payer(host(3)), 0, "then the first");
	is_int(all.most, 20, "with 20");
	for (i = 20; i < 35; i++)
		enter(i, host(2));
	is_int(payer(host(3)), 35, "and the second again, with its oldest");
}

/* Those that have sent nothing go first, the youngest too. */
static void
test_silent(void)
{
	unsigned i;

	begin();
	for (i = 0; i < PLACES; i++)
		enter(i, host(1));
	spoken = 0;
	is_int(payer(host(1)), 0, "a silent one pays for its own site");
	spoken = 5;
	is_int(payer(host(1)), 5, "which has sent nothing by now");
	is_int(payer(host(2)), 5, "and for others");
	pending_leave(&all, &place[5]);
	enter(5, host(1));
	is_int(payer(host(1)), 6, "the oldest first");
	spoken = PLACES;
	is_int(payer(host(1)), -1, "none that has spoken does while young");
	is_int(payer(host(2)), 0, "but for others");
	begin();
	for (i = 0; i < PLACES; i++)
		enter(i, host(i));
	spoken = 0;
	is_int(payer(host(200)), -1, "a silent one of a site that has few "
	    "does not");
}

static void
test_ip6(void)
{
	unsigned i;

	begin();
	for (i = 0; i < PLACES; i++)
		enter(i, host6(1, i));
	is_int(payer(host6(2, 0)), 0, "a network of 64 bits is one site");
	is_int(payer(host6(1, 200)), -1, "whatever host of it comes");
}

static void
test_resize(void)
{
	unsigned i;

	begin();
	for (i = 0; i < PLACES; i++)
		enter(i, host(i % 3));
	pendings_resize(&all, 2);
	is_int(all.n, PLACES, "those that are too many keep their places");
	ok(pendings_is_full(&all), "and no others come");
	for (i = 0; i < PLACES - 2; i++) {
		ok(pendings_is_full(&all) && pendings_oldest(&all) ==
		    &place[i], "in their order");
		pending_leave(&all, &place[i]);
	}
	ok(pendings_is_full(&all), "two are all");
	pendings_resize(&all, 2 * PLACES);
	is_int(all.n, 2, "they are still there");
	for (i = 0; i < PLACES - 2; i++)
		enter(i, host(i));
	ok(!pendings_is_full(&all), "there are more places now");
	ok(pendings_oldest(&all) == &place[PLACES - 2], "oldest first");
}

int
main(void)
{
	test_resize();
	test_order();
	test_spread();
	test_crowd();
	test_most();
	test_silent();
	test_ip6();
	begin();
	pendings_free(&all);
	pendings_free(&all);
	return done_testing();
}
