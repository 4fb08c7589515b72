/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * adit ping: numbered datagrams out, echoes back, and what that tells.
 *
 * NOTES.  With --flood each flow has a window of datagrams that are under
 * way.  What is FLOOD_BEHIND windows older than the newest reply is given up;
 * what stays unanswered for long is given up all at once, lest losses close
 * the window.
 */

#include "compat.h"

#include <inttypes.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/ping_packet.h"
#include "cmd/ping_stats.h"
#include "cmd/run.h"

#include "base/addr.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/opt.h"
#include "base/text.h"
#include "net/daemon.h"
#include "net/loop.h"
#include "net/resolve.h"
#include "net/udp.h"

enum {
	PING_SLOTS = 4 * DGRAM_BATCH,
	PING_BUFFER = 1 << 20,	/* bytes, of a socket */
	PING_BATCHES = 4,	/* received or sent before others' turn */

	WINDOW_MAX = 64,	/* datagrams, by default ... */
	WINDOW_BYTES = 128 * 1024,	/* ... and together */
	FLOOD_BEHIND = 8,	/* windows */
	STALL_MIN_MS = 200,
	STALL_MAX_MS = 3000,
	STALL_FIRST_MS = 1000,	/* while nothing has come back */
	STALL_TICK_MS = 50,

	SHOW_TERMINAL_MS = 200,
	SHOW_LOG_MS = 1000,
	SHOW_WIDTH = 78,	/* columns of a line that is rewritten */
	STOP_MIN_MS = 100,	/* longest wait after Ctrl-C */
	STOP_MAX_MS = 1000,
};

struct ping_settings {
	int64_t size, rate, flows, count, window;
	int64_t time_ms, timeout_ms;
	bool flood, json, quiet;
};

struct ping;

/* One source port. */
struct ping_flow {
	struct ping *ping;
	struct udp udp;
	struct watch watch;
	uint64_t next;		/* sequence number to be sent */
	uint64_t given_up;	/* what is older is not waited for */
	uint64_t under_way;	/* from there on, without a reply */
	struct ping_window window;
};

struct ping {
	struct ping_settings set;
	struct loop *loop;
	struct addr addr[RESOLVE_MAX];
	unsigned n_addr, at;	/* the one that is asked */
	struct ping_flow *flow;
	unsigned next_flow;
	uint64_t flow_window;	/* datagrams under way, of a flow */
	struct udp_queue queue;
	struct flusher flusher;
	struct udp_msg msg[UDP_BATCH];	/* of the batch at hand */
	struct timer pace, show, limit, grace, retry;

	uint16_t run;
	uint64_t queued;	/* datagrams made */
	uint64_t start_us;	/* when the first was */
	uint64_t reply_us;	/* when something last came back */
	uint64_t moved_us;	/* the same, or when the windows were opened */
	uint64_t pace_us, paced;	/* since then so many were due */
	bool ending;		/* nothing more is sent */
	bool told;		/* that nobody listens */
	bool terminal;		/* progress is a line that is rewritten */
	uint64_t shown_us, shown;	/* replies when progress was shown */

	char to[HOST_TEXT + 16], address[ADDR_TEXT];
	struct ping_sums sums;
};

