/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The generator and sink of all measurements: bench COMMAND [OPTION]... sends
 * to a tool's UDP port and receives, on a second port, what the tool passes on.
 * run.sh calls it and describes the use of each command.
 *
 * NOTES.  The generator sends bursts by the clock, the flows in turn, without
 * GSO.  When it was not scheduled in time it sends up to LATE missed bursts and
 * leaves out the rest.  A rate is the number of delivered datagrams, divided by
 * the time from the first datagram's sending to the last one's arrival, so that
 * a queue that is full at the end does not raise it.  A rate is good when at
 * most one datagram in a hundred has not arrived 150 ms after the last was
 * sent.  Flows have the same source ports in each call, so that they continue
 * in the tool.
 */

#include "compat.h"

#include <poll.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "batch.h"
#include "process.h"
#include "sink.h"

enum {
	FLOWS_MAX = 1024,
	ROUND_TRIPS_MAX = 100000,
	LATE = 4,		/* bursts that are made up for */
	DRAIN_MS = 150,		/* for a queue */
	QUIET_MS = 20,		/* without an arrival: nothing is under way */
	CALM_MS = 50,		/* a tool that used a tenth of that is idle */
	PROBE_MS = 4,		/* from probe to probe, under overload */
};

#define SECOND 1000000000ull	/* nanoseconds */
#define MS 1000000ull

/* The command line, and what it led to. */
struct bench {
	unsigned n_flows;
	size_t size;		/* bytes of a datagram */
	unsigned burst;		/* datagrams of a flow in a row */
	uint64_t rate;		/* datagrams a second; 0: as many as go */
	uint64_t time_ms;
	uint64_t hint;		/* a good rate, near the best; 0: none */
	unsigned times;
	bool talk;		/* about each probe */
	unsigned first_port;	/* source ports, from here on */
	unsigned to, sink;	/* ports */
	struct processes tool;	/* n is 0 when they were not told */
	fd_t flow[FLOWS_MAX];
	struct tally *tally;
	struct batch *batch;
	uint32_t run;
	uint64_t serial;	/* of echoes */
};

/* What a run of load came to. */
struct result {
	uint64_t sent, delivered, rate;
	uint64_t offered;	/* datagrams a second that were sent */
	uint64_t cpu_us;	/* of the tool */
	bool good;
};

/* Sleeps until then, or turns round when that is near. */
static void
sleep_until(uint64_t then_ns)
{
	uint64_t now = now_ns();
	struct timespec t = { 0 };

	if (then_ns < now + 20000)
		return;
	t.tv_sec = (time_t)((then_ns - now) / SECOND);
	t.tv_nsec = (long)((then_ns - now) % SECOND);
	(void)nanosleep(&t, NULL);
}

