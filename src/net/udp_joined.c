/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Runs of datagrams of one size: which may be joined, and how they are cut.
 */

#include "compat.h"

#include "net/udp_joined.h"

enum { JOINED_SEGMENTS = 64 };	/* in a message that we send */

unsigned
udp_split(struct udp *u, struct udp_msg *msg, size_t size, unsigned max)
{
	struct udp_msg *m = msg;
	size_t left = msg->d.len, tail = msg->d.tail;
	unsigned n = 1;

	if (size == 0 || left <= size)
		return 1;
	m->d.len = size;
	m->d.tail = 0;
	for (left -= size; left > 0; left -= m->d.len) {
		if (n == max) {
			u->lost.truncated += (left + size - 1) / size;
			return n;
		}
		m++;
		*m = m[-1];
		m->d.data += size;
		m->d.head = 0;
		m->d.len = left < size ? left : size;
		n++;
	}
	m->d.tail = tail;
	return n;
}

bool
udp_is_bulk(const struct udp_msg *msg, unsigned n, unsigned batch)
{
	unsigned i, same = 0;

	if (n < batch)
		return false;
	for (i = 1; i < n; i++)
		same += msg[i].d.len == msg[i - 1].d.len &&
		    addr_same(&msg[i].peer, &msg[i - 1].peer);
	return same >= batch * 3 / 4;
}

unsigned
udp_run(const struct udp *u, struct udp_msg *const *msg, unsigned n)
{
	size_t size = msg[0]->d.len, total = size, len;
	unsigned i;

	if (!u->gso || size == 0 || size > u->gso_max)
		return 1;
	for (i = 1; i < n && i < JOINED_SEGMENTS; i++) {
		len = msg[i]->d.len;
		if (len == 0 || len > size || total + len > UDP_MAX ||
		    msg[i - 1]->d.len < size ||
		    !addr_same(&msg[i]->peer, &msg[0]->peer) ||
		    !addr_same(&msg[i]->local, &msg[0]->local))
			break;
		total += len;
	}
	return i;
}
