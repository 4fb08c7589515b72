/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Runs of datagrams as one message, on Windows: with a system of this file in
 * place of the functions of sock_joined.h, as no emulator has them.
 */

#include "compat.h"

#include "select_compat.h"
#include "sock_joined.h"

#include "net/udp.h"

#include "tap.h"

static bool can_send, can_receive;
static size_t memory;		/* bytes that this process may have; 0: any */
static int refuse;		/* error of the next runs; 0: none */
static char runs[400];		/* what was sent as runs: "NxSIZE+LAST " */
static size_t asked;		/* bytes of a message that may be received */

/* The message that is received next. */
static struct {
	size_t len, size;	/* 0: there is none */
	bool truncated;
} next;

void
memory_give_back(void *p, size_t n)
{
	(void)p;
	(void)n;
}

size_t
memory_limit(void)
{
	return memory;
}

bool
sock_joined_can_send(fd_t fd)
{
	(void)fd;
	return can_send;
}

bool
sock_joined_can_receive(fd_t fd)
{
	(void)fd;
	return can_receive;
}

int
sock_joined_ask(fd_t fd, size_t bytes)
{
	(void)fd;
	asked = bytes;
	return 0;
}

ssize_t
sock_joined_receive(fd_t fd, void *buf, size_t space, union sock_addr *from,
    union sock_addr *local, size_t *size, bool *truncated)
{
	uint8_t *p = buf;
	size_t i, n = next.len < space ? next.len : space;

	(void)fd;
	if (n == 0) {
		errno = EAGAIN;
		return -1;
	}
	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(next.size == 0 ? 0 : i / next.size);
	memset(from, 0, sizeof(*from));
	from->in.sin_family = AF_INET;
	from->in.sin_port = htons(7);
	memset(local, 0, sizeof(*local));
	local->sa.sa_family = AF_UNSPEC;
	*size = next.size;
	*truncated = next.truncated;
	next.len = 0;
	return (ssize_t)n;
}

int
sock_joined_send(fd_t fd, const struct sock_piece *pieces, unsigned n,
    const union sock_addr *to, socklen_t to_len, const union sock_addr *local)
{
	size_t used = strlen(runs);

	(void)fd;
	(void)to;
	(void)to_len;
	(void)local;
	if (refuse != 0) {
		errno = refuse;
		return -1;
	}
	snprintf(runs + used, sizeof(runs) - used, "%ux%lu+%lu ", n - 1,
	    (unsigned long)pieces[0].len, (unsigned long)pieces[n - 1].len);
	return 0;
}

static struct arena *arena;
static struct udp_queue queue;
static struct udp sender, receiver;
static struct addr target;

/* Opens both sockets; the receiver has the system's own functions. */
static void
open_both(void)
{
	struct udp_options options;
	const char *step;

	memset(&options, 0, sizeof(options));
	options.backend = "plain";
	addr_parse(&target, "127.0.0.1:0");
	if (udp_open(&receiver, &target, NULL, &options, &step) != 0)
		exit(1);
	udp_local(&receiver, &target);
	options.backend = "win32";
	if (udp_open(&sender, NULL, &target, &options, &step) != 0)
		exit(1);
	runs[0] = '\0';
	refuse = 0;
	asked = 0;
}

static void
close_both(void)
{
	udp_close(&sender);
	udp_close(&receiver);
}

/* Queues n datagrams of a size. */
static void
put(unsigned n, size_t size)
{
	static uint8_t bytes[2000];
	struct dgram d = { bytes, 0, 0, 0 };

	d.len = size;
	while (n-- > 0)
		udp_put(&queue, &sender, &d, NULL, NULL);
}

/* How many datagrams the receiver gets of n. */
static unsigned
received(unsigned n)
{
	struct udp_msg msg[DGRAM_BATCH];
	unsigned count = 0;
	fd_set set;
	int got;

	while (count < n) {
		FD_ZERO(&set);
		FD_SET(receiver.fd, &set);
		if (sock_select(receiver.fd, &set, NULL, NULL, 5000) != 1)
			break;
		got = udp_receive(&receiver, arena, msg, DGRAM_BATCH);
		count += got > 0 ? (unsigned)got : 0;
	}
	return count;
}

static void
test_old_system(void)
{
	can_send = can_receive = false;
	open_both();
	put(10, 1000);
	udp_flush(&queue);
	is_int(received(10), 10, "an old system gets datagrams one by one");
	is_str(runs, "", "and no runs");
	close_both();
}

static void
test_runs(void)
{
	can_send = can_receive = true;
	open_both();
	put(10, 1000);
	put(1, 300);
	put(3, 500);
	put(70, 600);
	udp_flush(&queue);
	is_str(runs, "10x1000+300 2x500+500 63x600+600 5x600+600 ",
	    "runs of one size, the last of which may be shorter, are one "
	    "message");
	runs[0] = '\0';
	put(1, 1000);
	put(1, 0);
	put(1, 1000);
	udp_flush(&queue);
	is_int(received(3), 3, "single ones go alone");
	is_str(runs, "", "empty ones, too");
	close_both();
}

