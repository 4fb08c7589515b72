/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Datagrams of one size as one message, by WSASendMsg() and WSARecvMsg().
 *
 * NOTES.  After "IPPROTO_UDP Socket Options" of Microsoft's documentation of
 * Winsock: UDP_SEND_MSG_SIZE is an option of a socket, and control data of a
 * message; UDP_RECV_MAX_COALESCED_SIZE is an option, after which messages have
 * control data of the type UDP_COALESCED_INFO.  Values are DWORDs.  Older
 * systems refuse both options.
 */

#include "sock_joined.h"

#include "sock_control_win32.h"

#include <windows.h>
#include <mswsock.h>

enum {
	/* Older headers lack these. */
	SEND_MSG_SIZE = 2,	/* UDP_SEND_MSG_SIZE */
	RECV_COALESCED = 3,	/* UDP_RECV_MAX_COALESCED_SIZE, and
				 * UDP_COALESCED_INFO */
};

typedef INT WSAAPI joined_send_fn(SOCKET, WSAMSG *, DWORD flags, DWORD *sent,
    WSAOVERLAPPED *, LPWSAOVERLAPPED_COMPLETION_ROUTINE);

/* WSASendMsg(), which headers for Windows XP do not declare. */
static const GUID send_id = { 0xa441e712, 0x754f, 0x43ca,
    { 0x84, 0xa7, 0x0d, 0xee, 0x44, 0xcf, 0x60, 0x6d } };

static joined_send_fn *send_message;
static LPFN_WSARECVMSG receive_message;

static int
joined_failed(void)
{
	errno = sock_errno(WSAGetLastError());
	return -1;
}

/* Does a socket know an option of UDP? */
static bool
joined_has_option(fd_t fd, int name)
{
	DWORD value;
	int len = sizeof(value);

	return getsockopt(fd, IPPROTO_UDP, name, (char *)&value, &len) == 0;
}

bool
sock_joined_can_send(fd_t fd)
{
	if (send_message == NULL)
		sock_control_function(fd, &send_id, &send_message,
		    sizeof(send_message));
	return send_message != NULL && joined_has_option(fd, SEND_MSG_SIZE);
}

bool
sock_joined_can_receive(fd_t fd)
{
	static const GUID id = WSAID_WSARECVMSG;

	if (receive_message == NULL)
		sock_control_function(fd, &id, &receive_message,
		    sizeof(receive_message));
	return receive_message != NULL && joined_has_option(fd, RECV_COALESCED);
}

int
sock_joined_ask(fd_t fd, size_t bytes)
{
	DWORD value = (DWORD)bytes;

	return setsockopt(fd, IPPROTO_UDP, RECV_COALESCED, (const char *)&value,
	    sizeof(value)) == 0 ? 0 : joined_failed();
}

/* The size of the datagrams of a message; 0: it is one. */
static size_t
joined_size(WSAMSG *msg)
{
	WSACMSGHDR *c;
	DWORD size;

	for (c = WSA_CMSG_FIRSTHDR(msg); c != NULL; c = WSA_CMSG_NXTHDR(msg, c))
		if (c->cmsg_level == IPPROTO_UDP &&
		    c->cmsg_type == RECV_COALESCED &&
		    c->cmsg_len >= WSA_CMSG_LEN(sizeof(size))) {
			memcpy(&size, WSA_CMSG_DATA(c), sizeof(size));
			return size;
		}
	return 0;
}

ssize_t
sock_joined_receive(fd_t fd, void *buf, size_t space, union sock_addr *from,
    union sock_addr *local, size_t *size, bool *truncated)
{
	union sock_control control;
	WSABUF piece;
	WSAMSG msg;
	DWORD n = 0;

	memset(local, 0, sizeof(*local));
	local->sa.sa_family = AF_UNSPEC;
	piece.buf = buf;
	piece.len = (ULONG)space;
	memset(&msg, 0, sizeof(msg));
	msg.name = &from->sa;
	msg.namelen = sizeof(*from);
	msg.lpBuffers = &piece;
	msg.dwBufferCount = 1;
	msg.Control.buf = control.space;
	msg.Control.len = sizeof(control);
	*size = 0;
	*truncated = false;
	if (receive_message(fd, &msg, &n, NULL, NULL) != 0) {
		(void)joined_failed();
		if (errno != EMSGSIZE)
			return -1;
		*truncated = true;
		return (ssize_t)space;
	}
	sock_control_get(&msg, local);
	*size = joined_size(&msg);
	*truncated = (msg.dwFlags & MSG_TRUNC) != 0;
	return (ssize_t)n;
}

int
sock_joined_send(fd_t fd, const struct sock_piece *pieces, unsigned n,
    const union sock_addr *to, socklen_t to_len, const union sock_addr *local)
{
	union sock_control control;
	WSABUF buffers[SOCK_PIECES];
	WSACMSGHDR *c;
	WSAMSG msg;
	DWORD size = (DWORD)pieces[0].len, sent;
	size_t used;
	unsigned i;

	/* WSASendMsg() only reads, but its structs have no const. */
	for (i = 0; i < n; i++) {
		buffers[i].buf = (char *)(uintptr_t)pieces[i].data;
		buffers[i].len = (ULONG)pieces[i].len;
	}
	used = sock_control_put(&control, local);
	c = (WSACMSGHDR *)(void *)(control.space + used);
	memset(c, 0, WSA_CMSG_SPACE(sizeof(size)));
	c->cmsg_level = IPPROTO_UDP;
	c->cmsg_type = SEND_MSG_SIZE;
	c->cmsg_len = WSA_CMSG_LEN(sizeof(size));
	memcpy(WSA_CMSG_DATA(c), &size, sizeof(size));
	memset(&msg, 0, sizeof(msg));
	if (to != NULL) {
		msg.name = (struct sockaddr *)(uintptr_t)&to->sa;
		msg.namelen = to_len;
	}
	msg.lpBuffers = buffers;
	msg.dwBufferCount = n;
	msg.Control.buf = control.space;
	msg.Control.len = (ULONG)(used + WSA_CMSG_SPACE(sizeof(size)));
	return send_message(fd, &msg, 0, &sent, NULL, NULL) == 0 ? 0 :
	    joined_failed();
}
