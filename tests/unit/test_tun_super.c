/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * net/tun_super.h: what was read from a device becomes datagrams with room
 * around them, batch by batch.
 */

#include "compat.h"

#include "net/tun_super.h"

#include "super_packets.h"
#include "tap.h"

static struct tun_super super;
static struct loop *loop;
static struct arena *arena;

/* "Reads" a packet of TCP with so much payload, to be cut into segments of that
 * size. */
static void
read_tcp(size_t payload, size_t size)
{
	struct wanted w = { .version = 4, .payload = payload, .sequence = 1 };
	uint8_t *p = super.bytes + VNET_HEADER;
	size_t n = make_packet(p, &w);
	struct vnet v;

	make_super(p, n, size, &v);
	vnet_put(&v, super.bytes);
	tun_super_read(&super, VNET_HEADER + n);
}

static void
test_batches(void)
{
	struct dgram d[DGRAM_BATCH];
	unsigned n, i, all = 0, calls = 0, wrong = 0;
	size_t payload = 0;

	memset(&super, 0, sizeof(super));
	ok(!tun_super_is_left(&super), "at first there is nothing");
	is_int(tun_super_cut(&super, arena, d, DGRAM_BATCH), 0,
	    "and nothing to cut off");
	loop_turn(loop, 0);
	read_tcp(65000, 48);
	while ((n = tun_super_cut(&super, arena, d, DGRAM_BATCH)) > 0) {
		for (i = 0; i < n; i++, all++) {
			payload += d[i].len - 40;
			wrong += get_be32(d[i].data + 24) != 1 + 48 * all ||
			    d[i].head < 40 || d[i].tail < 30;
			/* What carriers do. */
			memset(d[i].data - d[i].head, 0xee, d[i].head);
			memset(d[i].data + d[i].len, 0xee, d[i].tail);
		}
		for (i = 0; i < n; i++)
			wrong += plain_fold(plain_sum(d[i].data, 20)) != 0 ||
			    transport_checksum(d[i].data, d[i].len, 20) != 0;
		calls++;
	}
	is_int(all, (65000 + 47) / 48, "a super-packet of many batches");
	is_int(calls, (all + DGRAM_BATCH - 1) / DGRAM_BATCH, "is cut");
	is_int(payload, 65000, "into all that it has");
	is_int(wrong, 0, "in order, with room, and no two share a byte");
	ok(!tun_super_is_left(&super), "then nothing is left");
}

static void
test_mistakes(void)
{
	struct dgram d[DGRAM_BATCH];

	tun_super_read(&super, 3);
	ok(tun_super_is_left(&super), "less than a header");
	is_int(tun_super_cut(&super, arena, d, 1), 1, "is a packet");
	is_int(d[0].len, 0, "without a byte, which is counted as none");
	ok(!tun_super_is_left(&super), "once");
	read_tcp(3000, 1000);
	super.bytes[1] = 77;
	tun_super_read(&super, VNET_HEADER + 3040);
	is_int(tun_super_cut(&super, arena, d, DGRAM_BATCH), 1,
	    "an unknown type is one");
	is_int(d[0].len, 0, "without a byte");
	read_tcp(3000, 1000);
	(void)tun_super_cut(&super, arena, d, 1);
	memset(super.bytes, 0, VNET_HEADER);
	tun_super_read(&super, VNET_HEADER + 7);
	is_int(tun_super_cut(&super, arena, d, DGRAM_BATCH), 1,
	    "what is read replaces what was");
	is_int(d[0].len, 7, "by a packet as it is");
}

int
main(void)
{
	if (sock_init() == -1)
		return 1;
	loop = loop_new(NULL);
	if (loop == NULL || arena_open(loop, 2 * DGRAM_BATCH, 40, 30) != 0)
		return 1;
	arena = loop_arena(loop);
	test_batches();
	test_mistakes();
	loop_free(loop);
	return done_testing();
}
