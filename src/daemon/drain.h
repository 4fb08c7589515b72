/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The end of a process that gives flows time.
 *
 * NOTES.  Its states:
 *
 *	idle		process == NULL
 *	draining	no flow begins, those that there are go on; the timer is
 *			set for the end of their time, or for now when the last
 *			one has ended
 *	over		done() was called
 *
 * The flow of a device on the LEFT never ends by itself and is not waited for.
 */

#ifndef DAEMON_DRAIN_H
#define DAEMON_DRAIN_H

#include "net/loop.h"

struct members;

/* Of a process.  Zeroed: idle. */
struct drain {
	const struct members *members;	/* NULL: idle */
	struct timer timer;
	void (*done)(void *);	/* all flows have ended, or their time has */
	void *arg;
	bool late;		/* the timer is that of the end of their time */
};

/* Begins; done(arg) is called later, from the loop.  Harmless when it has begun
 * already. */
void drain_start(struct drain *, const struct members *, int64_t most_ms,
    void (*done)(void *), void *arg);

/* Ends it without a call; harmless when it is idle. */
void drain_stop(struct drain *);

#endif
