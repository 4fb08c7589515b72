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

/* Can a set that has n descriptors take this one?  POSIX sets have a bit for
 * each descriptor below FD_SETSIZE; those of Windows are FD_SETSIZE sockets
 * of any number. */
bool sock_select_holds(fd_t fd, unsigned n);

/* As select() of the descriptors up to highest (FD_NONE for none): waits at
 * most timeout_ms, for ever with -1; sets may be NULL.  How many are ready,
 * 0 after the time, -1 and errno (EINTR too).  failed: connects that failed,
 * on Windows, which does not call them writable; elsewhere nothing. */
int sock_select(fd_t highest, fd_set *readable, fd_set *writable,
    fd_set *failed, int timeout_ms);

#endif
