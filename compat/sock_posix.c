/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Socket calls on POSIX.
 */

#include "sock.h"

#include <sys/resource.h>

#include <fcntl.h>
#include <signal.h>

#include "sock_cmsg.h"

#ifndef MSG_NOSIGNAL	/* sock_init() ignores SIGPIPE, which is enough */
#define MSG_NOSIGNAL 0
#endif

#ifndef MSG_MORE
#define MSG_MORE 0
#endif

int
sock_init(void)
{
	return signal(SIGPIPE, SIG_IGN) == SIG_ERR ? -1 : 0;
}

unsigned long
sock_raise_limit(void)
{
	struct rlimit limit, raised;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return 0;
	raised = limit;
	raised.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
		limit = raised;
#ifdef OPEN_MAX
	/* macOS refuses more than this, even below the hard limit. */
	else if (limit.rlim_cur < OPEN_MAX) {
		raised.rlim_cur = OPEN_MAX;
		if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
			limit = raised;
	}
#endif
	if (limit.rlim_cur == RLIM_INFINITY)
		return 0;
	return (unsigned long)limit.rlim_cur;
}

const char *
sock_strerror(int error)
{
	return strerror(error);
}

/* Makes EWOULDBLOCK, where it differs, EAGAIN in errno; returns -1. */
static int
failed(void)
{
	if (errno == EWOULDBLOCK)
		errno = EAGAIN;
	return -1;
}

/* Makes fd non-blocking and not inherited, or closes it; returns fd, or FD_NONE
 * and errno.  FD_NONE stays as it is. */
static fd_t
set_nonblocking(fd_t fd)
{
	int flags;

	if (fd == FD_NONE)
		return FD_NONE;
	flags = fcntl(fd, F_GETFL);
	if (flags != -1 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) != -1 &&
	    fcntl(fd, F_SETFD, FD_CLOEXEC) != -1)
		return fd;
	sock_close(fd);
	return FD_NONE;
}

/* Where the headers have flags for both, the kernel may be older (Linux before
 * 2.6.27 answers EINVAL). */

fd_t
sock_open(int family, int type)
{
#if HAVE_SOCK_NONBLOCK
	fd_t fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd != FD_NONE || errno != EINVAL)
		return fd;
#endif
	return set_nonblocking(socket(family, type, 0));
}

int
sock_pair(fd_t pair[2])
{
#if HAVE_SOCK_NONBLOCK
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
	    pair) == 0)
		return 0;
	if (errno != EINVAL)
		return -1;
#endif
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
		return -1;
	if (set_nonblocking(pair[0]) == FD_NONE) {
		sock_close(pair[1]);
		return -1;
	}
	if (set_nonblocking(pair[1]) == FD_NONE) {
		sock_close(pair[0]);
		return -1;
	}
	return 0;
}

fd_t
sock_dup(fd_t fd)
{
	fd_t copy = dup(fd);

	if (copy != FD_NONE)
		(void)fcntl(copy, F_SETFD, FD_CLOEXEC);
	return copy;
}

void
sock_close(fd_t fd)
{
	int saved = errno;

	if (fd != FD_NONE)
		close(fd);
	errno = saved;
}

int
sock_bind(fd_t fd, const union sock_addr *addr, socklen_t len)
{
	return bind(fd, &addr->sa, len);
}

int
sock_listen(fd_t fd, int backlog)
{
	return listen(fd, backlog);
}

int
sock_connect(fd_t fd, const union sock_addr *addr, socklen_t len)
{
	if (connect(fd, &addr->sa, len) == 0)
		return 0;
	if (errno == EINTR)	/* the system continues to connect */
		errno = EINPROGRESS;
	return -1;
}

int
sock_shutdown(fd_t fd)
{
	return shutdown(fd, SHUT_WR);
}

