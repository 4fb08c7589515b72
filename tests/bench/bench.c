/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * The generator and sink of all measurements: bench COMMAND [OPTION]... sends
 * to a tool's UDP port and receives, on a second port, what the tool passes on.
 * run.sh calls it and describes the use of each command.
 *
 * NOTES.  A rate is the number of delivered datagrams, divided by the time from
 * the first datagram's sending to the last one's arrival, so that a queue that
 * is full at the end does not raise it.  A rate is good when at most one
 * datagram in a hundred has not arrived 150 ms after the last was sent.  Flows
 * have the same source ports in each call, so that they continue in the tool.
 * load.c describes how datagrams are sent, search.c how a rate is found.
 */

#include "compat.h"

#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <fcntl.h>
#endif

#include "load.h"

enum {
	ROUND_TRIPS_MAX = 100000,
	STEP_MS = 2000,		/* for datagrams of a step; then they are lost */
	STEP_LOOK_NS = 50000,	/* from look to look at what has arrived */
};

/* A given load, and what it cost. */
static void
command_load(struct bench *b)
{
	struct result r;

	load_open_flows(b);
	r = load_run(b, b->rate, b->time_ms,
	    b->steady ? MANNER_STEADY : MANNER_BURSTS);
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

	load_open_flows(b);
	r = load_run(b, b->rate, b->time_ms, MANNER_PROBES);
	printf("offered %llu\nrate %llu\nprobe50 %llu\nprobe99 %llu\n"
	    "probe_most %llu\n",
	    (unsigned long long)r.offered, (unsigned long long)r.rate,
	    (unsigned long long)histogram_quantile(h, 5000) / 1000,
	    (unsigned long long)histogram_quantile(h, 9900) / 1000,
	    (unsigned long long)histogram_quantile(h, 10000) / 1000);
}

/* The latency of flows of voice, beside that load. */
static void
command_voice(struct bench *b)
{
	const struct histogram *h = &b->tally->probes;
	struct result r;

	if (b->n_flows <= VOICE_FLOWS)
		b->n_flows = VOICE_FLOWS + 1;
	load_open_flows(b);
	r = load_run(b, b->rate, b->time_ms, MANNER_VOICE);
	printf("rate %llu\nsent %llu\ndelivered %llu\nvoice50 %llu\n"
	    "voice99 %llu\nvoice_most %llu\n",
	    (unsigned long long)r.rate, (unsigned long long)r.sent,
	    (unsigned long long)r.delivered,
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

	load_open_flows(b);
	until = now_ns() + b->time_ms * MS;
	while (n < ROUND_TRIPS_MAX && (begin = now_ns()) < until)
		if (load_await_echo(b->flow[0], load_send_echo(b, b->flow[0]), 500))
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
			load_await_calm(b);
		fd = loopback_socket(0, b->to, false);
		begin = now_ns();
		for (tries = 0; tries < 5; tries++)
			if (load_await_echo(fd, load_send_echo(b, fd), 1000))
				break;
		took[i] = now_ns() - begin;
		sock_close(fd);
	}
	qsort(took, b->times, sizeof(took[0]), compare_times);
	printf("first %llu\nfirst_least %llu\n",
	    (unsigned long long)(took[b->times / 2] / 1000),
	    (unsigned long long)(took[0] / 1000));
}

/* Flows that stay. */
static void
command_open(struct bench *b)
{
	load_open_flows(b);
	load_await_calm(b);
}

/* A socket whose address is that of no other number below a million. */
static fd_t
numbered_socket(unsigned number, unsigned to)
{
	struct sockaddr_in a = loopback(30000 + number % 30000);
	fd_t fd = sock_open(AF_INET, SOCK_DGRAM);
	unsigned tries;

	/* A port may be taken on all addresses for a moment. */
	for (tries = 0; tries < 30; tries++) {
		a.sin_port = htons((uint16_t)(30000 +
		    (number + tries * 1000) % 30000));
		a.sin_addr.s_addr = htonl(INADDR_LOOPBACK +
		    ((1 + number / 30000) << 16) + (tries << 8));
		if (bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
			break;
	}
	if (tries == 30) {
		perror("bench: flow");
		exit(1);
	}
	a = loopback(to);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == -1) {
		perror("bench: connect");
		exit(1);
	}
	return fd;
}

/* As many datagrams as -b says, all of which arrive before the next ones are
 * sent, as often as -n says: the tool's work is the same each time. */
static void
command_steps(struct bench *b)
{
	uint64_t sent = 0, until, ran;
	unsigned step;

	load_open_flows(b);
	tally_begin(b->tally, ++b->run);
	ran = process_run_ns(&b->tool);
	for (step = 0; step < b->times; step++) {
		sent += load_send_due(b, sent, b->burst, 0);
		until = now_ns() + STEP_MS * MS;
		while (b->tally->delivered < sent && now_ns() < until)
			load_sleep_until(now_ns() + STEP_LOOK_NS);
	}
	ran = process_run_ns(&b->tool) - ran;
	printf("sent %llu\ndelivered %llu\nrun_ns %llu\n",
	    (unsigned long long)sent,
	    (unsigned long long)b->tally->delivered,
	    (unsigned long long)(sent > 0 ? ran / sent : 0));
}

