/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Each backend of this build, with and without offload, carries datagrams
 * over loopback unchanged and in order.
 */

#include "compat.h"

#include "select_compat.h"

#include "net/dgram.h"
#include "net/loop.h"
#include "net/sockaddr.h"
#include "net/udp.h"

#include "tap.h"

#ifdef _WIN32
enum { IS_WINE = 1 };		/* it does not send from a given address */
#else
#include "udp_offload.h"
enum { IS_WINE = 0 };
#endif

enum { LONG_MS = 60000 };	/* a deadline that no machine should meet */

static struct loop *loop;
static struct arena *arena;
static struct udp_options options;
static struct udp_queue queue;
static char title[40];		/* of backend and offload */

static uint8_t pattern[DGRAM_MAX + 64];

/* What was received. */
static struct udp_msg got[UDP_BATCH];
static int n_got;

/* Opens a socket, or ends the test. */
static void
open_udp(struct udp *u, const char *bind, const struct addr *peer)
{
	const char *step;
	struct addr a;

	if (bind != NULL)
		addr_parse(&a, bind);
	if (udp_open(u, bind == NULL ? NULL : &a, peer, &options, &step) == 0)
		return;
	printf("Bail out! %s: %s: %s\n", title, step, sock_strerror(errno));
	exit(1);
}

/* Waits until a socket is readable; false after LONG_MS. */
static bool
wait_readable(const struct udp *u)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(u->fd, &set);
	return sock_select(u->fd, &set, NULL, NULL, LONG_MS) == 1;
}

/* Receives what comes next into got. */
static int
receive(struct udp *u)
{
	n_got = wait_readable(u) ? udp_receive(u, arena, got, UDP_BATCH) : 0;
	return n_got;
}

/* Queues n bytes, from the place in the pattern that their number gives. */
static void
put(struct udp *u, unsigned number, size_t n, const struct addr *peer,
    const struct addr *local)
{
	struct dgram d;

	memset(&d, 0, sizeof(d));
	d.data = pattern + number % 61;
	d.len = n;
	udp_put(&queue, u, &d, peer, local);
}

/* Is that datagram put(number, n)? */
static bool
is_put(const struct udp_msg *m, unsigned number, size_t n)
{
	return m->d.len == n &&
	    (n == 0 || memcmp(m->d.data, pattern + number % 61, n) == 0);
}

/* Receives until n datagrams came, which are to be of the sizes given, in
 * that order; how many were right. */
static unsigned
receive_all(struct udp *u, const size_t *sizes, unsigned n)
{
	unsigned right = 0, at = 0;
	int i;

	while (at < n) {
		loop_turn(loop, 0);
		if (receive(u) <= 0)
			break;
		for (i = 0; i < n_got; i++, at++)
			right += at < n && is_put(&got[i], at, sizes[at]);
	}
	return right;
}

static void
test_sizes(const char *bind)
{
	static const size_t sizes[] = {
		0, 1, 2, 100, 1472, 1473, 9000, 65000, 65507
	};
	struct udp a, b;
	struct addr addr_a, addr_b;
	unsigned i;

	open_udp(&a, bind, NULL);
	open_udp(&b, bind, NULL);
	udp_local(&a, &addr_a);
	udp_local(&b, &addr_b);
	ok(addr_a.port != 0 && !addr_same(&addr_a, &addr_b),
	    "%s: a socket knows its address", title);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		put(&a, i, sizes[i], &addr_b, NULL);
		udp_flush(&queue);
		loop_turn(loop, 0);
		ok(receive(&b) == 1 && is_put(got, i, sizes[i]) &&
		    addr_same(&got[0].peer, &addr_a),
		    "%s: %lu bytes to %s", title, (unsigned long)sizes[i],
		    bind);
		if (n_got != 1)
			continue;
		ok(got[0].d.head >= 40 &&
		    got[0].d.tail >= 30 + DGRAM_MAX - sizes[i],
		    "%s: with room around", title);
		udp_put(&queue, &b, &got[0].d, &got[0].peer, NULL);
		udp_flush(&queue);
		ok(receive(&a) == 1 && is_put(got, i, sizes[i]) &&
		    addr_same(&got[0].peer, &addr_b),
		    "%s: and back", title);
	}
	is_int(udp_receive(&b, arena, got, UDP_BATCH), 0,
	    "%s: nothing is left", title);
	put(&a, 0, DGRAM_MAX, &addr_b, NULL);
	put(&a, 1, 3, &addr_b, NULL);
	udp_flush(&queue);
	is_int(a.lost.too_big, 1, "%s: what is too big is counted", title);
	ok(receive(&b) == 1 && is_put(got, 1, 3),
	    "%s: and does not hold up what follows", title);
	is_int(a.last_error, EMSGSIZE, "%s: the error is kept", title);
	is_int(a.lost.full + a.lost.refused + a.lost.failed +
	    b.lost.truncated + b.lost.full, 0, "%s: nothing else is", title);
	udp_close(&a);
	udp_close(&b);
}

