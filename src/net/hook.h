/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Programs that are run when something has happened: in the background, one
 * after the other for each owner, without a shell.
 *
 * NOTES.  A program has /dev/null as its input, and writes to the log; it has
 * no other descriptor, the environment that it is given and no more, default
 * signals, and a process group of its own.  What it does not end within its
 * time is killed with its group.
 *
 * The queue is hook.c; what a system does is hook_backend.h, whose requests
 * name all that it needs, so that they can be carried out elsewhere.
 */

#ifndef NET_HOOK_H
#define NET_HOOK_H

#include "net/loop.h"

enum {
	HOOKS_AT_ONCE = 8,	/* programs that run at the same time */
	HOOKS_OF_OWNER = 16,	/* programs of an owner that run or wait */
	HOOK_WORDS = 32,	/* of a command */
	HOOK_VARIABLES = 24,	/* of its environment */
	HOOK_LINES = 100,	/* of its output that are logged */
};

/* The search path of all programs. */
#define HOOK_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:" \
	"/sbin:/bin"

/* Does this system have a backend? */
extern const bool hook_works;

struct hooks;

/* A program to be run. */
struct hook_request {
	const char *owner;	/* those of one owner keep their order; its
				 * name is the subject of the log unless it is
				 * "" */
	const char *what;	/* for the log: "up" */
	const char *command;	/* path and arguments, separated by blanks */
	const char *const *environment;	/* "NAME=VALUE", NULL at the end */
	uint64_t limit_ms;	/* it is killed then; after it began */
};

/* Makes a queue for a loop; NULL where no programs are run.  Running out of
 * memory ends the program.  The caller frees it with hooks_free(). */
struct hooks *hooks_new(struct loop *);

/* Runs a program, of whose request all is copied; what goes wrong is
 * logged. */
void hooks_run(struct hooks *, const struct hook_request *);

/* Calls fn(arg) once, as soon as nothing runs or waits: perhaps at once, and
 * limit_ms from now at the latest. */
void hooks_finish(struct hooks *, uint64_t limit_ms, void (*fn)(void *arg),
    void *arg);

/* Kills what runs, and frees it; NULL: nothing. */
void hooks_free(struct hooks *);

#endif
