/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Lines for syslog, in the format of RFC 3164 that syslogd reads from its local
 * socket.  syslog() of the C library waits when syslogd does not read; here
 * such lines are lost, and counted.
 */

#ifndef NET_LOG_SYSLOG_H
#define NET_LOG_SYSLOG_H

#include "base/fault.h"
#include "base/log.h"

/* Sets the facility by its name (NULL: daemon); 0, or -1 and the fault. */
int log_syslog_facility(const char *name, struct fault *);

/* Connects to syslogd; name is that of the program, and is borrowed.  While
 * there is no socket of it, lines go to syslog() of the C library. */
void log_syslog_begin(const char *name);

/* Forgets the socket without closing it; a line connects again. */
void log_syslog_forget(void);

/* Sends a line. */
void log_syslog_line(enum log_level level, const char *line);

#endif