/* Sends datagrams of those sizes in one flush; all arrive, in order. */
static void
burst(struct udp *from, struct udp *to, const struct addr *peer,
    const size_t *sizes, unsigned n, const char *what)
{
	unsigned i;

	for (i = 0; i < n; i++)
		put(from, i, sizes[i], peer, NULL);
	udp_flush(&queue);
	is_int(receive_all(to, sizes, n), n, "%s: %s", title, what);
}

enum { RUN = 70 };

/* As burst(), of n times one size and then of another. */
static void
burst_of(struct udp *from, struct udp *to, const struct addr *peer,
    unsigned n, size_t size, size_t last, const char *what)
{
	size_t sizes[RUN];
	unsigned i;

	for (i = 0; i < n; i++)
		sizes[i] = size;
	sizes[n] = last;
	burst(from, to, peer, sizes, n + 1, what);
}

static void
test_runs(void)
{
	static const size_t mixed[] = {
		500, 500, 500, 0, 0, 500, 500, 100, 100, 100, 50, 100, 500,
		0, 1, 1, 1, 1, 2, 1, 1400, 1400, 1400, 1399, 1400, 20
	};
	struct addr peer;
	struct udp a, b, c;

	open_udp(&b, "127.0.0.1:0", NULL);
	udp_local(&b, &peer);
	open_udp(&a, "127.0.0.1:0", NULL);
	open_udp(&c, NULL, &peer);
	burst(&a, &b, &peer, mixed, sizeof(mixed) / sizeof(mixed[0]),
	    "sizes as they come");
	burst_of(&a, &b, &peer, 40, 1000, 1000, "a run");
	burst_of(&a, &b, &peer, 40, 1000, 1, "a run with a shorter last");
	burst_of(&a, &b, &peer, 40, 1000, 1001, "and with a longer one");
	burst_of(&a, &b, &peer, 40, 1000, 0, "and with an empty one");
	burst_of(&a, &b, &peer, 69, 100, 99, "a run of many");
	burst_of(&a, &b, &peer, 69, 0, 0, "many empty ones");
	burst_of(&a, &b, &peer, 8, 9000, 9000, "a run of large ones");
	burst_of(&a, &b, &peer, 3, 40000, 3, "and of very large ones");
	burst_of(&c, &b, NULL, 40, 1000, 10, "a run on a connected socket");
	is_int(a.lost.failed + a.lost.too_big + a.lost.full, 0,
	    "%s: none is lost", title);
	printf("# %s: gso %d up to %u, gro %d\n", title, a.gso, a.gso_max,
	    b.gro_on);
	udp_close(&a);
	udp_close(&b);
	udp_close(&c);
}

/* Many small ones from one peer make the kernel join datagrams; they come out
 * as they were. */
