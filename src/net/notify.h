/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Messages to the supervisor that has started us, as sd_notify(3) has them.
 */

#ifndef NET_NOTIFY_H
#define NET_NOTIFY_H

#include "net/loop.h"

/* Reads what the supervisor has put into the environment, for this process and
 * its child in the background, and removes it from there.  Failures do not
 * matter. */
void notify_begin(void);

/* Sends a message, if there is a supervisor. */
void notify_send(const char *message);

/* Sends that a reload begins. */
void notify_reloading(void);

/* Lets the loop show that it does not hang, if the supervisor wants that. */
void notify_watchdog(struct loop *);

/* No more of that; harmless when it was not wanted. */
void notify_end(void);

#endif
