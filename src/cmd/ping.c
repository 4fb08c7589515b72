/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * adit ping: its command line, its sockets, and the replies.
 *
 * NOTES.  With --flood each flow has a window of unanswered datagrams
 * (ping_pace.c).  A datagram leaves it when its reply comes, or when a reply
 * comes that is more than FLOOD_BEHIND windows newer.
 */

#include "compat.h"

#include "cmd/cmd.h"
#include "cmd/ping_pace.h"
#include "cmd/ping_packet.h"
#include "cmd/ping_show.h"
#include "cmd/run.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/opt.h"
#include "net/daemon.h"

enum {
	PING_SLOTS = 4 * DGRAM_BATCH,	/* buffers of the arena */
	PING_BUFFER = 1 << 20,	/* bytes, of each socket */

	WINDOW_MAX = 64,	/* datagrams, by default ... */
	WINDOW_BYTES = 128 * 1024,	/* ... and their size together */
	FLOOD_BEHIND = 8,	/* windows */
	STOP_MIN_MS = 100,	/* limits of the wait after Ctrl-C */
	STOP_MAX_MS = 1000,
};

static const struct opt rows[] = {
#define AT(member) .at = offsetof(struct ping_settings, member)
	{ .name = OPT_WORDS("size", "64", "BYTES",
	  HELP("payload of a datagram")), .letter = 's', .type = OPT_BYTES,
	  AT(size), .of.range = { PING_HEADER, UDP_MAX } },
	{ .name = OPT_WORDS("rate", "10", "N",
	  HELP("datagrams a second, of all flows together")), .letter = 'r',
	  .type = OPT_INT, AT(rate), .of.range = { 1, 1000000 } },
	{ .name = OPT_WORDS("flows", "1", "N", HELP("source ports")),
	  .type = OPT_INT, AT(flows), .of.range = { 1, 1000 } },
	{ .name = OPT_WORDS("count", OPT_NONE, "N",
	  HELP("end after so many datagrams")), .letter = 'c', .type = OPT_INT,
	  AT(count), .of.range = { 1, UINT32_MAX } },
	{ .name = OPT_WORDS("time", OPT_NONE, "SECONDS",
	  HELP("end after so many seconds")), .letter = 't', .type = OPT_MS,
	  AT(time_ms), .of.range = { 1, INT32_MAX } },
	{ .name = OPT_WORDS("flood", OPT_NONE, OPT_NONE,
	  HELP("as fast as replies come back")), .letter = 'f', .type = OPT_ON,
	  AT(flood) },
	{ .name = OPT_WORDS("window", OPT_NONE, "N",
	  HELP("unanswered datagrams with "
	  "--flood (default: 64, at most 128 KiB)")), .type = OPT_INT,
	  AT(window), .of.range = { 1, 4096 } },
	{ .name = OPT_WORDS("timeout", "1", "SECONDS",
	  HELP("wait for the last replies")), .letter = 'w', .type = OPT_MS,
	  AT(timeout_ms), .of.range = { 0, 3600000 } },
	{ .name = OPT_WORDS("json", OPT_NONE, OPT_NONE,
	  HELP("write the summary as a JSON object")), .type = OPT_ON,
	  AT(json) },
	{ .name = OPT_WORDS("quiet", OPT_NONE, OPT_NONE,
	  HELP("write nothing but the summary")), .letter = 'q', .type = OPT_ON,
	  AT(quiet) },
	RUN_HELP_ROWS,
	{ .name = NULL },
#undef AT
};

/* What `adit ping --help` prints. */
static void
ping_help(FILE *out)
{
	fputs("usage: adit ping [OPTIONS] HOST:PORT\n\n"
	    HELP("Sends datagrams to a host that echoes them (adit echo), and "
	    "measures round\ntrips, losses, reordering and throughput. Runs "
	    "until --count, --time or Ctrl-C\nends it.\n\n"), out);
	opt_help(rows, out);
	fputs(HELP("\nexamples:\n"
	    "  adit ping 127.0.0.1:7007\n"
	    "  adit ping --flood --size 1400 --flows 8 --time 10 "
	    "127.0.0.1:8911\n"
	    "exit status: 0; 1 when nothing came back; 2 for a wrong command "
	    "line\n"), out);
}

/* Sends the gathered datagrams. */
static void
ping_flush(struct flusher *f)
{
	struct ping *p = LIST_ITEM(f, struct ping, flusher);

	udp_flush(&p->queue);
}

/* Gives up datagrams far older than the one whose reply has just come. */
static void
ping_flow_give_up(struct ping_flow *f, uint64_t sequence)
{
	uint64_t behind = FLOOD_BEHIND * f->ping->flow_window;

	while (f->given_up + behind < sequence) {
		if (!ping_window_has(&f->window, f->given_up) &&
		    f->under_way > 0)
			f->under_way--;
		f->given_up++;
	}
}

/* Counts a reply that belongs to this run and is intact. */
static void
ping_flow_reply(struct ping_flow *f, uint64_t sequence, uint64_t rtt_us)
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
	ping_flow_give_up(f, sequence);
}