static void
test_joined(void)
{
	struct addr peer;
	struct udp a, b;
	unsigned i, j, wrong = 0, right = 0;
	size_t sizes[RUN];

	open_udp(&b, "127.0.0.1:0", NULL);
	udp_local(&b, &peer);
	open_udp(&a, NULL, &peer);
	burst_of(&a, &b, NULL, 69, 60, 60, "bulk from one peer");
	burst_of(&a, &b, NULL, 69, 60, 60, "again and again");
	is_int(b.gro_on, b.gro, "%s: turns GRO on, where it is", title);
	burst_of(&a, &b, NULL, 63, 1000, 1000, "then a full run");
	burst_of(&a, &b, NULL, 50, 1000, 7, "one with a shorter last");
	burst_of(&a, &b, NULL, 69, 1, 1, "one of single bytes");
	burst_of(&a, &b, NULL, 69, 0, 0, "and empty ones");

	for (i = 0; i < 30; i++)
		put(&a, i, sizes[i] = 400, NULL, NULL);
	udp_flush(&queue);
	loop_turn(loop, 0);
	receive(&b);
	for (i = 0; (int)i < n_got; i++) {
		dgram_room(arena, &got[i].d, 40, 30);
		memset(got[i].d.data - 40, 0xee, 40);
		memset(got[i].d.data + got[i].d.len, 0xee, 30);
		for (j = 0; (int)j < n_got; j++)
			wrong += !is_put(&got[j], j, sizes[j]);
		right++;
	}
	ok(right > 0, "%s: %u segments get room", title, right);
	is_int(wrong, 0, "%s: and none harms another", title);
	is_int(b.lost.truncated + a.lost.full + a.lost.failed, 0,
	    "%s: none is lost", title);
	udp_close(&a);
	udp_close(&b);
}

#ifndef _WIN32

/* Other programs cut into more segments than we do. */
static void
test_joined_most(void)
{
	enum { SIZE = 100 };
	struct addr peer;
	struct udp a, b;
	unsigned n, right = 0;
	int i, size = SIZE;

	open_udp(&b, "127.0.0.1:0", NULL);
	udp_local(&b, &peer);
	open_udp(&a, NULL, &peer);
	burst_of(&a, &b, NULL, 69, 60, 60, "bulk again");
	burst_of(&a, &b, NULL, 69, 60, 60, "and again");
	if (!b.gro_on || setsockopt(a.fd, IPPROTO_UDP, UDP_SEGMENT, &size,
	    sizeof(size)) == -1) {
		udp_close(&a);
		udp_close(&b);
		return;
	}
	n = UDP_SEGMENTS;
	if (sock_send(a.fd, pattern, n * SIZE) == -1)
		n = 64;		/* before Linux 6.9 */
	else
		receive(&b);
	sock_send(a.fd, pattern, n * SIZE - 1);
	receive(&b);
	for (i = 0; i < n_got; i++)
		right += got[i].d.len == SIZE - (i == (int)n - 1) &&
		    memcmp(got[i].d.data, pattern + i * SIZE,
		    got[i].d.len) == 0;
	is_int(right, n, "%s: the most segments, a shorter last", title);
	is_int(b.lost.truncated, 0, "%s: all have room", title);
	sock_send(a.fd, pattern, 64 * SIZE);
	wait_readable(&b);
	n_got = udp_receive(&b, arena, got, DGRAM_BATCH);
	is_int(n_got, 64, "%s: a small array has room for 64", title);
	udp_close(&a);
	udp_close(&b);
}

#else

static void
test_joined_most(void)
{
}

#endif

/* Bulk that goes on for a whole turn stays in slots that are in the cache. */
static void
test_bulk(void)
{
	enum { ROUNDS = 60, SIZE = 1000 };
	struct addr peer;
	struct udp a, b;
	uint8_t *low = NULL, *high = NULL;
	unsigned i, round, n = 0, right = 0;

	open_udp(&b, "127.0.0.1:0", NULL);
	udp_local(&b, &peer);
	open_udp(&a, NULL, &peer);
	burst_of(&a, &b, NULL, 69, 60, 60, "bulk again");
	burst_of(&a, &b, NULL, 69, 60, 60, "and again");
	loop_turn(loop, 0);
	for (round = 0; round < ROUNDS && b.gro_on; round++) {
		for (i = 0; i < 60; i++)
			put(&a, i, SIZE, NULL, NULL);
		udp_flush(&queue);
		for (n = 0; n < 60 && receive(&b) > 0; n += (unsigned)n_got)
			for (i = 0; (int)i < n_got; i++) {
				right += is_put(&got[i], n + i, SIZE);
				if (low == NULL || got[i].d.data < low)
					low = got[i].d.data;
				if (high == NULL || got[i].d.data > high)
					high = got[i].d.data;
			}
	}
	is_int(right, round * 60, "%s: all of a turn's bulk is right", title);
	ok((size_t)(high - low) < (ARENA_FULL / (60 * SIZE) + 2 + UDP_JOINED) *
	    (DGRAM_MAX + 200), "%s: it shares a few slots", title);
	udp_close(&a);
	udp_close(&b);
}

