/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The C library's way to syslogd, where it knows none that we do not.
 */

#include "compat.h"

#include "net/log_libc.h"

void
log_libc_begin(const char *name, int facility)
{
	(void)name;
	(void)facility;
}

bool
log_libc_line(int priority, const char *line)
{
	(void)priority;
	(void)line;
	return false;
}
