/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * How the system runs the programs of hook.h: one file for each kind of system,
 * chosen by configure.
 */

#ifndef NET_HOOK_BACKEND_H
#define NET_HOOK_BACKEND_H

#include "sock.h"

/* A program that runs. */
struct hook_process {
	long pid;		/* of it, and of its process group */
	fd_t output;		/* what it writes; non-blocking */
};

/* Starts argv[0] with exactly that environment; both end with NULL.  0, or -1
 * and errno.  A program that cannot be executed says so in its output, and its
 * status is 127.  The caller closes p->output with hook_backend_close(). */
int hook_backend_start(struct hook_process *p, char *const *argv,
    char *const *environment);

/* Has it ended?  Then *status is its exit status, or minus the number of the
 * signal that ended it; this is said once. */
bool hook_backend_ended(const struct hook_process *p, int *status);

/* Kills it and all of its process group. */
void hook_backend_kill(const struct hook_process *p);

/* Reads output; bytes, 0 at its end, or -1 and errno (EAGAIN: none yet). */
ssize_t hook_backend_read(const struct hook_process *p, char *to, size_t size);

/* Closes it; a watch on it was stopped. */
void hook_backend_close(struct hook_process *p);

#endif