/* A connected and a bound socket tell their peers apart. */
static void
test_peers(void)
{
	struct addr addr_a, addr_b, addr_c;
	struct udp a, b, c;
	unsigned i, from_a = 0, from_b = 0;
	int k;

	open_udp(&a, "127.0.0.1:0", NULL);
	open_udp(&b, "127.0.0.1:0", NULL);
	open_udp(&c, "127.0.0.1:0", NULL);
	udp_local(&a, &addr_a);
	udp_local(&b, &addr_b);
	udp_local(&c, &addr_c);
	for (i = 0; i < 40; i++)
		put(i % 2 ? &a : &b, i, 100, &addr_c, NULL);
	udp_flush(&queue);
	while (from_a + from_b < 40 && receive(&c) > 0)
		for (k = 0; k < n_got; k++) {
			from_a += addr_same(&got[k].peer, &addr_a);
			from_b += addr_same(&got[k].peer, &addr_b);
		}
	ok(from_a == 20 && from_b == 20, "%s: two peers at once", title);

	/* One socket to several peers: what each gets is in order. */
	for (i = 0; i < 60; i++)
		put(&c, i / 2, 100, i % 2 ? &addr_a : &addr_b, NULL);
	put(&c, 30, 4, &addr_a, NULL);
	put(&a, 0, 9, &addr_b, NULL);
	udp_forget(&queue, &c);
	is_int(c.first, 0, "%s: udp_forget() leaves nothing of it", title);
	for (i = 0; i < 31; ) {
		if (receive(&a) <= 0)
			break;
		for (k = 0; k < n_got; k++, i++)
			from_a += is_put(&got[k], i, i < 30 ? 100 : 4);
	}
	is_int(from_a - 20, 31, "%s: udp_forget() sends its chain", title);
	for (i = 0; i < 30; ) {
		if (receive(&b) <= 0)
			break;
		for (k = 0; k < n_got; k++, i++)
			from_b += is_put(&got[k], i, 100);
	}
	is_int(from_b - 20, 30, "%s: to each of its peers", title);
	is_int(udp_receive(&b, arena, got, UDP_BATCH), 0,
	    "%s: but no other's", title);
	udp_flush(&queue);
	ok(receive(&b) == 1 && is_put(got, 0, 9) &&
	    addr_same(&got[0].peer, &addr_a), "%s: which goes later", title);

	udp_close(&a);
	open_udp(&a, NULL, &addr_c);
	udp_local(&a, &addr_a);
	put(&c, 5, 50, &addr_a, NULL);
	put(&b, 6, 50, &addr_a, NULL);
	udp_flush(&queue);
	ok(receive(&a) == 1 && is_put(got, 5, 50) && got[0].peer.family == 0,
	    "%s: a connected socket hears its peer only", title);
	udp_close(&a);
	udp_close(&b);
	udp_close(&c);
}

/* More than the queue holds. */
static void
test_queue(void)
{
	struct addr peer;
	struct udp a, b;
	unsigned i, n = 0, wrong = 0;
	int k;

	open_udp(&b, "127.0.0.1:0", NULL);
	udp_local(&b, &peer);
	open_udp(&a, NULL, &peer);
	memset(&queue, 0, sizeof(queue));
	for (i = 0; i < UDP_QUEUE; i++)
		put(&a, i, 8, NULL, NULL);
	is_int(udp_receive(&b, arena, got, UDP_BATCH), 0,
	    "%s: what is queued is not sent", title);
	put(&a, i, 8, NULL, NULL);
	is_int(queue.count, 1, "%s: a full queue is flushed", title);
	while (n < UDP_QUEUE && receive(&b) > 0) {
		for (k = 0; k < n_got; k++, n++)
			wrong += !is_put(&got[k], n, 8);
		loop_turn(loop, 0);
	}
	ok(n == UDP_QUEUE && wrong == 0, "%s: in order", title);
	udp_flush(&queue);
	ok(receive(&b) == 1 && is_put(got, i, 8), "%s: and goes on", title);
	udp_flush(&queue);
	is_int(udp_receive(&b, arena, got, UDP_BATCH), 0,
	    "%s: an empty queue sends nothing", title);
	udp_close(&a);
	udp_close(&b);
}

