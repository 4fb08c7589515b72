/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The interface between the loop and a poller; epoll, kqueue, poll and select
 * have one file each.  All that the system has are linked; the first that opens
 * is used.
 */

#ifndef NET_POLLER_H
#define NET_POLLER_H

#include "net/loop.h"

/* After a failed wait, for which there is nothing to be done, so long is waited
 * in poll() and select(), since the next one may fail as well. */
enum { POLLER_PAUSE_MS = 10 };

/* A watch whose events came. An error or hang-up counts as READABLE and, when
 * that is wanted, WRITABLE. */
struct ready {
	struct watch *watch;	/* NULL: stopped in this turn */
	unsigned events;
};

struct poller;			/* each poller's own state */

struct poller_ops {
	const char *name;
	/* NULL, and errno, if it does not work. */
	struct poller *(*open)(void);
	int (*add)(struct poller *, struct watch *);	/* -1 and errno */
	void (*change)(struct poller *, struct watch *, unsigned had);
	void (*remove)(struct poller *, struct watch *);
	/* Waits at most timeout_ms (-1: no limit); fills up to max entries of
	 * ready and returns how many; 0 also when a signal came. */
	int (*wait)(struct poller *, struct ready *ready, int max,
	    int64_t timeout_ms);
	void (*close)(struct poller *);
};

/* The pollers of this build, best first, then NULL (made by configure). */
extern const struct poller_ops *const poller_list[];

extern const struct poller_ops poll_epoll;
extern const struct poller_ops poll_kqueue;
extern const struct poller_ops poll_poll;
extern const struct poller_ops poll_select;

#endif
