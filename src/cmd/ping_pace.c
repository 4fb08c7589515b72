/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * When adit ping sends, and when it has sent enough.
 *
 * NOTES.  With --rate a timer sends the datagrams that are due since pace_us.
 * With --flood each flow has a window of unanswered datagrams, and each reply
 * makes room for one more.  Lost datagrams would keep the windows full: a timer
 * empties them when no reply has come for a while.
 */

#include "compat.h"

#include "cmd/ping_pace.h"

#include "cmd/ping_packet.h"

enum {
	STALL_MIN_MS = 200,	/* limits of ping_stall_ms() */
	STALL_MAX_MS = 3000,
	STALL_FIRST_MS = 1000,	/* before the first reply */
	STALL_TICK_MS = 50,	/* between checks */
};

uint64_t
ping_pace_not_sent(const struct ping *p)
{
	const struct udp_losses *l;
	uint64_t n = 0;
	int64_t i;

	for (i = 0; i < p->set.flows; i++) {
		l = &p->flow[i].udp.lost;
		n += l->full + l->too_big + l->failed;
	}
	return n;
}

/* The wait for the last replies is over. */
static void
ping_grace_over(struct timer *t)
{
	struct ping *p = LIST_ITEM(t, struct ping, grace);

	loop_stop(p->loop);
}

void
ping_pace_look(struct ping *p)
{
	if (p->ending && p->sums.received + ping_pace_not_sent(p) >= p->queued)
		loop_stop(p->loop);
}

void
ping_pace_finish(struct ping *p, uint64_t wait_ms)
{
	timer_stop(&p->pace);
	timer_stop(&p->limit);
	p->ending = true;
	loop_flush(p->loop);
	loop_update(p->loop);
	timer_set(&p->grace, p->loop, loop_now(p->loop) + wait_ms,
	    ping_grace_over);
	ping_pace_look(p);
}

/* May one more datagram be sent? */
static bool
ping_may_send(const struct ping *p)
{
	return !p->ending &&
	    (p->set.count == 0 || p->queued < (uint64_t)p->set.count);
}

/* Makes a datagram of a flow and queues it. */
static void
ping_flow_send(struct ping_flow *f, struct dgram *d, uint64_t now_us)
{
	struct ping *p = f->ping;
	struct ping_packet packet;

	if (p->queued == 0) {
		p->start_us = p->reply_us = p->moved_us = now_us;
		p->pace_us = p->shown_us = now_us;
	}
	packet.run = p->run;
	packet.flow = (uint16_t)(f - p->flow);
	packet.sequence = (uint32_t)f->next;
	packet.sent_us = now_us - p->start_us;
	d->len = (size_t)p->set.size;
	d->tail -= d->len;
	ping_packet_write(&packet, d->data, d->len);
	udp_put(&p->queue, &f->udp, d, NULL, NULL);
	loop_mark(p->loop, &p->flusher);
	f->next++;
	f->under_way++;
	p->queued++;
}

/* The next flow in round-robin order. */
static struct ping_flow *
ping_next_flow(struct ping *p)
{
	struct ping_flow *f = &p->flow[p->next_flow++];

	if (p->next_flow >= (unsigned)p->set.flows)
		p->next_flow = 0;
	return f;
}

/* Sends n datagrams, at most arena_batch(), from the flows in turn.  Sends
 * fewer if --count is reached. */
static void
ping_send_paced(struct ping *p, unsigned n)
{
	struct dgram d[DGRAM_BATCH];
	uint64_t now_us = clock_mono_us();
	unsigned i;

	arena_take(loop_arena(p->loop), d, n);
	for (i = 0; i < n && ping_may_send(p); i++)
		ping_flow_send(ping_next_flow(p), &d[i], now_us);
}

uint64_t
ping_pace_after_us(const struct ping *p, uint64_t n)
{
	uint64_t rate = (uint64_t)p->set.rate;

	return n / rate * 1000000 + (n % rate * 1000000 + rate - 1) / rate;
}

