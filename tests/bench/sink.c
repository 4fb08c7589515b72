/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Where the benchmark's datagrams go; see sink.h.
 */

#include "compat.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "sink.h"

static pid_t sink_pid = -1;

/* Notes a latency. */
static void
histogram_add(struct histogram *h, uint64_t ns)
{
	unsigned shift = 0, at;

	while (ns >> shift >= 2 * BUCKETS_FOR_2)
		shift++;
	at = shift * BUCKETS_FOR_2 + (unsigned)(ns >> shift);
	if (at >= HISTOGRAM)
		at = HISTOGRAM - 1;
	h->bucket[at]++;
}

uint64_t
histogram_quantile(const struct histogram *h, unsigned in_10000)
{
	uint64_t sum = 0, below = 0;
	unsigned at, shift;

	for (at = 0; at < HISTOGRAM; at++)
		sum += h->bucket[at];
	if (sum == 0)
		return 0;
	for (at = 0; at < HISTOGRAM; at++) {
		below += h->bucket[at];
		if (below * 10000 >= sum * in_10000)
			break;
	}
	if (at < 2 * BUCKETS_FOR_2)
		return at;
	shift = at / BUCKETS_FOR_2 - 1;
	return (uint64_t)(at - shift * BUCKETS_FOR_2) << shift;
}

/* Counts a datagram. */
static void
sink_count(struct tally *t, const struct head *h, uint64_t now)
{
	uint64_t latency = now > h->sent_ns ? now - h->sent_ns : 0;
	uint8_t bit;

	if (h->run != t->run) {
		t->strays++;
		return;
	}
	if (h->number < SEEN_MAX) {
		bit = (uint8_t)(1 << h->number % 8);
		if (t->seen[h->number / 8] & bit) {
			t->doubled++;
			return;
		}
		t->seen[h->number / 8] |= bit;
	}
	if (h->number < t->newest[h->flow % 4096])
		t->overtaken++;
	else
		t->newest[h->flow % 4096] = h->number + 1;
	t->delivered++;
	histogram_add(&t->all, latency);
	if (h->kind == KIND_PROBE)
		histogram_add(&t->probes, latency);
}

bool
tally_count(struct tally *t, const uint8_t *data, size_t len, uint64_t now)
{
	struct head h;

	if (len < sizeof(h))
		return false;
	memcpy(&h, data, sizeof(h));
	if (h.magic != HEAD_MAGIC)
		return false;
	if (h.kind == KIND_ECHO)
		return true;
	sink_count(t, &h, now);
	return false;
}

/* Receives for ever. */
static void
sink_run(struct tally *t, fd_t fd)
{
	struct batch *b = batch_new(BATCH_PLAIN);
	unsigned i, n;
	uint64_t now;

	for (;;) {
		n = batch_receive(b, fd, true);
		now = now_ns();
		for (i = 0; i < n; i++)
			if (tally_count(t, b->p[i].data, b->p[i].len, now))
				(void)batch_send(b, fd, i, 1, &b->p[i].from,
				    false);
		t->last_ns = now;
	}
}

void
sink_stop(void)
{
	if (sink_pid <= 0)
		return;
	(void)kill(sink_pid, SIGKILL);
	(void)waitpid(sink_pid, NULL, 0);
	sink_pid = -1;
}

/* Ends the sink with us. */
static void
sink_signal(int signal)
{
	sink_stop();
	_exit(128 + signal);
}

struct tally *
sink_start(unsigned port, bool uott)
{
	fd_t fd = uott ? sink_uott_listen(port) :
	    loopback_socket((int)port, 0, true);
	struct tally *t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (t == MAP_FAILED) {
		perror("bench: mmap");
		exit(1);
	}
	sink_pid = fork();
	if (sink_pid == 0 && uott)
		sink_uott_run(t, fd);
	if (sink_pid == 0)
		sink_run(t, fd);
	if (sink_pid == -1) {
		perror("bench: fork");
		exit(1);
	}
	sock_close(fd);
	(void)signal(SIGINT, sink_signal);
	(void)signal(SIGTERM, sink_signal);
	(void)atexit(sink_stop);
	return t;
}

void
tally_begin(struct tally *t, uint32_t run)
{
	t->run = 0;
	t->delivered = t->doubled = t->overtaken = 0;
	memset(&t->all, 0, sizeof(t->all));
	memset(&t->probes, 0, sizeof(t->probes));
	memset(t->newest, 0, sizeof(t->newest));
	memset(t->seen, 0, sizeof(t->seen));
	t->run = run;
}
