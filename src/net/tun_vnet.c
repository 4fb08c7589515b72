/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Packets and super-packets from and to the descriptor of a TUN device.
 */

#include "compat.h"

#include <sys/uio.h>

#include "net/tun_vnet.h"

#include "net/tun_super.h"

int
tun_vnet_receive(struct tun *t, struct arena *arena, struct dgram *d,
    unsigned max)
{
	struct tun_super *s = t->super;
	unsigned got = 0;
	size_t bytes = 0;
	ssize_t len = 0;

	arena_rewind(arena);
	t->more = true;
	for (;;) {
		got += tun_super_cut(s, arena, d + got, max - got);
		/* The copies of a batch are no more than four of the longest
		 * packets are. */
		if (got == max || bytes > 3 * DGRAM_MAX)
			return (int)got;
		do
			len = read(t->fd, s->bytes, sizeof(s->bytes));
		while (len < 0 && errno == EINTR);
		if (len <= 0)
			break;
		bytes += (size_t)len;
		tun_super_read(s, (size_t)len);
		/* What stays together is sent as one message. */
		if (got > 0 && segment_count(&s->rest) > max - got)
			return (int)got;
	}
	t->more = false;
	return tun_read_end(got, len);
}

/* Writes a run of packets; 0, or -1 and errno. */
static int
vnet_write(const struct tun *t, unsigned i)
{
	const struct coalesce *c = &t->super->join;
	struct coalesce_part part[COALESCE_RUN];
	struct iovec iov[1 + COALESCE_RUN];
	uint8_t head[COALESCE_HEAD];
	unsigned at, n;
	ssize_t len;

	iov[0].iov_base = head;
	iov[0].iov_len = coalesce_head(c, i, head);
	n = coalesce_parts(c, i, part);
	for (at = 0; at < n; at++) {
		iov[at + 1].iov_base = (void *)(uintptr_t)part[at].p;
		iov[at + 1].iov_len = part[at].n;
	}
	do
		len = writev(t->fd, iov, (int)n + 1);
	while (len < 0 && errno == EINTR);
	return len < 0 ? -1 : 0;
}

void
tun_vnet_flush(struct tun *t)
{
	struct coalesce *c = &t->super->join;
	unsigned i;

	for (i = 0; i < c->n_runs; i++)
		if (vnet_write(t, i) != 0)
			tun_lose(t, errno, c->run[i].count);
	if (c->n_runs > 0)
		coalesce_clear(c);
}

void
tun_vnet_send(struct tun *t, struct dgram *d, unsigned n)
{
	struct coalesce *c = &t->super->join;
	unsigned i;

	for (i = 0; i < n; i++) {
		if (coalesce_put(c, d[i].data, d[i].len))
			continue;
		tun_vnet_flush(t);
		if (!coalesce_put(c, d[i].data, d[i].len))
			tun_lose(t, EMSGSIZE, 1);
	}
}
