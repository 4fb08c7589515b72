/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Messages of a fixed size between two processes, each with a descriptor
 * perhaps.
 */

#include "compat.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <netinet/in.h>
#include <fcntl.h>
#include <unistd.h>

#include "sock_pass.h"

#ifndef MSG_NOSIGNAL	/* sock_init() ignores SIGPIPE, which is enough */
#define MSG_NOSIGNAL 0
#endif

enum { PASSED_ROOM = 8 };	/* descriptors that are looked at */

/* Room for control messages, aligned for their heads. */
union control {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(PASSED_ROOM * sizeof(int))];
};

int
sock_pass_pair(int pair[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		return -1;
	fcntl(pair[0], F_SETFD, FD_CLOEXEC);
	fcntl(pair[1], F_SETFD, FD_CLOEXEC);
	return 0;
}

void
sock_pass_limit(int fd, int wait_ms)
{
	struct timeval t;

	t.tv_sec = wait_ms / 1000;
	t.tv_usec = wait_ms % 1000 * 1000;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
}

int
sock_pass(int fd, const void *message, size_t len, int passed)
{
	const char *at = message;
	union control control;
	struct iovec part;
	struct msghdr m;
	struct cmsghdr *c;
	ssize_t n;

	memset(&m, 0, sizeof(m));
	memset(&control, 0, sizeof(control));
	m.msg_iov = &part;
	m.msg_iovlen = 1;
	if (passed >= 0) {
		m.msg_control = &control;
		m.msg_controllen = CMSG_SPACE(sizeof(int));
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &passed, sizeof(int));
	}
	while (len > 0) {
		part.iov_base = (void *)(uintptr_t)at;
		part.iov_len = len;
		n = sendmsg(fd, &m, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		at += n;
		len -= (size_t)n;
		m.msg_control = NULL;
		m.msg_controllen = 0;
	}
	return 0;
}

/* Takes over the descriptors of a message: the first one, if there is none
 * yet; closes the others. */
static void
take_descriptors(struct msghdr *m, int *passed)
{
	struct cmsghdr *c;
	size_t i, n;
	int fd;

	for (c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int),
			    sizeof(int));
			if (*passed >= 0) {
				close(fd);
				continue;
			}
			fcntl(fd, F_SETFD, FD_CLOEXEC);
			*passed = fd;
		}
	}
}

int
sock_take(int fd, void *message, size_t len, int *passed)
{
	char *at = message;
	union control control;
	struct iovec part;
	struct msghdr m;
	ssize_t n = 1;
	int error;

	*passed = -1;
	while (len > 0) {
		part.iov_base = at;
		part.iov_len = len;
		memset(&m, 0, sizeof(m));
		m.msg_iov = &part;
		m.msg_iovlen = 1;
		m.msg_control = &control;
		m.msg_controllen = sizeof(control);
		n = recvmsg(fd, &m, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		take_descriptors(&m, passed);
		if (n == 0)
			break;
		at += n;
		len -= (size_t)n;
	}
	if (len == 0)
		return 1;
	error = errno;
	if (*passed >= 0)
		close(*passed);
	*passed = -1;
	errno = error;
	return n == 0 ? 0 : -1;
}

/* Is it a TCP or a UDP socket, where the system tells? */
static bool
is_usual_protocol(int fd, int type)
{
#ifdef SO_PROTOCOL
	socklen_t len = sizeof(int);
	int protocol;

	return getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) == 0 &&
	    protocol == (type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP);
#else
	(void)fd;
	(void)type;
	return true;
#endif
}

int
sock_pass_kind(int fd, int *family, int *type)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof(*type);
	struct stat st;

	if (fstat(fd, &st) != 0)
		return -1;
	errno = ENOTSOCK;
	if (!S_ISSOCK(st.st_mode) ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, type, &len) != 0)
		return -1;
	len = sizeof(at);
	if (getsockname(fd, (struct sockaddr *)(void *)&at, &len) != 0)
		return -1;
	*family = at.ss_family;
	errno = EPROTOTYPE;
	return (*family == AF_INET || *family == AF_INET6) &&
	    (*type == SOCK_STREAM || *type == SOCK_DGRAM) &&
	    is_usual_protocol(fd, *type) ? 0 : -1;
}
