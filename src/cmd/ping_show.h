/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The output of adit ping: first line, progress, and summary.
 */

#ifndef CMD_PING_SHOW_H
#define CMD_PING_SHOW_H

#include "cmd/ping_state.h"

/* Writes the first line to stdout: target and settings. */
void ping_show_intro(const struct ping *);

/* Starts to show progress: a line that is rewritten, on a terminal, else lines
 * in the log. */
void ping_show_begin(struct ping *);

/* Writes the summary to stdout; returns the exit status: 0, or 1 when there
 * was no reply. */
int ping_show_summary(struct ping *);

#endif