static const struct opt rows[] = {
#define AT(member) .at = offsetof(struct ping_settings, member)
	{ .name = "size", .letter = 's', .type = OPT_BYTES, AT(size),
	    .preset = "64", .min = PING_HEADER, .max = UDP_MAX,
	    .arg = "BYTES", .help = "payload of a datagram" },
	{ .name = "rate", .letter = 'r', .type = OPT_INT, AT(rate),
	    .preset = "10", .min = 1, .max = 1000000, .arg = "N",
	    .help = "datagrams a second, of all flows together" },
	{ .name = "flows", .type = OPT_INT, AT(flows), .preset = "1",
	    .min = 1, .max = 1000, .arg = "N", .help = "source ports" },
	{ .name = "count", .letter = 'c', .type = OPT_INT, AT(count),
	    .min = 1, .max = INT64_MAX, .arg = "N",
	    .help = "end after so many datagrams" },
	{ .name = "time", .letter = 't', .type = OPT_MS, AT(time_ms),
	    .min = 1, .max = INT32_MAX, .arg = "SECONDS",
	    .help = "end after that time" },
	{ .name = "flood", .letter = 'f', .type = OPT_ON, AT(flood),
	    .help = "as fast as replies come back" },
	{ .name = "window", .type = OPT_INT, AT(window), .min = 1,
	    .max = 4096, .arg = "N", .help = "datagrams under way with "
	    "--flood (default: 64, or what is 128 KiB)" },
	{ .name = "timeout", .letter = 'w', .type = OPT_MS, AT(timeout_ms),
	    .preset = "1", .max = 3600000, .arg = "SECONDS",
	    .help = "wait for the last replies" },
	{ .name = "json", .type = OPT_ON, AT(json),
	    .help = "write the summary as a JSON object" },
	{ .name = "quiet", .letter = 'q', .type = OPT_ON, AT(quiet),
	    .help = "write nothing but the summary" },
	RUN_HELP_ROWS,
	{ .name = NULL },
#undef AT
};

/* What `adit ping --help` prints. */
static void
ping_help(FILE *out)
{
	fputs("usage: adit ping [OPTIONS] HOST:PORT\n\n"
	    "Sends datagrams to something that echoes them (adit echo) and "
	    "tells round trips,\nlosses, reordering and throughput. Without "
	    "--count or --time until Ctrl-C.\n\n", out);
	opt_help(rows, out);
	fputs("\nexamples:\n"
	    "  adit ping 127.0.0.1:7777\n"
	    "  adit ping --flood --size 1400 --flows 8 --time 10 "
	    "127.0.0.1:8911\n"
	    "exit status: 0; 1 when nothing came back; 2 for a wrong command "
	    "line\n", out);
}

/* Sends what was gathered. */
static void
on_flush(struct flusher *f)
{
	struct ping *p = LIST_ITEM(f, struct ping, flusher);

	udp_flush(&p->queue);
}

/* Datagrams that our own system did not take. */
static uint64_t
not_sent(const struct ping *p)
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

/* ICMP errors that came back. */
static uint64_t
refused(const struct ping *p)
{
	uint64_t n = 0;
	int64_t i;

	for (i = 0; i < p->set.flows; i++)
		n += p->flow[i].udp.lost.refused;
	return n;
}

/* The time is over. */
static void
on_grace(struct timer *t)
{
	struct ping *p = LIST_ITEM(t, struct ping, grace);

	loop_stop(p->loop);
}

/* Ends when everything came back. */
static void
end_if_complete(struct ping *p)
{
	if (p->ending && p->sums.received + not_sent(p) >= p->queued)
		loop_stop(p->loop);
}

/* Sends no more and waits for what is under way. */
static void
finish(struct ping *p, uint64_t wait_ms)
{
	timer_stop(&p->pace);
	timer_stop(&p->limit);
	p->ending = true;
	loop_flush(p->loop);
	loop_update(p->loop);
	timer_set(&p->grace, p->loop, loop_now(p->loop) + wait_ms, on_grace);
	end_if_complete(p);
}

/* May another datagram be sent? */
static bool
may_send(const struct ping *p)
{
	return !p->ending &&
	    (p->set.count == 0 || p->queued < (uint64_t)p->set.count);
}

/* Makes a datagram of a flow and queues it. */
static void
port_send(struct ping_flow *f, struct dgram *d, uint64_t now_us)
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

/* The flow whose turn it is. */
static struct ping_flow *
port_next(struct ping *p)
{
	struct ping_flow *f = &p->flow[p->next_flow++];

	if (p->next_flow >= (unsigned)p->set.flows)
		p->next_flow = 0;
	return f;
}

