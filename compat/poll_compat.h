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
/* As poll(): waits at most timeout_ms, or without limit if that is -1.  Returns
 * how many of the n entries have events, 0 on timeout, or -1 and errno (EINTR
 * too).  POLLERR and POLLHUP may be set alone: so WSAPoll() reports the end of
 * file. */
int sock_poll(struct pollfd *fds, unsigned n, int timeout_ms);
#endif

#endif
