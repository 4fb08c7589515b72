/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * What the privileged process may do for a daemon (net/monitor.h): the files,
 * ports, marks and devices that a configuration names.
 *
 * NOTES.  Files are the values of the rows of options that are marked as such
 * (struct opt, file), and those that secrets refer to by file:PATH.  The list
 * does not grow with what the daemon says: the privileged process reads the
 * configuration itself, at the start and for each reload.  A tunnel with a
 * fault keeps what it was allowed before, as it keeps running.
 */

#ifndef DAEMON_ALLOWED_H
#define DAEMON_ALLOWED_H

#include "compat.h"

#include "net/allow.h"

struct fault;
struct process;
struct setup;

/* Adds what a setup needs.  old: a list that tunnels with faults keep their
 * items of. */
void allowed_fill(struct allow *, const struct setup *,
    const struct allow *old);

/* Starts the privileged process if the daemon gives up rights that it may need
 * again; logs why there is none.  Call it before anything is open. */
void allowed_start(struct process *);

/* Begins a reload: has the privileged process, if there is one, read the
 * configuration first; until allowed_reload_end() its files are those that that
 * process has read.  0, or -1 and the fault: it refuses the configuration, and
 * what it allows stays as it was. */
int allowed_reload_begin(struct fault *);
void allowed_reload_end(void);

/* What a reload cannot do with this configuration, as there will be no
 * privileged process; NULL: nothing, or there will be one.  Writes into text,
 * which it returns. */
const char *allowed_missing(const struct setup *, char *text, size_t size);

#endif