/* Sends n datagrams, at most DGRAM_BATCH, of one flow after the other. */
static void
send_paced(struct ping *p, unsigned n)
{
	struct dgram d[DGRAM_BATCH];
	uint64_t now_us = clock_mono_us();
	unsigned i;

	arena_take(loop_arena(p->loop), d, n);
	for (i = 0; i < n && may_send(p); i++)
		port_send(port_next(p), &d[i], now_us);
}

/* Microseconds from pace_us until the n-th datagram after it is due. */
static uint64_t
pace_after_us(const struct ping *p, uint64_t n)
{
	uint64_t rate = (uint64_t)p->set.rate;

	return n / rate * 1000000 + (n % rate * 1000000 + rate - 1) / rate;
}

/* At the rate that was asked for: sends what is due. */
static void
on_pace(struct timer *t)
{
	struct ping *p = LIST_ITEM(t, struct ping, pace);
	uint64_t now_us = clock_mono_us(), elapsed_us, due, ms;
	unsigned batch, n;

	if (p->queued == 0)
		p->pace_us = now_us;
	elapsed_us = now_us - p->pace_us;
	due = elapsed_us / 1000000 * (uint64_t)p->set.rate +
	    elapsed_us % 1000000 * (uint64_t)p->set.rate / 1000000 + 1;
	for (batch = 0; batch < PING_BATCHES && p->paced < due &&
	    may_send(p); batch++) {
		n = due - p->paced < DGRAM_BATCH ?
		    (unsigned)(due - p->paced) : DGRAM_BATCH;
		send_paced(p, n);
		p->paced += n;
	}
	if (!may_send(p)) {
		finish(p, (uint64_t)p->set.timeout_ms);
		return;
	}
	/* After a long sleep, or at a rate that we cannot reach, what was
	 * missed for more than 1/10 s is not made up for. */
	if (elapsed_us > pace_after_us(p, p->paced) + 100000) {
		p->pace_us = now_us;
		p->paced = 0;
	}
	ms = (p->pace_us + pace_after_us(p, p->paced) + 999) / 1000;
	timer_set(&p->pace, p->loop, ms, on_pace);
}

/* Fills the windows. */
static void
flood(struct ping *p)
{
	struct dgram d[DGRAM_BATCH];
	uint64_t now_us = clock_mono_us();
	unsigned taken = 0, used = 0, full = 0;
	struct ping_flow *f;

	while (full < (unsigned)p->set.flows && may_send(p)) {
		f = port_next(p);
		if (f->under_way >= p->flow_window) {
			full++;
			continue;
		}
		full = 0;
		if (used == taken) {
			taken = DGRAM_BATCH;
			used = 0;
			arena_take(loop_arena(p->loop), d, taken);
			now_us = clock_mono_us();
		}
		port_send(f, &d[used++], now_us);
	}
	if (!p->ending && !may_send(p))
		finish(p, (uint64_t)p->set.timeout_ms);
}

/* How long a reply may take before a window is opened without it. */
static uint64_t
stall_ms(const struct ping *p)
{
	uint64_t ms = p->sums.rtt.max_us / 250;

	if (p->sums.rtt.count == 0)
		return STALL_FIRST_MS;
	if (ms < STALL_MIN_MS)
		return STALL_MIN_MS;
	return ms > STALL_MAX_MS ? STALL_MAX_MS : ms;
}

/* With --flood: looks whether the windows are stuck. */
static void
on_stall(struct timer *t)
{
	struct ping *p = LIST_ITEM(t, struct ping, pace);
	uint64_t now_us = clock_mono_us();
	struct ping_flow *f;
	int64_t i;

	if (p->queued == 0 || now_us - p->moved_us >= stall_ms(p) * 1000) {
		p->moved_us = now_us;
		for (i = 0; i < p->set.flows; i++) {
			f = &p->flow[i];
			f->given_up = f->next;
			f->under_way = 0;
		}
		flood(p);
	}
	if (!p->ending)
		timer_set(&p->pace, p->loop, loop_now(p->loop) +
		    STALL_TICK_MS, on_stall);
}

