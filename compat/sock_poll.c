/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * poll() under one name.
 */

#include "poll_compat.h"

#if HAVE_POLL

int
sock_poll(struct pollfd *fds, unsigned n, int timeout_ms)
{
#ifdef _WIN32
	int ready;

	if (n == 0) {		/* WSAPoll() fails without sockets */
		Sleep(timeout_ms < 0 ? INFINITE : (DWORD)timeout_ms);
		return 0;
	}
	ready = WSAPoll(fds, n, timeout_ms);
	if (ready == SOCKET_ERROR)
		errno = sock_errno(WSAGetLastError());
	return ready;
#else
	return poll(fds, (nfds_t)n, timeout_ms);
#endif
}

#endif
