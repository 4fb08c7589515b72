/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * poll() under one name: the system's, or WSAPoll() of Windows.
 */

#ifndef POLL_COMPAT_H
#define POLL_COMPAT_H

#include "sock.h"

#ifndef _WIN32
#include <poll.h>
#endif

#if HAVE_POLL
/* As poll(): waits at most timeout_ms, for ever with -1; how many of the n
 * entries have events, 0 after the time, -1 and errno (EINTR too).  POLLERR
 * and POLLHUP may come alone: WSAPoll() tells an end of file so. */
int sock_poll(struct pollfd *fds, unsigned n, int timeout_ms);
#endif

#endif
