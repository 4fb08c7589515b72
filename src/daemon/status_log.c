/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The status as lines of the log.
 */

#include "compat.h"

#include "daemon/status_log.h"

#include "base/log.h"
#include "daemon/status_table.h"

/* Logs a line of the table. */
static void
log_table_line(void *arg, const char *line)
{
	(void)arg;
	if (*line != '\0')
		log_info("%s", line);
}

/* Logs a tunnel. */
static void
log_tunnel(const struct process *p, struct status_table *table, size_t i)
{
	struct status_tunnel tunnel;
	struct status_peer peer;
	uint64_t cursor = 0, n = 0;

	status_tunnel(p, i, &tunnel);
	status_table_tunnel(table, &tunnel, NULL);
	while (n < STATUS_LOG_PEERS &&
	    status_peers(p, i, &cursor, &peer, 1) > 0) {
		status_table_peer(table, &peer, NULL);
		n++;
	}
	status_table_rest(table, tunnel.peers - n, "");
}

void
status_log_write(const struct process *p)
{
	struct status_table table = { log_table_line, NULL, false, 0 };
	struct status_process process;
	size_t i;

	status_process(p, &process);
	table.now_s = process.now_s;
	status_table_process(&table, &process);
	for (i = 0; i < status_tunnels(p); i++)
		log_tunnel(p, &table, i);
}
