/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Whole lines for a descriptor whose reader may be slow, or be gone: nothing
 * waits for it, and what it does not take is counted.
 */

#ifndef BASE_LOG_OUTPUT_H
#define BASE_LOG_OUTPUT_H

#include "compat.h"

enum { LOG_LINE_SIZE = 1024 };	/* bytes of a line, newline included, at most */

struct log_output {
	int fd;
	char rest[LOG_LINE_SIZE];	/* of a line that was taken in part */
	size_t n_rest;
	unsigned long lost;	/* lines since the last one that was taken */
};

/* Starts with a descriptor, which remains the caller's. */
void log_output_init(struct log_output *, int fd);

/* Writes n bytes, LOG_LINE_SIZE at most: a line with its newline.  What is left
 * of one that was taken in part goes before the next.  False, and counted in
 * lost, when none of it could be written. */
bool log_output_line(struct log_output *, const char *line, size_t n);

#endif
