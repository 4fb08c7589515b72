/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The event log of Windows on systems that have syslog.
 */

#include "compat.h"

#include "net/eventlog.h"

int
eventlog_begin(const char *source, const char *name, struct fault *f)
{
	(void)source;
	(void)name;
	return fault_user(f, "eventlog", "eventlog: only Windows has an event "
	    "log; use syslog");
}