static void
sleep_ms(uint64_t ms)
{
	sleep_until(now_ns() + ms * MS);
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

/* Sends one datagram that is to come back; returns its number. */
static uint64_t
send_echo(struct bench *b, fd_t fd)
{
	put_head(b, 0, KIND_ECHO, 0, ++b->serial, now_ns());
	(void)batch_send(b->batch, fd, 0, 1, NULL, false);
	return b->serial;
}

/* Waits for that echo, dropping others; false when it does not come. */
static bool
await_echo(fd_t fd, uint64_t number, int wait_ms)
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

/* Waits until the tool uses no CPU to speak of, 5 s at most. */
static void
await_calm(const struct bench *b)
{
	uint64_t before, after = process_cpu_us(&b->tool);
	int i;

	if (b->tool.n == 0) {
		sleep_ms(500);
		return;
	}
	for (i = 0; i < 5000 / CALM_MS; i++) {
		before = after;
		sleep_ms(CALM_MS);
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
		sleep_ms(QUIET_MS);
	} while ((strays != b->tally->strays + b->tally->delivered ||
	    last != b->tally->last_ns) && now_ns() < until);
}

/* Opens the sockets of the flows and sees to it that the tool knows each. */
static void
open_flows(struct bench *b)
{
	unsigned i, tries, missing = 0;
	bool fresh = false;
	uint64_t number;

	for (i = 0; i < b->n_flows; i++) {
		b->flow[i] = loopback_socket((int)(b->first_port + i), b->to,
		    false);
		number = send_echo(b, b->flow[i]);
		for (tries = 0; tries < 20; tries++) {
			/* A flow that is there answers at once. */
			fresh = fresh || tries > 0;
			if (await_echo(b->flow[i], number,
			    tries == 0 ? 2 : 250))
				break;
			if (tries > 0)
				number = send_echo(b, b->flow[i]);
		}
		missing += tries == 20;
	}
	if (missing > 0) {
		fprintf(stderr, "bench: %u of %u flows do not answer\n",
		    missing, b->n_flows);
		exit(1);
	}
	if (fresh)
		await_calm(b);
}

/* Sends load for a time; returns how many datagrams, and *took_ns. */
static uint64_t
send_load(struct bench *b, uint64_t rate, uint64_t time_ns, bool probes,
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
				sleep_until(origin + (sent - base + b->burst) *
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

/* Sends load and waits for it. */
static struct result
run_load(struct bench *b, uint64_t rate, uint64_t time_ms, bool probes)
{
	struct result r = { 0 };
	uint64_t begin, took, drained, cpu;

	await_quiet(b);
	tally_begin(b->tally, ++b->run);
	cpu = process_cpu_us(&b->tool);
	begin = now_ns();
	r.sent = send_load(b, rate, time_ms * MS, probes, &took);
	drained = now_ns() + DRAIN_MS * MS;
	while (b->tally->delivered < r.sent && now_ns() < drained)
		sleep_ms(1);
	r.delivered = b->tally->delivered;
	r.cpu_us = process_cpu_us(&b->tool) - cpu;
	if (r.delivered > 0 && b->tally->last_ns > begin)
		r.rate = r.delivered * SECOND / (b->tally->last_ns - begin);
	r.offered = r.sent * SECOND / took;
	r.good = r.sent > 0 && r.delivered * 100 >= r.sent * 99;
	return r;
}

/*
 * Commands
 */

/* A search for the highest good rate. */
struct search {
	uint64_t low, high;	/* good, and not good; 0: not yet found */
	uint64_t best;		/* rate that was delivered, the highest */
	uint64_t loss;		/* then, in thousandths, */
	uint64_t p50_ns, p99_ns;	/* and latencies */
	unsigned step;		/* percent, while one of low and high is 0 */
};

/* Tries a rate, again when a little was lost, as an accident may have done;
 * false when this is as much as the generator can on so busy a machine. */
static bool
search_try(struct bench *b, struct search *s, uint64_t rate,
    uint64_t probe_ms)
{
	struct result r;
	unsigned tries = 0;
	bool better;

	do {
		r = run_load(b, rate, probe_ms, false);
		if (b->talk)
			fprintf(stderr, "%llu: sent %llu, offered %llu, "
			    "delivered %llu, rate %llu\n",
			    (unsigned long long)rate,
			    (unsigned long long)r.sent,
			    (unsigned long long)r.offered,
			    (unsigned long long)r.delivered,
			    (unsigned long long)r.rate);
	} while (!r.good && ++tries < 2 && r.delivered * 100 >= r.sent * 94);
	if (!r.good) {
		s->high = rate;
		return true;
	}
	s->low = rate;
	better = r.rate > s->best + s->best / 20;
	if (r.rate > s->best) {
		s->best = r.rate;
		s->loss = (r.sent - r.delivered) * 1000 / r.sent;
		s->p50_ns = histogram_quantile(&b->tally->all, 5000);
		s->p99_ns = histogram_quantile(&b->tally->all, 9900);
	}
	return better || r.offered >= rate * 6 / 10;
}

/* The rate to be tried next; longer steps as long as they lead on. */
static uint64_t
search_next(struct search *s)
{
	uint64_t rate;

	if (s->low != 0 && s->high != 0)
		return s->low + (s->high - s->low) / 2;
	rate = s->high == 0 ? s->low + s->low * s->step / 100 :
	    s->high * 100 / (100 + s->step);
	if (s->step < 70)
		s->step *= 2;
	return rate;
}

/* The highest good rate, as far as it is found in time. */
static void
command_search(struct bench *b)
{
	uint64_t until, rate = b->hint, probe_ms = b->time_ms / 8;
	struct search s = { 0 };

	if (probe_ms > 500)
		probe_ms = 500;
	if (probe_ms < 200)
		probe_ms = 200;
	s.step = 12;
	if (rate < 1000) {
		rate = 20000;
		s.step = 80;
	}
	open_flows(b);
	until = now_ns() + b->time_ms * MS;
	while (search_try(b, &s, rate, probe_ms)) {
		/* Something should be found, if it takes longer. */
		if (now_ns() > until + (s.low == 0 ? 3 * b->time_ms * MS :
		    s.high == 0 ? b->time_ms * MS : 0))
			break;
		if (s.low != 0 && s.high != 0 && s.high - s.low <= s.low / 30)
			break;
		rate = search_next(&s);
		if (rate < 100)
			break;
	}
	printf("rate %llu\nloss %llu\nlatency50 %llu\nlatency99 %llu\n",
	    (unsigned long long)s.best, (unsigned long long)s.loss,
	    (unsigned long long)(s.p50_ns / 1000),
	    (unsigned long long)(s.p99_ns / 1000));
}

/* A given load, and what it cost. */
static void
command_load(struct bench *b)
{
	struct result r;

	open_flows(b);
	r = run_load(b, b->rate, b->time_ms, false);
	if (r.delivered == 0)
		r.delivered = 1;
	printf("offered %llu\nrate %llu\nsent %llu\ndelivered %llu\n"
	    "doubled %llu\novertaken %llu\nlatency50 %llu\nlatency99 %llu\n"
	    "cpu %llu.%02llu\n",
	    (unsigned long long)r.offered, (unsigned long long)r.rate,
	    (unsigned long long)r.sent, (unsigned long long)r.delivered,
	    (unsigned long long)b->tally->doubled,
	    (unsigned long long)b->tally->overtaken,
	    (unsigned long long)histogram_quantile(&b->tally->all, 5000) /
	    1000,
	    (unsigned long long)histogram_quantile(&b->tally->all, 9900) /
	    1000,
	    (unsigned long long)(r.cpu_us / r.delivered),
	    (unsigned long long)(r.cpu_us * 100 / r.delivered % 100));
}

/* The latency of probes among more than the tool can carry. */
static void
command_overload(struct bench *b)
{
	const struct histogram *h = &b->tally->probes;
	struct result r;

	open_flows(b);
	r = run_load(b, b->rate, b->time_ms, true);
	printf("offered %llu\nrate %llu\nprobe50 %llu\nprobe99 %llu\n"
	    "probe_most %llu\n",
	    (unsigned long long)r.offered, (unsigned long long)r.rate,
	    (unsigned long long)histogram_quantile(h, 5000) / 1000,
	    (unsigned long long)histogram_quantile(h, 9900) / 1000,
	    (unsigned long long)histogram_quantile(h, 10000) / 1000);
}

static int
compare_times(const void *a, const void *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x < y ? -1 : x > y;
}

/* Round trips, one at a time. */
static void
command_rtt(struct bench *b)
{
	static uint64_t took[ROUND_TRIPS_MAX];
	static const unsigned quantiles[] = { 10, 100, 500, 1000, 2000, 3000,
	    4000, 5000, 6000, 7000, 8000, 9000, 9500, 9900, 9990 };
	uint64_t begin, until;
	size_t n = 0, i, at;

	open_flows(b);
	until = now_ns() + b->time_ms * MS;
	while (n < ROUND_TRIPS_MAX && (begin = now_ns()) < until)
		if (await_echo(b->flow[0], send_echo(b, b->flow[0]), 500))
			took[n++] = now_ns() - begin;
	if (n == 0)
		return;
	qsort(took, n, sizeof(took[0]), compare_times);
	for (i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
		at = n * quantiles[i] / 10000;
		printf("rtt%u %llu\n", quantiles[i],
		    (unsigned long long)(took[at < n ? at : n - 1] / 1000));
	}
}

/* The time until a new flow's first datagram is back; each time from a port
 * of its own. */
static void
command_first(struct bench *b)
{
	uint64_t took[64], begin;
	unsigned i, tries;
	fd_t fd;

	if (b->times > 64)
		b->times = 64;
	for (i = 0; i < b->times; i++) {
		if (i > 0)
			await_calm(b);
		fd = loopback_socket(0, b->to, false);
		begin = now_ns();
		for (tries = 0; tries < 5; tries++)
			if (await_echo(fd, send_echo(b, fd), 1000))
				break;
		took[i] = now_ns() - begin;
		sock_close(fd);
	}
	qsort(took, b->times, sizeof(took[0]), compare_times);
	printf("first %llu\nfirst_least %llu\n",
	    (unsigned long long)(took[b->times / 2] / 1000),
	    (unsigned long long)(took[0] / 1000));
}

/* Resident memory of the tool. */
static void
command_memory(struct bench *b)
{
	unsigned long rss_kb, pss_kb;

	process_memory(&b->tool, &rss_kb, &pss_kb);
	printf("rss %lu\npss %lu\n", rss_kb, pss_kb);
}

/* Waits until somebody listens, on UDP or TCP, on both ports. */
static void
command_ready(struct bench *b)
{
	uint64_t until = now_ns() + b->time_ms * MS;
	unsigned port[2] = { b->to, b->sink }, i, type;
	struct sockaddr_in a;
	bool taken = false;
	fd_t fd;

	for (i = 0; i < 2; i++) {
		a = loopback(port[i]);
		for (taken = false; !taken && now_ns() < until; ) {
			for (type = 0; type < 2 && !taken; type++) {
				fd = sock_open(AF_INET, type == 0 ?
				    SOCK_DGRAM : SOCK_STREAM);
				taken = bind(fd, (struct sockaddr *)&a,
				    sizeof(a)) == -1 && errno == EADDRINUSE;
				sock_close(fd);
			}
			if (!taken)
				sleep_ms(5);
		}
		if (!taken) {
			fprintf(stderr, "bench: nobody listens on port %u\n",
			    port[i]);
			exit(1);
		}
	}
}

static const struct command {
	const char *name;
	void (*fn)(struct bench *);
	bool sink;		/* needs one */
} commands[] = {
	{ "search", command_search, true },
	{ "load", command_load, true },
	{ "overload", command_overload, true },
	{ "rtt", command_rtt, true },
	{ "first", command_first, true },
	{ "memory", command_memory, false },
	{ "ready", command_ready, false },
};

static NORETURN void
usage(void)
{
	fputs("usage: bench COMMAND [OPTION]... PORT SINK-PORT\n"
	    "  search    the highest rate with a loss under 1 %\n"
	    "  load      a given rate, and what it costs\n"
	    "  overload  latency of probes at a given rate\n"
	    "  rtt       round trips\n"
	    "  first     the first echo of new flows\n"
	    "  memory    of the tool\n"
	    "  ready     waits until somebody listens on both ports\n"
	    "  -f N  flows (1)           -s N  bytes of a datagram (512)\n"
	    "  -b N  burst (32, or 8)    -r N  datagrams a second\n"
	    "  -t N  milliseconds (2000) -g N  a rate to begin with\n"
	    "  -n N  times (9)           -p PID,PID  the tool\n"
	    "  -P N  first source port (24000)  -v    tell of each probe\n", stderr);
	exit(2);
}

/* Reads the options; returns where the ports stand. */
static int
parse(struct bench *b, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "f:s:b:r:t:g:n:p:P:v")) != -1) {
		switch (c) {
		case 'f':
			b->n_flows = (unsigned)atoi(optarg);
			break;
		case 's':
			b->size = (size_t)atoi(optarg);
			break;
		case 'b':
			b->burst = (unsigned)atoi(optarg);
			break;
		case 'r':
			b->rate = strtoull(optarg, NULL, 10);
			break;
		case 't':
			b->time_ms = strtoull(optarg, NULL, 10);
			break;
		case 'g':
			b->hint = strtoull(optarg, NULL, 10);
			break;
		case 'n':
			b->times = (unsigned)atoi(optarg);
			break;
		case 'p':
			if (!process_parse(&b->tool, optarg))
				usage();
			break;
		case 'P':
			b->first_port = (unsigned)atoi(optarg);
			break;
		case 'v':
			b->talk = true;
			break;
		default:
			usage();
		}
	}
	if (b->burst == 0)
		b->burst = b->n_flows == 1 ? 32 : 8;
	if (b->n_flows < 1 || b->n_flows > FLOWS_MAX || b->burst > BATCH ||
	    b->size < SIZE_LEAST || b->size > SIZE_MOST || b->times < 1)
		usage();
	return optind;
}

int
main(int argc, char **argv)
{
	static struct bench b;
	unsigned i;
	int at;

	b.n_flows = 1;
	b.size = 512;
	b.time_ms = 2000;
	b.times = 9;
	b.first_port = 24000;
	if (argc < 2)
		usage();
	at = 1 + parse(&b, argc - 1, argv + 1);
	if (argc - at != 2)
		usage();
	b.to = (unsigned)atoi(argv[at]);
	b.sink = (unsigned)atoi(argv[at + 1]);
	process_children(&b.tool);
#ifdef __linux__
	(void)prctl(PR_SET_TIMERSLACK, 1000ul, 0, 0, 0);
#endif
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, argv[1]) != 0)
			continue;
		b.batch = batch_new(BATCH_PLAIN);
		b.run = (uint32_t)getpid() << 8;
		if (commands[i].sink)
			b.tally = sink_start(b.sink);
		commands[i].fn(&b);
		return 0;
	}
	usage();
}
