/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A clock that stands until the test moves it, and a poller that sees nothing,
 * for tests that run a loop by themselves.
 */

#ifndef STILL_H
#define STILL_H

#include "compat.h"

#include "net/poller.h"

static uint64_t now_ms = 5000;

uint64_t
clock_mono_ms(void)
{
	return now_ms;
}

uint64_t
clock_mono_us(void)
{
	return now_ms * 1000;
}

uint64_t
clock_slept_ms(void)
{
	return 0;
}

int64_t
clock_wall_s(void)
{
	return 1000000 + (int64_t)(now_ms / 1000);
}

void
clock_wall_text(int64_t wall_s, char text[20])
{
	(void)wall_s;
	text[0] = '\0';
}

static struct poller *
still_open(void)
{
	return calloc(1, 1);
}

static int
still_add(struct poller *p, struct watch *w)
{
	(void)p;
	(void)w;
	return 0;
}

static void
still_change(struct poller *p, struct watch *w, unsigned had)
{
	(void)p;
	(void)w;
	(void)had;
}

static void
still_remove(struct poller *p, struct watch *w)
{
	(void)p;
	(void)w;
}

static int64_t waited_ms;	/* for how long the loop has waited last */

static int
still_wait(struct poller *p, struct ready *ready, int max, int64_t timeout_ms)
{
	(void)p;
	(void)ready;
	(void)max;
	waited_ms = timeout_ms;
	return 0;
}

static void
still_close(struct poller *p)
{
	free(p);
}

static const struct poller_ops still = {
	"still", still_open, still_add, still_change, still_remove, still_wait,
	still_close,
};

const struct poller_ops *const poller_list[] = { &still, NULL };

#endif
