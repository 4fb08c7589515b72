/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Descriptors to which lines are written without ever waiting for a reader:
 * output_posix.c, output_win32.c.
 *
 * NOTES.  A terminal after Ctrl-S, and a pipe that nobody reads, block write().
 * O_NONBLOCK belongs to the open file, which an inherited descriptor shares
 * with the shell and with other programs: so it is never set there.  Instead
 * the terminal or pipe is opened again, for a flag of our own.  Where that
 * cannot be done (a pipe outside Linux, the terminal of another user after su),
 * poll() is asked before each piece.  Of a pipe that is PIPE_BUF bytes, for
 * which POSIX promises room then; a second writer may be quicker, and then we
 * wait for it.  Of a terminal it is 64 bytes: the room of Linux's
 * pseudo-terminals is a multiple of 256, that of a serial line may be less.  A
 * file is written as it is: a disk that stalls, stalls us.
 */

#ifndef OUTPUT_H
#define OUTPUT_H

#include "compat.h"

/* Opens /dev/null for each of the descriptors 0, 1 and 2 that is closed, so
 * that no socket becomes what the C library takes for stdin, stdout or
 * stderr. */
void output_fill_standard(void);

/* A descriptor for what stderr writes to: a new one, to be closed with
 * output_close(), or stderr's own. */
int output_stderr(void);

/* Opens a file for appending; creates it if need be, and says so in *created.
 * A FIFO need not have a reader.  -1 and errno on failure. */
int output_open(const char *path, bool *created);

/* Writes as many of n bytes as can be written at once: how many, or -1 and
 * errno, EAGAIN when it is none.  Safe in signal handlers. */
int output_write(int fd, const char *bytes, size_t n);

/* Closes a descriptor, unless it is stderr's own. */
void output_close(int fd);

#endif
