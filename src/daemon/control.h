/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The control socket: what other programs of this machine may ask the process,
 * and may have it do.
 *
 * NOTES.  A client sends a line (daemon/control_line.h) and receives one line
 * of JSON, and may then send the next.  All that a client can take is bounded:
 * there are CONTROL_CLIENTS, each has one line and one part of an answer in
 * memory; a part is made when the one before was read, so that an answer of any
 * length neither needs memory nor keeps the loop; and a client that sends no
 * whole line, or reads nothing, for CONTROL_PATIENCE_MS is closed, whatever it
 * does after CONTROL_ANSWER_MS.
 */

#ifndef DAEMON_CONTROL_H
#define DAEMON_CONTROL_H

#include "compat.h"

enum {
	CONTROL_CLIENTS = 8,	/* at the same time */
	CONTROL_PATIENCE_MS = 5000,
	CONTROL_ANSWER_MS = 60000,	/* for an answer, at most */
};

struct control;
struct fault;
struct process;

/* Opens the socket that the settings of a process name, or the one of its
 * default; to be called before rights are dropped.  *control is NULL where
 * there is to be none, or the default one could not be made, which is logged.
 * 0, or -1 and the fault: that of the settings could not. */
int control_start(struct control **control, struct process *, struct fault *);

/* Closes it, and all clients; NULL is harmless. */
void control_stop(struct control *);

#endif
