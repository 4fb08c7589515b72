/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What the files of `tun` on the LEFT (end_tun_left.c) share.
 */

#ifndef TUNNEL_TUN_LEFT_H
#define TUNNEL_TUN_LEFT_H

#include "tunnel/tun_dev.h"

enum { LEFT_SPARSE = 3 };	/* packets that ask, at least, where the peer
				 * answers no probes */

struct left {
	struct tun_dev dev;
	struct tun_leg *leg;	/* packets go to it; NULL while there is none */
	struct tun_leg *second;	/* beside it, or NULL */
	bool answers;		/* the peer answered probes on an earlier
				 * flow, */
	unsigned n_mute;	/* and on none of so many that came up since */
	struct timer again;	/* opens a flow where there is none */
	uint64_t pause_ms;	/* before the next one */
	struct timer look;	/* while something is unanswered */
	unsigned n_asked;	/* packets and questions that count and are
				 * unanswered; not above LEFT_SPARSE */
	uint64_t asked_ms;	/* when the oldest of them was sent, */
	uint64_t counted_ms;	/* and the newest */
	uint64_t try_ms;	/* when a flow is tried, */
	unsigned tries;		/* after so many that did not help */
	uint64_t came_ms;	/* when something came last; at first, the
				 * start */
	struct sleeper sleeper;
};

static inline struct left *
left_of(struct end *end)
{
	return (struct left *)end;
}

static inline struct loop *
left_loop(const struct left *e)
{
	return e->dev.end.tunnel->loop;
}

/* Is the peer known to answer probes, on this flow or on an earlier one? */
static inline bool
left_is_answered(const struct left *e)
{
	return e->answers || e->leg->answers;
}

/* Is the carrier of a leg up? */
static inline bool
leg_is_carried(const struct tun_leg *l)
{
	return l->leg.flow->up[RIGHT];
}

/* Something came, or everything is new: nothing is unanswered. */
static inline void
left_rest(struct left *e)
{
	e->n_asked = 0;
	timer_stop(&e->look);
}

/* The peer knows probes. */
static inline void
left_know(struct left *e)
{
	e->answers = true;
	e->n_mute = 0;
}

/*
 * Silence (tun_left_silence.c)
 */

/* Opens a new flow; NULL: it failed. */
struct tun_leg *tun_left_open_flow(struct left *);

/* The carrier of a leg is up. */
void tun_left_up(struct left *, struct tun_leg *);

/* A leg is heard while there are two: it remains, and the other one ends. */
void tun_left_settle(struct left *, struct tun_leg *);

/* Counts a packet that asks, and has the silence looked at that may follow. */
void tun_left_count(struct left *);

/* The tunnel is lost when nothing came for long. */
void tun_left_judge(struct left *);

/* The second flow, which began then, has failed: the next one is tried sooner
 * than planned. */
void tun_left_try_soon(struct left *, uint64_t began_ms);

/* end_ops.other_searches: the carrier looks for what gets through.  A second
 * flow would have to do the same, and begin with it. */
void tun_left_searches(struct leg *);

/* The machine was suspended: asks at once. */
void tun_left_slept(struct sleeper *, uint64_t slept_ms);

#endif
