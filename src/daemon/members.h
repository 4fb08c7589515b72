/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The tunnels of a process, and how each of them starts, changes and stops.
 *
 * NOTES.  A member may be without a tunnel that runs: its start has failed.  If
 * the system was the cause it is tried again by itself, after pauses that
 * double from MEMBER_PAUSE_MS to MEMBER_PAUSE_MAX_MS; in any case at the next
 * reload.
 */

#ifndef DAEMON_MEMBERS_H
#define DAEMON_MEMBERS_H

#include "compat.h"

#include "daemon/status.h"
#include "net/loop.h"

struct fault;
struct plan;
struct random;
struct resolver;
struct tunnel;

enum {
	MEMBER_PAUSE_MS = 1000,	/* first pause before a start is tried again */
	MEMBER_PAUSE_MAX_MS = 60000,	/* longest */
};

/* A tunnel of the process.  It stays where it is until it is removed. */
struct member {
	struct members *all;	/* that it is one of */
	char *name;		/* of its section, allocated; NULL: it is that
				 * of a command line */
	const char *subject;	/* in log lines: the name, or NULL where it
				 * was the only one when it was added */
	struct plan *plan;	/* allocated, unless borrowed */
	bool borrowed;		/* the plan is the caller's */
	struct tunnel *tunnel;	/* NULL: it does not run */
	char *why;		/* the last fault, in words, allocated: why it
				 * does not run, or was not changed by the
				 * last reload; NULL: there is none */
	struct timer retry;	/* the next attempt to start it, if it is set */
	uint64_t pause_ms;	/* before that */
	struct status_kept kept;	/* for its status */
};

/* All of a process.  Zeroed it has none. */
struct members {
	struct member **at;	/* in the order in which they were added */
	size_t n;
	struct loop *loop;	/* set before the first start */
	struct resolver *resolver;
	struct random *random;
	struct passed *passed;	/* sockets to listen on; NULL: none */
	struct hooks *hooks;	/* for programs of tunnels */
	bool patient;		/* they wait for what the machine has not got
				 * yet, as at boot */
	bool stays_closed;	/* a killswitch outlives its tunnel now, */
	char *closed;		/* as that of this device has, allocated; NULL:
				 * none has */
};

/* How a tunnel has followed a new plan. */
enum member_change {
	MEMBER_SAME,		/* it is the same plan */
	MEMBER_RENEWED,		/* its flows go on */
	MEMBER_RESTARTED,	/* it was replaced, or did not run before */
};

/* Adds one that does not run.  name: of its section, copied; NULL: none.  The
 * plan must be finished and checked; it is freed with the member unless it is
 * borrowed.  Running out of memory ends the program, here and below. */
struct member *members_add(struct members *, const char *name,
    struct plan *, bool borrowed);

/* The one of that name, or NULL. */
struct member *members_find(const struct members *, const char *name);

/* Moves a plan into memory of its own, for members_add(); the old one is empty
 * then. */
struct plan *members_take_plan(struct plan *);

/* Starts one; 0, or -1 and the fault, which is also kept in words.  Then it is
 * tried again by itself (its timer retry is set) if the system is the cause and
 * retry is true, or all are patient and the cause is a passing one. */
int member_start(struct member *, bool retry, struct fault *);

/* Follows a new plan, which it takes over if the result is 0; sets *change.
 * -1 and the fault: it goes on as before, and the plan is freed.  Files that
 * the plan names are read again, also when it is the same. */
int member_follow(struct member *, struct plan *, enum member_change *change,
    struct fault *);

/* Reads the files again that its plan names; 0, or -1 and the fault: it goes on
 * with what it has. */
int member_refresh(struct member *, struct fault *);

/* Stops one, so that a different one can have its port, its device, or the
 * socket that was passed for it. */
void member_yield(struct member *);

/* Stops and frees one. */
void members_remove(struct members *, struct member *);

/* Between the two, tunnels stop and others start.  The machine does not open
 * in between if one of these has a killswitch (closes); it stays closed as long
 * as a tunnel that has one does not run. */
void members_begin_change(struct members *, bool closes);
void members_end_change(struct members *);

/* Stops all tunnels; they are still there for reports. */
void members_stop(struct members *);

/* Has the supervisor show how many of them run. */
void members_tell_status(const struct members *);

/* Logs what each has done. */
void members_report(const struct members *);

/* Overwrites all texts of plans with zeroes in place, in a helper process. */
void members_wipe(struct members *);

/* Stops and frees all.  May be called again. */
void members_free(struct members *);

#endif
