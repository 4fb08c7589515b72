/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The programs that the privileged process runs: of a configuration, with
 * variables that the daemon has set one by one.
 *
 * NOTES.  A program is run only if root alone can change it.  At most
 * MONITOR_HOOKS are there at the same time, and as many variables as a program
 * may have (net/hook.h).  The daemon has the queue, the time limit and the
 * output (net/hook.c).
 */

#ifndef NET_MONITOR_HOOK_H
#define NET_MONITOR_HOOK_H

#include "compat.h"

enum { MONITOR_HOOKS = 16 };

/* Sets a variable for the next program; 0, or an errno: then none is set. */
int monitor_hook_set(const char *variable);

/* Forgets the variables: those of a program that is not run are not the next
 * one's. */
void monitor_hook_forget(void);

/* Runs a program, and forgets the variables.  0, *pid and in *output what is to
 * be read of it; or an errno, and *why in words. */
int monitor_hook_start(const char *command, int *output, int32_t *pid,
    const char **why);

/* Has a program ended?  Then *status is as hook_backend_ended() has it.  0, or
 * an errno: no such program was run. */
int monitor_hook_look(uint32_t pid, bool *ended, int32_t *status);

/* Kills a program; 0, or an errno. */
int monitor_hook_kill(uint32_t pid);

/* Kills all. */
void monitor_hook_end(void);

#endif
