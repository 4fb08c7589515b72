/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The event log of Windows: eventlog_win32.c, eventlog_none.c.
 *
 * NOTES.  An entry has a number and texts, and the viewer finds the words for
 * them in the program that the registry names for the source: the message table
 * of compat/adit.rc, in which the only message is the text itself, in three
 * severities.  A source that is not registered works, but the viewer says of
 * each entry that its description was not found, before it shows the text.
 */

#ifndef NET_EVENTLOG_H
#define NET_EVENTLOG_H

#include "base/fault.h"
#include "base/log.h"

/* Sends the lines of the log there from now on, as entries of that source; name
 * is the program's, in front of each line, and is borrowed; it may be NULL.  0,
 * or -1 and the fault: there is no event log. */
int eventlog_begin(const char *source, const char *name, struct fault *);

/* Registers a source, with this program for its texts; 0, or -1 and the
 * fault, also when a different program has a source of that name.  Needs an
 * administrator.  Only on Windows. */
int eventlog_register(const char *source, struct fault *);

/* Removes a source from the registry; one that is not there, or is a different
 * program's and stays, is no fault.  Only on Windows. */
int eventlog_unregister(const char *source, struct fault *);

#endif
