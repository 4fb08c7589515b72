/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * One hop of a bare relay, the baseline of the benchmark:
 * relay [--gso] LISTEN-PORT TARGET-PORT, both on 127.0.0.1.
 *
 * NOTES.  It does what any UDP proxy must do and nothing more: one socket to
 * listen on, one connected socket for each source, batches in both directions.
 * With --gso consecutive datagrams of one size are sent and received as one
 * message.
 */

#include "compat.h"

#include <poll.h>
#if HAVE_EPOLL
#include <sys/epoll.h>
#endif

#include "batch.h"

enum {
	FLOWS = 4096,
	BUCKETS = 2 * FLOWS,
	EVENTS = 64,
};

/* A source, and its socket towards the target. */
struct flow {
	struct sockaddr_in source;
	fd_t fd;
};

static struct flow flows[FLOWS];
static unsigned n_flows;
static unsigned short bucket[BUCKETS];	/* number of a flow plus 1 */
static struct batch *batch;
static unsigned target;
static bool gso;

#if HAVE_EPOLL
static int epoll = -1;
#else
static struct pollfd polled[1 + FLOWS];	/* the listener, then the flows */
#endif

/* Waits for that socket from now on. */
static void
watch(fd_t fd, unsigned number)
{
#if HAVE_EPOLL
	struct epoll_event e;

	memset(&e, 0, sizeof(e));
	e.events = EPOLLIN;
	e.data.u32 = number;
	if (epoll == -1)
		epoll = epoll_create1(0);
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) == 0)
		return;
	perror("relay: epoll");
	exit(1);
#else
	polled[number].fd = fd;
	polled[number].events = POLLIN;
#endif
}

/* Sleeps until sockets are readable; writes their numbers, returns how many. */
static unsigned
await(unsigned ready[EVENTS])
{
	unsigned n = 0;
#if HAVE_EPOLL
	struct epoll_event e[EVENTS];
	int got = epoll_wait(epoll, e, EVENTS, -1);

	while (got > 0 && n < (unsigned)got) {
		ready[n] = e[n].data.u32;
		n++;
	}
#else
	unsigned i;

	(void)poll(polled, 1 + n_flows, -1);
	for (i = 0; i <= n_flows && n < EVENTS; i++)
		if (polled[i].revents != 0)
			ready[n++] = i;
#endif
	return n;
}

static bool
same_source(const struct sockaddr_in *a, const struct sockaddr_in *b)
{
	return a->sin_port == b->sin_port &&
	    a->sin_addr.s_addr == b->sin_addr.s_addr;
}

/* The flow of a source, a new one if need be; NULL when there are too many. */
static struct flow *
flow_of(const struct sockaddr_in *source)
{
	unsigned at = (source->sin_addr.s_addr ^ source->sin_port * 40503u) %
	    BUCKETS;
	struct flow *f;

	for (; bucket[at] != 0; at = (at + 1) % BUCKETS)
		if (same_source(&flows[bucket[at] - 1].source, source))
			return &flows[bucket[at] - 1];
	if (n_flows == FLOWS)
		return NULL;
	f = &flows[n_flows++];
	bucket[at] = (unsigned short)n_flows;
	f->source = *source;
	f->fd = loopback_socket(-1, target, false);
	if (gso)
		(void)batch_join(f->fd);
	watch(f->fd, n_flows);
	return f;
}

/* Passes what came from the sources, runs of one source together. */
static void
pass_up(fd_t listener)
{
	unsigned n = batch_receive(batch, listener, false), at, run;
	const struct packet *p = batch->p;
	struct flow *f;

	for (at = 0; at < n; at += run) {
		for (run = 1; at + run < n && same_source(&p[at].from,
		    &p[at + run].from); run++)
			;
		f = flow_of(&p[at].from);
		if (f != NULL)
			(void)batch_send(batch, f->fd, at, run, NULL, gso);
	}
}

int
main(int argc, char **argv)
{
	unsigned ready[EVENTS], i, n;
	struct flow *f;
	fd_t listener;

	if (argc == 4 && strcmp(argv[1], "--gso") == 0) {
		gso = true;
		argv++;
		argc--;
	}
	if (argc != 3) {
		fputs("usage: relay [--gso] LISTEN-PORT TARGET-PORT\n",
		    stderr);
		return 2;
	}
	target = (unsigned)atoi(argv[2]);
	listener = loopback_socket(atoi(argv[1]), 0, false);
	if (gso && !batch_join(listener)) {
		fputs("relay: no UDP_GRO here\n", stderr);
		return 1;
	}
	batch = batch_new(gso ? BATCH_JOINED : BATCH_PLAIN);
	watch(listener, 0);
	for (;;) {
		n = await(ready);
		for (i = 0; i < n; i++) {
			if (ready[i] == 0) {
				pass_up(listener);
				continue;
			}
			f = &flows[ready[i] - 1];
			(void)batch_send(batch, listener, 0,
			    batch_receive(batch, f->fd, false), &f->source,
			    gso);
		}
	}
}
