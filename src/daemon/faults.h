/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A list of faults: everything that is wrong with a configuration.
 */

#ifndef DAEMON_FAULTS_H
#define DAEMON_FAULTS_H

#include "compat.h"

#include "base/fault.h"

enum { FAULTS_MAX = 200 };	/* that are kept */

/* Zeroed: there is none. */
struct faults {
	struct fault *at;	/* the first FAULTS_MAX, as they were found */
	size_t n;		/* of those */
	size_t more;		/* that were not kept */
};

/* Adds the user's fault at a line of a file, as fault_file() fills it in.
 * Running out of memory ends the program. */
void faults_add(struct faults *, const char *file, unsigned line,
    const char *fmt, ...) PRINTF_LIKE(4, 5);

/* Adds a copy of a fault, unless it is there already. */
void faults_add_fault(struct faults *, const struct fault *);

/* Sorts them by file and line; of one line, they keep their order. */
void faults_sort(struct faults *);

/* Frees the list.  May be called again. */
void faults_free(struct faults *);

#endif
