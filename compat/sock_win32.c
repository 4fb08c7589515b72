/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Socket calls on Windows, with the errors of POSIX.
 *
 * NOTES.  WSARecvMsg() and WSASendMsg() carry local addresses.  They belong to
 * a socket's provider, not to the library, and are looked up once.  Without
 * them recvfrom() and sendto() are used, and local addresses are not reported.
 */

#include "sock.h"

#include "sock_control_win32.h"

#include <windows.h>
#include <mswsock.h>

/* An error of Winsock, and its POSIX name. */
static const struct {
	int wsa, error;
} errors[] = {
	{ WSAEINTR, EINTR },
	{ WSAEBADF, EBADF },
	{ WSAEACCES, EACCES },
	{ WSAEFAULT, EFAULT },
	{ WSAEINVAL, EINVAL },
	{ WSAEMFILE, EMFILE },
	{ WSAEWOULDBLOCK, EAGAIN },
	{ WSAEINPROGRESS, EINPROGRESS },
	{ WSAEALREADY, EALREADY },
	{ WSAENOTSOCK, ENOTSOCK },
	{ WSAEDESTADDRREQ, EDESTADDRREQ },
	{ WSAEMSGSIZE, EMSGSIZE },
	{ WSAEPROTOTYPE, EPROTOTYPE },
	{ WSAENOPROTOOPT, ENOPROTOOPT },
	{ WSAEPROTONOSUPPORT, EPROTONOSUPPORT },
	{ WSAEOPNOTSUPP, EOPNOTSUPP },
	{ WSAEAFNOSUPPORT, EAFNOSUPPORT },
	{ WSAEADDRINUSE, EADDRINUSE },
	{ WSAEADDRNOTAVAIL, EADDRNOTAVAIL },
	{ WSAENETDOWN, ENETDOWN },
	{ WSAENETUNREACH, ENETUNREACH },
	/* The TTL of a datagram expired. */
	{ WSAENETRESET, ENETRESET },
	{ WSAECONNABORTED, ECONNABORTED },
	{ WSAECONNRESET, ECONNRESET },
	{ WSAENOBUFS, ENOBUFS },
	{ WSAEISCONN, EISCONN },
	{ WSAENOTCONN, ENOTCONN },
	{ WSAESHUTDOWN, EPIPE },
	{ WSAETIMEDOUT, ETIMEDOUT },
	{ WSAECONNREFUSED, ECONNREFUSED },
	{ WSAEHOSTDOWN, EHOSTDOWN },
	{ WSAEHOSTUNREACH, EHOSTUNREACH },
};

enum { ERRORS = sizeof(errors) / sizeof(errors[0]) };

int
sock_errno(int error)
{
	size_t i;

	for (i = 0; i < ERRORS; i++) {
		if (errors[i].wsa == error)
			return errors[i].error;
	}
	return error;
}

const char *
sock_strerror(int error)
{
	return strerror(error);
}

/* Sets errno to the error of the last call; returns -1. */
static int
failed(void)
{
	errno = sock_errno(WSAGetLastError());
	return -1;
}

int
sock_init(void)
{
	WSADATA data;
	int error = WSAStartup(MAKEWORD(2, 2), &data);

	if (error == 0)
		return 0;
	errno = sock_errno(error);
	return -1;
}

unsigned long
sock_raise_limit(void)
{
	return 0;
}

/* Makes fd non-blocking and not inherited, or closes it; returns fd, or FD_NONE
 * and errno. */
static fd_t
set_nonblocking(fd_t fd)
{
	u_long on = 1;

	if (fd == FD_NONE) {
		failed();
		return FD_NONE;
	}
	if (ioctlsocket(fd, FIONBIO, &on) == 0) {
		/* Not inherited; sockets of layered providers may refuse. */
		SetHandleInformation((HANDLE)fd, HANDLE_FLAG_INHERIT, 0);
		return fd;
	}
	failed();
	sock_close(fd);
	return FD_NONE;
}

fd_t
sock_open(int family, int type)
{
	return set_nonblocking(socket(family, type, 0));
}

fd_t
sock_dup(fd_t fd)
{
	(void)fd;
	errno = ENOSYS;
	return FD_NONE;
}

void
sock_close(fd_t fd)
{
	int saved = errno;

	if (fd != FD_NONE)
		closesocket(fd);
	errno = saved;
}

/* Makes listener listen on a port of 127.0.0.1 and fd connect to it; 0 or
 * -1. */