/* Gives up what is far behind a reply. */
static void
port_give_up(struct ping_flow *f, uint64_t sequence)
{
	uint64_t behind = FLOOD_BEHIND * f->ping->flow_window;

	while (f->given_up + behind < sequence) {
		if (!ping_window_has(&f->window, f->given_up) &&
		    f->under_way > 0)
			f->under_way--;
		f->given_up++;
	}
}

/* Counts a reply that is ours and whole. */
static void
port_reply(struct ping_flow *f, uint64_t sequence, uint64_t rtt_us)
{
	struct ping *p = f->ping;

	switch (ping_window_add(&f->window, sequence)) {
	case PING_IN_ORDER:
		break;
	case PING_LATE:
		p->sums.reordered++;
		break;
	case PING_AGAIN:
		p->sums.duplicates++;
		return;
	case PING_TOO_LATE:
		p->sums.stray++;
		return;
	}
	p->sums.received++;
	ping_hist_add(&p->sums.rtt, rtt_us);
	if (sequence >= f->given_up && f->under_way > 0)
		f->under_way--;
	port_give_up(f, sequence);
}

/* Looks at a datagram that came back. */
static void
port_receive(struct ping_flow *f, const struct dgram *d, uint64_t now_us)
{
	uint64_t since_us = now_us - f->ping->start_us, sequence;
	struct ping_sums *sums = &f->ping->sums;
	struct ping_packet packet;

	if (d->len != (size_t)f->ping->set.size ||
	    ping_packet_read(&packet, d->data, d->len) != 0) {
		sums->corrupt++;
		return;
	}
	sequence = ping_sequence(f->next, packet.sequence);
	if (packet.run != f->ping->run)
		sums->stray++;
	else if (packet.flow != f - f->ping->flow || sequence >= f->next ||
	    packet.sent_us > since_us)
		sums->corrupt++;
	else
		port_reply(f, sequence, since_us - packet.sent_us);
}

static void on_retry(struct timer *);

/* An ICMP error came back: another address may do, or nobody listens. */
static void
on_refused(struct ping *p, int error)
{
	if (p->sums.received > 0 || p->told)
		return;
	if (p->at + 1 < p->n_addr) {
		timer_set(&p->retry, p->loop, loop_now(p->loop), on_retry);
		return;
	}
	p->told = true;
	if (!p->set.quiet)
		log_warn("%s: %s", p->address, sock_strerror(error));
}

/* Takes in what came back. */
static void
on_readable(struct watch *w, unsigned events)
{
	struct ping_flow *f = LIST_ITEM(w, struct ping_flow, watch);
	struct ping *p = f->ping;
	unsigned batch;
	int i, n;

	(void)events;
	for (batch = 0; batch < PING_BATCHES; batch++) {
		n = udp_receive(&f->udp, loop_arena(p->loop), p->msg,
		    UDP_BATCH);
		if (n == 0)
			break;
		if (n < 0)
			continue;
		p->reply_us = p->moved_us = clock_mono_us();
		for (i = 0; i < n; i++)
			port_receive(f, &p->msg[i].d, p->reply_us);
	}
	if (f->udp.lost.refused > 0)
		on_refused(p, f->udp.last_error);
	if (p->ending)
		end_if_complete(p);
	else if (p->set.flood)
		flood(p);
}

/* Closes all flows. */
static void
ping_close(struct ping *p)
{
	int64_t i;

	for (i = 0; i < p->set.flows; i++) {
		if (p->flow[i].ping == NULL)
			continue;
		udp_forget(&p->queue, &p->flow[i].udp);
		watch_stop(&p->flow[i].watch);
		udp_close(&p->flow[i].udp);
	}
	memset(p->flow, 0, (size_t)p->set.flows * sizeof(*p->flow));
}