/* What was received in one turn, and is checked when it is flushed. */
static struct udp_msg held[2000];
static unsigned n_held, harmed, n_checked;

/* Checks what was received: each begins with its number. */
static void
on_held(struct flusher *f)
{
	unsigned i;

	(void)f;
	for (i = 0; i < n_held; i++, n_checked++)
		harmed += memcmp(held[i].d.data, &n_checked,
		    sizeof(n_checked)) != 0;
	n_held = 0;
}

/* Many batches in a turn: none is overwritten before the flush. */
static void
test_borrowed(unsigned max)
{
	static struct flusher holder;
	uint8_t bytes[20];
	struct dgram d = { bytes, sizeof(bytes), 0, 0 };
	struct addr peer;
	struct udp a, b;
	unsigned i, number = 0, burst_size;
	int n;

	holder.fn = on_held;
	harmed = n_checked = n_held = 0;
	open_udp(&b, "127.0.0.1:0", NULL);
	udp_local(&b, &peer);
	open_udp(&a, NULL, &peer);
	loop_turn(loop, 0);
	for (burst_size = 1; burst_size <= 90; burst_size += 3) {
		memset(bytes, 0, sizeof(bytes));
		for (i = 0; i < burst_size; i++) {
			memcpy(bytes, &number, sizeof(number));
			number++;
			udp_put(&queue, &a, &d, NULL, NULL);
			udp_flush(&queue);
		}
		wait_readable(&b);
		while ((n = udp_receive(&b, arena, got, max)) > 0) {
			memcpy(held + n_held, got, (size_t)n * sizeof(got[0]));
			n_held += (unsigned)n;
			loop_mark(loop, &holder);
		}
	}
	loop_turn(loop, 0);
	is_int(n_checked, number, "%s: all arrive", title);
	is_int(harmed, 0, "%s: and are unharmed until they are flushed",
	    title);
	udp_close(&a);
	udp_close(&b);
}

/* A socket on a wildcard answers from the address that was asked. */
static void
test_local(const char *wildcard, const char *ask)
{
	struct addr peer, local, addr;
	const char *step;
	struct udp a, b;
	char text[ADDR_TEXT];

	addr_parse_ip(&local, ask);
	if (udp_open(&a, &local, NULL, &options, &step) == -1) {
		ok(true, "%s # skip no address %s here", title, ask);
		return;
	}
	udp_close(&a);
	open_udp(&b, wildcard, NULL);
	udp_local(&b, &addr);
	peer = local;
	peer.port = addr.port;
	addr_parse(&addr, local.family == 4 ? "127.0.0.1:0" : "[::1]:0");
	if (udp_open(&a, &addr, NULL, &options, &step) == -1) {
		udp_close(&b);
		return;
	}
	put(&a, 1, 20, &peer, NULL);
	udp_flush(&queue);
	ok(receive(&b) == 1 && is_put(got, 1, 20), "%s: %s is asked", title,
	    ask);
	if (!b.local_wanted) {
		ok(true, "%s # skip no local addresses here", title);
	} else if (n_got == 1) {
		is_str(addr_text(&got[0].local, text), local.family == 4 ?
		    (strcmp(ask, "127.0.0.2") == 0 ? "127.0.0.2:0" :
		    "127.0.0.1:0") : "[::1]:0", "%s: it is told", title);
		udp_put(&queue, &b, &got[0].d, &got[0].peer, &got[0].local);
		put(&b, 2, 20, &got[0].peer, &got[0].local);
		put(&b, 3, 10, &got[0].peer, &got[0].local);
		udp_flush(&queue);
		receive(&a);
		if (IS_WINE && n_got > 0 && !addr_same(&got[0].peer, &peer)) {
			ok(true, "%s # skip sent from elsewhere", title);
			udp_close(&a);
			udp_close(&b);
			return;
		}
		ok(n_got >= 1 && addr_same(&got[0].peer, &peer) &&
		    is_put(got, 1, 20), "%s: and answers", title);
		while (n_got < 3 && wait_readable(&a)) {
			int more = udp_receive(&a, arena, got + n_got,
			    DGRAM_BATCH);

			n_got += more > 0 ? more : 3;
		}
		ok(n_got == 3 && is_put(&got[1], 2, 20) &&
		    is_put(&got[2], 3, 10) &&
		    addr_same(&got[2].peer, &peer), "%s: in a run", title);
	}
	udp_close(&a);
	udp_close(&b);
}

