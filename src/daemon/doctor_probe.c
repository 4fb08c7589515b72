/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The doctor asks the device behind a server, as a TUN device on the LEFT does
 * (tunnel/tun_probe.h): by a tunnel with the real RIGHT end, and an end that
 * asks on the LEFT.
 */

#include "compat.h"

#include "daemon/doctor_step.h"

enum {
	PROBE_ASK_MS = 1000,	/* between questions, */
	PROBE_ASKS = 5,		/* which are repeated so often */
	PROBE_ROOM = 1500,	/* bytes of the longest question */
};

/* The end on the LEFT. */
struct probe_end {
	struct end end;
	struct doctor *doctor;
	struct leg *leg;	/* NULL: there is no flow */
	bool answers;		/* the device has answered */
};

struct doctor_probe {
	struct plan plan;	/* that of the doctor, but for LEFT; owns
				 * nothing */
	struct tunnel *tunnel;
	unsigned asked;		/* questions so far */
};

/* Sends a datagram of n bytes to the other device. */
static void
probe_end_put(struct probe_end *e, uint8_t *bytes, size_t n)
{
	struct loop *loop = e->end.tunnel->loop;
	struct dgram d = { bytes, n, 0, 0 };

	if (e->leg == NULL || e->leg->flow->dead)
		return;
	dgram_room(loop_arena(loop), &d, e->end.tunnel->end[RIGHT]->
	    ops->headroom, e->end.tunnel->end[RIGHT]->ops->tailroom);
	flow_answer(e->leg, &d, 1);
}

static struct probe_end *
probe_end_of(const struct doctor *d)
{
	return (struct probe_end *)d->probe->tunnel->end[LEFT];
}

static void
probe_end_due(struct timer *t)
{
	struct doctor *d = LIST_ITEM(t, struct doctor, timer);
	struct probe_end *e = probe_end_of(d);
	uint8_t byte = PATH_PROBE_ASKS;

	if (d->probe->asked++ == PROBE_ASKS) {
		doctor_fail(d, "look at the other side: has its tunnel a tun "
		    "on the RIGHT, and does it run? (Only Adit answers this: "
		    "with a different server it means nothing.)  Its log says "
		    "why it refuses a flow", "the carrier %s, and no device "
		    "answers behind it", e->leg != NULL &&
		    e->leg->flow->up[RIGHT] ? "is up" : "does not come up");
		return;
	}
	timer_set(t, d->loop, loop_now(d->loop) + PROBE_ASK_MS,
	    probe_end_due);
	probe_end_put(e, &byte, 1);
}

/* Answers from the device; questions of it are not for us. */
static void
probe_end_send(struct leg *leg, struct dgram *m, unsigned n)
{
	struct probe_end *e = (struct probe_end *)leg->end;
	uint32_t number;
	uint16_t size;
	unsigned i;

	for (i = 0; i < n; i++) {
		if (path_probe_parse(m[i].data, m[i].len, &number, &size) !=
		    PATH_PROBE_ANSWERS)
			continue;
		e->answers = true;
		if (size != PATH_PROBE_BARE)
			doctor_path_answered(e->doctor, number, size);
		else if (e->doctor->step == DOCTOR_TARGET) {
			timer_stop(&e->doctor->timer);
			doctor_pass(e->doctor, "the device behind the server "
			    "answers");
		}
	}
}

static size_t
probe_end_room(struct leg *leg)
{
	(void)leg;
	return PROBE_ROOM;
}

static int
probe_end_start(struct end *end, const struct settings *s, struct fault *f)
{
	(void)end;
	(void)s;
	(void)f;
	return 0;
}

/* The carrier is up: asks at once. */
static void
probe_end_other_up(struct leg *leg)
{
	struct probe_end *e = (struct probe_end *)leg->end;
	uint8_t byte = PATH_PROBE_ASKS;

	probe_end_put(e, &byte, 1);
}

static void
probe_end_close(struct leg *leg)
{
	((struct probe_end *)leg->end)->leg = NULL;
}

static void
probe_end_stop(struct end *end)
{
	(void)end;
}

static const struct opt probe_end_rows[] = {
	{ .name = NULL }
};

static const struct end_ops probe_end = {
	.name = "doctor",
	.brief = "asks the device on the other side",
	.side = LEFT,
	.end_size = sizeof(struct probe_end),
	.leg_size = sizeof(struct leg),
	.lasting = true,
	.options = probe_end_rows,
	.start = probe_end_start,
	.send = probe_end_send,
	.room = probe_end_room,
	.other_up = probe_end_other_up,
	.close = probe_end_close,
	.stop = probe_end_stop,
};

void
doctor_probe_target(struct doctor *d)
{
	struct doctor_probe *p = calloc(1, sizeof(*p));
	struct peer peer = { 0 };
	struct probe_end *e;
	struct fault f;

	must(p != NULL);
	d->probe = p;
	p->plan = *d->plan;
	p->plan.end[LEFT].kind = &probe_end;
	p->plan.end[RIGHT].settings.pool = 1;
	p->plan.tunnel.allowed_ports = NULL;
	p->plan.tunnel.packet_stats = false;
	p->plan.tunnel.up = p->plan.tunnel.down = NULL;
	p->tunnel = tunnel_new(d->loop, d->resolver, &d->random, &p->plan);
	must(p->tunnel != NULL);
	if (tunnel_start(p->tunnel, &f) != 0) {
		doctor_fail(d, NULL, "%s", f.text);
		return;
	}
	e = probe_end_of(d);
	e->doctor = d;
	e->leg = flow_open_admitted(&e->end, &peer);
	if (e->leg != NULL)
		flow_up(e->leg);
	timer_set(&d->timer, d->loop, loop_now(d->loop), probe_end_due);
}

/* Asks about a size. */
static void
probe_end_ask_size(struct doctor *d, uint32_t number, uint16_t size)
{
	uint8_t question[PROBE_ROOM];

	if (size > sizeof(question))
		return;
	path_probe_ask(question, number, size);
	probe_end_put(probe_end_of(d), question, size);
}

bool
doctor_probe_ask(struct doctor *d)
{
	struct probe_end *e;
	struct leg *right;
	size_t room;

	if (d->probe == NULL)
		return false;
	e = probe_end_of(d);
	if (!e->answers || e->leg == NULL)
		return false;
	right = leg_other(e->leg);
	room = right->end->ops->room(right);
	doctor_path_begin(d, room < PROBE_ROOM ? room : PROBE_ROOM,
	    probe_end_ask_size);
	return true;
}

void
doctor_probe_close(struct doctor *d)
{
	struct doctor_probe *p = d->probe;

	timer_stop(&d->timer);
	timer_stop(&d->path.due);
	if (p == NULL)
		return;
	tunnel_free(p->tunnel);
	d->probe = NULL;
	/* The real end may free memory at the end of the turn, but none of it
	 * has a pointer to the plan. */
	loop_free_later(d->loop, p);
}
