/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * UDP with a system call for each datagram, which works everywhere.
 */

#include "compat.h"

#include "net/udp.h"

#include "net/sockaddr.h"

/* Nothing to prepare. */
static int
plain_open(struct udp *u, int family, const struct udp_options *options)
{
	(void)family;
	(void)options;
	u->gso = u->gro = false;
	return 0;
}

/* Receives one datagram: 1; 0 when it was truncated; -1 and errno. */
static int
plain_receive_one(struct udp *u, size_t space, struct udp_msg *m)
{
	union sock_addr from, local;
	bool truncated = false;
	ssize_t n;

	n = sock_recv_from(u->fd, m->d.data, space, u->connected ? NULL :
	    &from, u->local_wanted ? &local : NULL, &truncated);
	if (n == -1)
		return -1;
	if (truncated) {
		u->lost.truncated++;
		return 0;
	}
	udp_received(m, (size_t)n, u->connected ? NULL : &from,
	    u->local_wanted ? &local : NULL);
	return 1;
}

/* Receives up to a batch. */
static int
plain_receive(struct udp *u, struct arena *arena, struct udp_msg *msg,
    unsigned max)
{
	struct dgram d[DGRAM_BATCH];
	size_t space = arena_space(arena);
	unsigned slots = udp_slots(u, arena, max), at, n = 0;
	int got = 0, error = 0;

	/* All slots first: arena_take() may flush, and datagrams received
	 * before that would not have been passed on yet. */
	arena_take(arena, d, slots);
	for (at = 0; at < slots; at++) {
		msg[n].d = d[at];
		got = plain_receive_one(u, space, &msg[n]);
		if (got == -1)
			break;
		n += (unsigned)got;
	}
	if (got == -1)
		error = errno;
	arena_give_back(arena, slots - at);
	u->more = at == slots;
	udp_adapt(u, at);
	return udp_read_result(u, error, n);
}

/* Sends one datagram; 0, or -1 and errno.  A pending ICMP error of an
 * earlier one is counted, and the call repeated. */
static int
plain_send_one(struct udp *u, const struct udp_msg *m)
{
	union sock_addr to, local;
	socklen_t to_len;
	bool sent;
	int tries, refusal = 0;

	to_len = u->connected ? 0 : sockaddr_from(&to, &m->peer);
	sockaddr_from(&local, &m->local);
	for (tries = 0; ; tries++) {
		sent = sock_send_to(u->fd, m->d.data, m->d.len, to_len == 0 ?
		    NULL : &to, to_len, &local) != -1;
		if (sent || tries == 1 || !udp_is_refusal(errno))
			break;
		refusal = errno;
	}
	if (tries == 1 && (sent || !udp_is_refusal(errno)))
		udp_count_refusal(u, refusal, 1);
	return sent ? 0 : -1;
}

/* Sends in order. */
static void
plain_send(struct udp *u, struct udp_msg *const *msg, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		if (plain_send_one(u, msg[i]) == 0)
			continue;
		if (errno == EAGAIN) {
			udp_count(u, EAGAIN, n - i);
			return;
		}
		udp_count(u, errno, 1);
	}
}

const struct udp_ops udp_plain = {
	"plain", plain_open, plain_receive, plain_send,
};
