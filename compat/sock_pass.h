/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Messages of a fixed size between two processes, each with a descriptor
 * perhaps (SCM_RIGHTS).  POSIX only.
 */

#ifndef SOCK_PASS_H
#define SOCK_PASS_H

#include "compat.h"

/* Opens two connected sockets, whose calls wait.  0, or -1 and errno. */
int sock_pass_pair(int pair[2]);

/* Lets calls on a socket fail with EAGAIN after so many milliseconds. */
void sock_pass_limit(int fd, int wait_ms);

/* Sends a message and, unless it is -1, a copy of a descriptor.  0, or -1 and
 * errno. */
int sock_pass(int fd, const void *message, size_t len, int passed);

/* Receives a message of that size.  *passed is the first descriptor that came
 * with it, now ours, or -1; others are closed.  1, 0 at end of file, or -1 and
 * errno; then *passed is -1. */
int sock_take(int fd, void *message, size_t len, int *passed);

/* What kind of socket a descriptor is that a stranger may have made: AF_INET
 * and so on, SOCK_STREAM and so on, and TCP or UDP, as far as the system tells.
 * 0, or -1 and errno: it is no such socket. */
int sock_pass_kind(int fd, int *family, int *type);

#endif