/* Flows of one echo each, which are idle from then on. */
static void
command_idle(struct bench *b)
{
	unsigned i, tries, missing = 0;
	fd_t fd;

	for (i = 0; i < b->times; i++) {
		fd = numbered_socket(i, b->to);
		for (tries = 0; tries < 20; tries++)
			if (load_await_echo(fd, load_send_echo(b, fd), 500))
				break;
		missing += tries == 20;
		sock_close(fd);
		if (missing > 20)
			break;
	}
	load_await_calm(b);
	printf("opened %u\n", i - missing);
	if (missing > 0) {
		fprintf(stderr, "bench: of %u flows %u do not answer\n", i,
		    missing);
		exit(1);
	}
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
				load_sleep_ms(5);
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
	{ "search", search_bursts, true },
	{ "closed", search_closed, true },
	{ "load", command_load, true },
	{ "overload", command_overload, true },
	{ "voice", command_voice, true },
	{ "steps", command_steps, true },
	{ "rtt", command_rtt, true },
	{ "first", command_first, true },
	{ "open", command_open, true },
	{ "idle", command_idle, true },
	{ "memory", command_memory, false },
	{ "ready", command_ready, false },
};

static NORETURN void
usage(void)
{
	fputs("usage: bench COMMAND [OPTION]... PORT SINK-PORT\n"
	    "  search    the highest rate with a loss under 1 %, in bursts\n"
	    "  closed    so, each datagram on a flow that is drawn\n"
	    "  load      a given rate, and what it costs\n"
	    "  overload  latency of probes at a given rate\n"
	    "  voice     latency of 10 flows of voice beside a given rate\n"
	    "  steps     bursts that wait for each other, as many as -n "
	    "says\n"
	    "  rtt       round trips\n"
	    "  first     the first echo of new flows\n"
	    "  open      opens flows\n"
	    "  idle      opens others, as often as -n says, that stay idle\n"
	    "  memory    of the tool\n"
	    "  ready     waits until somebody listens on both ports\n"
	    "  -f N  flows (1)           -s N  bytes of a datagram (512)\n"
	    "  -b N  burst (32, or 8)    -r N  datagrams a second\n"
	    "  -t N  milliseconds (2000) -g N  a rate to begin with\n"
	    "  -n N  times (9)           -p PID,PID  the tool\n"
	    "  -P N  first source port (24000)  -S    load is steady, not in "
	    "bursts\n"
	    "  -G    send by UDP_SEGMENT (one flow, steady)\n"
	    "  -U    the sink is a server of uott\n"
	    "  -H ADDRESS  instead of the loopback's\n"
	    "  -N FILE     network namespace of the sink\n"
	    "  -v    tell of each probe\n", stderr);
	exit(2);
}

/* Starts the sink, in that network namespace if any is named. */
static void
start_sink(struct bench *b, const char *space)
{
#ifdef __linux__
	int own = open("/proc/self/ns/net", O_RDONLY);
	int other = space == NULL ? -1 : open(space, O_RDONLY);

	if (space != NULL && syscall(SYS_setns, other, 0) == -1) {
		perror(space);
		exit(1);
	}
	b->tally = sink_start(b->sink, b->uott);
	if (space != NULL && syscall(SYS_setns, own, 0) == -1) {
		perror("bench: setns");
		exit(1);
	}
	(void)close(own);
	if (other != -1)
		(void)close(other);
#else
	(void)space;
	b->tally = sink_start(b->sink, b->uott);
#endif
}

/* Reads the options; returns where the ports are. */
static int
parse(struct bench *b, int argc, char **argv, const char **space)
{
	int c;

	while ((c = getopt(argc, argv, "f:s:b:r:t:g:n:p:P:GH:N:SUv")) != -1) {
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
		case 'G':
			b->join = true;
			break;
		case 'H':
			if (!loopback_is(optarg))
				usage();
			break;
		case 'N':
			*space = optarg;
			break;
		case 'S':
			b->steady = true;
			break;
		case 'U':
			b->uott = true;
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
	const char *space = NULL;
	unsigned i;
	int at;

	b.n_flows = 1;
	b.size = 512;
	b.time_ms = 2000;
	b.times = 9;
	b.first_port = 24000;
	b.dice = 88172645463325252ull;
	if (argc < 2)
		usage();
	at = 1 + parse(&b, argc - 1, argv + 1, &space);
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
			start_sink(&b, space);
		commands[i].fn(&b);
		return 0;
	}
	usage();
}