static void
test_refused(void)
{
	open_both();
	refuse = EMSGSIZE;
	put(5, 1400);
	udp_flush(&queue);
	is_int(received(5), 5, "a run that is too long is sent singly");
	refuse = 0;
	put(5, 1400);
	put(5, 1300);
	udp_flush(&queue);
	is_str(runs, "4x1300+1300 ", "and none of that size is tried again");
	is_int(received(5), 5, "but sent");
	refuse = ECONNRESET;
	put(5, 1000);
	udp_flush(&queue);
	is_int(received(5), 5, "one that meets an ICMP error is sent singly");
	ok(sender.gso, "and the next ones as runs");
	refuse = EAGAIN;
	put(5, 1000);
	udp_flush(&queue);
	is_int(sender.lost.full, 5, "one that finds the socket full is lost");
	refuse = EINVAL;
	put(5, 1000);
	udp_flush(&queue);
	is_int(received(5), 5, "one that is refused for itself is sent");
	ok(!sender.gso, "and was the last");
	close_both();
}

static void
test_asked(void)
{
	static struct udp_msg msg[UDP_BATCH];

	open_both();
	receiver.ops = &udp_win32;
	receiver.gro = true;
	receiver.batch = DGRAM_BATCH;
	sender.gso = false;
	put(DGRAM_BATCH - 1, 200);
	udp_flush(&queue);
	(void)received(DGRAM_BATCH - 1);
	is_int(asked, 0, "the system is not asked to join a few");
	put(DGRAM_BATCH, 200);
	udp_flush(&queue);
	is_int(udp_receive(&receiver, arena, msg, UDP_BATCH), DGRAM_BATCH,
	    "but when a whole batch is of one size");
	ok(receiver.gro_on && asked > 0 && asked <= arena_space(arena),
	    "for messages that fit into a slot");
	close_both();
}

static void
test_joined(void)
{
	static struct udp_msg msg[UDP_BATCH];
	struct udp *u;

	open_both();
	u = &sender;
	u->connected = false;
	u->gro_on = true;
	next.len = 2500;
	next.size = 1000;
	is_int(udp_receive(u, arena, msg, UDP_BATCH), 3, "a message is cut");
	ok(msg[0].d.len == 1000 && msg[1].d.len == 1000 && msg[2].d.len == 500,
	    "into its datagrams, the last one shorter");
	ok(msg[0].d.data[999] == 0 && msg[1].d.data[0] == 1 &&
	    msg[2].d.data[499] == 2, "each with its bytes");
	ok(msg[0].d.tail == 0 && msg[1].d.head == 0 && msg[2].d.head == 0,
	    "and with no room in its neighbours");
	ok(msg[2].peer.port == 7, "from the peer");
	next.len = 800;
	next.size = 0;
	is_int(udp_receive(u, arena, msg, UDP_BATCH), 1, "a single one is one");
	next.len = 20000;
	next.size = 10;
	is_int(udp_receive(u, arena, msg, UDP_BATCH), UDP_BATCH,
	    "what is more than there is room for");
	is_int(u->lost.truncated, 2000 - UDP_BATCH, "is counted");
	next.len = 900;
	next.truncated = true;
	is_int(udp_receive(u, arena, msg, UDP_BATCH), 0,
	    "what did not fit is left out");
	is_int(u->lost.truncated, 2001 - UDP_BATCH, "and counted");
	next.truncated = false;
	is_int(udp_receive(u, arena, msg, UDP_BATCH), 0, "nothing is none");
	close_both();
}

/* An arena of little memory hands out fewer slots at once than a busy socket
 * would take. */
static void
test_little_memory(void)
{
	static struct udp_msg msg[UDP_BATCH];
	struct loop *loop = loop_new(NULL);
	struct arena *all = arena;

	memory = 1;
	if (loop == NULL || arena_open(loop, 2 * DGRAM_BATCH, 40, 30) == -1)
		exit(1);
	arena = loop_arena(loop);
	ok(arena_batch(arena) < DGRAM_BATCH, "with little memory");
	open_both();
	sender.gro_on = true;
	sender.batch = DGRAM_BATCH;
	next.len = 2500;
	next.size = 1000;
	is_int(udp_receive(&sender, arena, msg, UDP_BATCH), 3,
	    "a busy socket takes the slots that there are");
	close_both();
	arena = all;
	loop_free(loop);
}

int
main(void)
{
	struct loop *loop;

	if (sock_init() == -1)
		return 1;
	loop = loop_new(NULL);
	if (loop == NULL || arena_open(loop, 2 * DGRAM_BATCH, 40, 30) == -1)
		return 1;
	arena = loop_arena(loop);
	test_old_system();
	test_runs();
	test_refused();
	test_asked();
	test_joined();
	test_little_memory();
	loop_free(loop);
	return done_testing();
}
