/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * Sends the benchmark's datagrams by the clock; see load.h.
 *
 * NOTES.  GSO is not used unless asked for.  Bursts: when the generator was not scheduled in
 * time it sends up to LATE missed bursts and leaves out the rest.  Steady: it
 * wakes each TICK_NS and sends what is due by then, with one flow in one call,
 * with several each datagram in a call of its own on a flow that is drawn; more
 * than a batch that was missed is left out.
 */

#include "compat.h"

#include <poll.h>

#include "load.h"

enum {
	LATE = 4,		/* bursts that are made up for */
	DRAIN_MS = 150,		/* for a queue */
	STILL_MS = 70,		/* without an arrival: the rest is lost */
	QUIET_MS = 20,		/* without an arrival: nothing is under way */
	CALM_MS = 50,		/* a tool that used a tenth of that is idle */
	PROBE_MS = 4,		/* from probe to probe, under overload */
	TICK_NS = 100000,	/* from sending to sending, steady */
};

void
load_sleep_until(uint64_t then_ns)
{
	uint64_t now = now_ns();
	struct timespec t = { 0 };

	if (then_ns < now + 20000)
		return;
	t.tv_sec = (time_t)((then_ns - now) / SECOND);
	t.tv_nsec = (long)((then_ns - now) % SECOND);
	(void)nanosleep(&t, NULL);
}

void
load_sleep_ms(uint64_t ms)
{
	load_sleep_until(now_ns() + ms * MS);
}

/* Writes the head of datagram i of the batch. */
static void
put_head(struct bench *b, unsigned i, enum kind kind, unsigned flow,
    uint64_t number, uint64_t now)
{
	struct head h = { 0 };

	h.magic = HEAD_MAGIC;
	h.run = b->run;
	h.kind = kind;
	h.flow = flow;
	h.number = number;
	h.sent_ns = now;
	memcpy(b->batch->p[i].data, &h, sizeof(h));
	b->batch->p[i].len = b->size;
}

uint64_t
load_send_echo(struct bench *b, fd_t fd)
{
	put_head(b, 0, KIND_ECHO, 0, ++b->serial, now_ns());
	(void)batch_send(b->batch, fd, 0, 1, NULL, false);
	return b->serial;
}

bool
load_await_echo(fd_t fd, uint64_t number, int wait_ms)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	uint64_t until = now_ns() + (uint64_t)wait_ms * MS, now;
	uint8_t data[SIZE_MOST];
	struct head h;

	for (;;) {
		while (recv(fd, data, sizeof(data), MSG_DONTWAIT) >=
		    (ssize_t)sizeof(h)) {
			memcpy(&h, data, sizeof(h));
			if (h.magic == HEAD_MAGIC && h.number == number)
				return true;
		}
		now = now_ns();
		if (now >= until)
			return false;
		(void)poll(&readable, 1, (int)((until - now) / MS) + 1);
	}
}

void
load_await_calm(const struct bench *b)
{
	uint64_t before, after = process_cpu_us(&b->tool);
	int i;

	if (b->tool.n == 0) {
		load_sleep_ms(500);
		return;
	}
	for (i = 0; i < 5000 / CALM_MS; i++) {
		before = after;
		load_sleep_ms(CALM_MS);
		after = process_cpu_us(&b->tool);
		if (after - before <= CALM_MS * 100)
			return;
	}
}

/* Waits until nothing comes in any more, 1 s at most. */
static void
await_quiet(const struct bench *b)
{
	uint64_t until = now_ns() + SECOND, strays, last;

	do {
		strays = b->tally->strays + b->tally->delivered;
		last = b->tally->last_ns;
		load_sleep_ms(QUIET_MS);
	} while ((strays != b->tally->strays + b->tally->delivered ||
	    last != b->tally->last_ns) && now_ns() < until);
}

void
load_open_flows(struct bench *b)
{
	unsigned i, tries, missing = 0;
	bool fresh = false;
	uint64_t number;

	for (i = 0; i < b->n_flows; i++) {
		b->flow[i] = loopback_socket((int)(b->first_port + i), b->to,
		    false);
		number = load_send_echo(b, b->flow[i]);
		for (tries = 0; tries < 20; tries++) {
			/* A flow that is there answers at once. */
			fresh = fresh || tries > 0;
			if (load_await_echo(b->flow[i], number,
			    tries == 0 ? 2 : 250))
				break;
			if (tries > 0)
				number = load_send_echo(b, b->flow[i]);
		}
		missing += tries == 20;
	}
	if (missing > 0) {
		fprintf(stderr, "bench: %u of %u flows do not answer\n",
		    missing, b->n_flows);
		exit(1);
	}
	if (fresh)
		load_await_calm(b);
}

