/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The output of adit ping: first line, progress, and summary.
 */

#include "compat.h"

#include <inttypes.h>

#include "cmd/ping_pace.h"
#include "cmd/ping_show.h"

#include "base/log.h"
#include "base/text.h"

enum {
	SHOW_TERMINAL_MS = 200,	/* between updates on a terminal */
	SHOW_LOG_MS = 1000,	/* between lines in the log */
	SHOW_WIDTH = 78,	/* columns of a line that is rewritten */
};

/* Number of ICMP errors received. */
static uint64_t
ping_count_refused(const struct ping *p)
{
	uint64_t n = 0;
	int64_t i;

	for (i = 0; i < p->set.flows; i++)
		n += p->flow[i].udp.lost.refused;
	return n;
}

/* Writes a line of progress. */
static void
ping_show_progress(struct timer *t)
{
	struct ping *p = LIST_ITEM(t, struct ping, show);
	uint64_t now_us = clock_mono_us(), us = now_us - p->shown_us;
	uint64_t n = p->sums.received - p->shown;
	char line[200], a[PING_RATIO_TEXT], b[PING_RATIO_TEXT];
	char c[PING_RATIO_TEXT];

	snprintf(line, sizeof(line), "sent %" PRIu64 ", received %" PRIu64
	    ", p50 %s ms, %s/s, %s Mbit/s", p->queued, p->sums.received,
	    ping_ratio_text(ping_hist_percentile(&p->sums.rtt, 50), 1000, 1,
	    3, a), ping_ratio_text(n, us, 1000000, 0, b),
	    ping_ratio_text(n * (uint64_t)p->set.size, us, 8, 3, c));
	if (p->terminal)
		fprintf(stderr, "\r%-*.*s", SHOW_WIDTH, SHOW_WIDTH, line);
	else
		log_info("%s", line);
	fflush(stderr);
	p->shown = p->sums.received;
	p->shown_us = now_us;
	timer_set(&p->show, p->loop, loop_now(p->loop) +
	    (p->terminal ? SHOW_TERMINAL_MS : SHOW_LOG_MS), ping_show_progress);
}

void
ping_show_intro(const struct ping *p)
{
	char line[1000];
	struct text t;

	text_init(&t, line, sizeof(line));
	text_add(&t, "ping %s", p->to);
	if (strcmp(p->to, p->address) != 0)
		text_add(&t, " (%s)", p->address);
	text_add(&t, ": %" PRId64 " bytes, ", p->set.size);
	if (p->set.flood)
		text_add(&t, "as fast as replies come");
	else
		text_add(&t, "%" PRId64 " a second", p->set.rate);
	text_add(&t, ", %" PRId64 " flow%s", p->set.flows,
	    p->set.flows == 1 ? "" : "s");
	if (p->set.count > 0)
		text_add(&t, ", %" PRId64 " datagrams", p->set.count);
	if (p->set.time_ms > 0)
		text_add(&t, ", for %" PRId64 ".%03d s",
		    p->set.time_ms / 1000, (int)(p->set.time_ms % 1000));
	text_add(&t, "; Ctrl-C ends");
	puts(line);
	fflush(stdout);
}

int
ping_show_summary(struct ping *p)
{
	struct ping_sums *s = &p->sums;
	uint64_t planned_us = 0;

	s->to = p->to;
	s->address = p->address;
	s->size = (uint64_t)p->set.size;
	s->flows = (uint64_t)p->set.flows;
	s->not_sent = ping_pace_not_sent(p);
	s->sent = p->queued > s->not_sent ? p->queued - s->not_sent : 0;
	s->refused = ping_count_refused(p);
	s->elapsed_us = p->reply_us - p->start_us;
	/* The interval after the last datagram counts, too: ten datagrams at 10
	 * a second take one second. */
	if (!p->set.flood)
		planned_us = ping_pace_after_us(p, p->queued);
	if (s->elapsed_us < planned_us)
		s->elapsed_us = planned_us;
	if (p->terminal)
		fprintf(stderr, "\r%*s\r", SHOW_WIDTH, "");
	if (p->set.json)
		ping_sums_json(s, stdout);
	else
		ping_sums_print(s, stdout);
	fflush(stdout);
	if (s->received > 0)
		return 0;
	log_error("%s: nothing came back%s", p->to, s->refused > 0 ?
	    ", only ICMP errors" : "; is an echo running there, and is there "
	    "a route?");
	return 1;
}

void
ping_show_begin(struct ping *p)
{
	timer_set(&p->show, p->loop, loop_now(p->loop) +
	    (p->terminal ? SHOW_TERMINAL_MS : SHOW_LOG_MS),
	    ping_show_progress);
}