/* Opens a flow to the present address; 0, or -1 and errno. */
static int
port_open(struct ping *p, struct ping_flow *f, const char **step)
{
	struct udp_options options;

	memset(&options, 0, sizeof(options));
	options.receive_buffer = options.send_buffer = PING_BUFFER;
	if (udp_open(&f->udp, NULL, &p->addr[p->at], &options, step) != 0)
		return -1;
	f->ping = p;
	if (watch_start(&f->watch, p->loop, f->udp.fd, READABLE,
	    on_readable) == 0)
		return 0;
	*step = "watch";
	return -1;
}

/* Opens all flows to the present address, or to one after it; ends the
 * program when none will do. */
static void
ping_open(struct ping *p)
{
	const char *step = "";
	int64_t i;
	int error;

	for (;; p->at++) {
		addr_text(&p->addr[p->at], p->address);
		for (i = 0; i < p->set.flows; i++)
			if (port_open(p, &p->flow[i], &step) != 0)
				break;
		if (i == p->set.flows)
			return;
		error = errno;
		ping_close(p);
		errno = error;
		if (p->at + 1 == p->n_addr)
			die_system("%s: %s", p->address, step);
	}
}

/* Begins to send. */
static void
ping_begin(struct ping *p)
{
	timer_set(&p->pace, p->loop, loop_now(p->loop),
	    p->set.flood ? on_stall : on_pace);
}

/* Begins anew with the next address. */
static void
on_retry(struct timer *t)
{
	struct ping *p = LIST_ITEM(t, struct ping, retry);
	char before[ADDR_TEXT];

	strlcpy(before, p->address, sizeof(before));
	ping_close(p);
	p->at++;
	ping_open(p);
	if (!p->set.quiet)
		log_info("%s: refused, trying %s", before, p->address);
	memset(&p->sums, 0, sizeof(p->sums));
	timer_stop(&p->grace);
	p->ending = false;
	p->queued = p->paced = p->shown = 0;
	p->next_flow = 0;
	ping_begin(p);
}

/* Writes a line of progress. */
static void
on_show(struct timer *t)
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
	    (p->terminal ? SHOW_TERMINAL_MS : SHOW_LOG_MS), on_show);
}

/* --time is over. */
static void
on_limit(struct timer *t)
{
	struct ping *p = LIST_ITEM(t, struct ping, limit);

	finish(p, (uint64_t)p->set.timeout_ms);
}

/* Ctrl-C: the summary, as soon as what is under way may be back. */
static void
on_stop(void *arg)
{
	struct ping *p = arg;
	uint64_t ms = p->sums.rtt.max_us / 250;

	if (ms < STOP_MIN_MS)
		ms = STOP_MIN_MS;
	if (ms > STOP_MAX_MS)
		ms = STOP_MAX_MS;
	if (ms > (uint64_t)p->set.timeout_ms)
		ms = (uint64_t)p->set.timeout_ms;
	finish(p, ms);
}

/* Says what will be done. */
static void
ping_introduce(const struct ping *p)
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

/* Writes the summary; the exit status. */
static int
ping_conclude(struct ping *p)
{
	struct ping_sums *s = &p->sums;
	uint64_t planned_us = 0;

	s->to = p->to;
	s->address = p->address;
	s->size = (uint64_t)p->set.size;
	s->flows = (uint64_t)p->set.flows;
	s->not_sent = not_sent(p);
	s->sent = p->queued > s->not_sent ? p->queued - s->not_sent : 0;
	s->refused = refused(p);
	s->elapsed_us = p->reply_us - p->start_us;
	/* Ten a second take a second, the pause after the last included. */
	if (!p->set.flood)
		planned_us = pace_after_us(p, p->queued);
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
	    ", but refusals" : "; is there an echo, and a way to it?");
	return 1;
}

/* Reads the command line; -1 to go on, or the exit status. */
static int
ping_options(struct ping_settings *set, int argc, char **argv,
    struct hostport *to)
{
	const char *positional[1] = { NULL }, *why;
	struct opt_error error;
	int n = 0;

