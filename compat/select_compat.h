/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * select() under one name, and what its sets can hold.
 */

#ifndef SELECT_COMPAT_H
#define SELECT_COMPAT_H

#include "sock.h"

#ifndef _WIN32
#include <sys/select.h>
#include <sys/time.h>
#endif

/* Can fd be added to a set of n descriptors?  POSIX sets have a bit for each
 * descriptor below FD_SETSIZE; those of Windows are FD_SETSIZE sockets of any
 * number. */
bool sock_select_holds(fd_t fd, unsigned n);

/* As select() of the descriptors up to highest (FD_NONE for none): waits at
 * most timeout_ms, or without limit if that is -1.  Sets may be NULL.  Returns
 * how many are ready, 0 on timeout, or -1 and errno (EINTR too).  failed:
 * connects that failed, on Windows, which does not report them as writable;
 * elsewhere it is emptied. */
int sock_select(fd_t highest, fd_set *readable, fd_set *writable,
    fd_set *failed, int timeout_ms);

#endif