/* Nobody listens: an error, but none that costs another datagram. */
static void
test_refused(void)
{
	struct addr peer;
	struct udp a, b;
	char text[ADDR_TEXT];
	int n = 0;

	open_udp(&b, "127.0.0.1:0", NULL);
	udp_local(&b, &peer);
	udp_close(&b);
	open_udp(&a, NULL, &peer);
	put(&a, 1, 10, NULL, NULL);
	udp_flush(&queue);
	errno = 0;
	if (wait_readable(&a))
		n = udp_receive(&a, arena, got, UDP_BATCH);
	if (n == 0) {
		ok(true, "%s # skip ICMP errors are not told here", title);
		udp_close(&a);
		return;
	}
	ok(n == -1 && errno == ECONNREFUSED, "%s: a refusal is told", title);
	is_int(a.lost.refused, 1, "%s: and counted", title);
	put(&a, 1, 10, NULL, NULL);
	udp_flush(&queue);
	ok(wait_readable(&a), "%s: another comes", title);
	open_udp(&b, addr_text(&peer, text), NULL);
	put(&a, 2, 10, NULL, NULL);
	put(&a, 3, 10, NULL, NULL);
	udp_flush(&queue);
	is_int(a.lost.refused, 2, "%s: and is counted by the next send",
	    title);
	is_int(receive_all(&b, (size_t[]){ 10 }, 1), 0, "%s: (other bytes)",
	    title);
	ok(n_got >= 1 && is_put(got, 2, 10), "%s: which loses nothing",
	    title);
	udp_close(&a);
	udp_close(&b);
}

static void
test_open(void)
{
	struct udp a, b;
	struct addr addr;
	struct udp_options other = options;
	const char *step = NULL;

	open_udp(&a, "127.0.0.1:0", NULL);
	udp_local(&a, &addr);
	errno = 0;
	ok(udp_open(&b, &addr, NULL, &options, &step) == -1 &&
	    errno == EADDRINUSE && strcmp(step, "bind") == 0,
	    "%s: a port in use is refused", title);
	errno = 0;
	ok(udp_open(&b, NULL, NULL, &options, &step) == -1 && errno == EINVAL,
	    "%s: a socket of no address, too", title);
	other.backend = "pigeon";
	ok(udp_open(&b, NULL, &addr, &other, &step) == -1 &&
	    errno == EINVAL && strcmp(step, "backend") == 0,
	    "%s: and an unknown backend", title);
	is_str(a.ops->name, options.backend, "%s: the one asked for is used",
	    title);
	ok(!options.no_offload || (!a.gso && !a.gro),
	    "%s: no offload where none is wanted", title);
	udp_close(&a);
	udp_close(&a);
}

/* Is there IPv6 on loopback? */
static bool
has_ipv6(void)
{
	struct addr a;
	const char *step;
	struct udp u;

	addr_parse(&a, "[::1]:0");
	if (udp_open(&u, &a, NULL, &options, &step) == -1)
		return false;
	udp_close(&u);
	return true;
}

/* Some emulators take UDP_SEGMENT, and then do not cut (qemu-user for
 * big-endian machines). */
static bool
offload_lies(void)
{
	struct addr peer;
	struct udp a, b;
	bool lies = false;

	open_udp(&b, "127.0.0.1:0", NULL);
	udp_local(&b, &peer);
	open_udp(&a, NULL, &peer);
	put(&a, 0, 100, NULL, NULL);
	put(&a, 0, 100, NULL, NULL);
	udp_flush(&queue);
	if (a.gso)
		lies = receive(&b) < 1 || got[0].d.len != 100;
	udp_close(&a);
	udp_close(&b);
	return lies;
}

