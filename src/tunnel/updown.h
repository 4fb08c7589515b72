/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The programs of the settings `up` and `down` of a tunnel.
 *
 * NOTES.  A tunnel whose LEFT end is a device is up when its carrier was up for
 * the first time, and down when that is lost (tun_routes.h); any other is up as
 * soon as it runs.  Both are down when it stops.  After each `up` there is one
 * `down`, unless the program is killed.
 */

#ifndef TUNNEL_UPDOWN_H
#define TUNNEL_UPDOWN_H

#include "base/text.h"
#include "net/hook.h"

struct tunnel;

/* The environment of a program. */
struct updown_env {
	char bytes[4096];	/* all texts */
	size_t used;		/* bytes of them */
	const char *list[HOOK_VARIABLES + 1];	/* NULL at the end */
	unsigned n;		/* in use */
};

/* Of a tunnel; zeroed: there are no programs. */
struct updown {
	struct hooks *hooks;	/* borrowed; NULL: nothing is run */
	bool up;		/* the last one that was run was `up` */
	struct timer timer;	/* runs it, when all is told */
	const char *reason;	/* for it; static text */
};

/* The tunnel has started. */
void updown_started(struct tunnel *);

/* The carrier of the device on the LEFT is up, or is lost; reason in one
 * word. */
void updown_carried(struct tunnel *, const char *reason);
void updown_lost(struct tunnel *, const char *reason);

/* The tunnel stops: to be called before its ends are. */
void updown_stopping(struct tunnel *);

/* For the ends: adds a variable, ADIT_NAME, unless there is no room. */
void updown_add(struct updown_env *, const char *name, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

#endif
