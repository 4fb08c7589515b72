/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * net/tun_vnet.h: the packets of a super-packet stay together, so that a
 * carrier sends them as one message.
 */

#include "compat.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "net/tun_vnet.h"

#include "super_packets.h"
#include "base/log.h"
#include "net/tun_super.h"
#include "tap.h"

static struct tun tun;
static struct loop *loop;
static fd_t peer;

/* The device has a super-packet of n packets. */
static void
give(size_t n)
{
	enum { SIZE = 20 };
	struct wanted w = { .version = 4, .payload = n * SIZE, .sequence = 1 };
	uint8_t bytes[4096];
	size_t len = make_packet(bytes + VNET_HEADER, &w);
	struct vnet v;

	make_super(bytes + VNET_HEADER, len, SIZE, &v);
	vnet_put(&v, bytes);
	must(send(peer, bytes, VNET_HEADER + len, 0) ==
	    (ssize_t)(VNET_HEADER + len));
}

/* How many packets are read at once. */
static int
take(void)
{
	struct dgram d[DGRAM_BATCH];

	return tun_vnet_receive(&tun, loop_arena(loop), d, DGRAM_BATCH);
}

static void
test_together(void)
{
	loop_turn(loop, 0);
	give(45);
	give(45);
	is_int(take(), 45, "of two that are more than a batch the first");
	ok(tun.more, "is not all");
	is_int(take(), 45, "and then the second");
	ok(!tun.more, "which was the last");
	give(30);
	give(34);
	give(1);
	is_int(take(), 64, "two that are a batch are read at once");
	is_int(take(), 1, "a third one is not");
	give(90);
	is_int(take(), 64, "one that is more than a batch fills it");
	is_int(take(), 26, "and the rest is passed next");
	is_int(take(), 0, "then there is none");
	ok(!tun.more, "and nothing is left");
}

int
main(void)
{
	struct tun_super *super = NULL;
	int pair[2];

	if (sock_init() == -1)
		return 1;
	loop = loop_new(NULL);
	if (loop == NULL || arena_open(loop, 2 * DGRAM_BATCH, 40, 30) != 0 ||
	    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0 ||
	    fcntl(pair[0], F_SETFL, O_NONBLOCK) != 0)
		return 1;
	tun.fd = pair[0];
	peer = pair[1];
	tun.vnet = tun.joins_tcp = true;
	if (tun_begin(&tun, &super) != 0)
		return 1;
	test_together();
	close(pair[0]);
	close(pair[1]);
	free(super);
	loop_free(loop);
	return done_testing();
}