/* With --rate: sends the datagrams that are due. */
static void
ping_pace_due(struct timer *t)
{
	struct ping *p = LIST_ITEM(t, struct ping, pace);
	uint64_t now_us = clock_mono_us(), elapsed_us, due, ms;
	unsigned most = arena_batch(loop_arena(p->loop)), batch, n;

	if (p->queued == 0)
		p->pace_us = now_us;
	/* --time is over, and its timer is due in this very millisecond. */
	if (p->set.time_ms > 0 && p->limit.due_ms <= loop_now(p->loop))
		return;
	elapsed_us = now_us - p->pace_us;
	due = elapsed_us / 1000000 * (uint64_t)p->set.rate +
	    elapsed_us % 1000000 * (uint64_t)p->set.rate / 1000000 + 1;
	for (batch = 0; batch < PING_BATCHES && p->paced < due &&
	    ping_may_send(p); batch++) {
		n = due - p->paced < most ? (unsigned)(due - p->paced) : most;
		ping_send_paced(p, n);
		p->paced += n;
	}
	if (!ping_may_send(p)) {
		ping_pace_finish(p, (uint64_t)p->set.timeout_ms);
		return;
	}
	/* After a delay of more than 1/10 s (a suspended system, or a rate that
	 * is too high) the missed datagrams are not sent in a burst. */
	if (elapsed_us > ping_pace_after_us(p, p->paced) + 100000) {
		p->pace_us = now_us;
		p->paced = 0;
	}
	ms = (p->pace_us + ping_pace_after_us(p, p->paced) + 999) / 1000;
	timer_set(&p->pace, p->loop, ms, ping_pace_due);
}

void
ping_pace_flood(struct ping *p)
{
	struct dgram d[DGRAM_BATCH];
	uint64_t now_us = clock_mono_us();
	unsigned taken = 0, used = 0, full = 0;
	struct ping_flow *f;

	while (full < (unsigned)p->set.flows && ping_may_send(p)) {
		f = ping_next_flow(p);
		if (f->under_way >= p->flow_window) {
			full++;
			continue;
		}
		full = 0;
		if (used == taken) {
			taken = arena_batch(loop_arena(p->loop));
			used = 0;
			arena_take(loop_arena(p->loop), d, taken);
			now_us = clock_mono_us();
		}
		ping_flow_send(f, &d[used++], now_us);
	}
	if (!p->ending && !ping_may_send(p))
		ping_pace_finish(p, (uint64_t)p->set.timeout_ms);
}

/* Milliseconds without a reply after which the windows are emptied. */
static uint64_t
ping_stall_ms(const struct ping *p)
{
	uint64_t ms = p->sums.rtt.max_us / 250;

	if (p->sums.rtt.count == 0)
		return STALL_FIRST_MS;
	if (ms < STALL_MIN_MS)
		return STALL_MIN_MS;
	return ms > STALL_MAX_MS ? STALL_MAX_MS : ms;
}

/* With --flood: empties the windows when replies have stopped. */
static void
ping_look_for_stall(struct timer *t)
{
	struct ping *p = LIST_ITEM(t, struct ping, pace);
	uint64_t now_us = clock_mono_us();
	struct ping_flow *f;
	int64_t i;

	if (p->queued == 0 || now_us - p->moved_us >= ping_stall_ms(p) * 1000) {
		p->moved_us = now_us;
		for (i = 0; i < p->set.flows; i++) {
			f = &p->flow[i];
			f->given_up = f->next;
			f->under_way = 0;
		}
		ping_pace_flood(p);
	}
	if (!p->ending)
		timer_set(&p->pace, p->loop, loop_now(p->loop) +
		    STALL_TICK_MS, ping_look_for_stall);
}

void
ping_pace_begin(struct ping *p)
{
	timer_set(&p->pace, p->loop, loop_now(p->loop),
	    p->set.flood ? ping_look_for_stall : ping_pace_due);
}
