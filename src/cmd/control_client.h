/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The client of a control socket, for `adit status` and `adit ctl`.
 */

#ifndef CMD_CONTROL_CLIENT_H
#define CMD_CONTROL_CLIENT_H

#include "compat.h"

#include "base/opt.h"
#include "net/local.h"

struct status_read;
struct status_read_tunnel;

/* Zeroed, with the path that the user named, or NULL. */
struct control_client {
	const char *named;	/* path; NULL: one of the default ones */
	char path[LOCAL_PATH];	/* of the socket that was found */
	fd_t fd;		/* connected, or FD_NONE */
	char why[16384];	/* of a failure, and what to do */
};

/* The row of the option that names it, at that offset. */
#define CONTROL_CLIENT_ROW(at_named) \
	{ .name = OPT_WORDS("control", OPT_NONE, "PATH", \
	  HELP("control socket of the process")), .type = OPT_TEXT, \
	  .at = (at_named) }

/* Connects; 0, or -1 and why. */
int control_client_open(struct control_client *);

void control_client_close(struct control_client *);

/* Sends a line, without newline, and reads the answer into an empty
 * document.  0, or -1 and why, which may be the daemon's error. */
int control_client_ask(struct control_client *, const char *line,
    struct status_read *);

/* Reads a document of all tunnels, or of the one of that name (NULL: all).
 * all: with all peers, else with those of one document.  0, or -1 and why. */
int control_client_status(struct control_client *, const char *tunnel,
    bool all, struct status_read *);

#endif