/* Everything, with the options as they are. */
/* A connected socket is opened anew on its port, for all, and connected. */
static void
test_again(void)
{
	struct addr one, other, own;
	struct udp a, b, c;
	char at[ADDR_TEXT];

	open_udp(&b, "127.0.0.1:0", NULL);
	open_udp(&c, "127.0.0.1:0", NULL);
	udp_local(&b, &one);
	udp_local(&c, &other);
	open_udp(&a, NULL, &one);
	udp_local(&a, &own);
	udp_close(&a);
	open_udp(&a, addr_text(&own, at), NULL);
	put(&c, 1, 10, &own, NULL);
	udp_flush(&queue);
	ok(receive(&a) == 1 && is_put(got, 1, 10) &&
	    addr_same(&got[0].peer, &other), "%s: a port that was connected "
	    "takes datagrams from all when it is bound again", title);
	is_int(udp_connect(&a, &other), 0, "%s: and can be connected", title);
	put(&b, 2, 20, &own, NULL);
	udp_flush(&queue);
	put(&c, 3, 30, &own, NULL);
	udp_flush(&queue);
	ok(receive(&a) == 1 && is_put(got, 3, 30) && got[0].peer.family == 0,
	    "%s: then only its peer's are received", title);
	put(&a, 4, 40, &one, NULL);
	udp_flush(&queue);
	ok(receive(&c) == 1 && is_put(got, 4, 40) &&
	    addr_same(&got[0].peer, &own), "%s: who has what is sent, from the "
	    "same port", title);
	udp_close(&a);
	udp_close(&b);
	udp_close(&c);
}

static void
test_all(void)
{
	test_open();
	test_sizes("127.0.0.1:0");
	if (has_ipv6())
		test_sizes("[::1]:0");
	else
		ok(true, "%s # skip no IPv6 here", title);
	test_runs();
	test_joined();
	test_joined_most();
	test_bulk();
	test_peers();
	test_queue();
	test_borrowed(DGRAM_BATCH);
	test_borrowed(UDP_BATCH);
	test_local("0.0.0.0:0", "127.0.0.1");
	test_local("0.0.0.0:0", "127.0.0.2");
	test_local("[::]:0", "::1");
	test_refused();
	test_again();
}

/* What a first socket has found is not asked again. */
static void
test_found(void)
{
	struct udp_found found = { 0 };
	struct udp a, b, c;

	options.found = &found;
	open_udp(&a, "127.0.0.1:0", NULL);
	open_udp(&b, "127.0.0.1:0", NULL);
	ok(a.gso == b.gso && a.gro == b.gro, "%s: a second socket has what the "
	    "first has found", title);
	/* Only this backend asks the system about datagrams. */
	if (strcmp(options.backend, "mmsg") == 0) {
		ok(found.asked && found.gso == a.gso && found.gro == a.gro,
		    "%s: which is noted", title);
		found.gso = found.gro = false;
		open_udp(&c, "127.0.0.1:0", NULL);
		ok(!c.gso && !c.gro, "%s: and is not asked for again", title);
		udp_close(&c);
	}
	udp_close(&a);
	udp_close(&b);
	options.found = NULL;
}

int
main(void)
{
	const struct udp_ops *const *ops;
	size_t i;

	if (sock_init() == -1)
		return 1;
	for (i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)(i * 7 + i / 251);
	loop = loop_new(NULL);
	if (loop == NULL || arena_open(loop, 2 * DGRAM_BATCH, 40, 30) == -1)
		return 1;
	arena = loop_arena(loop);
	options.receive_buffer = 1 << 20;
	options.send_buffer = 1 << 20;
	ok(udp_list[0] != NULL, "there is a backend");
	for (ops = udp_list; *ops != NULL; ops++) {
		options.backend = (*ops)->name;
		options.no_offload = true;
		snprintf(title, sizeof(title), "%s", (*ops)->name);
		test_all();
		options.no_offload = false;
		snprintf(title, sizeof(title), "%s, offload", (*ops)->name);
		if (offload_lies())
			ok(true, "%s # skip UDP_SEGMENT does not cut", title);
		else
			test_all();
		test_found();
	}
	loop_free(loop);
	return done_testing();
}
