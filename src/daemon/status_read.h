/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Reads the JSON of daemon/status_json.h back into the structs of a snapshot.
 *
 * NOTES.  Members that are not known, of a newer daemon, are passed over; those
 * that are missing have no value.
 */

#ifndef DAEMON_STATUS_READ_H
#define DAEMON_STATUS_READ_H

#include "daemon/status.h"

enum {
	STATUS_READ_ERROR = 16384,	/* bytes of an error of the daemon */
	STATUS_READ_MAX = 1 << 20,	/* tunnels, and peers of one, at most */
};

/* A tunnel with its peers. */
struct status_read_tunnel {
	struct status_tunnel tunnel;
	struct status_peer *peers;	/* allocated */
	size_t n, room;		/* how many; for how many there is memory */
	int64_t next;		/* the cursor for those that follow; -1: none
				 * do */
};

/* A document.  Zeroed it is empty; status_read_free() at last. */
struct status_read {
	int64_t schema;		/* its version */
	struct status_process process;
	struct status_read_tunnel *tunnels;	/* allocated */
	size_t n, room;
	char error[STATUS_READ_ERROR];	/* the daemon's, in place of all else;
					 * "": none */
	char done[STATUS_ERROR];	/* what a command has done */
	char why[200];		/* why the document is wrong */
};

/* Reads a document, of len bytes, into an empty struct.  0, or -1: why says
 * what is wrong with it. */
int status_read_all(struct status_read *, const char *text, size_t len);

/* Reads one of peers, which are added to those of a tunnel.  0, or -1 as
 * above. */
int status_read_peers(struct status_read *, struct status_read_tunnel *,
    const char *text, size_t len);

void status_read_free(struct status_read *);

#endif
