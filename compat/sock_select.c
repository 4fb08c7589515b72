/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * select() under one name.
 */

#include "select_compat.h"

bool
sock_select_holds(fd_t fd, unsigned n)
{
#ifdef _WIN32
	return fd != FD_NONE && n < FD_SETSIZE;
#else
	(void)n;
	return fd >= 0 && fd < (fd_t)FD_SETSIZE;
#endif
}

int
sock_select(fd_t highest, fd_set *readable, fd_set *writable, fd_set *failed,
    int timeout_ms)
{
	struct timeval wait, *limit = NULL;
	int ready;

	if (timeout_ms >= 0) {
		wait.tv_sec = timeout_ms / 1000;
		wait.tv_usec = timeout_ms % 1000 * 1000;
		limit = &wait;
	}
#ifdef _WIN32
	if (highest == FD_NONE) {	/* select() fails without sockets */
		Sleep(timeout_ms < 0 ? INFINITE : (DWORD)timeout_ms);
		return 0;
	}
	ready = select(0, readable, writable, failed, limit);
	if (ready == SOCKET_ERROR)
		errno = sock_errno(WSAGetLastError());
#else
	/* The third set would report urgent data here: with a byte of that a
	 * peer could keep us busy. */
	ready = select(highest + 1, readable, writable, NULL, limit);
	if (failed != NULL)
		FD_ZERO(failed);
#endif
	return ready;
}