/* Sends bursts for a time; returns how many datagrams, and *took_ns. */
static uint64_t
send_bursts(struct bench *b, uint64_t rate, uint64_t time_ns, bool probes,
    uint64_t *took_ns)
{
	uint64_t begin = now_ns(), origin = begin, now, due, sent = 0;
	uint64_t base = 0, probe = 0;
	unsigned flow = 0, i;
	enum kind kind;

	while ((now = now_ns()) - begin < time_ns) {
		if (rate != 0) {
			due = (now - origin) * rate / SECOND;
			if (due < sent - base + b->burst) {
				load_sleep_until(origin + (sent - base + b->burst) *
				    SECOND / rate);
				continue;
			}
			if (due > sent - base + LATE * b->burst) {
				origin = now - b->burst * SECOND / rate;
				base = sent;
			}
		}
		kind = KIND_LOAD;
		if (probes && now >= probe) {
			kind = KIND_PROBE;
			probe = now + PROBE_MS * MS;
		}
		for (i = 0; i < b->burst; i++) {
			put_head(b, i, kind, flow, sent + i, now);
			kind = KIND_LOAD;
		}
		/* What its own socket does not take, the tool did not lose. */
		sent += batch_send(b->batch, b->flow[flow], 0, b->burst, NULL,
		    false);
		flow = (flow + 1) % b->n_flows;
	}
	*took_ns = now - begin;
	return sent;
}

/* A number below n, the next of a fixed sequence (xorshift). */
static unsigned
draw(struct bench *b, unsigned n)
{
	b->dice ^= b->dice << 13;
	b->dice ^= b->dice >> 7;
	b->dice ^= b->dice << 17;
	return (unsigned)((b->dice >> 33) % n);
}

unsigned
load_send_due(struct bench *b, uint64_t number, unsigned n, unsigned first)
{
	uint64_t now = now_ns();
	unsigned i, flow, sent = 0;

	for (i = 0; i < n; i++) {
		flow = first;
		if (b->n_flows - first > 1)
			flow += draw(b, b->n_flows - first);
		put_head(b, i, KIND_LOAD, flow, number + i, now);
		if (b->n_flows - first > 1)
			sent += batch_send(b->batch, b->flow[flow], i, 1, NULL,
			    false);
	}
	if (b->n_flows - first == 1)
		sent = batch_send(b->batch, b->flow[first], 0, n, NULL,
		    b->join);
	return sent;
}

/* Sends a datagram of voice; returns how many its socket took. */
static unsigned
send_voice(struct bench *b, uint64_t number, unsigned flow)
{
	put_head(b, 0, KIND_PROBE, flow, number, now_ns());
	b->batch->p[0].len = VOICE_BYTES;
	return batch_send(b->batch, b->flow[flow], 0, 1, NULL, false);
}

/* Sends what is due for a time; returns how many datagrams, and *took_ns. */
static uint64_t
send_steady(struct bench *b, uint64_t rate, uint64_t time_ns, bool voice,
    uint64_t *took_ns)
{
	uint64_t begin = now_ns(), now, due, sent = 0, passed = 0, number = 0;
	uint64_t tick, call = 0;
	unsigned n;

	while ((now = now_ns()) - begin < time_ns) {
		tick = now + TICK_NS - (now - begin) % TICK_NS;
		/* All that would have been sent by now, if in time. */
		due = (now - begin) * rate / SECOND;
		n = due - passed < BATCH ? (unsigned)(due - passed) : BATCH;
		passed = due;
		if (n > 0)
			sent += load_send_due(b, number, n,
			    voice ? VOICE_FLOWS : 0);
		number += n;
		due = (now - begin) * VOICE_FLOWS / (VOICE_MS * MS);
		if (voice && due > call) {
			call = due;
			sent += send_voice(b, number++,
			    (unsigned)(call % VOICE_FLOWS));
		}
		load_sleep_until(tick);
	}
	*took_ns = now - begin;
	return sent;
}

struct result
load_run(struct bench *b, uint64_t rate, uint64_t time_ms,
    enum manner manner)
{
	struct result r = { 0 };
	uint64_t begin, took, drained, cpu;

	await_quiet(b);
	tally_begin(b->tally, ++b->run);
	cpu = process_cpu_us(&b->tool);
	begin = now_ns();
	if (manner == MANNER_BURSTS || manner == MANNER_PROBES)
		r.sent = send_bursts(b, rate, time_ms * MS,
		    manner == MANNER_PROBES, &took);
	else
		r.sent = send_steady(b, rate, time_ms * MS,
		    manner == MANNER_VOICE, &took);
	drained = now_ns() + DRAIN_MS * MS;
	while (b->tally->delivered < r.sent && now_ns() < drained) {
		load_sleep_ms(1);
		/* Nothing is under way any more. */
		if (now_ns() > b->tally->last_ns + STILL_MS * MS &&
		    now_ns() > begin + took + STILL_MS * MS)
			break;
	}
	r.delivered = b->tally->delivered;
	r.cpu_us = process_cpu_us(&b->tool) - cpu;
	if (r.delivered > 0 && b->tally->last_ns > begin)
		r.rate = r.delivered * SECOND / (b->tally->last_ns - begin);
	r.offered = r.sent * SECOND / took;
	r.good = r.sent > 0 && r.delivered * 100 >= r.sent * 99;
	return r;
}
