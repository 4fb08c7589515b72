/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Ends that do nothing, for tests of what is between two ends: a test replaces
 * the functions that it wants to hear of.
 */

#ifndef FAKE_ENDS_H
#define FAKE_ENDS_H

#include "compat.h"

#include "tunnel/tunnel.h"

static int
fake_end_start(struct end *end, const struct settings *s, struct fault *f)
{
	(void)end;
	(void)s;
	(void)f;
	return 0;
}

/* The leg is opened, but not up. */
static int
fake_end_open(struct leg *leg)
{
	(void)leg;
	return 0;
}

static void
fake_end_send(struct leg *leg, struct dgram *d, unsigned n)
{
	(void)leg;
	(void)d;
	(void)n;
}

static size_t
fake_end_room(struct leg *leg)
{
	(void)leg;
	return 1000;
}

static void
fake_end_close(struct leg *leg)
{
	(void)leg;
}

static void
fake_end_stop(struct end *end)
{
	(void)end;
}

/* An end of that side, without options. */
static struct end_ops
fake_end(enum side side)
{
	static const struct opt no_rows[] = { { .name = NULL } };
	struct end_ops ops = {
		.name = side == LEFT ? "fake-left" : "fake-right",
		.brief = "an end of the tests",
		.side = side,
		.end_size = sizeof(struct end),
		.leg_size = sizeof(struct leg),
		.options = no_rows,
		.start = fake_end_start,
		.open = side == LEFT ? NULL : fake_end_open,
		.send = fake_end_send,
		.room = fake_end_room,
		.close = fake_end_close,
		.stop = fake_end_stop,
	};

	return ops;
}

#endif
