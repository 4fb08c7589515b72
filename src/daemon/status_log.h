/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The status as lines of the log.
 */

#ifndef DAEMON_STATUS_LOG_H
#define DAEMON_STATUS_LOG_H

#include "daemon/status.h"

enum { STATUS_LOG_PEERS = 10 };	/* of a tunnel, at most */

/* Logs the table of all tunnels, at info. */
void status_log_write(const struct process *);

#endif
