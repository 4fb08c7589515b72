/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The C library's way to syslogd, where log_syslog.c knows no socket of it.
 *
 * NOTES.  log_libc_none.c is for a C library that knows no other way (musl):
 * syslog() would bring all of strftime() into a static program.
 */

#ifndef NET_LOG_LIBC_H
#define NET_LOG_LIBC_H

#include "compat.h"

/* Calls openlog(); name is borrowed. */
void log_libc_begin(const char *name, int facility);

/* Calls syslog(); false: the line is lost. */
bool log_libc_line(int priority, const char *line);

#endif
