/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * UDP on Windows 10 2004 and later: runs of datagrams are sent as one message,
 * with UDP_SEND_MSG_SIZE, and received as one, with
 * UDP_RECV_MAX_COALESCED_SIZE.
 *
 * NOTES.  All else is as in udp_plain.c, and so is all where the system has
 * neither.  A run that is refused is sent singly, and if that was for its size,
 * no run of such size is tried again.
 *
 * The system is asked to join what it receives when a whole batch came from one
 * peer in one size, and is never asked to stop: what is joined and waits would
 * then be read as one datagram.  It limits the bytes of a message and not its
 * segments, so a message is read only while there is room for JOINED_ROOM of
 * them; should it have more, the rest is counted as lost.
 */

#include "compat.h"

#include "sock_joined.h"

#include "net/udp.h"

#include "net/sockaddr.h"
#include "net/udp_joined.h"

enum {
	JOINED_BYTES = 32768,	/* of a message that is received */
	JOINED_ROOM = UDP_BATCH / 2,	/* segments that it may have */
	JOINED_LEAST = 256,	/* bytes of segments that must be possible */
};

/* Probes what the system has. */
static int
win32_open(struct udp *u, int family, const struct udp_options *options)
{
	(void)family;
	(void)options;
	u->gso = u->gso && sock_joined_can_send(u->fd);
	u->gro = u->gro && sock_joined_can_receive(u->fd);
	return 0;
}

/* Receives a message and cuts it: how many datagrams, 0 when it was truncated;
 * -1 and errno. */
static int
win32_receive_one(struct udp *u, size_t space, struct udp_msg *m, unsigned max)
{
	union sock_addr from, local;
	bool truncated = false;
	size_t size = 0;
	ssize_t n;

	n = sock_joined_receive(u->fd, m->d.data, space, &from, &local, &size,
	    &truncated);
	if (n == -1)
		return -1;
	if (truncated) {
		u->lost.truncated++;
		return 0;
	}
	udp_received(m, (size_t)n, u->connected ? NULL : &from,
	    u->local_wanted ? &local : NULL);
	return (int)udp_split(u, m, size, max);
}

/* Receives messages as long as there is room for all that one may have. */
static int
win32_receive_joined(struct udp *u, struct arena *arena, struct udp_msg *msg,
    unsigned max)
{
	struct dgram d[DGRAM_BATCH];
	size_t space = arena_space(arena);
	unsigned slots = udp_slots(u, arena, max), at, first, n = 0;
	size_t filled = 0;
	int got = 0, error;

	arena_rewind(arena);
	arena_take(arena, d, slots);
	for (at = 0; at < slots && filled < ARENA_FULL &&
	    (at == 0 || max - n >= JOINED_ROOM); at++) {
		msg[n].d = d[at];
		got = win32_receive_one(u, space, &msg[n], max - n);
		if (got == -1)
			break;
		for (first = n, n += (unsigned)got; first < n; first++)
			filled += msg[first].d.len;
	}
	error = got == -1 ? errno : 0;
	arena_give_back(arena, slots - at);
	arena_filled(arena, filled);
	u->more = got != -1;
	udp_adapt(u, at);
	return udp_read_result(u, error, n);
}

/* Receives a batch. */
static int
win32_receive(struct udp *u, struct arena *arena, struct udp_msg *msg,
    unsigned max)
{
	int n;

	if (u->gro_on)
		return win32_receive_joined(u, arena, msg, max);
	n = udp_plain.receive(u, arena, msg, max);
	if (u->gro && n > 0 && max >= UDP_BATCH &&
	    udp_is_bulk(msg, (unsigned)n, arena_batch(arena))) {
		u->gro_on = sock_joined_ask(u->fd, JOINED_BYTES) == 0;
		u->gro = u->gro_on;
	}
	return n;
}

/* Sends n datagrams as one message; 0, or -1 and errno. */
static int
win32_send_run(struct udp *u, struct udp_msg *const *msg, unsigned n)
{
	struct sock_piece pieces[SOCK_PIECES];
	union sock_addr to, local;
	socklen_t to_len;
	unsigned i;

	to_len = u->connected ? 0 : sockaddr_from(&to, &msg[0]->peer);
	sockaddr_from(&local, &msg[0]->local);
	for (i = 0; i < n; i++) {
		pieces[i].data = msg[i]->d.data;
		pieces[i].len = msg[i]->d.len;
	}
	return sock_joined_send(u->fd, pieces, n, to_len == 0 ? NULL : &to,
	    to_len, &local);
}

/* A run was refused with that error: shall no such run be tried again? */
static void
win32_note_refused(struct udp *u, size_t size, int error)
{
	if (error == EMSGSIZE && size <= u->gso_max)
		u->gso_max = (uint16_t)(size - 1);
	else if (error != EMSGSIZE && !udp_is_refusal(error) &&
	    error != ENOBUFS)
		u->gso = false;
	if (u->gso_max < JOINED_LEAST)
		u->gso = false;
}

/* Sends in order. */
static void
win32_send(struct udp *u, struct udp_msg *const *msg, unsigned n)
{
	unsigned at, run;

	for (at = 0; at < n; at += run) {
		if (!u->gso) {
			udp_plain.send(u, msg + at, n - at);
			return;
		}
		run = udp_run(u, msg + at, n - at);
		if (run > 1 && win32_send_run(u, msg + at, run) == 0)
			continue;
		if (run > 1 && errno == EAGAIN) {
			udp_count(u, EAGAIN, n - at);
			return;
		}
		if (run > 1)
			win32_note_refused(u, msg[at]->d.len, errno);
		udp_plain.send(u, msg + at, run);
	}
}

const struct udp_ops udp_win32 = {
	"win32", win32_open, win32_receive, win32_send,
};