static int
connect_loopback(fd_t listener, fd_t fd)
{
	union sock_addr addr;

	memset(&addr, 0, sizeof(addr));
	addr.in.sin_family = AF_INET;
	addr.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	/* Or a different program could bind the same port, and be connected
	 * to. */
	if (sock_opt_reuseaddr(listener) == -1 ||
	    sock_bind(listener, &addr, sizeof(addr.in)) == -1 ||
	    sock_listen(listener, 1) == -1 || sock_local(listener, &addr) == -1)
		return -1;
	return sock_connect(fd, &addr, sizeof(addr.in));
}

/* Accepts the connection of fd, and closes those of others who found the port;
 * FD_NONE on failure. */
static fd_t
accept_from(fd_t listener, fd_t fd)
{
	union sock_addr from, own;
	fd_t taken;

	if (sock_local(fd, &own) == -1)
		return FD_NONE;
	for (;;) {
		taken = sock_accept(listener, &from, NULL);
		if (taken == FD_NONE ||
		    (from.in.sin_port == own.in.sin_port &&
		    from.in.sin_addr.s_addr == own.in.sin_addr.s_addr))
			return taken;
		sock_close(taken);
	}
}

/* A connection over loopback, since only recent versions have AF_UNIX. */
int
sock_pair(fd_t pair[2])
{
	/* Blocking until they are connected. */
	fd_t listener = socket(AF_INET, SOCK_STREAM, 0);
	fd_t fd = socket(AF_INET, SOCK_STREAM, 0);

	pair[1] = FD_NONE;
	if (listener != FD_NONE && fd != FD_NONE &&
	    connect_loopback(listener, fd) == 0)
		pair[1] = accept_from(listener, fd);
	sock_close(listener);
	pair[0] = pair[1] == FD_NONE ? FD_NONE : set_nonblocking(fd);
	if (pair[0] != FD_NONE)
		return 0;
	sock_close(pair[1]);
	if (pair[1] == FD_NONE)
		sock_close(fd);
	return -1;
}

int
sock_bind(fd_t fd, const union sock_addr *addr, socklen_t len)
{
	return bind(fd, &addr->sa, len) == 0 ? 0 : failed();
}

int
sock_listen(fd_t fd, int backlog)
{
	return listen(fd, backlog) == 0 ? 0 : failed();
}

int
sock_connect(fd_t fd, const union sock_addr *addr, socklen_t len)
{
	if (connect(fd, &addr->sa, len) == 0)
		return 0;
	failed();
	if (errno == EAGAIN)	/* Winsock's error while it connects */
		errno = EINPROGRESS;
	return -1;
}

int
sock_shutdown(fd_t fd)
{
	return shutdown(fd, SD_SEND) == 0 ? 0 : failed();
}

fd_t
sock_accept(fd_t fd, union sock_addr *from, socklen_t *len)
{
	union sock_addr unasked;
	socklen_t size;
	fd_t taken;

	if (from == NULL)
		from = &unasked;
	do {
		size = sizeof(*from);
		taken = set_nonblocking(accept(fd, &from->sa, &size));
		/* A connection that the peer has closed already is skipped. */
	} while (taken == FD_NONE && errno == ECONNRESET);
	if (taken != FD_NONE && len != NULL)
		*len = size;
	return taken;
}

ssize_t
sock_recv(fd_t fd, void *buf, size_t size)
{
	int n = recv(fd, buf, size > INT_MAX ? INT_MAX : (int)size, 0);

	return n == SOCKET_ERROR ? failed() : n;
}

ssize_t
sock_send(fd_t fd, const void *buf, size_t len)
{
	int n = send(fd, buf, len > INT_MAX ? INT_MAX : (int)len, 0);

	return n == SOCKET_ERROR ? failed() : n;
}

ssize_t
sock_send_more(fd_t fd, const void *buf, size_t len)
{
	return sock_send(fd, buf, len);
}

/* Converts the size of a received datagram, or the error, to what
 * sock_recv_from() returns.  Winsock reports a truncated datagram as an error,
 * but has filled the buffer. */
static ssize_t
received(int result, DWORD n, size_t size, bool *truncated)
{
	*truncated = false;
	if (result != SOCKET_ERROR)
		return (ssize_t)n;
	failed();
	if (errno != EMSGSIZE)
		return -1;
	*truncated = true;
	return (ssize_t)size;
}

