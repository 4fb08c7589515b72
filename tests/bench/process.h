/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Resource usage of processes, from /proc if the system has it.
 */

#ifndef PROCESS_H
#define PROCESS_H

#include "compat.h"

enum { PROCESSES = 256 };

/* Some processes and, once process_children() was called, their children. */
struct processes {
	unsigned n;
	long pid[PROCESSES];
};

/* Reads "123,456"; false when it is not that. */
bool process_parse(struct processes *, const char *list);

/* Adds the children of all, and theirs, as far as there is room. */
void process_children(struct processes *);

/* Microseconds of CPU that they used so far, user and system. */
uint64_t process_cpu_us(const struct processes *);

/* Nanoseconds for which their first threads ran so far; 0 where the system does
 * not say. */
uint64_t process_run_ns(const struct processes *);

/* Their memory in kB: resident, and with shared pages counted in parts (0
 * where the system does not say). */
void process_memory(const struct processes *, unsigned long *rss_kb,
    unsigned long *pss_kb);

#endif
