/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The status as JSON, of the schema that adit-status(5) and
 * contrib/status.schema.json describe.
 *
 * NOTES.  A document is written in parts of bounded size, so that a server
 * needs little memory for it and stays out of the loop's way: one part in a
 * turn, as the client reads.  It lists at most STATUS_JSON_PEERS peers; of a
 * tunnel that has more, `peers_next` is the cursor for the next ones, and a
 * document of these has only them.
 */

#ifndef DAEMON_STATUS_JSON_H
#define DAEMON_STATUS_JSON_H

#include "daemon/status.h"

enum {
	STATUS_JSON_PART = 32768,	/* bytes that fit any part, NUL
					 * included */
	STATUS_JSON_PEERS = 1000,	/* of a document, at most */
};

/* What is written next. */
enum status_json_step {
	STATUS_JSON_HEAD,	/* the process */
	STATUS_JSON_TUNNEL,	/* a tunnel, or the end */
	STATUS_JSON_PEER,	/* some of its peers, or its end */
	STATUS_JSON_DONE,
};

/* A document that is being written. */
struct status_json {
	const struct process *process;
	enum status_json_step step;
	size_t tunnel;		/* number of the next or present one */
	char name[STATUS_NAME];	/* of the present one */
	bool one;		/* no tunnel follows */
	bool bare;		/* of that one only peers are written */
	uint64_t cursor;	/* behind the last peer of that tunnel */
	unsigned left;		/* peers that it may still have */
	bool more;		/* a comma precedes the next one */
};

/* Begins a document of all tunnels. */
void status_json_all(struct status_json *, const struct process *);

/* Begins one of one tunnel. */
void status_json_one(struct status_json *, const struct process *,
    size_t tunnel);

/* Begins one of the peers of a tunnel that come after a cursor. */
void status_json_peers(struct status_json *, const struct process *,
    size_t tunnel, uint64_t cursor);

/* Writes the next part; returns its bytes, 0: it was the last.  In between
 * anything may change. */
size_t status_json_next(struct status_json *, char buf[STATUS_JSON_PART]);

/*
 * Parts, for a program that has read a document
 */

struct json_out;

/* Opens a document, which has the process unless it is NULL; an array of
 * tunnels is open then. */
void status_json_add_head(struct json_out *, const struct status_process *);

/* A tunnel; its array of peers is open then. */
void status_json_add_tunnel(struct json_out *, const struct status_tunnel *,
    int64_t now_s);

void status_json_add_peer(struct json_out *, const struct status_peer *);

#endif