ssize_t
sock_recv_from(fd_t fd, void *buf, size_t size, union sock_addr *from,
    union sock_addr *local, bool *truncated)
{
	static LPFN_WSARECVMSG receive;
	static bool looked_up;
	union sock_addr unasked;
	union sock_control control;
	WSABUF piece;
	WSAMSG msg;
	DWORD n = 0;
	GUID id = WSAID_WSARECVMSG;

	if (from == NULL)
		from = &unasked;
	if (local != NULL) {
		memset(local, 0, sizeof(*local));
		local->sa.sa_family = AF_UNSPEC;
	}
	if (local != NULL && !looked_up) {
		looked_up = true;
		sock_control_function(fd, &id, &receive, sizeof(receive));
	}
	if (local == NULL || receive == NULL) {
		socklen_t len = sizeof(*from);
		int got = recvfrom(fd, buf,
		    size > INT_MAX ? INT_MAX : (int)size, 0, &from->sa, &len);

		return received(got, (DWORD)got, size, truncated);
	}
	piece.buf = buf;
	piece.len = (ULONG)size;
	memset(&msg, 0, sizeof(msg));
	msg.name = &from->sa;
	msg.namelen = sizeof(*from);
	msg.lpBuffers = &piece;
	msg.dwBufferCount = 1;
	msg.Control.buf = control.space;
	msg.Control.len = sizeof(control);
	if (receive(fd, &msg, &n, NULL, NULL) == SOCKET_ERROR)
		return received(SOCKET_ERROR, n, size, truncated);
	sock_control_get(&msg, local);
	*truncated = (msg.dwFlags & MSG_TRUNC) != 0;
	return (ssize_t)n;
}

/* Sends from a local address; 0 and *sent, or -1 and errno; ENOSYS when the
 * provider has no such function. */
static int
send_from(fd_t fd, WSAMSG *msg, DWORD *sent)
{
#if _WIN32_WINNT >= 0x0600
	static LPFN_WSASENDMSG function;
	static bool looked_up;
	GUID id = WSAID_WSASENDMSG;

	if (!looked_up) {
		looked_up = true;
		sock_control_function(fd, &id, &function,
		    sizeof(function));
	}
	if (function != NULL)
		return function(fd, msg, 0, sent, NULL, NULL) == 0 ?
		    0 : failed();
#else
	(void)fd;
	(void)msg;
	(void)sent;
#endif
	errno = ENOSYS;
	return -1;
}

ssize_t
sock_send_to(fd_t fd, const void *buf, size_t len, const union sock_addr *to,
    socklen_t to_len, const union sock_addr *local)
{
	union sock_control control;
	WSABUF piece;
	WSAMSG msg;
	DWORD sent = 0;
	int n;

	if (to == NULL)
		return sock_send(fd, buf, len);
	if (local != NULL && local->sa.sa_family != AF_UNSPEC) {
		memset(&msg, 0, sizeof(msg));
		/* WSASendMsg() only reads, but its structs have no const. */
		piece.buf = (char *)(uintptr_t)buf;
		piece.len = (ULONG)len;
		msg.name = (struct sockaddr *)(uintptr_t)&to->sa;
		msg.namelen = to_len;
		msg.lpBuffers = &piece;
		msg.dwBufferCount = 1;
		msg.Control.len = (ULONG)sock_control_put(&control, local);
		msg.Control.buf = control.space;
		if (send_from(fd, &msg, &sent) == 0)
			return (ssize_t)sent;
		if (errno != ENOSYS)
			return -1;
	}
	n = sendto(fd, buf, len > INT_MAX ? INT_MAX : (int)len, 0, &to->sa,
	    to_len);
	return n == SOCKET_ERROR ? failed() : n;
}

int
sock_local(fd_t fd, union sock_addr *addr)
{
	socklen_t len = sizeof(*addr);

	memset(addr, 0, sizeof(*addr));
	return getsockname(fd, &addr->sa, &len) == 0 ? 0 : failed();
}

int
sock_peer(fd_t fd, union sock_addr *addr)
{
	socklen_t len = sizeof(*addr);

	memset(addr, 0, sizeof(*addr));
	return getpeername(fd, &addr->sa, &len) == 0 ? 0 : failed();
}

int
sock_error(fd_t fd)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, (char *)&error, &len) != 0)
		error = WSAGetLastError();
	return error == 0 ? 0 : sock_errno(error);
}
