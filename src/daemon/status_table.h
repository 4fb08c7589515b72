/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The status as a table for people, in the manner of `wg show`: lines for a
 * terminal or for the log.
 *
 * NOTES.  Names and addresses come from strangers: only printable ASCII is
 * written as it is, all else as \xNN.
 */

#ifndef DAEMON_STATUS_TABLE_H
#define DAEMON_STATUS_TABLE_H

#include "daemon/status.h"

enum {
	STATUS_TABLE_LINE = 1024,	/* bytes of a line, at most; a longer
					 * one is cut */
};

/* Takes a line, without newline. */
typedef void status_table_fn(void *arg, const char *line);

/* Bytes a second, of what is shown; for a table that is drawn again. */
struct status_rate {
	uint64_t up, down;
};

/* A table that is being written. */
struct status_table {
	status_table_fn *line;	/* takes its lines */
	void *arg;
	bool colour;		/* with the escapes of ANSI terminals */
	int64_t now_s;		/* when the snapshot was taken */
};

/* Writes the lines of each part, in the order of a snapshot.  rate: NULL: it is
 * not known. */
void status_table_process(struct status_table *,
    const struct status_process *);
void status_table_tunnel(struct status_table *, const struct status_tunnel *,
    const struct status_rate *);
void status_table_peer(struct status_table *, const struct status_peer *,
    const struct status_rate *);

/* Says how many peers are not shown, if there are any; and how to see them. */
void status_table_rest(struct status_table *, uint64_t n, const char *how);

#endif