/* Accepts a connection, non-blocking and not inherited; FD_NONE and errno. */
static fd_t
accept_nonblocking(fd_t fd, union sock_addr *from, socklen_t *size)
{
#if HAVE_ACCEPT4 && HAVE_SOCK_NONBLOCK
	fd_t taken = accept4(fd, &from->sa, size,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);

	/* Linux before 2.6.28, and later on some machines. */
	if (taken != FD_NONE || errno != ENOSYS)
		return taken;
#endif
	return set_nonblocking(accept(fd, &from->sa, size));
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
		taken = accept_nonblocking(fd, from, &size);
		/* A connection that the peer has closed already is skipped. */
	} while (taken == FD_NONE && (errno == EINTR ||
	    errno == ECONNABORTED || errno == EPROTO));
	if (taken == FD_NONE)
		return failed();
	if (len != NULL)
		*len = size;
	return taken;
}

ssize_t
sock_recv(fd_t fd, void *buf, size_t size)
{
	ssize_t n;

	do
		n = recv(fd, buf, size, 0);
	while (n == -1 && errno == EINTR);
	return n == -1 ? failed() : n;
}

/* send() with flags. */
static ssize_t
send_flags(fd_t fd, const void *buf, size_t len, int flags)
{
	ssize_t n;

	do
		n = send(fd, buf, len, flags);
	while (n == -1 && errno == EINTR);
	return n == -1 ? failed() : n;
}

ssize_t
sock_send(fd_t fd, const void *buf, size_t len)
{
	return send_flags(fd, buf, len, MSG_NOSIGNAL);
}

ssize_t
sock_send_more(fd_t fd, const void *buf, size_t len)
{
	return send_flags(fd, buf, len, MSG_NOSIGNAL | MSG_MORE);
}

ssize_t
sock_recv_from(fd_t fd, void *buf, size_t size, union sock_addr *from,
    union sock_addr *local, bool *truncated)
{
	union sock_control control;
	struct msghdr msg;
	struct iovec iov;
	ssize_t n;

	do {
		memset(&msg, 0, sizeof(msg));
		iov.iov_base = buf;
		iov.iov_len = size;
		msg.msg_iov = &iov;
		msg.msg_iovlen = 1;
		if (from != NULL) {
			msg.msg_name = from;
			msg.msg_namelen = sizeof(*from);
		}
		if (local != NULL) {
			msg.msg_control = control.space;
			msg.msg_controllen = sizeof(control);
		}
		n = recvmsg(fd, &msg, 0);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return failed();
	if (local != NULL)
		sock_cmsg_local(&msg, local);
	*truncated = (msg.msg_flags & MSG_TRUNC) != 0;
	return n;
}

ssize_t
sock_send_to(fd_t fd, const void *buf, size_t len, const union sock_addr *to,
    socklen_t to_len, const union sock_addr *local)
{
	union sock_control control;
	struct msghdr msg;
	struct iovec iov;
	ssize_t n;

	memset(&msg, 0, sizeof(msg));
	/* sendmsg() only reads this, but its struct has no const. */
	iov.iov_base = (void *)(uintptr_t)buf;
	iov.iov_len = len;
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	if (to != NULL) {
		msg.msg_name = (void *)(uintptr_t)to;
		msg.msg_namelen = to_len;
	}
	msg.msg_controllen = sock_cmsg_put_local(control.space,
	    sizeof(control), local);
	if (msg.msg_controllen != 0)
		msg.msg_control = control.space;
	do
		n = sendmsg(fd, &msg, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return n == -1 ? failed() : n;
}

int
sock_local(fd_t fd, union sock_addr *addr)
{
	socklen_t len = sizeof(*addr);

	memset(addr, 0, sizeof(*addr));
	return getsockname(fd, &addr->sa, &len);
}

int
sock_peer(fd_t fd, union sock_addr *addr)
{
	socklen_t len = sizeof(*addr);

	memset(addr, 0, sizeof(*addr));
	return getpeername(fd, &addr->sa, &len);
}

int
sock_error(fd_t fd)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		return errno;
	return error;
}
