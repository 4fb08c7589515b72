/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The C library's way to syslogd.
 */

#include "compat.h"

#include <syslog.h>

#include "net/log_libc.h"

void
log_libc_begin(const char *name, int facility)
{
	openlog(name, LOG_PID | LOG_NDELAY, facility);
}

bool
log_libc_line(int priority, const char *line)
{
	syslog(priority, "%s", line);
	return true;
}
