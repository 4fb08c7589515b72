/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

#include "tape.h"

/* Sees a datagram, as sim_fate_fn. */
static unsigned
tape_see(void *arg, struct sim_passing *p)
{
	struct tape *t = arg;
	unsigned number = t->sent[UP] + t->sent[DOWN];
	struct taped *d;
	enum way way;

	if (p->to == NULL) {
		t->nobody++;
		t->nobody_bytes += p->len;
		return 0;
	}
	if (p->from == t->client && p->to == t->server)
		way = UP;
	else if (p->from == t->server && p->to == t->client)
		way = DOWN;
	else
		return 1;
	if (t->n < TAPE_MAX && p->len <= TAPE_BYTES) {
		d = &t->d[t->n++];
		d->way = way;
		d->at_us = sim_now_us();
		d->from = p->source;
		d->to = p->target;
		d->len = p->len;
		memcpy(d->data, p->data, p->len);
	}
	t->sent[way]++;
	t->bytes[way] += p->len;
	return t->fate == NULL ? 1 : t->fate(t->arg, p, number, way);
}

void
tape_begin(struct tape *t, struct world *w)
{
	memset(t, 0, sizeof(*t));
	t->d = malloc(TAPE_MAX * sizeof(*t->d));
	if (t->d == NULL)
		abort();
	t->client = w->client;
	t->server = w->server;
	sim_rules.fate = tape_see;
	sim_rules.fate_arg = t;
}

void
tape_end(struct tape *t)
{
	sim_rules.fate = NULL;
	free(t->d);
	t->d = NULL;
}

/* Is it one of those? */
static bool
tape_matches(const struct taped *d, enum way way, uint8_t type)
{
	return d->way == way && d->len > 0 &&
	    (type == 0 || d->data[0] == type);
}

struct taped *
tape_find(struct tape *t, enum way way, uint8_t type, unsigned nth)
{
	unsigned i;

	for (i = 0; i < t->n; i++)
		if (tape_matches(&t->d[i], way, type) && nth-- == 0)
			return &t->d[i];
	printf("Bail out! no datagram of type %u was recorded\n", type);
	exit(1);
	return NULL;	/* not every compiler knows that it ends */
}

unsigned
tape_count(const struct tape *t, enum way way, uint8_t type)
{
	unsigned i, n = 0;

	for (i = 0; i < t->n; i++)
		n += tape_matches(&t->d[i], way, type);
	return n;
}

void
tape_replay(const struct taped *d)
{
	sim_udp_forge(&d->from, &d->to, d->data, d->len);
}
