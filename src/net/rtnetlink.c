/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Requests to Linux's rtnetlink.
 */

#include "compat.h"

#include <string.h>

#include "net/rtnetlink.h"

enum {
	FAMILY_NETLINK = 16,	/* AF_NETLINK; the protocol NETLINK_ROUTE
				 * is 0 */
	LEVEL_NETLINK = 270,	/* SOL_NETLINK */
	STRICT_DUMPS = 12,	/* NETLINK_GET_STRICT_CHK */
	READS = 100000,		/* parts of a dump, at most */
};

/* struct sockaddr_nl. */
struct rtnetlink_name {
	uint16_t family, padding;
	uint32_t port, groups;
};

fd_t
rtnetlink_open(uint32_t port)
{
	struct rtnetlink_name name = { FAMILY_NETLINK, 0, port, 0 };
	union sock_addr sa;
	int error;
	fd_t fd;

	memset(&sa, 0, sizeof(sa));
	memcpy(&sa, &name, sizeof(name));
	fd = sock_open(FAMILY_NETLINK, SOCK_RAW);
	if (fd == FD_NONE || port == 0 ||
	    sock_bind(fd, &sa, sizeof(name)) == 0)
		return fd;
	error = errno;
	sock_close(fd);
	errno = error;
	return FD_NONE;
}

bool
rtnetlink_filter(fd_t fd)
{
	int on = 1;

	return setsockopt(fd, LEVEL_NETLINK, STRICT_DUMPS, &on,
	    sizeof(on)) == 0;
}

int
rtnetlink_ask(fd_t fd, const struct netlink_message *m)
{
	uint8_t reply[2 * NETLINK_SIZE];
	struct netlink_view v;
	const uint8_t *p = reply;
	size_t len;
	ssize_t n;

	n = sock_send(fd, m, m->head.len);
	if (n >= 0)
		n = sock_recv(fd, reply, sizeof(reply));
	if (n < 0)
		return -1;
	len = (size_t)n;
	if (!netlink_next(&p, &len, &v) || v.type != NETLINK_REPLY)
		errno = EPROTO;
	else
		errno = netlink_result(&v);
	return errno == 0 ? 0 : -1;
}

int
rtnetlink_dump(fd_t fd, const struct netlink_message *m, rtnetlink_fn *fn,
    void *arg)
{
	uint8_t part[NETLINK_READ];
	struct netlink_view v;
	const uint8_t *p;
	size_t len;
	ssize_t n;
	int i;

	n = sock_send(fd, m, m->head.len);
	for (i = 0; n >= 0 && i < READS; i++) {
		n = sock_recv(fd, part, sizeof(part));
		p = part;
		for (len = n < 0 ? 0 : (size_t)n; netlink_next(&p, &len, &v);
		    fn(arg, &v)) {
			if (v.type == NETLINK_END)
				return 0;
			if (v.type != NETLINK_REPLY)
				continue;
			errno = netlink_result(&v);
			return errno == 0 ? 0 : -1;
		}
	}
	return -1;
}