/* Checks and counts a datagram that was received. */
static void
ping_flow_receive(struct ping_flow *f, const struct dgram *d, uint64_t now_us)
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
		ping_flow_reply(f, sequence, since_us - packet.sent_us);
}

static void ping_retry(struct timer *);

/* An ICMP error was received before any reply: tries the next address, or
 * reports the error once. */
static void
ping_refused(struct ping *p, int error)
{
	if (p->sums.received > 0 || p->told)
		return;
	if (p->at + 1 < p->n_addr) {
		timer_set(&p->retry, p->loop, loop_now(p->loop), ping_retry);
		return;
	}
	p->told = true;
	if (!p->set.quiet)
		log_warn("%s: %s", p->address, sock_strerror(error));
}

/* Receives replies. */
static void
ping_readable(struct watch *w, unsigned events)
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
			ping_flow_receive(f, &p->msg[i].d, p->reply_us);
	}
	if (f->udp.lost.refused > 0)
		ping_refused(p, f->udp.last_refusal);
	if (p->ending)
		ping_pace_look(p);
	else if (p->set.flood)
		ping_pace_flood(p);
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

/* Opens a flow to the current address; 0, or -1 and errno. */
static int
ping_flow_open(struct ping *p, struct ping_flow *f, const char **step)
{
	struct udp_options options;

	memset(&options, 0, sizeof(options));
	options.receive_buffer = options.send_buffer = PING_BUFFER;
	if (udp_open(&f->udp, NULL, &p->addr[p->at], &options, step) != 0)
		return -1;
	f->ping = p;
	if (watch_start(&f->watch, p->loop, f->udp.fd, READABLE,
	    ping_readable) == 0)
		return 0;
	*step = "watch";
	return -1;
}

/* Opens all flows to the current address, or to the next one that works; ends
 * the program when none does. */
static void
ping_open(struct ping *p)
{
	const char *step = "";
	int64_t i;
	int error;

	for (;; p->at++) {
		addr_text(&p->addr[p->at], p->address);
		for (i = 0; i < p->set.flows; i++)
			if (ping_flow_open(p, &p->flow[i], &step) != 0)
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

/* Starts over with the next address. */
static void
ping_retry(struct timer *t)
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
	ping_pace_begin(p);
}

/* --time is over. */
static void
ping_limit_over(struct timer *t)
{
	struct ping *p = LIST_ITEM(t, struct ping, limit);

	ping_pace_finish(p, (uint64_t)p->set.timeout_ms);
}

/* Ctrl-C: waits for the last replies for four times the longest round trip,
 * within limits. */
static void
ping_stop(void *arg)
{
	struct ping *p = arg;
	uint64_t ms = p->sums.rtt.max_us / 250;

	if (ms < STOP_MIN_MS)
		ms = STOP_MIN_MS;
	if (ms > STOP_MAX_MS)
		ms = STOP_MAX_MS;
	if (ms > (uint64_t)p->set.timeout_ms)
		ms = (uint64_t)p->set.timeout_ms;
	ping_pace_finish(p, ms);
}

/* Reads the command line; -1 to continue, or the exit status. */
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
		run_usage(&cmd_ping, "HOST:PORT is missing, for example "
		    "127.0.0.1:7007, where `adit echo` listens");
	if (hostport_parse(to, positional[0], 0, &why) != 0)
		die_usage("%s: %s; write HOST:PORT, for example "
		    "127.0.0.1:7007", positional[0], why);
	if (to->port == 0 || to->host[0] == '\0')
		die_usage("%s: a host and a port other than 0 are needed, "
		    "for example 127.0.0.1:7007", positional[0]);
	return -1;
}

/* Looks up the host, makes the loop and opens the flows; ends the program on
 * failure. */
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
		die_system("the system has no source of random numbers");
	sock_raise_limit();
	p->flow = xcalloc((size_t)p->set.flows, sizeof(*p->flow));
	p->flusher.fn = ping_flush;
	p->loop = loop_new(NULL);
	if (p->loop == NULL || arena_open(p->loop, PING_SLOTS, 0, 0) != 0)
		die_system("cannot make the event loop");
	ping_open(p);
}

/* Frees everything. */
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
		die_system("cannot use sockets");
	p = xcalloc(1, sizeof(*p));
	p->set = set;
	ping_prepare(p, &to);
	memset(&hooks, 0, sizeof(hooks));
	hooks.on_stop = ping_stop;
	hooks.arg = p;
	daemon_signals(p->loop, &hooks);
	p->terminal = !set.quiet && stream_is_terminal(stderr);
	if (!set.quiet && !set.json)
		ping_show_intro(p);
	if (p->terminal || (!set.quiet && !set.json))
		ping_show_begin(p);
	if (set.time_ms > 0)
		timer_set(&p->limit, p->loop, loop_now(p->loop) +
		    (uint64_t)set.time_ms, ping_limit_over);
	ping_pace_begin(p);
	loop_run(p->loop);
	status = ping_show_summary(p);
	ping_free(p);
	return status;
}

const struct cmd cmd_ping = {
	"ping", ping_main, "measure round trips and losses to an echo",
	ping_help,
	rows, NULL
};