	opt_presets(rows, set);
	switch (opt_args(rows, set, argc, argv, positional, 1, &n, &error)) {
	case OPT_DONE:
		break;
	case OPT_DID_HELP:
		ping_help(stdout);
		return 0;
	case OPT_DID_VERSION:
		puts("adit " ADIT_VERSION);
		return 0;
	case OPT_BAD:
		run_usage(&cmd_ping, error.text);
	}
	if (n == 0)
		run_usage(&cmd_ping, "there is no HOST:PORT; for example "
		    "127.0.0.1:7777, where `adit echo` listens");
	if (hostport_parse(to, positional[0], 0, &why) != 0)
		die_usage("%s: %s; write HOST:PORT, for example "
		    "127.0.0.1:7777", positional[0], why);
	if (to->port == 0 || to->host[0] == '\0')
		die_usage("%s: a host and a port other than 0 are needed, "
		    "for example 127.0.0.1:7777", positional[0]);
	return -1;
}

/* Makes all that is needed to send, or ends the program. */
static void
ping_prepare(struct ping *p, const struct hostport *to)
{
	uint64_t window = (uint64_t)p->set.window;
	const char *why;

	hostport_text(to, p->to);
	p->n_addr = resolve_now(to->host, to->port, LOOKUP_CONNECT, p->addr,
	    &why);
	if (p->n_addr == 0)
		die_usage("%s", why);
	if (window == 0 && p->set.size > WINDOW_BYTES / WINDOW_MAX)
		window = (uint64_t)(WINDOW_BYTES / p->set.size);
	else if (window == 0)
		window = WINDOW_MAX;
	p->flow_window = window / (uint64_t)p->set.flows;
	if (p->flow_window == 0)
		p->flow_window = 1;
	if (entropy(&p->run, sizeof(p->run)) != 0)
		die_system("no random numbers");
	sock_raise_limit();
	p->flow = xcalloc((size_t)p->set.flows, sizeof(*p->flow));
	p->flusher.fn = on_flush;
	p->loop = loop_new(NULL);
	if (p->loop == NULL || arena_open(p->loop, PING_SLOTS, 0, 0) != 0)
		die_system("cannot make the event loop");
	ping_open(p);
}

/* Lets go of everything. */
static void
ping_free(struct ping *p)
{
	ping_close(p);
	timer_stop(&p->pace);
	timer_stop(&p->show);
	timer_stop(&p->limit);
	timer_stop(&p->grace);
	timer_stop(&p->retry);
	loop_unmark(p->loop, &p->flusher);
	loop_free(p->loop);
	free(p->flow);
	free(p);
}

/* `adit ping`. */
static int
ping_main(int argc, char **argv)
{
	struct ping_settings set;
	struct daemon_hooks hooks;
	struct hostport to;
	struct ping *p;
	int status;

	log_set_name("ping");
	memset(&set, 0, sizeof(set));
	status = ping_options(&set, argc, argv, &to);
	if (status >= 0)
		return status;
	if (sock_init() != 0)
		die_system("sockets");
	p = xcalloc(1, sizeof(*p));
	p->set = set;
	ping_prepare(p, &to);
	memset(&hooks, 0, sizeof(hooks));
	hooks.on_stop = on_stop;
	hooks.arg = p;
	daemon_signals(p->loop, &hooks);
	p->terminal = !set.quiet && isatty(STDERR_FILENO);
	if (!set.quiet && !set.json)
		ping_introduce(p);
	if (p->terminal || (!set.quiet && !set.json))
		timer_set(&p->show, p->loop, loop_now(p->loop) +
		    (p->terminal ? SHOW_TERMINAL_MS : SHOW_LOG_MS), on_show);
	if (set.time_ms > 0)
		timer_set(&p->limit, p->loop, loop_now(p->loop) +
		    (uint64_t)set.time_ms, on_limit);
	ping_begin(p);
	loop_run(p->loop);
	status = ping_conclude(p);
	ping_free(p);
	return status;
}

const struct cmd cmd_ping = {
	"ping", ping_main, "measure round trips and losses to an echo",
	ping_help
};
