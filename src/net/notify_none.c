/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A build that sends no messages to a supervisor.
 */

#include "compat.h"

#include "net/notify.h"

void
notify_begin(void)
{
}

void
notify_send(const char *message)
{
	(void)message;
}

void
notify_reloading(void)
{
}

void
notify_watchdog(struct loop *loop)
{
	(void)loop;
}

void
notify_end(void)
{
}
