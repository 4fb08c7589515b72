/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Does what a request on the control socket says.
 */

#ifndef DAEMON_CONTROL_RUN_H
#define DAEMON_CONTROL_RUN_H

#include "compat.h"

struct control_line;
struct local_peer;
struct process;
struct status_json;

/* Writes an answer into a buffer of STATUS_JSON_PART bytes: the error and its
 * reason.  Returns its bytes. */
size_t control_run_error(char *out, const char *why);

/* Does what a request of a peer says, and writes the answer, as above; where
 * that is a long one its first part, *doc then has what follows. */
size_t control_run(struct process *, const struct local_peer *,
    const struct control_line *, struct status_json *doc, char *out);

#endif
