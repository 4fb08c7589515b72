/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * A datagram that is larger than its slot is counted and left out; with an
 * arena of this file, as no slot of the real one is too small.
 */

#include "compat.h"

#include "select_compat.h"

#include "net/dgram.h"
#include "net/udp.h"

#include "tap.h"

enum { SPACE = 1000, SLOTS = 2 * DGRAM_BATCH };

struct arena {
	uint8_t slots[SLOTS][SPACE + 64];
	unsigned next;
};

void
arena_take(struct arena *a, struct dgram *d, unsigned n)
{
	unsigned i;

	if (n > SLOTS - a->next)
		a->next = 0;
	for (i = 0; i < n; i++) {
		d[i].data = a->slots[a->next++];
		d[i].len = d[i].head = 0;
		d[i].tail = SPACE;
	}
}

void
arena_give_back(struct arena *a, unsigned n)
{
	a->next -= n;
}

void
arena_filled(struct arena *a, size_t bytes)
{
	(void)a;
	(void)bytes;
}

void
arena_rewind(struct arena *a)
{
	(void)a;
}

unsigned
arena_batch(const struct arena *a)
{
	(void)a;
	return DGRAM_BATCH;
}

size_t
arena_space(const struct arena *a)
{
	(void)a;
	return SPACE;
}

/* Of devices, which nobody opens here. */
void
arena_copy(struct arena *a, struct dgram *d, size_t len)
{
	(void)a;
	(void)d;
	(void)len;
	abort();
}

static struct arena arena;
static struct udp_queue queue;

/* Queues a datagram of n bytes. */
static void
put(struct udp *u, size_t n)
{
	static uint8_t bytes[2 * SPACE];
	struct dgram d = { bytes, 0, 0, 0 };

	d.len = n;
	udp_put(&queue, u, &d, NULL, NULL);
}

/* Receives until n datagrams came or were counted, or nothing comes; those
 * that came. */
static unsigned
receive(struct udp *u, unsigned n, unsigned *wrong)
{
	struct udp_msg msg[UDP_BATCH];
	unsigned count = 0;
	fd_set set;
	int i, got;

	while (count + u->lost.truncated < n) {
		FD_ZERO(&set);
		FD_SET(u->fd, &set);
		if (sock_select(u->fd, &set, NULL, NULL, 60000) != 1)
			break;
		got = udp_receive(u, &arena, msg, UDP_BATCH);
		for (i = 0; i < got; i++)
			*wrong += msg[i].d.len > SPACE;
		count += got > 0 ? (unsigned)got : 0;
	}
	return count;
}

int
main(void)
{
	const struct udp_ops *const *ops;
	struct udp_options options;
	struct udp a, b;
	struct addr addr;
	const char *step;
	unsigned wrong, i;

	if (sock_init() == -1)
		return 1;
	memset(&options, 0, sizeof(options));
	options.no_offload = true;
	for (ops = udp_list; *ops != NULL; ops++) {
		options.backend = (*ops)->name;
		addr_parse(&addr, "127.0.0.1:0");
		if (udp_open(&b, &addr, NULL, &options, &step) == -1)
			return 1;
		udp_local(&b, &addr);
		if (udp_open(&a, NULL, &addr, &options, &step) == -1)
			return 1;
		for (i = 0; i < 10; i++) {
			put(&a, SPACE);
			put(&a, SPACE + 1);
			put(&a, 0);
		}
		udp_flush(&queue);
		wrong = 0;
		is_int(receive(&b, 30, &wrong), 20,
		    "%s: what fits is received", options.backend);
		is_int(wrong, 0, "%s: whole", options.backend);
		is_int(b.lost.truncated, 10, "%s: what does not is counted",
		    options.backend);
		udp_close(&a);
		udp_close(&b);
	}
	return done_testing();
}
